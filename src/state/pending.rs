//! Changes that were handed on and are not known to be committed. A diff asks them before the index.

use std::collections::{HashMap, VecDeque};

use super::index::{ByKey, Entry, KeyHash};
use super::name::Name;
use super::text::Text;

/// What a key will be once its batch is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) key: KeyHash,
    /// `None`: gone.
    pub(super) entry: Option<Entry>,
    /// What is known of the row besides, where that has to be known (`Roll`).
    pub(super) name: Name,
    /// What becomes of its text, where texts are kept.
    pub(super) text: Text,
}

impl Expected {
    pub(super) fn gone(key: KeyHash) -> Self {
        Self { key, entry: None, name: Name::default(), text: Text::unknown() }
    }
}

#[derive(Debug, Default)]
pub(super) struct Pending {
    /// The newest pending entry of each key, with the batch that it came in. `None`: the key is being deleted.
    newest: HashMap<KeyHash, (u64, Option<Entry>), ByKey>,
    /// Batches that are not committed, oldest first.
    batches: VecDeque<(u64, Vec<Expected>)>,
    /// About what all of it takes in memory.
    bytes: usize,
}

/// In its batch and among the newest, with its share of free places; beside its own name and its text.
const BYTES_PER_CHANGE: usize = 156;

impl Pending {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty()
    }

    /// `None`: the key is not pending.
    pub(super) fn get(&self, key: KeyHash) -> Option<Option<Entry>> {
        self.newest.get(&key).map(|(_, entry)| *entry)
    }

    /// The text of a key that is pending, if it is known.
    pub(super) fn text(&self, key: KeyHash) -> Option<&str> {
        let (sequence, _) = self.newest.get(&key)?;
        let place = self.batches.binary_search_by_key(sequence, |(sequence, _)| *sequence).ok()?;
        let (_, changes) = self.batches.get(place)?;
        changes.iter().find(|change| change.key == key)?.text.new_text()
    }

    pub(super) fn add(&mut self, sequence: u64, entries: Vec<Expected>) {
        if !entries.is_empty() {
            self.bytes += entries.iter().map(cost).sum::<usize>();
            self.newest.extend(entries.iter().map(|one| (one.key, (sequence, one.entry))));
            self.batches.push_back((sequence, entries));
        }
    }

    /// Takes out what the batches up to and with `through` changed, oldest first.
    pub(super) fn take(&mut self, through: u64) -> Vec<Expected> {
        let mut taken = Vec::new();
        while self.batches.front().is_some_and(|(sequence, _)| *sequence <= through) {
            let (_, entries) = self.batches.pop_front().unwrap_or_default();
            self.bytes -= entries.iter().map(cost).sum::<usize>();
            for one in entries {
                let newest = self.newest.get(&one.key).filter(|(sequence, _)| *sequence <= through).copied();
                if let Some((_, entry)) = newest {
                    self.newest.remove(&one.key);
                    taken.push(Expected { entry, ..one });
                } else if self.newest.contains_key(&one.key) {
                    taken.push(one); // a later batch, which may still be aborted, changed the key again
                }
            }
        }
        if self.batches.is_empty() {
            self.newest = HashMap::default(); // nothing is kept for a burst that is over
        }
        taken
    }

    /// Whether the key is pending; then other bytes of the same content are remembered with it.
    pub(super) fn respell(&mut self, key: KeyHash, entry: Entry) -> bool {
        let Some((_, Some(known))) = self.newest.get_mut(&key) else { return false };
        *known = entry;
        true
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn cost(change: &Expected) -> usize {
    BYTES_PER_CHANGE + change.name.as_bytes().len() + change.text.len()
}
