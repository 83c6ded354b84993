//! `errors:` — what a record or an answer that cannot be used leads to. Kafka Connect's names, without their prefix.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::report::quoted;

/// What a record or an answer that cannot be used leads to.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "errors", extend("x-krest" = true))]
pub struct Errors {
    /// `none`: a record that cannot be used fails the scan. `all`: it becomes a dead letter, and the scan goes on.
    #[schemars(extend("default" = "none"))]
    pub tolerance: Tolerance,
    /// The topic of dead letters; `{connector}` and `{resource}` stand for the names. The resource's own topic with `.dlq` behind
    /// it if not given.
    #[serde(rename = "deadletterqueue.topic.name")]
    pub dead_letter_topic: Option<String>,
    /// Replicas of a new topic of dead letters; as for other topics if not given, the broker's default if -1.
    #[serde(rename = "deadletterqueue.topic.replication.factor")]
    #[schemars(range(min = -1, max = 32767))]
    pub dead_letter_replication: Option<i32>,
    /// Whether dead letters have Kafka Connect's headers.
    #[serde(rename = "deadletterqueue.context.headers.enable")]
    #[schemars(extend("default" = true))]
    pub context_headers: bool,
    /// More dead letters than this stop the scan. Below 1: a share of the records read, judged from ten dead letters on; from 1 on: a
    /// number of records.
    #[serde(rename = "max.per.scan")]
    #[schemars(schema_with = "max_per_scan_schema")]
    pub max_per_scan: MaxPerScan,
    /// What an answer in which the data selector finds nothing leads to.
    #[schemars(extend("default" = "warn"))]
    pub missing_data: MissingData,
    /// What a scan that shows far fewer records than the last full one leads to.
    #[schemars(extend("default" = "warn"))]
    pub shrunk_scan: ShrunkScan,
    /// The largest share of the last full scan's records that may be missing; 1 doubts nothing.
    #[schemars(range(min = 0.0, max = 1.0), extend("default" = 0.5))]
    pub max_shrink: f64,
}

impl Default for Errors {
    fn default() -> Self {
        Self {
            tolerance: Tolerance::None,
            dead_letter_topic: None,
            dead_letter_replication: None,
            context_headers: true,
            max_per_scan: MaxPerScan::Share(0.5),
            missing_data: MissingData::Warn,
            shrunk_scan: ShrunkScan::Warn,
            max_shrink: 0.5,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "tolerance")]
pub enum Tolerance {
    #[default]
    None,
    All,
}

/// How many dead letters a scan may make.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(from = "f64")]
pub enum MaxPerScan {
    /// Of the records read.
    Share(f64),
    Count(u64),
}

impl From<f64> for MaxPerScan {
    fn from(number: f64) -> Self {
        if number < 1.0 { Self::Share(number) } else { Self::Count(number as u64) }
    }
}

fn max_per_scan_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "number", "minimum": 0, "maximum": 1e15, "default": 0.5})
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "missing_data")]
pub enum MissingData {
    /// No records, and a warning that lists the keys that were there.
    #[default]
    Warn,
    /// The scan fails.
    Fail,
}

/// Connect's settings that krest has no use for, and what it does instead.
const INSTEAD: [(&str, &str); 4] = [
    ("log.enable", "krest always logs a scan with new dead letters: how many, and the first one"),
    ("log.include.messages", "krest never logs what is in a record; the dead letter has it"),
    ("retry.timeout", "a record that failed would fail again; requests are repeated as \"retry\" says"),
    ("retry.delay.max.ms", "a record that failed would fail again; requests are repeated as \"retry\" says"),
];

/// Why a key that is not in the schema is refused, if there is more to say than "unknown".
pub(crate) fn refusal(key: &str) -> Option<String> {
    let shown = quoted(key);
    let short = key.strip_prefix("errors.").unwrap_or(key);
    if let Some((_, instead)) = INSTEAD.iter().find(|(name, _)| *name == short) {
        return Some(format!("{shown} cannot be set here: {instead}"));
    }
    (short != key).then(|| format!("{shown} is written {} here", quoted(short)))
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "shrunk_scan")]
pub enum ShrunkScan {
    /// A warning; the scan deletes nothing and moves no cursor. A second scan in a row that says the same is believed.
    #[default]
    Warn,
    /// The scan fails, until the records are back or this is changed.
    Fail,
}
