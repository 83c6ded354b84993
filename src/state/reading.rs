//! What a restore has read and not handed on yet: messages go into the store by thousands, with the offsets that they reach.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use super::cache::Cache;
use super::error::StateError;
use super::index::{Entry, KeyHash, RawHash};
use super::name::Name;
use super::pending::Expected;
use super::text::Text;
use crate::model::StoredRecord;

#[derive(Debug, Default)]
pub(super) struct Reading {
    read: Vec<Expected>,
    /// Of their texts.
    bytes: usize,
    /// By partition; `None`: nothing of it was read.
    reached: Vec<Option<i64>>,
    /// Nothing of what came after it is in the store.
    pub(super) failed: Option<StateError>,
}

/// As many as are written to disk at once.
const FULL: usize = 50_000;
/// And so many bytes of texts.
const FULL_OF_TEXTS: usize = 16 << 20;

impl Cache {
    /// A message of the topic. One without a fingerprint, from another tool, leaves its key unknown: it counts as changed once.
    pub fn restore(&mut self, message: &StoredRecord<'_>) {
        let key = KeyHash::of(message.key);
        let name = match self.store.needs_names() {
            true if message.foreign => Name::foreign(message.key),
            true => Name::own(message.key, message.parent),
            false => Name::default(),
        };
        let stamp = message.fingerprint.filter(|_| !message.deleted);
        let entry =
            stamp.map(|stamp| Entry { fingerprint: stamp.fingerprint, raw: RawHash::unknown(stamp.rule) });
        let text = match message.row.filter(|_| entry.is_some() && self.store.keeps_texts()) {
            Some(row) => Text::of(row),
            None => Text::unknown(),
        };
        self.reading.add(message, Expected { key, entry, name, text });
        if self.reading.is_full() {
            let (offsets, read) = self.reading.take();
            let put = self.store.put_many(read, offsets, None);
            self.reading.failed = self.reading.failed.take().or(self.or_lost(put).err());
        }
    }

    /// The topic was read up to these offsets, its end: partition → next offset.
    pub fn restored(&mut self, offsets: impl IntoIterator<Item = (i32, i64)>) -> Result<(), StateError> {
        if let Some(failed) = self.reading.failed.take() {
            return Err(failed);
        }
        let (_, rest) = self.reading.take();
        let put = self.store.restored(offsets.into_iter().collect(), rest);
        (self.ended, self.confirmed) = (Some(BTreeSet::new()), Some(SystemTime::now()));
        self.or_lost(put)
    }
}

impl Reading {
    pub(super) fn add(&mut self, message: &StoredRecord<'_>, expected: Expected) {
        let Ok(partition) = usize::try_from(message.partition) else { return };
        if self.failed.is_some() {
            return;
        }
        if self.reached.len() <= partition {
            self.reached.resize(partition + 1, None);
        }
        if let Some(reached) = self.reached.get_mut(partition) {
            *reached = Some(message.offset + 1);
        }
        self.bytes += expected.text.len();
        self.read.push(expected);
    }

    pub(super) fn is_full(&self) -> bool {
        self.read.len() >= FULL || self.bytes >= FULL_OF_TEXTS
    }

    /// What was read since this was last asked, and where that ends: whatever comes next begins there or later.
    pub(super) fn take(&mut self) -> (BTreeMap<i32, i64>, Vec<Expected>) {
        let reached = (0..).zip(&self.reached).filter_map(|(partition, next)| Some((partition, (*next)?)));
        self.bytes = 0;
        (reached.collect(), std::mem::take(&mut self.read))
    }
}
