//! What becomes of records that the API no longer has.

use std::time::Duration;

use super::types::Listing;
use crate::model::Page;

/// How a deletion is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deletes {
    None,
    /// What a complete scan did not show is gone.
    Snapshot(Guards),
    /// Records say of themselves that they are gone.
    Soft,
    /// What a complete scan did not show is gone if the API says so when it is asked for it.
    Probe(Guards),
}

/// What keeps records that a scan did not show from being deleted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guards {
    /// Of all records of the resource, the largest share that one scan may find gone.
    pub max_share: f64,
    pub max_count: Option<u64>,
    /// In so many further complete scans a record has to be missing.
    pub grace: u8,
    /// How often a resource with a cursor is scanned whole.
    pub every: Option<Duration>,
}

impl Listing {
    /// The keys that the records of a page have before its steps, if one of those that are dropped could be missed: when it goes,
    /// others may move to another page.
    pub fn keys_before_steps(&self, page: &Page) -> Vec<String> {
        let finds_missing =
            self.publication.as_ref().is_some_and(|publication| publication.upkeep.of_missing().is_some());
        if !finds_missing || !self.steps.may_drop() {
            return Vec::new();
        }
        let records = (0..page.records.len()).filter_map(|index| self.reader.record(page, index).ok());
        records.map(|record| record.key.into_owned()).collect()
    }
}

impl Deletes {
    /// The guards, if what whole scans do not show is taken for gone.
    pub fn of_missing(&self) -> Option<&Guards> {
        match self {
            Self::Snapshot(guards) | Self::Probe(guards) => Some(guards),
            Self::None | Self::Soft => None,
        }
    }
}
