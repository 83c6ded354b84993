//! What is on disk of a resource, for people: looked at without being taken up, listed, thrown away.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::checkpoint::Present;
use super::directory::Directory;
use super::disk::{Disk, DiskError};
use super::index::KeyHash;
use super::local::LocalState;
use super::name::Name;
use super::shelf::Shelf;
use crate::model::{ResourceName, Stamp};

/// A resource's part of the cache, as it stands on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    pub keys: u64,
    /// About what its entries come to.
    pub bytes: u64,
    /// And the texts of its rows; `None`: none are kept.
    pub texts: Option<u64>,
    /// Partition → the first offset that it does not know.
    pub offsets: BTreeMap<i32, i64>,
    /// When it was at the end of the topic.
    pub at: SystemTime,
    /// Whether the keys themselves are there, and not their hashes alone.
    pub has_keys: bool,
    /// Why the next start will not believe it; asked for a topic that is there.
    pub objection: Option<String>,
}

/// What the cache knows of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptEntry<'e> {
    pub key_hash: [u8; 16],
    /// Where keys are kept.
    pub key: Option<&'e [u8]>,
    /// And the rule that it was made by.
    pub fingerprint: Stamp,
}

/// Why the disk cannot be looked at.
#[derive(Debug, thiserror::Error)]
#[error("what is on disk cannot be read: {0}")]
pub struct NotKept(String);

impl From<DiskError> for NotKept {
    fn from(error: DiskError) -> Self {
        Self(error.to_string())
    }
}

/// So many entries tell how large they are.
const SAMPLE: usize = 1000;

impl LocalState {
    /// What is on disk of a resource; `None`: nothing. `present`: its topic, if there is one.
    pub fn kept(&self, name: &ResourceName, present: Option<&Present<'_>>) -> Result<Option<Kept>, NotKept> {
        let Some(shelf) = self.shelf(name) else { return Ok(None) };
        let Some(found) = shelf.any_checkpoint()? else { return Ok(None) };
        let (checkpoint, has_keys) = found.map_err(NotKept)?;
        let (mut rows, mut bytes) = (Vec::new(), 0_u64);
        shelf.each(|hash, _, name| {
            rows.push(hash);
            bytes += ENTRY + name.len() as u64;
            rows.len() < SAMPLE
        })?;
        let keys = checkpoint.tally.keys;
        // Hashes are in no order: the first rows are like all others.
        let of_all = |bytes: u64| (bytes as f64 / rows.len().max(1) as f64 * keys as f64) as u64;
        let texts = if checkpoint.texts { Some(of_all(shelf.size_of_texts(&rows)?)) } else { None };
        Ok(Some(Kept {
            keys,
            bytes: of_all(bytes),
            texts,
            at: UNIX_EPOCH + Duration::from_millis(checkpoint.at),
            has_keys,
            objection: present.and_then(|present| checkpoint.objection(present)),
            offsets: checkpoint.offsets,
        }))
    }

    /// Every entry of a resource, in the order of the keys' hashes, until `take` says that it has enough.
    pub fn entries(
        &self,
        name: &ResourceName,
        mut take: impl FnMut(KeptEntry<'_>) -> bool,
    ) -> Result<(), NotKept> {
        let Some(shelf) = self.shelf(name) else { return Ok(()) };
        shelf.each(|hash, entry, name| {
            let name = Name::from_bytes(name);
            let key = name.as_ref().map(Name::key).filter(|key| KeyHash::of(key) == hash);
            take(KeptEntry { key_hash: hash.to_bytes(), key, fingerprint: entry.stamp() })
        })?;
        Ok(())
    }

    /// What is known of these keys, in their order.
    pub fn lookup<'k>(
        &self,
        name: &ResourceName,
        keys: &[&'k [u8]],
    ) -> Result<Vec<Option<KeptEntry<'k>>>, NotKept> {
        let Some(shelf) = self.shelf(name) else { return Ok(vec![None; keys.len()]) };
        let hashes: Vec<KeyHash> = keys.iter().map(|key| KeyHash::of(key)).collect();
        let found = shelf.get_many(&hashes)?.into_iter().zip(keys.iter().zip(hashes));
        let entry = |(found, (key, hash)): (Option<super::index::Entry>, (&&'k [u8], KeyHash))| {
            let fingerprint = found?.stamp();
            Some(KeptEntry { key_hash: hash.to_bytes(), key: Some(*key), fingerprint })
        };
        Ok(found.map(entry).collect())
    }

    /// Throws away what is on disk of a resource.
    pub fn discard(&self, name: &ResourceName) -> Result<(), NotKept> {
        self.shelf(name).map_or(Ok(()), |shelf| Ok(shelf.wipe()?))
    }

    fn shelf(&self, name: &ResourceName) -> Option<Shelf> {
        self.disk.as_ref().map(|disk| Shelf::new(disk, name, false))
    }
}

impl Directory {
    /// Throws away what is on disk of all resources.
    pub fn discard_all(&self) -> Result<(), NotKept> {
        Ok(Disk::discard(Path::new(&self.cache()))?)
    }
}

/// A prefix, a key's hash, a fingerprint and a hash of the bytes.
const ENTRY: u64 = 8 + 16 + 16 + 8;
