//! `endpoint.incremental`: a cursor that moves from scan to scan.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::free::Free;
use crate::config::source::Keys;

/// A cursor: only what is new since the last scan is asked for.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "incremental")]
#[expect(dead_code, reason = "values of any kind are read from the tree")]
pub(crate) struct Incremental {
    /// JSONPath of the cursor value in a record.
    #[schemars(extend("format" = "jsonpath"))]
    pub cursor_path: String,
    /// Where the first scan begins; without it the first scan asks for everything.
    pub initial_value: Option<Free>,
    /// Where every scan ends; nothing is remembered then.
    pub end_value: Option<Free>,
    /// The query parameter that carries the start value.
    pub start_param: Option<String>,
    /// The query parameter that carries the end value.
    pub end_param: Option<String>,
    /// Whether the largest or the smallest value is remembered.
    #[serde(default)]
    #[schemars(extend("default" = "max"))]
    pub last_value_func: LastValue,
    /// Accepted: rows at the edge are told apart by their content.
    pub primary_key: Option<Keys>,
    /// The order in which the API lists records, `asc` towards newer ones; lets a scan end early.
    pub row_order: Option<RowOrder>,
    /// How far the start value is moved back: seconds for times, days for dates, else a number.
    pub lag: Option<f64>,
    /// What becomes of a record without a cursor value.
    #[serde(default)]
    #[schemars(extend("default" = "raise"))]
    pub on_cursor_value_missing: OnMissing,
    /// Whether records at the start value belong to the scan.
    #[schemars(extend("default" = "closed"))]
    pub range_start: Option<Edge>,
    /// Whether records at the end value belong to the scan.
    #[schemars(extend("default" = "open"))]
    pub range_end: Option<Edge>,
    /// Accepted: krest has a schedule of its own.
    pub allow_external_schedulers: Option<bool>,
    /// A jq expression that turns start and end values into what the API takes.
    #[schemars(extend("format" = "jq"))]
    pub convert: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "last_value_func")]
pub enum LastValue {
    #[default]
    Max,
    Min,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "row_order")]
pub enum RowOrder {
    Asc,
    Desc,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "on_cursor_value_missing")]
pub enum OnMissing {
    #[default]
    Raise,
    Include,
    Exclude,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "edge")]
pub enum Edge {
    Open,
    Closed,
}
