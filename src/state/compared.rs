//! A page on its way through a comparison.

use std::collections::HashSet;

use super::index::{ByKey, Entry, KeyHash};
use super::name::Name;
use super::pending::Expected;
use super::text::Text;
use crate::model::{Before, Change, Record, Stamp};

/// A page while it is compared: nothing of it is in the cache yet.
#[derive(Default)]
pub(super) struct Compared<'p> {
    pub(super) changes: Vec<Change<'p>>,
    /// What each of them makes of its key.
    pub(super) entries: Vec<Expected>,
    /// Texts are kept.
    pub(super) keeps_texts: bool,
    /// The texts that are asked for, where texts are kept: of rows that change, and of those that stay and get another stamp.
    pub(super) sought: Vec<Sought>,
    /// The same content in other bytes, or known under an earlier rule.
    pub(super) respelled: Vec<Expected>,
    pub(super) unchanged: usize,
    pub(super) superseded: usize,
    /// Rows that were shown under another parent before.
    pub(super) elsewhere: HashSet<KeyHash, ByKey>,
}

/// The text of a row as it was published with this stamp.
pub(super) struct Sought {
    pub(super) key: KeyHash,
    pub(super) stamp: Stamp,
    pub(super) wanted: Wanted,
}

/// By what, by its place there.
#[derive(Clone, Copy)]
pub(super) enum Wanted {
    ByChange(usize),
    ByRespelled(usize),
}

impl<'p> Compared<'p> {
    /// `known`: what is known of the row, and whether that is the record's content.
    pub(super) fn add(
        &mut self,
        record: Record<'p>,
        (key, name, entry): (KeyHash, Name, Entry),
        (known, same): (Option<Entry>, bool),
    ) {
        let stamp = entry.stamp();
        let mut expected = Expected { key, entry: Some(entry), name, text: Text::default() };
        if same {
            self.unchanged += 1;
            let restamped = known.map(Entry::stamp).filter(|known| *known != stamp);
            self.seek(key, restamped, Wanted::ByRespelled(self.respelled.len()));
            self.respelled.push(expected);
        } else {
            if self.keeps_texts {
                expected.text = Text::of(record.raw);
            }
            self.seek(key, known.map(Entry::stamp), Wanted::ByChange(self.changes.len()));
            self.entries.push(expected);
            let before = before(known);
            self.changes.push(Change::Upsert {
                key: record.key,
                fingerprint: stamp,
                value: record.raw,
                before,
            });
        }
    }

    pub(super) fn delete(&mut self, record: Record<'p>, key: KeyHash, known: Option<Entry>) {
        if known.is_none() {
            self.unchanged += 1;
        } else {
            self.seek(key, known.map(Entry::stamp), Wanted::ByChange(self.changes.len()));
            self.entries.push(Expected::gone(key));
            self.changes.push(Change::Delete { key: record.key, before: before(known) });
        }
    }

    fn seek(&mut self, key: KeyHash, stamp: Option<Stamp>, wanted: Wanted) {
        if let Some(stamp) = stamp.filter(|_| self.keeps_texts) {
            self.sought.push(Sought { key, stamp, wanted });
        }
    }

    /// One was found; what is not found stays unknown.
    pub(super) fn found(&mut self, wanted: Wanted, text: Box<str>) {
        match wanted {
            Wanted::ByChange(place) => {
                if let Some(change) = self.changes.get_mut(place) {
                    *change.before_mut() = Before::Text(text);
                }
            }
            Wanted::ByRespelled(place) => {
                if let Some(row) = self.respelled.get_mut(place) {
                    row.text = Text::of(&text);
                }
            }
        }
    }
}

fn before(known: Option<Entry>) -> Before {
    if known.is_some() { Before::Unknown } else { Before::NoRow }
}

/// Which records have a later one with the same key.
pub(super) fn superseded(keys: &[KeyHash]) -> Vec<bool> {
    let mut seen: HashSet<KeyHash, ByKey> = HashSet::default();
    seen.reserve(keys.len());
    let mut superseded: Vec<bool> = keys.iter().rev().map(|key| !seen.insert(*key)).collect();
    superseded.reverse();
    superseded
}
