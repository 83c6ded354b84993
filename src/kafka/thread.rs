//! The producer's thread: takes requests, groups batches into transactions, and tells who waited.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::error::Ended;
use super::group::{Added, Group};
use super::offsets::{OffsetRecord, offset_value, parent_record, schema_record};
use super::outgoing::{outgoing, outgoing_letter, send_record, too_large};
use super::producer::Receipt;
use super::reach::Reached;
use super::settings::{Boundary, CommitPolicy};
use super::transaction::Transactor;
use super::verdict::Commit;
use crate::model::{Batch, ConnectorName, ResourceName};

/// How often an idle thread listens to librdkafka.
const IDLE: Duration = Duration::from_secs(1);

/// What the thread is asked for. A reply that is dropped means: the session has ended.
pub(super) enum Request {
    Batch {
        batch: Box<Batch>,
        waiting: Waiting,
        room: OwnedSemaphorePermit,
    },
    Claim {
        owner: OffsetRecord,
        /// What is to be known with it.
        others: Vec<OffsetRecord>,
        done: oneshot::Sender<()>,
    },
    /// What is to stand on the offsets topic under these keys; `None`: nothing any more.
    Alter(Vec<(String, Option<String>)>, oneshot::Sender<()>),
    KeepAlive {
        record: OffsetRecord,
    },
    Beat {
        done: oneshot::Sender<()>,
    },
    Flush {
        done: oneshot::Sender<()>,
    },
    Discard {
        done: oneshot::Sender<()>,
    },
    /// The resource's topic takes messages of this size now.
    Limit {
        resource: usize,
        largest: usize,
    },
    Close,
}

/// Who waits for a batch's commit.
pub(super) struct Waiting {
    pub(super) resource: usize,
    pub(super) sequence: u64,
    pub(super) reply: oneshot::Sender<Receipt>,
}

/// A resource as the thread needs it, computed once.
pub(super) struct Target {
    pub(super) topic: String,
    pub(super) name: ResourceName,
    /// The key of its source-offset record.
    pub(super) offset_key: String,
    /// The value of the header `krest.source`.
    pub(super) source: String,
    /// The most bytes that key and value of a message may come to.
    pub(super) largest: usize,
}

pub(super) struct Worker {
    pub(super) transactor: Transactor,
    pub(super) requests: Receiver<Request>,
    pub(super) targets: Vec<Target>,
    pub(super) offsets: OffsetsTopic,
    pub(super) policy: CommitPolicy,
    pub(super) boundary: Boundary,
    /// Longer than this a scan may not keep its transaction open.
    pub(super) longest: Duration,
    pub(super) progress: State,
}

pub(super) struct OffsetsTopic {
    pub(super) connector: ConnectorName,
    pub(super) name: String,
    pub(super) partitions: i32,
    /// The most bytes that key and value of a record may come to.
    pub(super) largest: usize,
}

/// What changes while the thread runs.
pub(super) struct State {
    group: Option<Group<Waiting>>,
    /// What an idle session writes.
    pulse: Option<OffsetRecord>,
    last_commit: Instant,
    /// When a transaction with offset records alone was last made.
    offsets_alone: Option<Instant>,
    /// Who waits for the next heartbeat.
    asking: Vec<oneshot::Sender<()>>,
}

impl State {
    pub(super) fn new() -> Self {
        let asking = Vec::new();
        Self { group: None, pulse: None, last_commit: Instant::now(), offsets_alone: None, asking }
    }
}

impl Worker {
    /// Serves requests until the session ends; then nothing is open any more, as far as the broker could be told.
    pub(super) fn run(&mut self) -> Ended {
        let ended = loop {
            if let Err(ended) = self.turn() {
                break ended;
            }
        };
        self.transactor.end(ended)
    }

    fn turn(&mut self) -> Result<(), Ended> {
        let now = Instant::now();
        if self.due().is_some_and(|due| due <= now) {
            match self.boundary {
                Boundary::Interval => self.commit_group()?,
                Boundary::Poll => return Err(self.overdue()),
            }
        }
        let beats =
            self.progress.last_commit + self.policy.heartbeat <= now || !self.progress.asking.is_empty();
        if beats && self.may_commit() {
            self.heartbeat()?;
        }
        let wake = self.due().unwrap_or(now + IDLE).min(now + IDLE);
        match self.requests.recv_timeout(wake.saturating_duration_since(Instant::now())) {
            Ok(request) => self.serve(request)?,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(Ended::Closed),
        }
        self.transactor.serve();
        self.transactor.check()
    }

    fn due(&self) -> Option<Instant> {
        let group = self.progress.group.as_ref()?;
        Some(match self.boundary {
            Boundary::Interval => group.due(&self.policy, self.progress.offsets_alone),
            Boundary::Poll => group.since() + self.longest,
        })
    }

    fn overdue(&self) -> Ended {
        let resources = self.progress.group.as_ref().map(Group::resources).unwrap_or_default();
        Ended::Overdue { resources, timeout: self.longest * 2 }
    }

    /// Whether what is open may be committed without being asked.
    fn may_commit(&self) -> bool {
        match self.boundary {
            Boundary::Interval => true,
            Boundary::Poll => self.progress.group.is_none(),
        }
    }

    fn serve(&mut self, request: Request) -> Result<(), Ended> {
        match request {
            Request::Batch { batch, waiting, room } => {
                self.take(*batch, waiting)?;
                drop(room);
            }
            Request::Claim { owner, others, done } => {
                self.commit_records(others.iter().chain([&owner]).map(OffsetRecord::parts))?;
                self.progress.pulse = Some(owner);
                let _ = done.send(());
            }
            Request::Alter(records, done) => {
                self.commit_records(records.iter().map(|(key, value)| (key.as_str(), value.as_deref())))?;
                let _ = done.send(());
            }
            Request::KeepAlive { record } => self.progress.pulse = Some(record),
            Request::Beat { done } => self.progress.asking.push(done),
            Request::Flush { done } => {
                self.commit_group()?;
                let _ = done.send(());
            }
            Request::Discard { done } => {
                self.discard()?;
                let _ = done.send(());
            }
            Request::Limit { resource, largest } => {
                self.targets.get_mut(resource).into_iter().for_each(|target| target.largest = largest);
            }
            Request::Close => {
                if self.may_commit() {
                    self.commit_group()?;
                }
                return Err(Ended::Closed);
            }
        }
        Ok(())
    }

    /// Forgets the group. What was sent of it can only be taken back with the whole transaction, and the session.
    fn discard(&mut self) -> Result<(), Ended> {
        match self.progress.group.take() {
            Some(group) if group.has_messages() => Err(Ended::Discarded),
            Some(_) | None => Ok(()),
        }
    }

    /// Sends a batch's messages into the open transaction. One that says nothing new never opens one.
    fn take(&mut self, batch: Batch, waiting: Waiting) -> Result<(), Ended> {
        let (records, bytes) = batch.load();
        let Batch { resource, messages, letters, offset, offset_moved, parents, schemas, sequence: _ } =
            batch;
        let Some(target) = self.targets.get(resource) else {
            return Err(Ended::Aborted { reason: format!("there is no resource {resource} in the plan") });
        };
        let State { group, .. } = &mut self.progress;
        let joins = group.as_ref().is_some_and(|group| group.has(resource));
        if records == 0 && !offset_moved && parents.is_empty() && !joins {
            waiting.committed(&Arc::default(), false);
            return Ok(());
        }
        if let Some(failure) = too_large(target, resource, &messages) {
            if self.may_commit() {
                self.commit_group()?; // the others are not to suffer for it
            }
            return Err(self.transactor.undelivered(&failure));
        }
        if let Some(ended) = self.offsets.too_small_for(resource, target, &schemas) {
            if self.may_commit() {
                self.commit_group()?;
            }
            return Err(ended);
        }
        let State { group, .. } = &mut self.progress;
        let now = Instant::now();
        let group = group.get_or_insert_with(|| Group::new(self.targets.len(), now));
        group.add(Added { resource, records, bytes, offset, parents, schemas, waiting }, now);
        for message in &messages {
            self.transactor.send(outgoing(target, resource, message))?;
        }
        for letter in &letters {
            self.transactor.send(outgoing_letter(target, resource, letter))?;
        }
        Ok(())
    }

    /// Commits the group, the offset records as its last sends, and hands out the receipts.
    fn commit_group(&mut self) -> Result<(), Ended> {
        let Some(group) = self.progress.group.take() else {
            return Ok(());
        };
        failpoint!("kafka::before_offsets");
        self.transactor.settle()?;
        self.send_positions(&group)?;
        let messages = group.has_messages();
        let outcome = self.commit()?;
        if !messages {
            self.progress.offsets_alone = Some(self.progress.last_commit);
        }
        let deliveries = self.transactor.deliveries();
        let mut left = vec![0_usize; self.targets.len()];
        let waiting = group.into_waiting();
        for one in &waiting {
            left.get_mut(one.resource).into_iter().for_each(|left| *left += 1);
        }
        for one in waiting {
            let Some(left) = left.get_mut(one.resource) else { continue };
            *left -= 1;
            // The offsets of the whole commit belong to its last receipt: with an earlier one, a cache that sees no more of
            // them would stand behind changes that it does not know.
            let reached = if *left == 0 { deliveries.take_reached(one.resource) } else { Vec::new() };
            one.committed(&reached.into(), self.transactor.has_transactions());
        }
        conclude(outcome)
    }

    fn send_positions(&mut self, group: &Group<Waiting>) -> Result<(), Ended> {
        for (resource, of, schema) in group.schemas() {
            let target = self.targets.get(resource);
            let record =
                target.and_then(|target| schema_record(&self.offsets.connector, (&target.name, of), schema));
            if let Some((key, value)) = record.as_ref().map(OffsetRecord::parts) {
                send_record(&mut self.transactor, &self.offsets, (Some(resource), key, value))?;
            }
        }
        for (resource, offset) in group.offsets() {
            if let Some(target) = self.targets.get(resource) {
                let (key, value) = (target.offset_key.as_str(), offset_value(offset));
                send_record(&mut self.transactor, &self.offsets, (Some(resource), key, Some(&value)))?;
            }
        }
        for (resource, parent, cursor, topic_id) in group.parents() {
            if let Some(target) = self.targets.get(resource) {
                let (key, value) =
                    parent_record(&self.offsets.connector, (&target.name, parent), (topic_id, cursor));
                let record = (Some(resource), key.as_str(), value.as_deref());
                send_record(&mut self.transactor, &self.offsets, record)?;
            }
        }
        Ok(())
    }

    /// A transaction of its own for records of the offsets topic; what was open is committed before it.
    fn commit_records<'r>(
        &mut self,
        records: impl Iterator<Item = (&'r str, Option<&'r str>)>,
    ) -> Result<(), Ended> {
        self.commit_group()?;
        for (key, value) in records {
            send_record(&mut self.transactor, &self.offsets, (None, key, value))?;
        }
        let outcome = self.commit()?;
        conclude(outcome)
    }

    fn heartbeat(&mut self) -> Result<(), Ended> {
        match self.progress.pulse.clone() {
            Some(record) => self.commit_records([record.parts()].into_iter())?,
            None => self.progress.last_commit = Instant::now(),
        }
        for done in self.progress.asking.drain(..) {
            let _ = done.send(());
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<Commit, Ended> {
        self.transactor.begin()?;
        let outcome = self.transactor.commit()?;
        self.progress.last_commit = Instant::now();
        Ok(outcome)
    }
}

impl Waiting {
    pub(super) fn committed(self, reached: &Arc<[Reached]>, marked: bool) {
        let batch = (self.resource, self.sequence);
        // Nobody may be waiting any more.
        let _ = self.reply.send(Receipt::new(batch, Arc::clone(reached), marked));
    }
}

fn conclude(outcome: Commit) -> Result<(), Ended> {
    match outcome {
        Commit::Clean => Ok(()),
        Commit::Doubtful(reason) => Err(Ended::Doubtful { reason }),
    }
}
