//! Where the records of a page go that cannot be used: nowhere, and the first one ends the scan; or aside, and it goes on.

use bytes::Bytes;

use super::error::Spot;
use super::fingerprint::identity;
use super::{KeySpec, ParentLacks, Reader, RecordError};
use crate::model::{DeadKey, DeadRecord, DeadSpot, Json, Page, Parent};

/// Takes the records of one page that cannot be used.
#[derive(Debug, Default)]
pub struct Aside<'r> {
    /// `None`: it takes none.
    reader: Option<&'r Reader>,
    records: Vec<DeadRecord>,
}

/// Whether the key that a record has when it fails is that of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyIs {
    Final,
    /// Steps that were not reached may change it.
    Open,
    /// It can be no row's.
    None,
}

impl<'r> Aside<'r> {
    /// The first record that cannot be used is an error.
    pub fn refusing() -> Self {
        Self::default()
    }

    /// Every record that cannot be used is kept, with its key if the reader finds one.
    pub fn keeping(reader: &'r Reader) -> Self {
        Self { reader: Some(reader), records: Vec::new() }
    }

    pub fn keeps(&self) -> bool {
        self.reader.is_some()
    }

    pub fn into_records(self) -> Vec<DeadRecord> {
        self.records
    }

    /// A record that cannot be used; the error comes back if nothing is kept. An error about a whole page always does.
    pub(super) fn put(&mut self, page: &Page, error: RecordError, key: KeyIs) -> Result<(), RecordError> {
        let (Some(reader), Spot::Record { number, .. }) = (self.reader, &error.spot) else {
            return Err(error);
        };
        let value = page.records.get(number - 1).map(|span| page.bytes(*span)).unwrap_or_default();
        let spot = DeadSpot { page: error.page, record: *number, url: error.url.clone() };
        let key = known_key(reader.keys(), &value, key);
        self.records.push(DeadRecord {
            fault: error.problem.fault(),
            message: error.to_string(),
            spot: Some(spot),
            key,
            identity: identity(text(&value)),
            value,
        });
        Ok(())
    }
}

impl ParentLacks {
    /// The parent's record, set aside for the resource that depends on it.
    pub fn into_dead_record(self, parent: &Parent) -> DeadRecord {
        let value = Bytes::copy_from_slice(parent.record().text().as_bytes());
        DeadRecord {
            fault: self.problem.fault(),
            message: self.to_string(),
            spot: None,
            key: DeadKey::Unknown, // the children have keys, and none of them was asked for
            identity: identity(text(&value)),
            value,
        }
    }
}

fn known_key(keys: Option<&KeySpec>, value: &Bytes, is: KeyIs) -> DeadKey {
    let key = keys.and_then(|keys| keys.key(Json::trusted(text(value))).ok());
    match (key, is) {
        (None, _) | (_, KeyIs::None) => DeadKey::Unknown,
        (Some(key), KeyIs::Final) => DeadKey::Row(key.into_owned()),
        (Some(key), KeyIs::Open) => DeadKey::Likely(key.into_owned()),
    }
}

fn text(value: &Bytes) -> &str {
    std::str::from_utf8(value).unwrap_or_default()
}
