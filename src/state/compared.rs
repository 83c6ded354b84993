//! A page on its way through a comparison.

use std::collections::HashSet;

use super::index::{ByKey, Entry, KeyHash};
use super::name::Name;
use super::pending::Expected;
use crate::model::{Change, Record};

/// A page while it is compared: nothing of it is in the cache yet.
#[derive(Default)]
pub(super) struct Compared<'p> {
    pub(super) changes: Vec<Change<'p>>,
    pub(super) entries: Vec<Expected>,
    /// The same content in other bytes, or known under an earlier rule.
    pub(super) respelled: Vec<Expected>,
    pub(super) unchanged: usize,
    pub(super) superseded: usize,
    /// Rows that were shown under another parent before.
    pub(super) elsewhere: HashSet<KeyHash, ByKey>,
}

impl<'p> Compared<'p> {
    /// `known`: the topic has the key. `same`: it holds the record's content.
    pub(super) fn add(
        &mut self,
        record: Record<'p>,
        (key, name, entry): (KeyHash, Name, Entry),
        (known, same): (bool, bool),
    ) {
        let expected = Expected { key, entry: Some(entry), name };
        if same {
            self.unchanged += 1;
            self.respelled.push(expected);
        } else {
            self.entries.push(expected);
            let fingerprint = entry.stamp();
            self.changes.push(Change::Upsert { key: record.key, fingerprint, value: record.raw, known });
        }
    }

    pub(super) fn delete(&mut self, record: Record<'p>, key: KeyHash, known: Option<Entry>) {
        if known.is_none() {
            self.unchanged += 1;
        } else {
            self.entries.push(Expected { key, entry: None, name: Name::default() });
            self.changes.push(Change::Delete { key: record.key });
        }
    }
}

/// Which records have a later one with the same key.
pub(super) fn superseded(keys: &[KeyHash]) -> Vec<bool> {
    let mut seen: HashSet<KeyHash, ByKey> = HashSet::default();
    seen.reserve(keys.len());
    let mut superseded: Vec<bool> = keys.iter().rev().map(|key| !seen.insert(*key)).collect();
    superseded.reverse();
    superseded
}
