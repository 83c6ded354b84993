//! The block itself: its schema, its typed form, and what is wrong with its values.

use std::borrow::Cow;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::boundary::Boundary;
use super::properties::{CONSUMER, INSTEAD, Kind, NOT_BUILT_IN, OWNED, PROPERTIES};
use crate::config::ordered::Ordered;
use crate::config::report::{Report, quoted};
use crate::config::secret::SECRET;
use crate::config::suggest::either;
use crate::config::topics::illegal_topic;
use crate::config::tree::{Entry, Node};
use crate::config::units::{BY_TEXT, Scalar};
use crate::model::Secret;

const BOUNDARY: &str = "transaction.boundary";
const BOUNDARY_INTERVAL: &str = "transaction.boundary.interval.ms";
const OFFSETS_TOPIC: &str = "offsets.storage.topic";
const DEFAULT_OFFSETS_TOPIC: &str = "krest-offsets";

/// How to reach Kafka, and how transactions are made.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Ordered<Scalar>")]
pub struct Kafka {
    /// For librdkafka, in the order of the file. All of them secrets, because one among them may be.
    pub properties: Vec<(String, Secret)>,
    /// Of the resources that have none of their own.
    pub boundary: Boundary,
    /// `transaction.boundary.interval.ms`: a transaction is open no longer than this.
    pub boundary_interval: Option<Duration>,
    /// `offsets.storage.topic`: where source positions are kept.
    pub offsets_topic: String,
}

impl From<Ordered<Scalar>> for Kafka {
    fn from(entries: Ordered<Scalar>) -> Self {
        let mut kafka = Self {
            properties: Vec::new(),
            boundary: Boundary::default(),
            boundary_interval: None,
            offsets_topic: DEFAULT_OFFSETS_TOPIC.to_owned(),
        };
        for (name, Scalar(text)) in entries.0 {
            match name.as_str() {
                BOUNDARY if text == "poll" => kafka.boundary = Boundary::Poll,
                BOUNDARY => {} // `check` refuses what is neither
                BOUNDARY_INTERVAL => kafka.boundary_interval = text.parse().ok().map(Duration::from_millis),
                OFFSETS_TOPIC => kafka.offsets_topic = text,
                _ => kafka.properties.push((name, Secret::new(&text))),
            }
        }
        kafka
    }
}

impl JsonSchema for Kafka {
    fn schema_name() -> Cow<'static, str> {
        "kafka".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let mut properties: Map<String, Json> =
            PROPERTIES.iter().map(|(name, kind)| ((*name).to_owned(), property_schema(*kind))).collect();
        properties.insert(BOUNDARY.to_owned(), json!({
            "type": "string", "enum": ["interval", "poll"], "default": "interval",
            "description": "Where a transaction ends: `interval` commits whatever has come together after a while, `poll` a whole scan at once.",
        }));
        properties.insert(
            BOUNDARY_INTERVAL.to_owned(),
            json!({
                "type": ["integer", "string"], "minimum": 1, "maximum": 60_000, BY_TEXT: true,
                "description": "A transaction is open no longer than this.",
            }),
        );
        properties.insert(
            OFFSETS_TOPIC.to_owned(),
            json!({
                "type": "string", "default": DEFAULT_OFFSETS_TOPIC, BY_TEXT: true,
                "description": "The compacted topic that holds source positions.",
            }),
        );
        json_schema!({
            "type": "object",
            "description": "How to reach Kafka: librdkafka's connection, security and producer properties, and Connect's words for transactions.",
            "properties": properties,
            "required": ["bootstrap.servers"],
            "additionalProperties": false,
            "x-krest": true,
        })
    }
}

fn property_schema(kind: Kind) -> Json {
    match kind {
        Kind::Text => json!({"type": ["string", "number", "boolean"], BY_TEXT: true}),
        Kind::Secret => json!({"type": "string", BY_TEXT: true, SECRET: true}),
        Kind::Truth => json!({"type": ["boolean", "string"], BY_TEXT: true}),
        Kind::Whole(min, max) => {
            json!({"type": ["integer", "string"], "minimum": min, "maximum": max, BY_TEXT: true})
        }
        Kind::Milliseconds(max) => {
            json!({"type": ["number", "string"], "minimum": 0, "maximum": max, BY_TEXT: true})
        }
        Kind::Words(words) => json!({"type": "string", "enum": words, BY_TEXT: true}),
    }
}

/// Why a key that is not in the schema is refused, if there is more to say than "unknown".
pub(crate) fn refusal(key: &str) -> Option<String> {
    let shown = quoted(key);
    if let Some((_, why)) = OWNED.iter().find(|(name, _)| *name == key) {
        return Some(format!("krest sets {shown} itself: {why}"));
    }
    if let Some((_, instead)) = INSTEAD.iter().find(|(name, _)| *name == key) {
        return Some(format!("{shown} cannot be set here: {instead}"));
    }
    let starts = |list: &[&str]| list.iter().any(|start| key.starts_with(start));
    if starts(NOT_BUILT_IN) {
        return Some(format!(
            "{shown} is not supported yet: krest is built without the library that it needs"
        ));
    }
    starts(CONSUMER).then(|| {
        format!(
            "{shown} is a property of consumers; krest takes connection, security and producer properties"
        )
    })
}

/// Checks the values; they have been turned into text before. None of them is ever shown.
pub(crate) fn check(block: &Node, report: &mut Report) {
    for entry in block.entries() {
        let Some(text) = entry.node.text() else { continue };
        if let Some(fault) = fault(&entry.key, text) {
            report.mistake(entry.node.at, format!("kafka.{}: {fault}", entry.key));
        }
    }
    let number = |key| block.get(key).and_then(Node::text).and_then(|text| text.parse::<u64>().ok());
    if let (Some(interval), Some(entry)) = (number(BOUNDARY_INTERVAL), block.entry(BOUNDARY_INTERVAL)) {
        let timeout = number("transaction.timeout.ms").unwrap_or(60_000);
        if interval >= timeout {
            report.mistake(
                entry.node.at,
                format!("kafka.{BOUNDARY_INTERVAL}: must be less than transaction.timeout.ms ({timeout}), after which the broker aborts the transaction"),
            );
        }
    }
    refuse_two_names(block, report);
}

fn fault(key: &str, text: &str) -> Option<String> {
    match key {
        BOUNDARY => None,
        BOUNDARY_INTERVAL => outside(text, 1, 60_000),
        OFFSETS_TOPIC => illegal_topic(text).map(|why| format!("{} is no topic name: {why}", quoted(text))),
        "transaction.timeout.ms" => outside(text, 1_000, 60_000).map(|fault| {
            fault + "; readers of the topics wait for an open transaction, and a successor waits for the one that a crash left behind"
        }),
        _ => {
            let (_, kind) = PROPERTIES.iter().find(|(name, _)| *name == key)?;
            wrong_value(text, *kind)
        }
    }
}

fn wrong_value(text: &str, kind: Kind) -> Option<String> {
    match kind {
        Kind::Text | Kind::Secret => text.is_empty().then(|| "must not be empty".to_owned()),
        Kind::Truth => (!matches!(text, "true" | "false")).then(|| "must be true or false".to_owned()),
        Kind::Whole(min, max) => outside(text, min, max),
        #[allow(clippy::cast_precision_loss, reason = "a bound of a few minutes")]
        Kind::Milliseconds(max) => {
            let fits = text.parse().is_ok_and(|number: f64| (0.0..=max as f64).contains(&number));
            (!fits).then(|| format!("must be a number from 0 to {max}"))
        }
        Kind::Words(words) => (!words.contains(&text)).then(|| format!("must be {}", either(words))),
    }
}

fn outside(text: &str, min: i64, max: i64) -> Option<String> {
    let fits = text.parse().is_ok_and(|number: i64| (min..=max).contains(&number));
    (!fits).then(|| format!("must be a whole number from {min} to {max}"))
}

/// librdkafka has two names for some properties; which of the two would count is nobody's guess.
fn refuse_two_names(block: &Node, report: &mut Report) {
    let aliases = [
        ("sasl.mechanism", "sasl.mechanisms"),
        ("compression.type", "compression.codec"),
        ("linger.ms", "queue.buffering.max.ms"),
    ];
    for (first, second) in aliases {
        if let (Some(_), Some(Entry { at, .. })) = (block.entry(first), block.entry(second)) {
            report.mistake(
                *at,
                format!("kafka.{second}: another name for {}, which is given too", quoted(first)),
            );
        }
    }
}
