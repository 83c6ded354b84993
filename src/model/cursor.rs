//! Incremental values: what a cursor field held, and the values that one walk runs with.

use serde::{Deserialize, Serialize};

/// The value of a cursor field, in the form in which the API wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CursorValue(String);

/// The incremental values of one walk; they do not change while it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// As configured.
    pub initial: Option<CursorValue>,
    /// Where this walk begins, after `lag`: what is sent, and the lower edge of the row filter.
    pub start: Option<CursorValue>,
    /// What the last walk that ended had reached.
    pub last: Option<CursorValue>,
    /// As configured; with it nothing is remembered.
    pub end: Option<CursorValue>,
}

impl CursorValue {
    /// The text that is sent.
    pub fn text(&self) -> &str {
        &self.0
    }
}
