//! `response_actions`: answers that are treated otherwise than their status says.

use schemars::JsonSchema;
use serde::Deserialize;

/// What to do with an answer that has this status, this text, or both.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "response_action")]
pub struct ResponseAction {
    /// The status of the answer.
    pub status_code: Option<StatusCode>,
    /// Text that the body holds.
    pub content: Option<String>,
    /// What to do with it.
    pub action: Action,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "status_code", inline)]
pub enum StatusCode {
    Number(u16),
    Text(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "action")]
pub enum Action {
    /// The walk ends here, quietly and without records.
    Ignore,
    /// The scan fails at once.
    Raise,
    /// The request is repeated as after a server error.
    Retry,
}
