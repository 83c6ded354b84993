//! The top level of krest's own file.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::changes::Changes;
use super::deletes::Deletes;
use super::delivery::Delivery;
use super::errors::Errors;
use super::format::Format;
use super::kafka::Kafka;
use super::limits::Limits;
use super::overrides::Override;
use super::poll::Poll;
use super::registry::RegistryBlock;
use super::retry::Retry;
use super::signals::{Notification, Signal};
use super::source::Source;
use super::state::State;
use super::topics::Topics;

/// One connector: an API, its resources, and the topics that are kept in step with them.
#[derive(JsonSchema)]
#[schemars(rename = "connector", deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "the shape of the file; its blocks are read one by one, so that one mistake hides no other"
)]
pub(crate) struct File {
    /// The connector's name, part of every name that it has in Kafka; the name of the file if not given.
    #[schemars(extend("format" = "connector-name", "x-krest" = true))]
    name: Option<String>,
    /// How many tasks the resources are spread over: each has a producer, and with it a transactional id, of its own. Never more
    /// than there are resources that depend on no other.
    #[schemars(rename = "tasks.max", range(min = 1), extend("default" = 1, "x-krest" = true))]
    tasks_max: Option<u32>,
    /// What to read: dlt's REST API source dictionary, key for key.
    source: Source,
    /// How often a change may come.
    #[schemars(extend("default" = "exactly_once", "x-krest" = true))]
    delivery: Option<Delivery>,
    #[schemars(default)]
    poll: Poll,
    #[schemars(default)]
    retry: Retry,
    #[schemars(default)]
    limits: Limits,
    /// How to reach Kafka; only commands that talk to Kafka need it.
    #[schemars(with = "Kafka", default)]
    kafka: Option<Kafka>,
    #[schemars(default)]
    topics: Topics,
    #[schemars(default)]
    errors: Errors,
    #[schemars(default)]
    format: Format,
    /// Only `avro` and `json_sr` need it.
    #[schemars(with = "RegistryBlock", default)]
    registry: Option<RegistryBlock>,
    #[schemars(default)]
    changes: Changes,
    #[schemars(default)]
    deletes: Deletes,
    #[schemars(default)]
    state: State,
    #[schemars(default)]
    signal: Signal,
    #[schemars(default)]
    notification: Notification,
    /// krest's own blocks for one resource, by its name.
    #[schemars(default, extend("x-krest" = true))]
    overrides: BTreeMap<String, Override>,
}
