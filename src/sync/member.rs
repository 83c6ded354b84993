//! One resource of a family while the family is scanned: its cache, its standing, and what is on its way to Kafka.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::deleted::DeletedRows;
use super::letters::SetAside;
use super::log::{LastPage, Shown};
use super::probing::Witnesses;
use super::registrar::Registrar;
use super::report::{Interrupted, ScanReport, Sent, SyncError};
use super::size::{Sizes, Verdict};
use super::walk::{PageRead, WalkEnd, WalkFailed};
use super::wish::Wish;
use crate::encode::{Encoder, LetterEncoder, MetadataPlan, Values};
use crate::kafka::{Boundary, Producer, Receipt, Ticket};
use crate::model::{Batch, Position, Reading, SourceOffset};
use crate::plan::{Listing, ResourcePlan};
use crate::poll::{Coverage, PartialScan};
use crate::records::{Latest, Rules};
use crate::registry::RegistryError;
use crate::state::{Cache, Standing};

/// What a scan works with; the cache and the standing are the resource's own.
pub struct Member<'a> {
    pub plan: &'a ResourcePlan,
    /// Its place in its task: batches and receipts carry it.
    pub resource: usize,
    pub encoder: Encoder,
    /// What makes the values, and learns their schema.
    pub values: &'a mut Values,
    /// Who gives their schema its id.
    pub registrar: &'a Registrar,
    /// The most bytes that key and value of a message may come to.
    pub largest: usize,
    /// What messages say beside their records; `None`: nothing.
    pub metadata_plan: Option<MetadataPlan>,
    /// `None`: a record that cannot be published fails the scan.
    pub letters: Option<LetterEncoder>,
    /// One scan may delete as much as it likes.
    pub allow_deletes: bool,
    pub cache: &'a mut Cache,
    /// By which its records are compared.
    pub rules: &'a Rules,
    pub standing: &'a mut Standing,
    /// What the scan is to do otherwise than usual.
    pub wish: Wish,
}

/// A member and what its scan has come to so far.
pub(super) struct Scanning<'a> {
    pub member: Member<'a>,
    pub listing: &'a Listing,
    pub report: ScanReport,
    receipts: VecDeque<(Ticket, Sent)>,
    /// What depends on these goes.
    pub deleted: DeletedRows,
    /// Rows are missing that only a further scan can tell to be gone.
    pub unconfirmed: bool,
    /// It is scanned without its cursor, or never had one.
    pub uncut: bool,
    /// What of the scan cannot be published.
    pub aside: SetAside,
    /// Whether a restart may go on in the middle of this scan.
    pub resumable: bool,
    /// It is scanned without its cursor, so that what is missing in it, or in what depends on it, shows.
    pub is_whole: bool,
    pub reading: Reading,
    /// Of a log.
    pub shown: Shown,
    /// Where the resource stood before, if a scan that fails leaves nothing behind.
    before: Option<Standing>,
    /// Keys that the topic held when the scan began.
    keys: u64,
    /// The position that a restart needs as long as what depends on the page in hand is not read.
    pub held: Option<Position>,
    /// The last page of a walk whose records are not compared.
    pub last: Option<LastPage>,
    /// The versions of records that the scan has shown, if they have a cursor value to tell their age by.
    pub latest: Latest,
    /// Rows that are there, if there is a place to ask for single ones.
    pub witnesses: Witnesses,
    /// The record, or the parent, that was asked for has been read.
    pub satisfied: bool,
    /// The schema registry was away.
    pub away: Option<RegistryError>,
    /// The first failure; it counts those after it.
    failed: Option<SyncError>,
}

impl<'a> Scanning<'a> {
    /// Begins its scan; returns where to go on.
    pub(super) fn begin(
        mut member: Member<'a>,
        listing: &'a Listing,
        kind: Kind,
    ) -> (Self, Option<Position>) {
        let Kind { whole, boundary, uncut: is_whole } = kind;
        let before = match boundary {
            Boundary::Interval => None,
            Boundary::Poll => Some(member.standing.clone()),
        };
        let is_log = !member.plan.upkeep.compares();
        // A log goes on whoever takes part: what it has published would come once more. A position in a scan without a cursor is none
        // in one that has it.
        let goes_on = !is_whole && if is_log { member.wish.is_usual() } else { whole };
        // What is one transaction leaves no position behind; one from before it was that is gone on from all the same.
        let resumable = goes_on && boundary == Boundary::Interval;
        let uncut = (is_whole || member.standing.is_new()) && !member.wish.is_narrow();
        let position = member.take_up(goes_on);
        let shown = Shown::new(member.standing.published());
        let reading = member.reading();
        member.cache.begin_scan();
        member.cache.publish_again(member.wish.again);
        let keys = member.cache.keys() as u64;
        (
            Self {
                report: ScanReport::new(member.standing),
                member,
                listing,
                receipts: VecDeque::new(),
                deleted: DeletedRows::default(),
                unconfirmed: false,
                uncut,
                aside: SetAside::default(),
                resumable,
                is_whole,
                reading,
                shown,
                before,
                keys,
                held: position.clone(),
                last: None,
                latest: Latest::default(),
                witnesses: Witnesses::default(),
                satisfied: false,
                away: None,
                failed: None,
            },
            position,
        )
    }

    /// Gives up the position that its scan was to go on at, before it has read a page.
    pub(super) fn start_over(&mut self) {
        self.member.standing.start_over();
        self.member.cache.begin_scan();
        self.report = ScanReport::new(self.member.standing);
        self.aside = SetAside::default();
        self.deleted = DeletedRows::default();
        self.witnesses = Witnesses::default();
        (self.held, self.shown) = (None, Shown::default());
    }

    /// The position after a page. One that others depend on is left behind only once they have been read.
    pub(super) fn offset_after(&mut self, read: &PageRead, has_messages: bool) -> (SourceOffset, bool) {
        let next = read.page.next.as_ref();
        let last = next.is_none() && self.listing.children.is_empty() && self.ends_with_its_last_page();
        self.keep_shown(read);
        if self.listing.parent.is_some() || (!self.resumable && !last) {
            return (self.without_place(has_messages), false);
        }
        let standing = &mut *self.member.standing;
        if !self.listing.children.is_empty() {
            let held = if self.deleted.is_empty() {
                std::mem::replace(&mut self.held, next.cloned())
            } else {
                self.held.clone() // what depends on them goes at the end of the scan
            };
            return (standing.within(held.as_ref(), read.reached.clone(), has_messages), false);
        }
        if last {
            standing.end(read.reached.clone())
        } else {
            (standing.within(next, read.reached.clone(), has_messages), false)
        }
    }

    /// The offset record that goes with messages and moves no position.
    fn without_place(&mut self, has_messages: bool) -> SourceOffset {
        if self.is_log() && !self.member.wish.is_usual() {
            return self.member.standing.beside();
        }
        self.member.standing.within(None, None, has_messages)
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
        let wish = &self.member.wish;
        let is_seen = whole && !self.member.standing.has_missed();
        let moves = is_seen && wish.key.is_none() && !self.holds_its_cursor(end);
        self.satisfied |= wish.parent.is_some() && wish.parent == end.parent;
        let Some(parent) = &end.parent else {
            if !moves {
                self.hold(end);
            }
            return Ok(moves);
        };
        self.leave_parent(moves);
        let moved =
            if moves { self.member.standing.end_of_parent(parent, end.reached.clone()) } else { None };
        if moved.is_some() || self.last.is_some() {
            // The offsets of a commit come with its last receipt, and that has to cover the batches before it.
            let alone = || LastPage { sequence: self.member.cache.unchanging(), ..LastPage::default() };
            let last = self.last.take().unwrap_or_else(alone);
            let offset = self.without_place(!last.is_empty());
            let parents = moved.into_iter().map(|(parent, cursor)| (parent, Some(cursor))).collect();
            self.send(producer, Batch { parents, ..last.batch(self.batch(offset, false)) }).await?;
        }
        Ok(moves)
    }

    /// Nothing has to be done once the last page is published. Whether a cursor may move is known only after it.
    fn ends_with_its_last_page(&self) -> bool {
        self.listing.incremental.is_none() && self.member.plan.upkeep.ends_with_its_last_page()
    }

    pub(super) fn fail(&mut self, failed: WalkFailed) {
        let WalkFailed { parent, error, .. } = failed;
        self.break_off_parent();
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

    /// The scan was to show everything. Whether it is believed; under `errors.shrunk_scan: fail` it has failed if not.
    pub(super) fn is_believed(&mut self, selected: bool) -> bool {
        let (rule, standing) = (self.member.plan.shrink, &mut *self.member.standing);
        let known = if self.member.plan.upkeep.compares() { self.keys } else { 0 };
        let before = standing.records().unwrap_or(known);
        let sizes = Sizes { now: self.report.records, before, doubted: standing.doubted() };
        let again = match sizes.judge(rule) {
            Verdict::Plausible => {
                if selected {
                    standing.believe(sizes.now);
                }
                return true;
            }
            Verdict::Doubtful { again } => again && selected && !rule.fails,
        };
        match (again, selected) {
            (true, _) => standing.believe(sizes.now),
            (false, true) => standing.doubt(sizes.now),
            (false, false) => {} // what the selector did not find is no size
        }
        self.report.partial = Some(PartialScan::Shrunk);
        if rule.fails {
            self.failed = Some(sizes.refused(rule));
        } else {
            tracing::warn!(resource = %self.member.plan.name, "{}", sizes.doubt(rule, again));
        }
        false
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    pub(super) fn failure(&self) -> Option<&SyncError> {
        self.failed.as_ref()
    }

    /// All pages were read, but nothing is deleted of what is missing.
    pub(super) fn fail_deletes(&mut self, error: SyncError) {
        self.failed.get_or_insert(error);
    }

    /// What was read before a failure is published, too.
    pub(super) async fn publish_last(&mut self, producer: &Producer) -> Result<(), Interrupted> {
        if self.last.is_some() {
            self.leave_parent(false);
        }
        let Some(mut last) = self.last.take() else { return Ok(()) };
        let offset = self.member.standing.within(None, last.reached.take(), !last.is_empty());
        self.send(producer, last.batch(self.batch(offset, false))).await
    }

    /// Nothing of this scan is published: everything is as it was before it.
    pub(super) fn forget(&mut self, now: SystemTime) {
        self.receipts.clear();
        self.member.cache.abort();
        self.member.cache.settle();
        self.report.confirm = false; // nothing of it is left that a further scan could confirm
        self.tell_again();
        if let Some(before) = self.before.take() {
            *self.member.standing = before;
        }
        self.report.allowance_used = false;
        if self.every().is_some() && self.uncut && !self.member.standing.is_new() {
            self.member.standing.tried_whole(now, self.member.allow_deletes);
        }
        self.failed.get_or_insert(SyncError::Discarded);
    }

    /// Has the open transaction committed and waits for every receipt.
    pub(super) async fn settle(&mut self, producer: &Producer) -> Result<(), Interrupted> {
        if self.receipts.is_empty() {
            return Ok(());
        }
        producer.flush().await?;
        while let Some((ticket, sent)) = self.receipts.pop_front() {
            self.apply(&ticket.await?, sent)?;
        }
        Ok(())
    }

    fn apply(&mut self, receipt: &Receipt, sent: Sent) -> Result<(), Interrupted> {
        failpoint!("sync::before_apply");
        self.report.committed(sent);
        self.member.cache.apply(receipt)?;
        failpoint!("sync::after_apply");
        Ok(())
    }

    pub(super) fn into_outcome(self) -> (ScanReport, Result<(), SyncError>) {
        let (dead_letters, first_dead) = (self.aside.count(), self.aside.first().map(str::to_owned));
        let report = ScanReport { dead_letters, first_dead, ..self.report };
        (report, self.failed.map_or(Ok(()), Err))
    }

    /// With what its messages are the first to need of their schemas: a page that waits and is never sent has told nothing.
    pub(super) async fn send(&mut self, producer: &Producer, batch: Batch) -> Result<(), Interrupted> {
        let batch = Batch { schemas: self.news(&batch), ..batch };
        let sent = Sent::of(&batch);
        self.receipts.push_back((producer.send(batch).await?, sent));
        Ok(())
    }

    /// Applies the receipts that have come, without waiting.
    pub(super) fn apply_ready(&mut self) -> Result<(), Interrupted> {
        while let Some((ticket, sent)) = self.receipts.front_mut() {
            let Some(receipt) = ticket.ready() else { break };
            let (receipt, sent) = (receipt?, *sent);
            self.receipts.pop_front();
            self.apply(&receipt, sent)?;
        }
        Ok(())
    }
}

/// What kind of a scan it is.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    /// None of the family's resources is left out.
    pub whole: bool,
    pub boundary: Boundary,
    /// It is scanned without its cursor.
    pub uncut: bool,
}
