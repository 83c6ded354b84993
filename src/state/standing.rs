//! Where a resource stands: which scan it is in, which page comes next, and whether the offsets topic knows.

use crate::model::{Position, SourceOffset};

/// The place of a resource in its scans. Written to the offsets topic with the changes of each page, and alone only where
/// something moved that a restart has to know.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Identity as configured now; `scan` and `position` as of the last page handed to Kafka.
    offset: SourceOffset,
    /// What the offsets topic holds differs from a finished scan of this identity: the end of the scan has to be recorded.
    unrecorded: bool,
    /// Whether the scan in hand goes on where an earlier one stopped.
    resumed: bool,
}

impl Standing {
    /// `configured` is the resource's identity with no scan and no position; `stored` is what the offsets topic holds,
    /// already compared with it (another source, key or partition count is refused before). Another topic id or another
    /// request voids the position (DELIVERY 6).
    pub fn new(configured: SourceOffset, stored: Option<&SourceOffset>) -> Self {
        let mut offset = configured;
        let mut unrecorded = true;
        if let Some(stored) = stored {
            offset.scan = stored.scan;
            let same = stored.topic_id == offset.topic_id && stored.request == offset.request;
            if same {
                offset.position.clone_from(&stored.position);
            }
            unrecorded = !same || stored.position.is_some();
        }
        Self { offset, unrecorded, resumed: false }
    }

    /// Starts a scan: a new one, or the one that stopped at a page. Returns where to go on.
    pub fn begin(&mut self) -> Option<Position> {
        self.resumed = self.offset.position.is_some();
        if !self.resumed {
            self.offset.scan += 1;
        }
        self.offset.position.clone()
    }

    pub fn scan(&self) -> u64 {
        self.offset.scan
    }

    /// Where the scan in hand is: its next page.
    pub fn position(&self) -> Option<&Position> {
        self.offset.position.as_ref()
    }

    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// The offset record that goes with a page, and whether it has to be written although no message is: only for the last
    /// page, and only if the topic holds something else than a finished scan. So an unchanged scan writes nothing at all.
    pub fn after_page(&mut self, next: Option<&Position>, has_messages: bool) -> (SourceOffset, bool) {
        self.offset.position = next.cloned();
        let moved = next.is_none() && self.unrecorded;
        if has_messages || moved {
            self.unrecorded = next.is_some();
        }
        (self.offset.clone(), moved)
    }

    /// The next scan starts over. The record for it, if the topic holds the position.
    pub fn start_over(&mut self) -> Option<SourceOffset> {
        self.offset.position.take()?;
        let recorded = self.unrecorded;
        self.unrecorded = false;
        recorded.then(|| self.offset.clone())
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
        }
    }

    fn at(offset: u64) -> Position {
        Position(serde_json::json!({ "offset": offset }))
    }

    #[test]
    fn an_unchanged_scan_writes_nothing_once_a_finished_one_is_recorded() {
        let stored = SourceOffset { scan: 7, ..configured() };
        let mut standing = Standing::new(configured(), Some(&stored));
        assert_eq!(standing.begin(), None);
        assert_eq!(standing.scan(), 8);
        assert!(!standing.after_page(Some(&at(100)), false).1);
        assert!(!standing.after_page(None, false).1);
    }

    #[test]
    fn the_first_scan_is_recorded_even_if_it_found_nothing() {
        let mut standing = Standing::new(configured(), None);
        standing.begin();
        let (offset, moved) = standing.after_page(None, false);
        assert!(moved);
        assert_eq!((offset.scan, offset.position), (1, None));
        standing.begin();
        assert!(!standing.after_page(None, false).1);
    }

    #[test]
    fn a_recorded_position_is_cleared_at_the_end_of_the_scan() {
        let stored = SourceOffset { scan: 1, ..configured() };
        let mut standing = Standing::new(configured(), Some(&stored));
        standing.begin();
        assert!(!standing.after_page(Some(&at(100)), true).1, "the messages carry it");
        assert!(!standing.after_page(Some(&at(200)), false).1);
        assert!(standing.after_page(None, false).1, "the topic still holds offset 100");
    }

    #[test]
    fn messages_on_the_last_page_carry_the_end_of_the_scan() {
        let stored = SourceOffset { scan: 1, ..configured() };
        let mut standing = Standing::new(configured(), Some(&stored));
        standing.begin();
        let (offset, moved) = standing.after_page(None, true);
        assert_eq!((offset.position, moved), (None, false));
        standing.begin();
        assert!(!standing.after_page(None, false).1);
    }

    #[test]
    fn a_stored_position_is_resumed_within_its_scan() {
        let stored = SourceOffset { scan: 4, position: Some(at(300)), ..configured() };
        let mut standing = Standing::new(configured(), Some(&stored));
        assert_eq!(standing.begin(), Some(at(300)));
        assert_eq!((standing.scan(), standing.resumed()), (4, true));
    }

    #[test]
    fn another_topic_or_another_request_voids_the_position() {
        for stored in [
            SourceOffset { topic_id: "id-0".into(), position: Some(at(3)), scan: 4, ..configured() },
            SourceOffset { request: "xyz".into(), position: Some(at(3)), scan: 4, ..configured() },
        ] {
            let mut standing = Standing::new(configured(), Some(&stored));
            assert_eq!(standing.begin(), None);
            assert_eq!(standing.scan(), 5);
            assert!(standing.after_page(None, false).1, "the new identity has to be recorded");
        }
    }

    #[test]
    fn a_resumed_scan_that_fails_at_once_starts_over() {
        let stored = SourceOffset { scan: 4, position: Some(at(300)), ..configured() };
        let mut standing = Standing::new(configured(), Some(&stored));
        standing.begin();
        assert_eq!(standing.start_over().map(|offset| offset.position), Some(None));
        assert_eq!(standing.begin(), None);
        assert_eq!(standing.start_over(), None);
    }
}
