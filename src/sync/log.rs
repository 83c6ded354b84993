//! What is appended and compared with nothing: that nothing of it comes twice where pages are read once more.

use std::collections::HashMap;

use super::FamilyScan;
use super::member::Scanning;
use super::read_error::ReadError;
use super::walk::{PageRead, WalkEnd};
use crate::model::{Batch, Cursor, Fingerprint, Letter, Message, Position, Record};
use crate::records::under_parent;

/// More records than this are not remembered: the source offset is one message.
const MOST: usize = 10_000;

/// What a log has published of pages that a restart, or the next scan, is shown once more.
#[derive(Default)]
pub(super) struct Shown {
    /// Published before this scan, or before it was interrupted, and not shown again so far; how often.
    before: HashMap<Fingerprint, usize>,
    /// The records of the page in hand, and those of them that were published before.
    page: Vec<Fingerprint>,
    again: Vec<Fingerprint>,
    /// Published since the place that a restart goes back to.
    since: Vec<Fingerprint>,
    /// The same, of parents whose cursors stay behind it.
    held: Vec<Fingerprint>,
}

impl Shown {
    pub(super) fn new(published: &[Fingerprint]) -> Self {
        let mut shown = Self::default();
        shown.unsee(published);
        shown
    }

    /// Whether a record of the page in hand was published before.
    fn is_known(&mut self, record: Fingerprint) -> bool {
        self.page.push(record);
        let Some(times) = self.before.get_mut(&record).filter(|times| **times > 0) else { return false };
        *times -= 1;
        self.again.push(record);
        true
    }

    /// A page has come; what the last one was if it was not published does not count.
    fn turn(&mut self) {
        let again = std::mem::take(&mut self.again);
        self.unsee(&again);
        self.page.clear();
    }

    fn unsee(&mut self, records: &[Fingerprint]) {
        for record in records {
            *self.before.entry(*record).or_default() += 1;
        }
    }

    /// The page is published. A restart goes back to it, or further back.
    fn keep(&mut self, further: bool) {
        self.again.clear();
        if !further {
            self.since.clear();
        }
        self.since.append(&mut self.page);
    }

    fn all(&self) -> Vec<Fingerprint> {
        let before = self.before.iter().flat_map(|(record, times)| std::iter::repeat_n(*record, *times));
        let known = self.since.iter().chain(&self.held).copied();
        known.chain(before).take(MOST).collect()
    }
}

impl Scanning<'_> {
    /// Whether its records are told apart by nothing that the topic holds.
    pub(super) fn is_log(&self) -> bool {
        !self.member.plan.upkeep.compares()
    }

    /// Whether what was published would come once more if its scan started over, and would not if the next one began. (Without a
    /// cursor every scan publishes everything.)
    pub(super) fn must_not_start_over(&self) -> bool {
        self.is_log() && self.listing.incremental.is_some()
    }

    /// Where records are not compared, a restart between the last page and the cursor that leaves it behind would append them
    /// once more: they go together.
    pub(super) fn waits_for_its_end(&self, read: &PageRead) -> bool {
        read.page.next.is_none() && self.listing.children.is_empty() && self.must_not_start_over()
    }

    /// The records of a page that are not published yet: its cursor may wait for what depends on it, and the page may be read once
    /// more. What a signal asks for is published whatever there is.
    pub(super) fn without_published<'p>(
        &mut self,
        read: &'p PageRead,
        mut records: Vec<Record<'p>>,
    ) -> Result<Vec<Record<'p>>, ReadError> {
        if !self.is_log() || !self.member.wish.is_usual() {
            return Ok(records);
        }
        let all = records.len();
        if let Some((incremental, mark)) = self.listing.incremental.as_ref().zip(self.mark(read)) {
            records = incremental.without_published(mark, records);
        }
        self.shown.turn();
        if !self.goes_back(read) && self.shown.before.is_empty() {
            self.report.unchanged += (all - records.len()) as u64;
            return Ok(records);
        }
        let mut fresh = Vec::with_capacity(records.len());
        for record in records {
            let content = self.listing.reader.fingerprint(&read.page, &record)?;
            let content = read.under.as_ref().map_or(content, |parent| under_parent(content, parent));
            if !self.shown.is_known(content) {
                fresh.push(record);
            }
        }
        self.report.unchanged += (all - fresh.len()) as u64;
        Ok(fresh)
    }

    /// How far it is published, where its pages begin before that.
    fn mark(&self, read: &PageRead) -> Option<&Cursor> {
        let standing = &self.member.standing;
        let cursor = || standing.cursor(read.under.as_deref()).filter(|_| self.is_whole);
        standing.appended().or_else(cursor)
    }

    /// The page is published. What a restart is shown once more goes with it.
    pub(super) fn keep_shown(&mut self, read: &PageRead) {
        if !self.is_log() || !self.member.wish.is_usual() {
            return;
        }
        if !self.goes_back(read) {
            self.shown.page.clear();
        }
        self.shown.keep(self.listing.parent.is_some() || self.is_whole || self.has_no_place(read));
        self.member.standing.publish(self.shown.all());
    }

    /// Whether a restart reads the page once more: for what depends on it, or because it has to begin before it.
    fn goes_back(&self, read: &PageRead) -> bool {
        match self.listing.parent {
            None => self.is_whole || !self.listing.children.is_empty() || self.has_no_place(read),
            Some(_) => self.listing.incremental.is_some(), // a parent's pages are read from the first one
        }
    }

    /// Whether a restart begins anew because the position that goes with the page cannot be stored.
    fn has_no_place(&self, read: &PageRead) -> bool {
        let waits = !self.listing.children.is_empty();
        let place = if waits { self.held.as_ref() } else { read.page.next.as_ref() };
        place.is_some_and(Position::is_beginning)
    }

    /// The pages of one parent are read, and its last page is about to be sent. `moved`: the parent's cursor stands behind them.
    pub(super) fn leave_parent(&mut self, moved: bool) {
        if self.listing.parent.is_none() || !self.is_log() || !self.member.wish.is_usual() {
            return;
        }
        if self.last.is_some() {
            self.shown.keep(true);
        }
        if moved {
            self.shown.since.clear();
        } else {
            self.shown.held.append(&mut self.shown.since);
        }
        self.member.standing.publish(self.shown.all());
    }

    /// Further pages of the parent in hand do not come.
    pub(super) fn break_off_parent(&mut self) {
        if self.last.is_none() {
            self.shown.turn();
        }
        self.shown.held.append(&mut self.shown.since);
    }

    /// All pages are read: what the next scan is shown once more is what stands behind cursors that have not moved.
    pub(super) fn end_shown(&mut self) {
        let is_below = self.listing.parent.is_some();
        if !self.is_log() || (is_below && !self.member.wish.is_usual()) {
            return;
        }
        let keeps = is_below && !self.shown.held.is_empty();
        self.member.standing.publish(if keeps { self.shown.all() } else { Vec::new() });
    }

    /// Something that depends on it has not seen what it has shown in this scan.
    pub(super) fn miss(&mut self) {
        if self.resumable {
            self.member.standing.miss();
        }
    }

    /// Notes how far a log is published whose cursor stays: nothing else would tell.
    pub(super) fn hold(&mut self, end: &WalkEnd) {
        if self.member.wish.key.is_none() && self.is_log() {
            self.member.standing.hold(end.reached.clone());
        }
    }
}

impl FamilyScan<'_> {
    /// A dependent resource takes no part, or has failed: what it has not seen is not left behind, also if the scan is interrupted.
    pub(super) fn note_missed(&mut self) {
        let root = self.family.root;
        if let Some(root) = self.members.iter_mut().find(|member| member.member.plan.listing == root) {
            root.miss();
        }
    }
}

/// A page that has been compared and waits for the end of its walk.
#[derive(Default)]
pub(super) struct LastPage {
    pub sequence: u64,
    pub messages: Vec<Message>,
    pub letters: Vec<Letter>,
    pub reached: Option<Cursor>,
}

impl LastPage {
    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty() && self.letters.is_empty()
    }

    pub(super) fn batch(self, batch: Batch) -> Batch {
        let Self { sequence, messages, letters, reached: _ } = self;
        Batch { sequence, messages, letters, ..batch }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(numbers: &[u64]) -> Vec<Fingerprint> {
        numbers.iter().map(|number| Fingerprint([0, *number])).collect()
    }

    fn numbers(shown: &Shown) -> Vec<u64> {
        let mut numbers: Vec<u64> = shown.all().iter().map(|row| row.0[1]).collect();
        numbers.sort_unstable();
        numbers
    }

    /// The rows of a page that are new.
    fn page(shown: &mut Shown, numbers: &[u64]) -> Vec<u64> {
        shown.turn();
        let fresh = rows(numbers).into_iter().filter(|row| !shown.is_known(*row));
        fresh.map(|row| row.0[1]).collect()
    }

    #[test]
    fn each_row_is_known_as_often_as_it_was_published() {
        let mut shown = Shown::new(&rows(&[1, 2, 2]));
        assert_eq!(page(&mut shown, &[2, 1, 2, 2, 3]), [2, 3]);
        shown.keep(false);
        assert_eq!(numbers(&shown), [1, 2, 2, 2, 3]);
        assert_eq!(page(&mut shown, &[4]), [4]);
        shown.keep(false);
        assert_eq!(numbers(&shown), [4], "a restart goes back to this page");
    }

    #[test]
    fn a_row_that_moved_to_a_later_page_is_known_there_and_a_page_that_failed_changes_nothing() {
        let mut shown = Shown::new(&rows(&[1, 2]));
        assert_eq!(page(&mut shown, &[5, 1]), [5]);
        shown.keep(false);
        assert_eq!(numbers(&shown), [1, 2, 5]);
        assert_eq!(page(&mut shown, &[2, 6]), [6]);
        assert_eq!(page(&mut shown, &[2, 6]), [6], "the same page, which was not published");
        shown.keep(true);
        assert_eq!(numbers(&shown), [1, 2, 5, 6]);
    }

    #[test]
    fn no_more_is_remembered_than_goes_into_one_message() {
        let many: Vec<u64> = (0..MOST as u64 + 5).collect();
        let mut shown = Shown::default();
        page(&mut shown, &many);
        shown.keep(false);
        assert_eq!(shown.all().len(), MOST);
    }
}
