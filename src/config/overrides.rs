//! `overrides:` — krest's own blocks for one resource.

use schemars::JsonSchema;

use super::changes::Changes;
use super::deletes::Deletes;
use super::errors::Errors;
use super::format::Format;
use super::kafka::KafkaOverride;
use super::limits::Limits;
use super::poll::Poll;
use super::retry::Retry;

/// Blocks for one resource; a key that is not given here keeps the value of the file's own block.
#[derive(JsonSchema)]
#[schemars(rename = "override", deny_unknown_fields, extend("x-krest" = true))]
#[expect(dead_code, reason = "the shape of the block; merged with the file's own blocks before it is read")]
pub(crate) struct Override {
    #[schemars(default)]
    poll: Poll,
    #[schemars(default)]
    retry: Retry,
    #[schemars(default)]
    limits: Limits,
    #[schemars(default)]
    kafka: KafkaOverride,
    #[schemars(default)]
    errors: Errors,
    #[schemars(default)]
    format: Format,
    #[schemars(default)]
    changes: Changes,
    #[schemars(default)]
    deletes: Deletes,
}
