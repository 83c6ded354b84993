//! `deletes:` — what becomes of records that the API no longer has.

use schemars::JsonSchema;
use serde::Deserialize;

/// What becomes of records that the API no longer has.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "deletes", extend("x-krest" = true))]
pub struct Deletes {
    /// `none`: they stay in the topic. Not given: `none`, but under `write_disposition: replace` a complete scan deletes what it
    /// did not show.
    pub mode: Option<DeleteMode>,
    /// The largest share of a resource's records that one scan may delete; beyond it nothing is deleted and the scan fails.
    #[schemars(range(min = 0.0, max = 1.0), extend("default" = 0.2))]
    pub max_share: f64,
}

impl Default for Deletes {
    fn default() -> Self {
        Self { mode: None, max_share: 0.2 }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "delete_mode")]
pub enum DeleteMode {
    None,
}
