//! `deletes:` — what becomes of records that the API no longer has.

use schemars::JsonSchema;
use serde::Deserialize;

/// What becomes of records that the API no longer has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "deletes", extend("x-krest" = true))]
pub struct Deletes {
    /// `none`: they stay in the topic.
    #[schemars(extend("default" = "none"))]
    pub mode: DeleteMode,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "delete_mode")]
pub enum DeleteMode {
    #[default]
    None,
}
