//! The handle of the producer's thread: batches go in, receipts come out.

mod rehearsal;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot, watch};

use super::cluster::Cluster;
use super::error::{Ended, Error};
use super::offsets::{
    NewRule, Owner, owner_record, partitions_record, pulse_record, resource_key, rule_record, source_header,
    topic_owner_record,
};
use super::partitions::OffsetChange;
use super::reach::Reached;
use super::settings::{Boundary, Sizes, Writer};
use super::thread::{OffsetsTopic, Request, State, Target, Waiting, Worker};
use super::topics::Topic;
use super::transaction::{Stop, Transactor};
use crate::model::{Batch, ResourceName};

pub use rehearsal::Rehearsed;

/// The proof that batches are committed. Only the producer makes it; `state` moves with nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    resource: usize,
    sequence: u64,
    reached: Arc<[Reached]>,
    marked: bool,
}

impl Receipt {
    /// `marked`: see [`Self::is_marked`].
    pub(super) fn new((resource, sequence): (usize, u64), reached: Arc<[Reached]>, marked: bool) -> Self {
        Self { resource, sequence, reached, marked }
    }

    /// The resource, by its place in its task.
    pub fn resource(&self) -> usize {
        self.resource
    }

    /// The resource's batches up to this one are committed.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The partitions of the output topic that the transaction wrote to, each with the offsets of its messages there.
    /// Empty in all receipts of a resource and a commit but the last: who has applied that one knows all of the commit.
    pub fn reached(&self) -> &[Reached] {
        &self.reached
    }

    /// Whether the end of the transaction took an offset of its own behind the messages, in each of these partitions.
    pub fn is_marked(&self) -> bool {
        self.marked
    }
}

/// Resolves when the batch is committed, or the session has ended without that being known.
pub struct Ticket(Pin<Box<dyn Future<Output = Result<Receipt, Ended>> + Send + Sync>>);

impl Ticket {
    /// The outcome if it is known, without waiting.
    pub fn ready(&mut self) -> Option<Result<Receipt, Ended>> {
        match self.0.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())) {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => None,
        }
    }
}

impl Future for Ticket {
    type Output = Result<Receipt, Ended>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ticket")
    }
}

/// The first transaction of a start: who owns the connector from now on, which topics are its own, and by which new rules it
/// compares records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub owner: Owner,
    /// Output topics that no connector owns yet.
    pub topics: Vec<String>,
    /// Rules that the offsets topic does not know yet.
    pub rules: Vec<NewRule>,
    /// How many partitions of the offsets topic are used, if nobody has said so yet.
    pub partitions: Option<i32>,
}

/// How much may wait for the thread, in KiB: beyond it, `send` waits.
const ROOM: u32 = 64 << 10;
/// What a batch counts at least, in KiB: a scan that changes nothing does not run ahead of Kafka without end either.
const LEAST: u32 = 16;
/// A thread that has not ended by then hangs in a call (a name server, say) and is left behind.
const CLOSING: Duration = Duration::from_millis(4800);

/// One transactional producer on its own thread. Dropping it abandons what is open and does not wait.
#[derive(Debug)]
pub struct Producer {
    cluster: Cluster,
    boundary: Boundary,
    writer: Writer,
    requests: Sender<Request>,
    room: Arc<Semaphore>,
    ended: watch::Receiver<Option<Ended>>,
    stop: Arc<Stop>,
}

impl Producer {
    /// Starts the thread and fences the predecessor (`init_transactions`): when this returns, nothing of it is open any more.
    /// All checks that could refuse this start must have been made before.
    /// `resources`: those of the writer's task, in its order, each with its topic. Batches name them by their place there.
    /// `offsets`: with the partitions of it that are used.
    pub async fn start(
        cluster: &Cluster,
        (writer, boundary): (Writer, Boundary),
        resources: &[(ResourceName, Topic)],
        offsets: &Topic,
    ) -> Result<Self, Error> {
        let stop = Arc::new(Stop::default());
        let (requests, inbox) = mpsc::channel();
        let (tell, ended) = watch::channel(None);
        let (ready, started) = oneshot::channel();
        let names = resources.iter().map(|(name, topic)| (name.to_string(), topic.name.clone())).collect();
        let sizes = sizes(resources, offsets);
        let transactor = Transactor::new(cluster, (writer, sizes), names, Arc::clone(&stop))?;
        let mut worker = Worker {
            transactor,
            requests: inbox,
            targets: resources.iter().map(|resource| target(cluster, resource)).collect(),
            offsets: offsets_topic(cluster, offsets),
            policy: cluster.settings().commit,
            boundary,
            longest: cluster.settings().transaction_timeout() / 2,
            progress: State::new(),
        };
        std::thread::spawn(move || {
            let begun = worker.transactor.init(&|| ready.is_closed());
            let good = begun.is_ok();
            if ready.send(begun).is_ok() && good {
                let why = worker.run();
                tell.send_replace(Some(why));
            }
            // `tell` goes last: when it is gone, so is the librdkafka handle.
            drop(worker);
            drop(tell);
        });
        let producer = Self::of(cluster, (writer, boundary), (requests, ended), stop);
        match started.await {
            Ok(begun) => begun.map(|()| producer),
            Err(_) => Err(Error::Ended(broken())),
        }
    }

    /// The handle of a thread.
    fn of(
        cluster: &Cluster,
        (writer, boundary): (Writer, Boundary),
        (requests, ended): (Sender<Request>, watch::Receiver<Option<Ended>>),
        stop: Arc<Stop>,
    ) -> Self {
        let room = Arc::new(Semaphore::new(ROOM as usize));
        Self { cluster: cluster.clone(), boundary, writer, requests, room, ended, stop }
    }

    /// Writes the owner records, in a transaction of their own, committed at once; an idle session repeats that of the
    /// connector. Only the first task's producer may: a start fences it before all others, so that no predecessor of any task
    /// can write its own record behind the newer one.
    pub async fn claim(&self, claim: &Claim) -> Result<(), Ended> {
        let connector = &self.cluster.settings().connector;
        let owner = owner_record(connector, &claim.owner);
        let topics = claim.topics.iter().map(|topic| topic_owner_record(connector, topic));
        let rules = claim.rules.iter().map(|rule| rule_record(connector, rule));
        let others = topics.chain(rules).chain(claim.partitions.map(partitions_record)).collect();
        self.ask(|done| Request::Claim { owner, others, done }).await
    }

    /// Writes source offsets, in a transaction of their own, committed at once.
    pub async fn alter(&self, changes: &[OffsetChange]) -> Result<(), Ended> {
        let connector = &self.cluster.settings().connector;
        let records = changes.iter().map(|change| change.record(connector)).collect();
        self.ask(|done| Request::Alter(records, done)).await
    }

    /// What an idle session writes from now on: the connector's owner record if it is the first task's, else one of its own.
    pub fn keep_alive(&self, owner: &Owner) {
        let connector = &self.cluster.settings().connector;
        let record = match self.writer {
            Writer::Task(0) => owner_record(connector, owner),
            Writer::Task(task) => pulse_record(connector, task, owner),
            Writer::Apart(_) => return, // it lives for one scan
        };
        // The thread may have ended by itself.
        let _ = self.requests.send(Request::KeepAlive { record });
    }

    /// Puts a batch into the open transaction, or a new one. Waits while too much is on its way. The batch enters whole; after
    /// an error nothing of it is committed.
    pub async fn send(&self, batch: Batch) -> Result<Ticket, Ended> {
        let (_, bytes) = batch.load();
        let kib = u32::try_from(bytes / 1024).unwrap_or(ROOM).clamp(LEAST, ROOM);
        let Ok(room) = Arc::clone(&self.room).acquire_many_owned(kib).await else {
            return Err(self.ended().await);
        };
        if self.ended.borrow().is_some() {
            return Err(self.ended().await);
        }
        let (reply, receipt) = oneshot::channel();
        let waiting = Waiting { resource: batch.resource, sequence: batch.sequence, reply };
        if self.requests.send(Request::Batch { batch: Box::new(batch), waiting, room }).is_err() {
            return Err(self.ended().await);
        }
        let ended = self.ended.clone();
        Ok(Ticket(Box::pin(async move {
            match receipt.await {
                Ok(receipt) => Ok(receipt),
                Err(_) => Err(reason(ended).await),
            }
        })))
    }

    /// Writes what an idle session writes: an error if the transactional id was taken over. Now, or where a transaction holds a
    /// whole scan, once the one that is open has ended.
    pub async fn beat(&self) -> Result<(), Ended> {
        self.ask(|done| Request::Beat { done }).await
    }

    /// Commits what is open.
    pub async fn flush(&self) -> Result<(), Ended> {
        self.ask(|done| Request::Flush { done }).await
    }

    /// What a transaction of this producer holds.
    pub fn boundary(&self) -> Boundary {
        self.boundary
    }

    /// Takes back what is open. `Ok` if nothing of it had been sent; otherwise the session is over. Nobody may wait for a
    /// ticket of it.
    pub async fn discard(&self) -> Result<(), Ended> {
        self.ask(|done| Request::Discard { done }).await
    }

    /// Tells what a resource's topic takes now.
    pub fn takes_now(&self, resource: usize, largest: usize) {
        // A thread that has ended says so to whoever sends next.
        let _ = self.requests.send(Request::Limit { resource, largest });
    }

    /// Commits what is open (with `Boundary::Poll`: aborts it) and ends the session, within five seconds even if Kafka is gone: then what was open is aborted, by
    /// us or by the broker. `Ok` if all was committed.
    pub async fn close(&self) -> Result<(), Ended> {
        self.stop.ask();
        // The thread may have ended by itself.
        let _ = self.requests.send(Request::Close);
        let mut ended = self.ended.clone();
        let gone = async { while ended.changed().await.is_ok() {} };
        if tokio::time::timeout(CLOSING, gone).await.is_err() {
            self.stop.abandon();
            tracing::warn!("the kafka producer did not close in time and is left behind");
        }
        let why = self.ended.borrow().clone();
        match why {
            Some(Ended::Closed) => Ok(()),
            Some(why) => Err(why),
            None => Err(Ended::UnknownOutcome { reason: "the producer did not close in time".to_owned() }),
        }
    }

    /// Waits until the session ends, and says why.
    pub async fn ended(&self) -> Ended {
        reason(self.ended.clone()).await
    }

    async fn ask(&self, request: impl FnOnce(oneshot::Sender<()>) -> Request) -> Result<(), Ended> {
        let (done, answer) = oneshot::channel();
        if self.requests.send(request(done)).is_ok() && answer.await.is_ok() {
            return Ok(());
        }
        Err(self.ended().await)
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.stop.abandon();
    }
}

async fn reason(mut ended: watch::Receiver<Option<Ended>>) -> Ended {
    match ended.wait_for(Option::is_some).await {
        Ok(why) => why.clone().unwrap_or_else(broken),
        Err(_) => broken(),
    }
}

/// The thread is gone without a word: it panicked.
fn broken() -> Ended {
    Ended::UnknownOutcome { reason: "the producer's thread is gone".to_owned() }
}

fn offsets_topic(cluster: &Cluster, offsets: &Topic) -> OffsetsTopic {
    OffsetsTopic {
        connector: cluster.settings().connector.clone(),
        name: offsets.name.clone(),
        partitions: offsets.partitions,
        largest: cluster.settings().largest_with_headers(offsets.max_message_bytes),
    }
}

fn target(cluster: &Cluster, (name, topic): &(ResourceName, Topic)) -> Target {
    let connector = &cluster.settings().connector;
    Target {
        topic: topic.name.clone(),
        name: name.clone(),
        offset_key: resource_key(connector, name),
        source: source_header(connector, name),
        largest: cluster.settings().largest_message(name, topic),
    }
}

fn sizes(resources: &[(ResourceName, Topic)], offsets: &Topic) -> Sizes {
    let topics = || resources.iter().map(|(_, topic)| topic).chain([offsets]);
    let known = || topics().filter_map(|topic| topic.max_message_bytes);
    Sizes { smallest: known().min(), largest: known().max() }
}
