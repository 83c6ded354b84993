//! When a resource with a cursor is scanned without it: now and then, so that what is missing shows (`deletes.every`).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::standing::Standing;

impl Standing {
    /// Whether a scan with its cursor would pass over what is old: then it is scanned whole, if that was not done for so long. Not in
    /// the middle of a scan.
    pub fn wants_whole(&self, every: Duration, now: SystemTime) -> bool {
        let has_cursor = self.offset.cursor.is_some() || !self.parents.is_empty();
        let last = self.offset.full.map(|at| UNIX_EPOCH + Duration::from_millis(at));
        // A clock that was set back makes the last one lie ahead: better one too many.
        let is_old = last.is_none_or(|last| now.duration_since(last).map_or(true, |age| age >= every));
        has_cursor && self.offset.position.is_none() && is_old
    }

    /// It was scanned whole. Goes with the record of the scan's end.
    pub fn was_whole(&mut self, now: SystemTime) {
        let at = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        self.offset.full = u64::try_from(at).ok();
        self.unrecorded = true;
    }

    /// Whether it has never got to the end of a scan.
    pub fn is_new(&self) -> bool {
        self.offset.cursor.is_none() && self.parents.is_empty()
    }
}
