//! The keys of a table that a scan is the whole truth of, and which of them the scan has shown.

use std::collections::{HashMap, HashSet};

use super::index::{ByKey, KeyHash};

/// Kept only where what a scan does not show is deleted: the index knows hashes, and a tombstone needs the key itself.
#[derive(Debug, Default)]
pub(super) struct Roll {
    /// Every key that was ever in the index; which of them still are is the index's to say. Empty where the entries are on
    /// disk alone: there the keys stand with them.
    keys: HashMap<KeyHash, Box<[u8]>, ByKey>,
    /// About what they take in memory.
    bytes: usize,
    seen: HashSet<KeyHash, ByKey>,
}

/// A key's place in the map and in its allocation, beside its own bytes.
const OVERHEAD: usize = 80;

impl Roll {
    /// A new scan has shown nothing yet.
    pub(super) fn begin(&mut self) {
        self.seen.clear();
    }

    pub(super) fn see(&mut self, hash: KeyHash) {
        self.seen.insert(hash);
    }

    pub(super) fn has_seen(&self, hash: KeyHash) -> bool {
        self.seen.contains(&hash)
    }

    pub(super) fn know(&mut self, hash: KeyHash, key: &[u8]) {
        let bytes = &mut self.bytes;
        self.keys.entry(hash).or_insert_with(|| {
            *bytes += key.len() + OVERHEAD;
            key.into()
        });
    }

    /// The keys that are in the table and that the scan did not show; those that are not in the table are forgotten.
    pub(super) fn unseen(&mut self, in_table: impl Fn(KeyHash) -> bool) -> Vec<Box<[u8]>> {
        self.keys.retain(|hash, _| in_table(*hash));
        self.bytes = self.keys.values().map(|key| key.len() + OVERHEAD).sum();
        self.keys.iter().filter(|(hash, _)| !self.has_seen(**hash)).map(|(_, key)| key.clone()).collect()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The keys are on disk. What the scan has shown is still known.
    pub(super) fn forget_keys(&mut self) {
        (self.keys, self.bytes) = (HashMap::default(), 0);
    }

    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}
