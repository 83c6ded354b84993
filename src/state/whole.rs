//! When a resource with a cursor is scanned without it: now and then, so that what is missing shows (`deletes.every`).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::standing::Standing;

/// A whole scan that came to no end is tried again in this part of the usual time: not at every poll, each of which would read the
/// whole API, and not so late that a moment's outage costs a day.
const PART: u32 = 10;

impl Standing {
    /// Whether a scan with its cursor would pass over what is old: then it is scanned whole, if that was not done for so long, nor
    /// tried lately. Not in the middle of a scan.
    pub fn wants_whole(&self, every: Duration, now: SystemTime) -> bool {
        // A clock that was set back makes the last one lie ahead: better one too many.
        let is_past = |at: Option<u64>, wait| {
            let at = at.map(|at| UNIX_EPOCH + Duration::from_millis(at));
            at.is_none_or(|at| now.duration_since(at).map_or(true, |age| age >= wait))
        };
        self.may_be_whole() && is_past(self.offset.full, every) && is_past(self.offset.tried, every / PART)
    }

    /// Whether a permission to delete waits for a whole scan: the last one came to no end, and had none.
    pub fn owes_whole(&self) -> bool {
        self.may_be_whole() && self.offset.tried.is_some() && !self.was_allowed
    }

    /// It was scanned whole. Goes with the record of the scan's end.
    pub fn was_whole(&mut self, now: SystemTime) {
        (self.offset.full, self.offset.tried) = (millis(now), None);
        self.unrecorded = true;
    }

    /// The same, and it came to no end: pages failed, or what is gone could not be told, or not be deleted. `allowed`: not for want of a
    /// permission.
    pub fn tried_whole(&mut self, now: SystemTime, allowed: bool) {
        (self.offset.tried, self.was_allowed) = (millis(now), allowed);
        self.unrecorded = true;
    }

    /// Whether it has never got to the end of a scan.
    pub fn is_new(&self) -> bool {
        self.offset.cursor.is_none() && self.parents.is_empty()
    }

    fn may_be_whole(&self) -> bool {
        !self.is_new() && self.offset.position.is_none()
    }
}

fn millis(now: SystemTime) -> Option<u64> {
    u64::try_from(now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SourceOffset;

    const EVERY: Duration = Duration::from_secs(600);

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// After a scan that moved the cursor, as a restart finds it.
    fn standing(more: &str) -> Standing {
        let offset = format!(
            r#"{{"version":1,"topic":"t","topic_id":"i","partitions":3,"key_fields":["id"],"key_format":"string","source":"s",
            "request":"r","scan":3,"position":null,"cursor":{{"of":"max(at)","value":5,"edge":[]}}{more}}}"#
        );
        let stored: SourceOffset = serde_json::from_str(&offset).unwrap();
        let configured = SourceOffset { cursor: None, full: None, tried: None, ..stored.clone() };
        Standing::new(configured, Some(&stored), None)
    }

    #[test]
    fn a_whole_scan_is_due_after_its_time_and_sooner_where_it_came_to_no_end() {
        assert!(standing("").wants_whole(EVERY, at(0)));
        let mut standing = standing(r#","full":1000000"#);
        let due = |standing: &Standing| (900..3000).find(|now| standing.wants_whole(EVERY, at(*now)));
        assert_eq!(due(&standing), Some(900), "a clock that was set back");
        let due = |standing: &Standing| (1000..3000).find(|now| standing.wants_whole(EVERY, at(*now)));
        assert_eq!(due(&standing), Some(1600));
        standing.tried_whole(at(1600), false);
        let due = |standing: &Standing| (1600..3000).find(|now| standing.wants_whole(EVERY, at(*now)));
        assert_eq!(due(&standing), Some(1660));
        standing.was_whole(at(1660));
        let due = |standing: &Standing| (1660..3000).find(|now| standing.wants_whole(EVERY, at(*now)));
        assert_eq!(due(&standing), Some(2260));
    }

    #[test]
    fn a_permission_waits_for_a_whole_scan_after_one_that_lacked_it_and_not_after_one_that_had_it() {
        let mut standing = standing(r#","tried":1000000"#);
        assert!(standing.owes_whole(), "also after a restart");
        standing.tried_whole(at(1001), true);
        assert!(!standing.owes_whole(), "it failed for another reason");
        standing.tried_whole(at(1002), false);
        assert!(standing.owes_whole());
        standing.was_whole(at(1003));
        assert!(!standing.owes_whole());
    }
}
