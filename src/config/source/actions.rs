//! `response_actions`: answers that are treated otherwise than their status says.

use schemars::JsonSchema;
use serde::Deserialize;

/// What to do with an answer that has this status, this text, or both.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "response_action")]
pub struct ResponseAction {
    /// The status of the answer, as a number or as its digits.
    pub status_code: Option<StatusCode>,
    /// Text that stands anywhere in the body.
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

impl StatusCode {
    /// Rules have seen that it is a number.
    pub fn number(&self) -> Option<u16> {
        match self {
            Self::Number(status) => Some(*status),
            Self::Text(digits) => digits.trim().parse().ok(),
        }
    }
}

/// `ignore` is dlt's, the others are krest's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "action")]
pub enum Action {
    /// The walk ends here, quietly and without records.
    Ignore,
    /// krest's own: the scan fails at once, without retries.
    Raise,
    /// krest's own: the request is repeated as after a server error.
    Retry,
}
