//! The forms under test: each key format, each value format and the envelope at least once, in few topics.

use serde_json::{Value, json};

use crate::support::World;
use crate::support::readers::{Form, Reading};

/// One resource, whose name says what is special about it.
pub struct Format {
    pub resource: &'static str,
    pub key: &'static str,
    pub value: &'static str,
    pub envelope: bool,
}

pub const FORMATS: [Format; 9] = [
    Format { resource: "plain", key: "string", value: "json", envelope: false },
    Format { resource: "connect", key: "json_schema", value: "json_schema", envelope: false },
    Format { resource: "avro", key: "avro", value: "avro", envelope: false },
    Format { resource: "avro_by_text", key: "string", value: "avro", envelope: false },
    Format { resource: "json_sr", key: "json", value: "json_sr", envelope: false },
    Format { resource: "plain_envelope", key: "json", value: "json", envelope: true },
    Format { resource: "connect_envelope", key: "json_schema", value: "json_schema", envelope: true },
    Format { resource: "avro_envelope", key: "avro", value: "avro", envelope: true },
    Format { resource: "json_sr_envelope", key: "string", value: "json_sr", envelope: true },
];

impl Format {
    /// The block in `overrides`.
    pub fn block(&self) -> String {
        let Self { resource, key, value, envelope } = self;
        let envelope = if *envelope { "debezium" } else { "none" };
        format!("  {resource}: {{format: {{key: {key}, value: {value}, envelope: {envelope}}}}}\n")
    }

    /// The subjects of its topic.
    pub fn subjects(&self, world: &World) -> Vec<String> {
        let of = |part: &str| format!("{}-{part}", world.topic(self.resource));
        let key = (self.key == "avro").then(|| of("key"));
        key.into_iter().chain(matches!(self.value, "avro" | "json_sr").then(|| of("value"))).collect()
    }

    /// How Confluent's deserializers read it: by the schema of each message, or by the newest one.
    pub fn reading(&self, world: &World, latest: bool) -> Reading {
        let form = |format, latest| match (format, latest) {
            ("string", _) => Form::String,
            ("avro", false) => Form::Avro,
            ("avro", true) => Form::AvroLatest,
            ("json_sr", false) => Form::JsonSr,
            ("json_sr", true) => Form::JsonSrLatest,
            _ => Form::Json,
        };
        Reading {
            topic: world.topic(self.resource),
            key: form(self.key, latest),
            value: form(self.value, latest),
        }
    }

    /// The key of a row as it is read. Debezium's keys are records, which is what a sink looks up columns in.
    pub fn key_of(&self, id: &str) -> Value {
        match self.key {
            "avro" => json!({"id": id}),
            "json" | "json_schema" if self.envelope => json!({"id": id}),
            _ => json!(id),
        }
    }

    /// What a message's key or value says, without Connect's schema beside it.
    pub fn said<'v>(&self, format: &str, value: &'v Value) -> &'v Value {
        if format == "json_schema" && !value.is_null() { &value["payload"] } else { value }
    }
}
