//! What becomes of records that the API no longer has.

use std::time::Duration;

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

impl Deletes {
    /// The guards, if what whole scans do not show is taken for gone.
    pub fn of_missing(&self) -> Option<&Guards> {
        match self {
            Self::Snapshot(guards) | Self::Probe(guards) => Some(guards),
            Self::None | Self::Soft => None,
        }
    }
}
