//! What a log has to remember that a table's topic would tell: what it has published of pages that are read once more. And, of any
//! resource, whether what depends on it has missed some of them.

use super::standing::Standing;
use crate::model::{Fingerprint, SourceOffset};

impl Standing {
    /// What a scan that goes on where this one is would be shown once more, though it is published.
    pub fn published(&self) -> &[Fingerprint] {
        &self.offset.published
    }

    /// So much of it now, with the record of the next page; once the scan has ended also alone.
    pub fn publish(&mut self, mut rows: Vec<Fingerprint>) {
        rows.sort_unstable_by_key(|row| row.0);
        self.unrecorded |= rows.is_empty() && !self.offset.published.is_empty();
        self.offset.published = rows;
    }

    /// What depends on the resource has not seen all pages up to here.
    pub fn miss(&mut self) {
        self.offset.missed = true;
    }

    pub fn has_missed(&self) -> bool {
        self.offset.missed
    }

    /// Whether the next scan goes on in the middle of one.
    pub fn is_within(&self) -> bool {
        self.offset.position.as_ref().is_some_and(|position| !position.is_beginning())
    }

    /// Starts a scan from the beginning beside one that may have stopped in the middle, and that goes on there later.
    pub fn begin_beside(&mut self) {
        self.offset.scan += 1;
        self.resumed = false;
        self.offset.missed &= self.is_within();
    }

    /// The offset record that goes with a page of such a scan.
    pub fn beside(&self) -> SourceOffset {
        self.offset.clone()
    }
}
