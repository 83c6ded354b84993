//! Where the cache keeps what it knows: an index in memory. The one file that an on-disk store will be named in.
//! Look-ups and changes go by page, never one by one.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hash, Hasher};

use xxhash_rust::xxh3::xxh3_128;

use crate::model::Fingerprint;

/// A key as the index knows it: 128 bits of its bytes, so that a key costs the same whatever its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct KeyHash([u64; 2]);

impl KeyHash {
    pub(super) fn of(key: &[u8]) -> Self {
        let hash = xxh3_128(key);
        Self([(hash >> 64) as u64, hash as u64])
    }
}

impl Hash for KeyHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self([first, _]) = self;
        state.write_u64(*first);
    }
}

/// What is known of a key's record. With its [`KeyHash`] 40 bytes, without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) fingerprint: Fingerprint,
    pub(super) raw: RawHash,
}

/// A hash of the bytes in which a record was last seen with this fingerprint; zero while they are not known.
/// Equal bytes need no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawHash(pub(super) u64);

impl RawHash {
    pub(super) const UNKNOWN: Self = Self(0);
}

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
    index: HashMap<KeyHash, Entry, BuildHasherDefault<Identity>>,
    checkpoint: Checkpoint,
}

impl Store {
    pub(super) fn get_many(&self, keys: &[KeyHash]) -> Vec<Option<Entry>> {
        keys.iter().map(|key| self.index.get(key).copied()).collect()
    }

    /// Entries and the offsets that they reach, in one write.
    pub(super) fn put_many(
        &mut self,
        entries: impl IntoIterator<Item = (KeyHash, Entry)>,
        offsets: impl IntoIterator<Item = (i32, i64)>,
    ) {
        self.index.extend(entries);
        self.checkpoint.offsets.extend(offsets);
    }

    pub(super) fn put(&mut self, key: KeyHash, entry: Entry) {
        self.index.insert(key, entry);
    }

    pub(super) fn remove(&mut self, key: KeyHash) {
        self.index.remove(&key);
    }

    /// Further bytes of records whose content is known.
    pub(super) fn note_raw(&mut self, key: KeyHash, raw: RawHash) {
        if let Some(entry) = self.index.get_mut(&key) {
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

/// The keys are hashes already.
#[derive(Default)]
pub(super) struct Identity(u64);

impl Hasher for Identity {
    fn write(&mut self, bytes: &[u8]) {
        // Not reached: `KeyHash` writes one number. Any function of the bytes is right.
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
