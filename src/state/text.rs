//! The text of a row as it was last published, beside its stamp (`format.before`).
//!
//! It is written together with the row's entry, or removed with it: whatever a crash takes, what is left is of one moment. All the same
//! it carries the stamp of its row, and counts for nothing beside another one: then it is not known what was published.

use std::collections::HashMap;

use super::index::{ByKey, Entry, KeyHash};
use super::pending::Expected;
use crate::model::{Fingerprint, RuleId, Stamp};

/// What becomes of a row's text with a change of what is known of it. `None`: it stays; empty: it is not known any more. (No JSON text
/// is empty.)
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Text(Option<Box<str>>);

impl Text {
    pub(super) fn of(text: &str) -> Self {
        Self(Some(text.into()))
    }

    pub(super) fn unknown() -> Self {
        Self(Some(Box::default()))
    }

    pub(super) fn stays(&self) -> bool {
        self.0.is_none()
    }

    /// `None`: it stays, or is not known.
    pub(super) fn new_text(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }

    pub(super) fn len(&self) -> usize {
        self.0.as_deref().map_or(0, str::len)
    }
}

/// Where the texts of rows are kept, beside what is on its way there.
#[derive(Debug, Default)]
pub(super) enum Texts {
    /// Nowhere.
    #[default]
    Off,
    /// With the entries on disk, and only there.
    OnDisk,
    /// There is no disk.
    InMemory(HashMap<KeyHash, (Stamp, Box<str>), ByKey>),
}

impl Texts {
    pub(super) fn are_kept(&self) -> bool {
        match self {
            Self::Off => false,
            Self::OnDisk | Self::InMemory(_) => true,
        }
    }

    /// What is in memory alone follows at once.
    pub(super) fn follow(&mut self, changes: &[Expected]) {
        let Self::InMemory(texts) = self else { return };
        for Expected { key, entry, text, .. } in changes {
            match (entry, text.new_text()) {
                (Some(entry), Some(text)) => drop(texts.insert(*key, (entry.stamp(), text.into()))),
                (Some(_), None) if text.stays() => {}
                (_, _) => drop(texts.remove(key)),
            }
        }
    }

    pub(super) fn in_memory(&self, key: KeyHash, stamp: Stamp) -> Option<Box<str>> {
        let Self::InMemory(texts) = self else { return None };
        texts.get(&key).filter(|(known, _)| *known == stamp).map(|(_, text)| text.clone())
    }

    pub(super) fn forget(&mut self) {
        if let Self::InMemory(texts) = self {
            *texts = HashMap::default();
        }
    }
}

/// The form on disk: fingerprint, rule, text.
pub(super) fn to_disk(entry: Entry, text: &str) -> Box<[u8]> {
    let Stamp { fingerprint, rule } = entry.stamp();
    [fingerprint.to_bytes().as_slice(), &[rule.0], text.as_bytes()].concat().into()
}

/// `None`: it belongs to another stamp, or is damaged.
pub(super) fn from_disk(bytes: &[u8], stamp: Stamp) -> Option<Box<str>> {
    let (fingerprint, rest) = bytes.split_first_chunk::<16>()?;
    let ([rule], text) = rest.split_first_chunk::<1>()?;
    let fingerprint = Fingerprint::from_u128(u128::from_be_bytes(*fingerprint));
    let known = Stamp { fingerprint, rule: RuleId(*rule) };
    let text = std::str::from_utf8(text).ok().filter(|text| !text.is_empty())?;
    (known == stamp).then(|| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::index::RawHash;

    #[test]
    fn a_text_is_read_back_for_its_own_stamp_and_for_no_other() {
        let entry = Entry { fingerprint: Fingerprint::from_u128(7), raw: RawHash::of(b"x", RuleId(3)) };
        let bytes = to_disk(entry, "{\"größe\":1}");
        let stamp = entry.stamp();
        assert_eq!(from_disk(&bytes, stamp).as_deref(), Some("{\"größe\":1}"));
        assert_eq!(from_disk(&bytes, Stamp { rule: RuleId(4), ..stamp }), None);
        assert_eq!(from_disk(&bytes, Stamp { fingerprint: Fingerprint::from_u128(8), ..stamp }), None);
        for damaged in [&bytes[..17], &bytes[..22], &bytes[..5], b""] {
            assert_eq!(from_disk(damaged, stamp), None, "{damaged:?}");
        }
    }
}
