//! The block itself: its schema, its typed form, and what is wrong with its values.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::name::TopicName;
use super::settings::SETTINGS;
use crate::config::ordered::Ordered;
use crate::config::report::{Report, quoted};
use crate::config::tree::Node;
use crate::config::units::{BY_TEXT, Scalar};

const NAME: &str = "name";
const CREATION: &str = "creation.default.";
const PARTITIONS: &str = "creation.default.partitions";
const REPLICATION: &str = "creation.default.replication.factor";
const DELETE_RETENTION: &str = "creation.default.delete.retention.ms";
/// Below this a reader that was away may miss a delete (krest refuses existing topics for the same reason).
const LEAST_DELETE_RETENTION_MS: u64 = 3_600_000;

/// Names of topics, and the settings with which missing ones are created.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Ordered<Scalar>")]
pub struct Topics {
    /// `{connector}` and `{resource}` stand for the names.
    pub name: String,
    /// `None`: the broker's default.
    pub partitions: Option<i32>,
    /// `None`: the broker's default.
    pub replication_factor: Option<i32>,
    /// Other settings of new topics, by Kafka's names.
    pub settings: Vec<(String, String)>,
}

impl Default for Topics {
    fn default() -> Self {
        Self::from(Ordered(Vec::new()))
    }
}

impl From<Ordered<Scalar>> for Topics {
    fn from(entries: Ordered<Scalar>) -> Self {
        let mut topics = Self {
            name: TopicName::DEFAULT.to_owned(),
            partitions: None,
            replication_factor: None,
            settings: Vec::new(),
        };
        for (key, Scalar(text)) in entries.0 {
            // -1 is Kafka's own word for the broker's default.
            let number = || text.parse().ok().filter(|number| *number > 0);
            match key.as_str() {
                NAME => topics.name = text,
                PARTITIONS => topics.partitions = number(),
                REPLICATION => topics.replication_factor = number(),
                _ => topics.settings.extend(key.strip_prefix(CREATION).map(|name| (name.to_owned(), text))),
            }
        }
        topics
    }
}

impl JsonSchema for Topics {
    fn schema_name() -> Cow<'static, str> {
        "topics".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut properties: Map<String, Json> = SETTINGS
            .iter()
            .map(|name| {
                (format!("{CREATION}{name}"), json!({"type": ["string", "number", "boolean"], BY_TEXT: true}))
            })
            .collect();
        properties.insert(
            NAME.to_owned(),
            json!({
                "type": "string", "default": TopicName::DEFAULT,
                "description": "The topic of a resource; {connector} and {resource} stand for the names.",
            }),
        );
        for (key, what, max) in [(PARTITIONS, "Partitions", 1_000_000), (REPLICATION, "Replicas", 32_767)] {
            properties.insert(key.to_owned(), json!({
                "type": ["integer", "string"], "minimum": -1, "maximum": max, BY_TEXT: true,
                "description": format!("{what} of a new topic; the broker's default if not given, or -1."),
            }));
        }
        json_schema!({
            "type": "object",
            "description": "Names of topics, and the settings with which missing ones are created.",
            "properties": properties,
            "additionalProperties": false,
            "x-krest": true,
        })
    }
}

/// Why a key that is not in the schema is refused, if there is more to say than "unknown".
pub(crate) fn refusal(key: &str) -> Option<String> {
    let shown = quoted(key);
    if key == "creation.default.cleanup.policy" {
        return Some(format!(
            "krest sets {shown} itself: its topics are compacted, or they would not be tables"
        ));
    }
    if let Some(rest) = key.strip_prefix("topic.").filter(|rest| rest.starts_with("creation.")) {
        return Some(format!("{shown} is written {} here", quoted(rest)));
    }
    SETTINGS
        .contains(&key)
        .then(|| format!("{shown} is written {} here", quoted(&format!("{CREATION}{key}"))))
}

/// Checks what the schema cannot; values have been turned into text before.
pub(crate) fn check(block: &Node, report: &mut Report) {
    for (key, max) in [(PARTITIONS, 1_000_000), (REPLICATION, 32_767)] {
        let Some(node) = block.get(key) else { continue };
        let fits =
            |text: &str| text.parse().is_ok_and(|number: i64| number == -1 || (1..=max).contains(&number));
        if node.text().is_some_and(|text| !fits(text)) {
            report.mistake(
                node.at,
                format!(
                    "topics.{key}: must be a whole number from 1 to {max}, or -1 for the broker's default"
                ),
            );
        }
    }
    if let Some(node) = block.get(DELETE_RETENTION) {
        let fits = |text: &str| text.parse().is_ok_and(|ms: u64| ms >= LEAST_DELETE_RETENTION_MS);
        if node.text().is_some_and(|text| !fits(text)) {
            report.mistake(node.at, format!("topics.{DELETE_RETENTION}: must be a whole number, at least {LEAST_DELETE_RETENTION_MS} (an hour): krest would miss deletes after a stop"));
        }
    }
    if let Some(node) = block.get(NAME)
        && let Some(Err(fault)) = node.text().map(TopicName::parse)
    {
        report.mistake(node.at, format!("topics.name: {fault}"));
    }
}
