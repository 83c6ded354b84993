//! One resource of a family while the family is scanned: its cache, its standing, and what is on its way to Kafka.

use std::collections::VecDeque;

use super::report::{Interrupted, ScanReport, SyncError};
use super::walk::{PageRead, WalkEnd, WalkFailed};
use crate::encode::Encoder;
use crate::kafka::{Boundary, Producer, Receipt, Ticket};
use crate::model::{Batch, Message, Page, Position, Record, SourceOffset};
use crate::plan::{Listing, ResourcePlan, Upkeep};
use crate::poll::{CompleteScan, Coverage, PartialScan};
use crate::records::{Latest, RecordError};
use crate::state::{Cache, Diff, Standing, StateError};

/// What a scan works with; the cache and the standing are the resource's own.
pub struct Member<'a> {
    pub plan: &'a ResourcePlan,
    /// Its place in its task: batches and receipts carry it.
    pub resource: usize,
    pub encoder: Encoder,
    pub cache: &'a mut Cache,
    pub standing: &'a mut Standing,
}

/// A member and what its scan has come to so far.
pub(super) struct Scanning<'a> {
    pub member: Member<'a>,
    pub listing: &'a Listing,
    pub report: ScanReport,
    receipts: VecDeque<(Ticket, u64)>,
    /// Whether a restart may go on in the middle of this scan.
    resumable: bool,
    /// Where the resource stood before, if a scan that fails leaves nothing behind.
    before: Option<Standing>,
    /// The position that a restart needs as long as what depends on the page in hand is not read.
    held: Option<Position>,
    /// The versions of records that the scan has shown, if they have a cursor value to tell their age by.
    latest: Latest,
    /// The first failure; it counts those after it.
    failed: Option<SyncError>,
}

impl<'a> Scanning<'a> {
    /// Begins its scan; returns where to go on.
    pub(super) fn begin(member: Member<'a>, listing: &'a Listing, kind: Kind) -> (Self, Option<Position>) {
        let Kind { resumable, boundary } = kind;
        let before = match boundary {
            Boundary::Interval => None,
            Boundary::Poll => Some(member.standing.clone()),
        };
        let position = if resumable {
            member.standing.begin()
        } else {
            member.standing.begin_anew();
            None
        };
        member.cache.begin_scan();
        let report = ScanReport::new(member.standing);
        let held = position.clone();
        (
            Self {
                member,
                listing,
                report,
                receipts: VecDeque::new(),
                resumable,
                before,
                held,
                latest: Latest::default(),
                failed: None,
            },
            position,
        )
    }

    /// What the page changes joins the open transaction.
    pub(super) async fn publish(
        &mut self,
        read: &PageRead,
        producer: &Producer,
    ) -> Result<Result<(), RecordError>, Interrupted> {
        let page = &read.page;
        let diff = match self.diff(page)? {
            Ok(diff) => diff,
            Err(error) => return Ok(Err(error)),
        };
        let messages = self.member.encoder.encode(&diff.changes, &page.body);
        self.report.count(page, diff.unchanged + diff.superseded);
        let (offset, moved) = self.offset_after(read, !messages.is_empty());
        self.send(producer, Batch { sequence: diff.sequence, messages, ..self.batch(offset, moved) }).await?;
        self.apply_ready()?; // only a receipt moves the state
        Ok(Ok(()))
    }

    fn diff<'p>(&mut self, page: &'p Page) -> Result<Result<Diff<'p>, RecordError>, Interrupted> {
        let reader = &self.listing.reader;
        let records = match reader.read(page) {
            Ok(records) => self.without_stale(records),
            Err(error) => return Ok(Err(error)),
        };
        let fingerprint = |record: &Record<'p>| reader.fingerprint(page, record);
        if self.member.plan.upkeep.compares() {
            let diff = self.member.cache.diff(records, fingerprint); // unchanged ones end here
            diff.map_err(|error| self.lost(error))
        } else {
            Ok(self.member.cache.append(records, fingerprint))
        }
    }

    fn lost(&self, error: StateError) -> Interrupted {
        Interrupted::State { resource: self.member.plan.name.clone(), error }
    }

    /// An older version of a record that this scan has shown is not published after it (DELIVERY 8).
    fn without_stale<'p>(&mut self, records: Vec<Record<'p>>) -> Vec<Record<'p>> {
        let Some(incremental) =
            self.listing.incremental.as_ref().filter(|_| self.member.plan.upkeep.compares())
        else {
            return records;
        };
        let (records, stale) = self.latest.without_stale(incremental, records);
        self.report.unchanged += stale;
        records
    }

    /// The position after a page. One that others depend on is left behind only once they have been read.
    fn offset_after(&mut self, read: &PageRead, has_messages: bool) -> (SourceOffset, bool) {
        let next = read.page.next.as_ref();
        let last = next.is_none() && self.ends_with_its_last_page();
        let standing = &mut *self.member.standing;
        if self.listing.parent.is_some() || (!self.resumable && !last) {
            return (standing.within(None, None, has_messages), false);
        }
        if !self.listing.children.is_empty() {
            let held = std::mem::replace(&mut self.held, next.cloned());
            return (standing.within(held.as_ref(), read.reached.clone(), has_messages), false);
        }
        if last {
            standing.end(read.reached.clone())
        } else {
            (standing.within(next, read.reached.clone(), has_messages), false)
        }
    }

    /// The pages of the resource, or of one parent, are all read. Whether its cursor may move; a parent's has moved then.
    pub(super) async fn end_of_walk(
        &mut self,
        end: &WalkEnd,
        producer: &Producer,
        whole: bool,
    ) -> Result<bool, Interrupted> {
        if let Coverage::Partial(reason) = end.coverage {
            self.report.partial.get_or_insert(reason);
        }
        // A cursor must not pass what a failed dependent resource still has to see, nor what may have been passed over.
        let moves = whole && !self.holds_its_cursor(&end.coverage);
        let Some(parent) = end.parent.as_ref().filter(|_| moves) else { return Ok(moves) };
        if let Some(moved) = self.member.standing.end_of_parent(parent, end.reached.clone()) {
            let offset = self.member.standing.within(None, None, false);
            self.send(producer, Batch { parents: vec![moved], ..self.batch(offset, false) }).await?;
        }
        Ok(moves)
    }

    /// Nothing has to be done once the last page is published. Whether a cursor may move is known only after it.
    fn ends_with_its_last_page(&self) -> bool {
        self.listing.incremental.is_none() && self.member.plan.upkeep.ends_with_its_last_page()
    }

    /// Whether records may have been passed over. Where records are not compared, asking for them again would publish all of the
    /// others once more, at every poll: there the cursor moves.
    fn holds_its_cursor(&self, coverage: &Coverage) -> bool {
        let skipped = match coverage {
            Coverage::Complete(_) => false,
            Coverage::Partial(reason) => reason.may_have_skipped(),
        };
        let holds = skipped && self.listing.incremental.is_some() && self.member.plan.upkeep.compares();
        if holds {
            let resource = &self.member.plan.name;
            tracing::warn!(%resource, "the cursor stays where it was: {coverage}; what was read is published");
        }
        holds
    }

    pub(super) fn fail(&mut self, failed: WalkFailed) {
        let WalkFailed { parent, error, .. } = failed;
        match (&mut self.failed, parent) {
            (Some(SyncError::Parents { failed, .. }), _) => *failed += 1,
            (Some(_), _) => {}
            (none, None) => *none = Some(error.into()),
            (none, Some(parent)) => *none = Some(SyncError::Parents { failed: 1, parent, error }),
        }
        self.report.partial = Some(PartialScan::Failed);
    }

    /// Not all parents were seen.
    pub(super) fn fail_with_parent(&mut self, parent: &str) {
        self.failed.get_or_insert(SyncError::Parent { parent: parent.to_owned() });
    }

    /// The scan of the whole family is over. `reached`: the root's cursor. `complete`: the proof that this resource was seen whole.
    pub(super) async fn finish(&mut self, ending: Ending<'_>) -> Result<(), Interrupted> {
        if self.failed.is_some() {
            return Ok(());
        }
        let wants_all = matches!(self.member.plan.upkeep, Upkeep::Replace { .. });
        if wants_all && ending.producer.boundary() == Boundary::Interval {
            self.settle(ending.producer).await?; // the share of what is gone is one of what is there
        }
        let gone = match (self.member.plan.upkeep, ending.complete) {
            (Upkeep::Replace { max_share }, Some(proof)) => self.gone(proof, max_share)?,
            (Upkeep::Merge | Upkeep::Replace { .. } | Upkeep::Append { .. }, _) => Vec::new(),
        };
        let (offset, moved) = self.member.standing.end(ending.reached);
        if gone.is_empty() && !moved {
            return Ok(());
        }
        let sequence = self.member.cache.delete(&gone);
        let messages = self.member.encoder.tombstones(&gone);
        self.report.tombstones = messages.len() as u64;
        self.send(ending.producer, Batch { sequence, messages, ..self.batch(offset, moved) }).await
    }

    fn gone(&mut self, proof: &CompleteScan, max_share: f64) -> Result<Vec<Box<[u8]>>, Interrupted> {
        let gone = self.member.cache.gone(proof).map_err(|error| self.lost(error))?;
        let all = self.member.cache.keys();
        if gone.len() as f64 > max_share * all as f64 {
            self.failed = Some(SyncError::TooManyGone { gone: gone.len(), all, max_share });
            return Ok(Vec::new());
        }
        Ok(gone)
    }

    /// A resumed scan that did not get beyond the page where it began: the next one starts over, so that one bad page does not
    /// keep krest away from all others. Records that are appended would come twice.
    pub(super) async fn start_over_if_stuck(&mut self, began: Option<&Position>, producer: &Producer) {
        let stuck = began.is_some() && self.member.standing.position() == began;
        if !stuck || !self.member.plan.upkeep.compares() {
            return;
        }
        if let Some(offset) = self.member.standing.start_over() {
            // If the session is over, the next one finds the old position and comes here again. Flushed, because the next scan's
            // first page would otherwise join it with a position of its own.
            if producer.send(self.batch(offset, true)).await.is_ok() {
                let _ = producer.flush().await;
            }
        }
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Nothing of this scan is published: everything is as it was before it.
    pub(super) fn forget(&mut self) {
        self.receipts.clear();
        self.member.cache.abort();
        if let Some(before) = self.before.take() {
            *self.member.standing = before;
        }
        self.failed.get_or_insert(SyncError::Discarded);
    }

    /// Has the open transaction committed and waits for every receipt.
    pub(super) async fn settle(&mut self, producer: &Producer) -> Result<(), Interrupted> {
        if self.receipts.is_empty() {
            return Ok(());
        }
        producer.flush().await?;
        while let Some((ticket, published)) = self.receipts.pop_front() {
            self.apply(&ticket.await?)?;
            self.report.published += published;
        }
        Ok(())
    }

    pub(super) fn into_outcome(self) -> (ScanReport, Result<(), SyncError>) {
        (self.report, self.failed.map_or(Ok(()), Err))
    }

    /// A batch with nothing in it but the offset.
    fn batch(&self, offset: SourceOffset, offset_moved: bool) -> Batch {
        let (resource, messages, parents) = (self.member.resource, Vec::<Message>::new(), Vec::new());
        Batch { resource, sequence: 0, messages, offset, offset_moved, parents }
    }

    async fn send(&mut self, producer: &Producer, batch: Batch) -> Result<(), Interrupted> {
        let published = batch.messages.len() as u64;
        self.receipts.push_back((producer.send(batch).await?, published));
        Ok(())
    }

    fn apply(&mut self, receipt: &Receipt) -> Result<(), Interrupted> {
        self.member.cache.apply(receipt).map_err(|error| self.lost(error))
    }

    /// Applies the receipts that have come, without waiting.
    fn apply_ready(&mut self) -> Result<(), Interrupted> {
        while let Some((ticket, published)) = self.receipts.front_mut() {
            let Some(receipt) = ticket.ready() else { break };
            let (receipt, published) = (receipt?, *published);
            self.apply(&receipt)?;
            self.report.published += published;
            self.receipts.pop_front();
        }
        Ok(())
    }
}

/// What kind of a scan it is.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub resumable: bool,
    pub boundary: Boundary,
}

/// What the end of a family's scan means for one of its resources.
pub(super) struct Ending<'e> {
    pub producer: &'e Producer,
    pub reached: Option<crate::model::Cursor>,
    pub complete: Option<&'e CompleteScan>,
}
