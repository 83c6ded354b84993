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
    resumed: bool,
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
        if let Some(stored) = stored {
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
            }
            unrecorded = !same || stored.position.is_some();
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
            self.offset.running = None;
        }
        self.offset.position.clone()
    }

    /// Gives the position up: a new scan, from the beginning and with the same start cursor. What the pages of the old one have
    /// reached does not count: this one reads them once more.
    pub fn start_over(&mut self) {
        self.offset.scan += 1;
        (self.offset.position, self.offset.running) = (None, None);
        self.resumed = false;
    }

    /// Forgets how far the cursors have moved, and where a scan stopped: the next one reads everything.
    pub fn forget_cursors(&mut self) {
        (self.offset.cursor, self.offset.position, self.offset.running) = (None, None, None);
        self.parents.clear();
    }

    /// Forgets the cursors of these parents; returns those that had one.
    pub fn forget_parents<'p>(&mut self, parents: impl Iterator<Item = &'p str>) -> Vec<String> {
        parents.filter_map(|parent| self.parents.remove_entry(parent)).map(|(parent, _)| parent).collect()
    }

    /// Whether no scan of the resource has ended yet.
    pub fn is_first(&self) -> bool {
        self.offset.scan <= 1 && self.unrecorded
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
        self.unrecorded |= has_messages && next.is_some();
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
        (self.offset.position, self.offset.running) = (None, None);
        self.unrecorded = false;
        if moved {
            self.recorded_size = self.offset.records;
        }
        (self.offset.clone(), moved)
    }

    /// The cursor of a parent whose walk has ended; `None` if it has not moved.
    pub fn end_of_parent(&mut self, parent: &str, cursor: Option<Cursor>) -> Option<(String, Cursor)> {
        let cursor = cursor?;
        let old = self.parents.insert(parent.to_owned(), cursor.clone());
        (old.as_ref() != Some(&cursor)).then(|| (parent.to_owned(), cursor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured() -> SourceOffset {
        SourceOffset {
            version: SourceOffset::VERSION,
            topic: "t".into(),
            topic_id: "id-1".into(),
            partitions: 3,
            key_fields: vec!["id".into()],
            key_format: "string".into(),
            source: "http://h/v1".into(),
            request: "abc".into(),
            scan: 0,
            position: None,
            cursor: None,
            appended: None,
            running: None,
            records: None,
            shrunk: None,
            full: None,
            tried: None,
        }
    }

    fn cursor(value: i64) -> Cursor {
        Cursor {
            of: "max(at)".into(),
            value: serde_json::from_str(&value.to_string()).unwrap(),
            edge: Vec::new(),
        }
    }

    fn at(offset: u64) -> Position {
        Position(serde_json::json!({ "offset": offset }))
    }

    #[test]
    fn an_unchanged_scan_writes_nothing_once_a_finished_one_is_recorded() {
        let stored = SourceOffset { scan: 7, ..configured() };
        let mut standing = Standing::new(configured(), Some(&stored), None);
        assert_eq!(standing.begin(), None);
        assert_eq!(standing.scan(), 8);
        standing.within(Some(&at(100)), None, false);
        assert!(!standing.end(None).1);
    }

    #[test]
    fn the_first_scan_is_recorded_even_if_it_found_nothing() {
        let mut standing = Standing::new(configured(), None, None);
        standing.begin();
        let (offset, moved) = standing.end(None);
        assert!(moved);
        assert_eq!((offset.scan, offset.position), (1, None));
        standing.begin();
        assert!(!standing.end(None).1);
    }

    #[test]
    fn a_recorded_position_is_cleared_at_the_end_of_the_scan() {
        let stored = SourceOffset { scan: 1, ..configured() };
        let mut standing = Standing::new(configured(), Some(&stored), None);
        standing.begin();
        assert_eq!(standing.within(Some(&at(100)), None, true).position, Some(at(100)));
        standing.within(Some(&at(200)), None, false);
        assert!(standing.end(None).1, "the topic still holds offset 100");
    }

    #[test]
    fn a_cursor_moves_at_the_end_of_a_scan_and_is_written_once() {
        let stored = SourceOffset { scan: 1, cursor: Some(cursor(5)), ..configured() };
        let mut standing = Standing::new(configured(), Some(&stored), None);
        standing.begin();
        let within = standing.within(Some(&at(100)), Some(cursor(9)), true);
        assert_eq!((within.cursor, within.running), (Some(cursor(5)), Some(cursor(9))));
        let (end, moved) = standing.end(Some(cursor(9)));
        assert_eq!((end.cursor, end.running, moved), (Some(cursor(9)), None, true));
        standing.begin();
        assert!(!standing.end(Some(cursor(9))).1);
        assert_eq!(standing.cursor(None), Some(&cursor(9)));
    }

    #[test]
    fn another_topic_voids_cursors_and_another_request_does_not() {
        let stored = SourceOffset { cursor: Some(cursor(5)), request: "xyz".into(), ..configured() };
        let parents = HashMap::from([(
            "7".to_owned(),
            ParentOffset { version: 1, topic_id: "id-1".into(), cursor: cursor(3) },
        )]);
        let standing = Standing::new(configured(), Some(&stored), Some(&parents));
        assert_eq!((standing.cursor(None), standing.cursor(Some("7"))), (Some(&cursor(5)), Some(&cursor(3))));
        let another = SourceOffset { topic_id: "id-2".into(), ..configured() };
        let standing = Standing::new(another, Some(&stored), Some(&parents));
        assert_eq!((standing.cursor(None), standing.cursor(Some("7"))), (None, None));
    }

    #[test]
    fn each_parent_has_a_cursor_of_its_own() {
        let mut standing = Standing::new(configured(), None, None);
        assert_eq!(standing.end_of_parent("7", Some(cursor(3))), Some(("7".to_owned(), cursor(3))));
        assert_eq!(standing.end_of_parent("7", Some(cursor(3))), None, "it has not moved");
        assert_eq!(standing.end_of_parent("8", None), None, "it has seen nothing");
        assert_eq!((standing.cursor(Some("7")), standing.cursor(Some("8"))), (Some(&cursor(3)), None));
    }

    #[test]
    fn messages_on_the_last_page_carry_the_end_of_the_scan() {
        let stored = SourceOffset { scan: 1, ..configured() };
        let mut standing = Standing::new(configured(), Some(&stored), None);
        standing.begin();
        let (offset, moved) = standing.end(None);
        assert_eq!((offset.position, moved), (None, false));
        standing.begin();
        assert!(!standing.end(None).1);
    }

    #[test]
    fn a_stored_position_is_resumed_within_its_scan() {
        let stored = SourceOffset { scan: 4, position: Some(at(300)), ..configured() };
        let mut standing = Standing::new(configured(), Some(&stored), None);
        assert_eq!(standing.begin(), Some(at(300)));
        assert_eq!((standing.scan(), standing.resumed()), (4, true));
    }

    #[test]
    fn another_topic_or_another_request_voids_the_position() {
        for stored in [
            SourceOffset { topic_id: "id-0".into(), position: Some(at(3)), scan: 4, ..configured() },
            SourceOffset { request: "xyz".into(), position: Some(at(3)), scan: 4, ..configured() },
        ] {
            let mut standing = Standing::new(configured(), Some(&stored), None);
            assert_eq!(standing.begin(), None);
            assert_eq!(standing.scan(), 5);
            assert!(standing.end(None).1, "the new identity has to be recorded");
        }
    }

    #[test]
    fn a_scan_that_gives_its_position_up_is_a_new_one_with_the_same_start() {
        let stored = SourceOffset {
            scan: 4,
            position: Some(at(300)),
            cursor: Some(cursor(5)),
            running: Some(cursor(9)),
            ..configured()
        };
        let mut standing = Standing::new(configured(), Some(&stored), None);
        standing.begin();
        standing.start_over();
        assert_eq!((standing.scan(), standing.resumed(), standing.running()), (5, false, None));
        assert_eq!(standing.cursor(None), Some(&cursor(5)));
        let (end, moved) = standing.end(None);
        assert_eq!((end.position, end.scan, moved), (None, 5, true), "the topic still holds offset 300");
    }

    #[test]
    fn an_empty_position_is_the_beginning_of_a_new_scan() {
        let stored =
            SourceOffset { scan: 4, position: Some(Position(serde_json::json!({}))), ..configured() };
        let mut standing = Standing::new(configured(), Some(&stored), None);
        assert_eq!(standing.begin(), None);
        assert_eq!((standing.scan(), standing.resumed()), (5, false));
        assert!(standing.end(None).1, "the topic still holds a position");
    }

    #[test]
    fn a_size_is_written_with_what_is_written_anyway_and_a_doubt_at_once() {
        let stored = SourceOffset { scan: 1, records: Some(100), ..configured() };
        let mut standing = Standing::new(configured(), Some(&stored), None);
        standing.begin();
        standing.believe(90);
        assert!(!standing.end(None).1, "nothing else has to be written");
        standing.begin();
        standing.doubt(0);
        let (end, moved) = standing.end(None);
        assert_eq!((end.records, end.shrunk, moved), (Some(90), Some(0), true));
        standing.begin();
        standing.doubt(0);
        assert!(!standing.end(None).1, "the doubt is known");
        standing.begin();
        standing.believe(0);
        let (end, moved) = standing.end(None);
        assert_eq!((end.records, end.shrunk, moved), (Some(0), None, true));
    }

    #[test]
    fn a_size_that_shrinks_little_by_little_is_written_now_and_then() {
        let stored = SourceOffset { scan: 1, records: Some(1000), ..configured() };
        let mut standing = Standing::new(configured(), Some(&stored), None);
        let mut written = Vec::new();
        for records in (400..1000).rev().step_by(10) {
            standing.begin();
            standing.believe(records);
            written.extend(standing.end(None).1.then_some(records));
        }
        assert_eq!(written, [749, 559, 419]);
    }

    #[test]
    fn another_request_voids_the_size_and_another_topic_does_not() {
        let sized = SourceOffset { records: Some(100), shrunk: Some(3), ..configured() };
        let of = |stored: SourceOffset| {
            let standing = Standing::new(configured(), Some(&stored), None);
            (standing.records(), standing.doubted())
        };
        assert_eq!(of(SourceOffset { topic_id: "id-0".into(), ..sized.clone() }), (Some(100), Some(3)));
        assert_eq!(of(SourceOffset { request: "xyz".into(), ..sized }), (None, None));
    }
}
