//! `retry:` — how often, and after which wait, a failed request is repeated.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::units;

/// How often, and after which wait, a failed request is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "retry", extend("x-krest" = true))]
pub struct Retry {
    /// Repetitions after the first attempt; 0 for none.
    #[schemars(extend("default" = 3))]
    pub max_retries: u32,
    /// Each wait is this many times the one before it.
    #[schemars(range(min = 1), extend("default" = 2))]
    pub backoff_factor: f64,
    /// The first wait.
    #[serde(deserialize_with = "units::duration")]
    #[schemars(schema_with = "units::duration_schema", extend("default" = "1s"))]
    pub initial: Duration,
    /// No wait is longer; an API that asks for more ends the scan.
    #[serde(deserialize_with = "units::duration")]
    #[schemars(schema_with = "units::duration_schema", extend("default" = "300s"))]
    pub max_wait: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_retries: 3,
            backoff_factor: 2.0,
            initial: Duration::from_secs(1),
            max_wait: Duration::from_secs(300),
        }
    }
}
