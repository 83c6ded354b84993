//! Where a resource stands: which scan it is in, which page comes next, how far its cursor has moved, and whether the
//! offsets topic knows.

use std::collections::HashMap;

use crate::model::{Cursor, ParentOffset, Position, SourceOffset};

/// The place of a resource in its scans. Written to the offsets topic with the changes of each page, and alone only where
/// something moved that a restart has to know.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Identity as configured now; the rest as of the last page handed to Kafka.
    pub(super) offset: SourceOffset,
    /// The cursors of parents, for a dependent resource.
    pub(super) parents: HashMap<String, Cursor>,
    /// What the offsets topic holds differs from a finished scan of this identity: the end of the scan has to be recorded.
    pub(super) unrecorded: bool,
    /// The size that the offsets topic knows.
    recorded_size: Option<u64>,
    /// Whether the scan in hand goes on where an earlier one stopped.
    pub(super) resumed: bool,
    /// The last whole scan came to no end, although it might have deleted as much as it liked.
    pub(super) was_allowed: bool,
}

impl Standing {
    /// `configured` is the resource's identity with no scan and no position; `stored` is what the offsets topic holds,
    /// already compared with it (another source, key or partition count is refused before). Another topic id voids position
    /// and cursors, another request the position.
    pub fn new(
        configured: SourceOffset,
        stored: Option<&SourceOffset>,
        parents: Option<&HashMap<String, ParentOffset>>,
    ) -> Self {
        let mut offset = configured;
        let mut unrecorded = true;
        offset.initial = true;
        if let Some(stored) = stored {
            offset.initial = stored.initial || stored.topic_id != offset.topic_id;
            offset.scan = stored.scan;
            let same_request = stored.request == offset.request;
            if same_request {
                (offset.records, offset.shrunk) = (stored.records, stored.shrunk);
            }
            let same_topic = stored.topic_id == offset.topic_id;
            let same = same_topic && same_request;
            if same_topic {
                offset.cursor.clone_from(&stored.cursor);
                offset.appended.clone_from(&stored.appended);
            }
            if same {
                offset.position.clone_from(&stored.position);
                offset.running.clone_from(&stored.running);
                (offset.full, offset.tried) = (stored.full, stored.tried);
                offset.published.clone_from(&stored.published);
                offset.missed = stored.missed;
            }
            unrecorded = !same || stored.position.is_some() || !stored.published.is_empty();
        }
        let of_this_topic = |parent: &&ParentOffset| parent.topic_id == offset.topic_id;
        let parents = parents.into_iter().flatten().filter(|(_, parent)| of_this_topic(parent));
        let parents = parents.map(|(key, parent)| (key.clone(), parent.cursor.clone())).collect();
        let recorded_size = offset.records;
        Self { offset, parents, unrecorded, recorded_size, resumed: false, was_allowed: false }
    }

    /// Starts a scan: a new one, or the one that stopped at a page. Returns where to go on.
    pub fn begin(&mut self) -> Option<Position> {
        self.offset.position = self.offset.position.take().filter(|position| !position.is_beginning());
        self.resumed = self.offset.position.is_some();
        if !self.resumed {
            self.offset.scan += 1;
            (self.offset.running, self.offset.missed) = (None, false);
        }
        self.offset.position.clone()
    }

    /// Gives the position up: a new scan, from the beginning and with the same start cursor. What the pages of the old one have
    /// reached does not count: this one reads them once more.
    pub fn start_over(&mut self) {
        self.offset.scan += 1;
        self.forget_place();
        self.resumed = false;
    }

    /// Forgets how far the cursors have moved, and where a scan stopped: the next one reads everything.
    pub fn forget_cursors(&mut self) {
        self.offset.cursor = None;
        self.forget_place();
        self.parents.clear();
    }

    /// Nothing is known any more of a scan that stopped in the middle.
    fn forget_place(&mut self) {
        (self.offset.position, self.offset.running) = (None, None);
        self.offset.published.clear();
        self.offset.missed = false;
    }

    /// Whether no scan of the resource has ended yet.
    pub fn is_first(&self) -> bool {
        self.offset.scan <= 1 && self.unrecorded
    }

    /// Whether none has ended since the topic was new: its rows are those that were there.
    pub fn is_initial(&self) -> bool {
        self.offset.initial
    }

    pub fn scan(&self) -> u64 {
        self.offset.scan
    }

    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// How many records the last scan had that was to show all of them, and was believed.
    pub fn records(&self) -> Option<u64> {
        self.offset.records
    }

    /// How many the last one had, if it was not believed.
    pub fn doubted(&self) -> Option<u64> {
        self.offset.shrunk
    }

    /// A scan that was to show all records had so many. Goes with the record of its end; alone only where it ends a doubt, or where
    /// a listing has shrunk little by little: no message comes of that, and after a restart it would seem to be sudden.
    pub fn believe(&mut self, records: u64) {
        let is_out = |recorded: u64| records < recorded - recorded / 4;
        self.unrecorded |= self.offset.shrunk.take().is_some() || self.recorded_size.is_some_and(is_out);
        self.offset.records = Some(records);
    }

    /// The same, and it is not believed yet.
    pub fn doubt(&mut self, records: u64) {
        self.unrecorded |= self.offset.shrunk.replace(records) != Some(records);
    }

    /// Where the last scan that ended had got to: of the whole resource, or of one parent.
    pub fn cursor(&self, parent: Option<&str>) -> Option<&Cursor> {
        match parent {
            None => self.offset.cursor.as_ref(),
            Some(parent) => self.parents.get(parent),
        }
    }

    /// The same of all parents.
    pub fn cursors_of_parents(&self) -> impl Iterator<Item = &Cursor> {
        self.parents.values()
    }

    /// How far a log is published whose cursor had to stay behind.
    pub fn appended(&self) -> Option<&Cursor> {
        self.offset.appended.as_ref()
    }

    /// A log is published up to here, and its cursor stays where it is: what depends on its records still has to see them.
    pub fn hold(&mut self, appended: Option<Cursor>) {
        self.unrecorded |= appended != self.offset.appended;
        self.offset.appended = appended;
    }

    /// How far the pages of a resumed scan had reached.
    pub fn running(&self) -> Option<&Cursor> {
        self.offset.running.as_ref()
    }

    /// The offset record that goes with a page within a scan. It is never written without messages.
    pub fn within(
        &mut self,
        next: Option<&Position>,
        running: Option<Cursor>,
        has_messages: bool,
    ) -> SourceOffset {
        self.offset.position = next.cloned();
        self.offset.running = running;
        self.unrecorded |= has_messages && (next.is_some() || !self.offset.published.is_empty());
        if has_messages {
            self.recorded_size = self.offset.records;
        }
        self.offset.clone()
    }

    /// The offset record of a scan that has ended, and whether it has to be written although no message is: only if the cursor
    /// moved, or if the topic holds something else than a finished scan. So an unchanged scan writes nothing at all.
    pub fn end(&mut self, cursor: Option<Cursor>) -> (SourceOffset, bool) {
        if cursor.is_some() {
            self.offset.appended = None; // the cursor is there, too
        }
        let cursor = cursor.or_else(|| self.offset.cursor.clone());
        let moved = self.unrecorded || cursor != self.offset.cursor;
        self.offset.cursor = cursor;
        (self.offset.position, self.offset.running, self.offset.missed) = (None, None, false);
        (self.unrecorded, self.offset.initial) = (false, false);
        if moved {
            self.recorded_size = self.offset.records;
        }
        (self.offset.clone(), moved)
    }
}
