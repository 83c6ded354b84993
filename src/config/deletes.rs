//! `deletes:` — what becomes of records that the API no longer has.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::units;

/// What becomes of records that the API no longer has.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "deletes", extend("x-krest" = true))]
pub struct Deletes {
    /// How krest learns of a deletion. Not given: `none`, but `snapshot` under `write_disposition: replace`.
    pub mode: Option<DeleteMode>,
    /// Under `soft`: a jq expression; a record for which it is neither false nor null is deleted.
    #[schemars(extend("format" = "jq"))]
    pub when: Option<String>,
    /// Under `probe`: where a single record is asked for, below the base URL, with the fields of its key in braces:
    /// `monitors/{id}`. Not given: the resource's own path with the key behind it.
    pub path: Option<String>,
    /// The largest share of a resource's records that one scan may find gone; beyond it nothing is deleted and the scan fails.
    #[schemars(range(min = 0.0, max = 1.0), extend("default" = 0.2))]
    pub max_share: f64,
    /// The largest number of records that one scan may find gone; without a limit if not given.
    #[schemars(range(min = 0))]
    pub max_count: Option<u64>,
    /// A record that a complete scan does not show has to be missing in so many further ones before it is deleted.
    #[schemars(range(min = 0, max = 255), extend("default" = 0))]
    pub grace: u8,
    /// Of a resource with a cursor: how often it is scanned whole, without the cursor, so that deletions are found. Never if not
    /// given.
    #[serde(deserialize_with = "units::some_duration")]
    #[schemars(schema_with = "units::duration_schema")]
    pub every: Option<Duration>,
}

impl Default for Deletes {
    fn default() -> Self {
        Self { mode: None, when: None, path: None, max_share: 0.2, max_count: None, grace: 0, every: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "delete_mode")]
pub enum DeleteMode {
    /// Records stay in the topic for ever.
    None,
    /// What a complete scan did not show is deleted.
    Snapshot,
    /// Records that say of themselves that they are deleted are.
    Soft,
    /// What a complete scan did not show is asked for by its key, and deleted if the API answers 404 or 410.
    Probe,
}

impl DeleteMode {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Snapshot => "snapshot",
            Self::Soft => "soft",
            Self::Probe => "probe",
        }
    }
}
