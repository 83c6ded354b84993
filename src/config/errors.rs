//! `errors:` — what a record or an answer that cannot be used leads to.

use schemars::JsonSchema;
use serde::Deserialize;

/// What a record or an answer that cannot be used leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "errors", extend("x-krest" = true))]
pub struct Errors {
    /// `none`: a record that cannot be used fails the scan.
    #[schemars(extend("default" = "none"))]
    pub tolerance: Tolerance,
    /// What an answer in which the data selector finds nothing leads to.
    #[schemars(extend("default" = "warn"))]
    pub missing_data: MissingData,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "tolerance")]
pub enum Tolerance {
    #[default]
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "missing_data")]
pub enum MissingData {
    /// No records, and a warning that lists the keys that were there.
    #[default]
    Warn,
    /// The scan fails.
    Fail,
}
