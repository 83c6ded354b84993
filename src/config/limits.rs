//! `limits:` — how hard an API is asked, and how much it may answer.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

use super::units::{self, Rate};

/// How hard an API is asked, and how much it may answer. Rate and requests in flight count per host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "limits", extend("x-krest" = true))]
pub struct Limits {
    /// Requests in a second, minute or hour; none by default.
    #[serde(deserialize_with = "units::rate")]
    #[schemars(schema_with = "units::rate_schema")]
    pub rate: Option<Rate>,
    /// Requests that may go out at once after a pause; the number of `rate` if not given.
    #[schemars(range(min = 1))]
    pub burst: Option<u32>,
    /// Requests that may be under way at the same time.
    #[schemars(range(min = 1), extend("default" = 4))]
    pub in_flight: u32,
    /// Largest body of an answer, after decompression; less than 4 GiB.
    #[serde(deserialize_with = "units::size")]
    #[schemars(schema_with = "units::size_schema", extend("default" = "64MiB"))]
    pub body: u64,
    /// How long it may take to connect.
    #[serde(deserialize_with = "units::duration")]
    #[schemars(schema_with = "units::duration_schema", extend("default" = "10s"))]
    pub connect_timeout: Duration,
    /// How long a request may take, from its start to the last byte of the answer.
    #[serde(deserialize_with = "units::duration")]
    #[schemars(schema_with = "units::duration_schema", extend("default" = "60s"))]
    pub timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rate: None,
            burst: None,
            in_flight: 4,
            body: 64 << 20,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(60),
        }
    }
}
