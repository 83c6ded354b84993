//! One resource's pages, read into keyed records.

use super::{KeySpec, Problem, RecordError, fingerprint::fingerprint};
use crate::model::{Fingerprint, Json, Key, Page, Record, ResourceName};

/// Reads the pages of one resource.
#[derive(Clone, Debug)]
pub struct Reader {
    resource: ResourceName,
    /// `None`: a record's fingerprint is its key.
    keys: Option<KeySpec>,
}

impl Reader {
    /// `keys`: `None` for a resource without a primary key. Its records are told apart by their content.
    pub fn new(resource: ResourceName, keys: Option<KeySpec>) -> Self {
        Self { resource, keys }
    }

    /// Whether records have a key of their own.
    pub fn is_keyed(&self) -> bool {
        self.keys.is_some()
    }

    /// All records of a page, or the first one without a usable key.
    pub fn read<'p>(&self, page: &'p Page) -> Result<Vec<Record<'p>>, RecordError> {
        (0..page.records.len()).map(|index| self.record(page, index)).collect()
    }

    /// One record of a page, by its place from 0.
    pub fn record<'p>(&self, page: &'p Page, index: usize) -> Result<Record<'p>, RecordError> {
        let raw = page.records.get(index).map(|span| page.text(*span)).unwrap_or_default();
        let key = match &self.keys {
            Some(keys) => keys.key(Json::trusted(raw)),
            None => fingerprint(Json::trusted(raw)).map(|content| Key::Owned(content.to_string())),
        };
        Ok(Record { key: key.map_err(|problem| self.error(page, index, problem))?, raw })
    }

    /// What the record's content comes to; the record is one of the page's.
    pub fn fingerprint(&self, page: &Page, record: &Record<'_>) -> Result<Fingerprint, RecordError> {
        fingerprint(Json::trusted(record.raw)).map_err(|problem| {
            let place = |span| std::ptr::eq(page.text(span), record.raw);
            let index = page.records.iter().position(|span| place(*span)).unwrap_or_default();
            self.error(page, index, problem)
        })
    }

    fn error(&self, page: &Page, index: usize, problem: Problem) -> RecordError {
        RecordError::of_record(&self.resource, page, index, problem)
    }
}
