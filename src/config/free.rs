//! A value of any kind: what dlt hands on without looking at it.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};

/// Any value. Its meaning, if it has one, is read from the tree, where numbers keep their text and maps their order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Free;

impl<'de> Deserialize<'de> for Free {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl JsonSchema for Free {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "any".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let any = serde_json::json!({"$ref": "#/$defs/any"});
        json_schema!({
            "type": ["null", "boolean", "number", "string", "array", "object"],
            "items": any,
            "additionalProperties": any,
        })
    }
}
