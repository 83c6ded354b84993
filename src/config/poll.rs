//! `poll:` — when scans begin.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::units;

/// When scans begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "poll", extend("x-krest" = true))]
pub struct Poll {
    /// From the start of one scan to the start of the next.
    #[serde(deserialize_with = "units::duration")]
    #[schemars(schema_with = "units::duration_schema", extend("default" = "60s"))]
    pub interval: Duration,
}

impl Default for Poll {
    fn default() -> Self {
        Self { interval: Duration::from_secs(60) }
    }
}
