//! `delivery:` — how often a change may come.

use schemars::JsonSchema;
use serde::Deserialize;

/// How often a change may come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "delivery")]
pub enum Delivery {
    /// Records and positions are committed together, in Kafka's transactions.
    #[default]
    ExactlyOnce,
    /// No transactions, for brokers that have none: a change may come again after a failure.
    AtLeastOnce,
}
