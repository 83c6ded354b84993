//! `transaction.boundary`: where a transaction ends, for the whole connector or for one resource.

use schemars::JsonSchema;
use serde::Deserialize;

/// Where a transaction ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "boundary")]
pub enum Boundary {
    /// Whatever has come together after a while is committed.
    #[default]
    Interval,
    /// A whole scan becomes visible at once.
    Poll,
}

/// What of the `kafka:` block may differ for one resource.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "kafka_override", extend("x-krest" = true))]
pub(crate) struct KafkaOverride {
    /// Where a transaction with this resource's records ends; such a resource, with all that depend on it, has a task of its own.
    #[serde(rename = "transaction.boundary")]
    #[schemars(rename = "transaction.boundary")]
    pub boundary: Option<Boundary>,
}
