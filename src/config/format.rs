//! `format:` — what the key and the value of a message look like.

use schemars::JsonSchema;
use serde::Deserialize;

/// What the key and the value of a message look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "format", extend("x-krest" = true))]
pub struct Format {
    /// `string`: the text of the key field; a JSON object if there are several.
    #[schemars(extend("default" = "string"))]
    pub key: KeyFormat,
    /// `json`: the record as the API sent it, byte for byte.
    #[schemars(extend("default" = "json"))]
    pub value: ValueFormat,
    /// `none`: the record is the value.
    #[schemars(extend("default" = "none"))]
    pub envelope: Envelope,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "key_format")]
pub enum KeyFormat {
    #[default]
    String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "value_format")]
pub enum ValueFormat {
    #[default]
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "envelope")]
pub enum Envelope {
    #[default]
    None,
}
