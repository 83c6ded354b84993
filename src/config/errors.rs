//! `errors:` — what a record or an answer that cannot be used leads to.

use schemars::JsonSchema;
use serde::Deserialize;

/// What a record or an answer that cannot be used leads to.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "errors", extend("x-krest" = true))]
pub struct Errors {
    /// `none`: a record that cannot be used fails the scan.
    #[schemars(extend("default" = "none"))]
    pub tolerance: Tolerance,
    /// What an answer in which the data selector finds nothing leads to.
    #[schemars(extend("default" = "warn"))]
    pub missing_data: MissingData,
    /// What a scan that shows far fewer records than the last full one leads to.
    #[schemars(extend("default" = "warn"))]
    pub shrunk_scan: ShrunkScan,
    /// The largest share of the last full scan's records that may be missing; 1 doubts nothing.
    #[schemars(range(min = 0.0, max = 1.0), extend("default" = 0.5))]
    pub max_shrink: f64,
}

impl Default for Errors {
    fn default() -> Self {
        Self {
            tolerance: Tolerance::default(),
            missing_data: MissingData::default(),
            shrunk_scan: ShrunkScan::default(),
            max_shrink: 0.5,
        }
    }
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "shrunk_scan")]
pub enum ShrunkScan {
    /// A warning; the scan deletes nothing and moves no cursor. A second scan in a row that says the same is believed.
    #[default]
    Warn,
    /// The scan fails, until the records are back or this is changed.
    Fail,
}
