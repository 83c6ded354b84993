//! The keys of a table that a scan is the whole truth of, and which of them the scan has shown.

use std::collections::{HashMap, HashSet};

use super::index::{ByKey, KeyHash};

/// Kept only where what a scan does not show is deleted: the index knows hashes, and a tombstone needs the key itself.
#[derive(Debug, Default)]
pub(super) struct Roll {
    /// Every key that was ever in the index; which of them still are is the index's to say.
    keys: HashMap<KeyHash, Box<[u8]>, ByKey>,
    seen: HashSet<KeyHash, ByKey>,
}

impl Roll {
    /// A new scan has shown nothing yet.
    pub(super) fn begin(&mut self) {
        self.seen.clear();
    }

    pub(super) fn see(&mut self, hash: KeyHash, key: &[u8]) {
        self.seen.insert(hash);
        self.know(hash, key);
    }

    pub(super) fn know(&mut self, hash: KeyHash, key: &[u8]) {
        self.keys.entry(hash).or_insert_with(|| key.into());
    }

    /// The keys that are in the table and that the scan did not show; the others are forgotten.
    pub(super) fn unseen(&mut self, in_table: impl Fn(KeyHash) -> bool) -> Vec<Box<[u8]>> {
        self.keys.retain(|hash, _| in_table(*hash));
        self.keys.iter().filter(|(hash, _)| !self.seen.contains(*hash)).map(|(_, key)| key.clone()).collect()
    }

    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}
