//! Secrets in typed blocks: plain text in the file and in the schema, `Secret` from there on.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

use crate::model::Secret;

/// Keyword of the schema: the value is never shown, and the redactor learns it.
pub(crate) const SECRET: &str = "x-secret";

/// Text that is a secret from the moment it is read.
#[derive(Clone, Debug)]
pub(crate) struct SecretText(pub Secret);

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        secret(deserializer).map(Self)
    }
}

impl JsonSchema for SecretText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "secret".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", SECRET: true})
    }
}

/// For `deserialize_with`: keeps the configuration's types free of the wrapper.
pub(crate) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(|text| Secret::new(&text))
}
