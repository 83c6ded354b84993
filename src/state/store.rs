//! Where the cache keeps what it knows: an index in memory. The one file that an on-disk store will be named in.
//! Look-ups and changes go by page, never one by one.

use std::collections::BTreeMap;

use super::index::{Entry, Index, KeyHash, RawHash};

/// How far of the output topic a cache knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Kafka's id of the topic: another id voids the cache.
    pub topic_id: String,
    /// Partition → the first offset that the cache has not seen.
    pub offsets: BTreeMap<i32, i64>,
}

#[derive(Debug, Default)]
pub(super) struct Store {
    index: Index,
    checkpoint: Checkpoint,
}

impl Store {
    pub(super) fn get_many(&self, keys: &[KeyHash]) -> Vec<Option<Entry>> {
        keys.iter().map(|key| self.index.get(*key)).collect()
    }

    /// Entries and the offsets that they reach, in one write.
    pub(super) fn put_many(
        &mut self,
        entries: impl IntoIterator<Item = (KeyHash, Option<Entry>)>,
        offsets: impl IntoIterator<Item = (i32, i64)>,
    ) {
        for (key, entry) in entries {
            match entry {
                Some(entry) => self.index.insert(key, entry),
                None => self.index.remove(key),
            }
        }
        self.checkpoint.offsets.extend(offsets);
    }

    pub(super) fn has(&self, key: KeyHash) -> bool {
        self.index.get(key).is_some()
    }

    pub(super) fn put(&mut self, key: KeyHash, entry: Entry) {
        self.index.insert(key, entry);
    }

    pub(super) fn remove(&mut self, key: KeyHash) {
        self.index.remove(key);
    }

    /// Further bytes of records whose content is known.
    pub(super) fn note_raw(&mut self, key: KeyHash, raw: RawHash) {
        if let Some(entry) = self.index.get_mut(key) {
            entry.raw = raw;
        }
    }

    pub(super) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    pub(super) fn wipe(&mut self, topic_id: &str) {
        *self = Self::default();
        topic_id.clone_into(&mut self.checkpoint.topic_id);
    }

    pub(super) fn keys(&self) -> usize {
        self.index.len()
    }
}
