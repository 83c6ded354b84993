//! `primary_key` and `merge_key`: what tells records apart.

use schemars::JsonSchema;
use serde::Deserialize;

/// One field, or several that identify a record together.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "primary_key")]
pub(crate) enum Keys {
    /// First: serde would also make one [`ComputedKey`] of a list of texts.
    Several(Vec<KeyPart>),
    One(KeyPart),
}

/// A field by its name or path, or a key that is computed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "key_part", inline)]
pub enum KeyPart {
    /// The name of a top-level field; where a record has none, a JSONPath.
    Field(String),
    Computed(ComputedKey),
}

/// A key that no field holds as it is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "computed_key", extend("x-krest" = true))]
pub struct ComputedKey {
    /// A jq expression that gives one string, number or boolean for every record.
    #[schemars(extend("format" = "jq"))]
    pub jq: String,
    /// What stands for it in a key of several parts; the expression itself if not given.
    pub name: Option<String>,
}

/// One name, or several.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "names", inline)]
#[expect(dead_code, reason = "the shape of hints that have no meaning for a topic")]
pub(crate) enum Names {
    One(String),
    Several(Vec<String>),
}

impl Keys {
    pub(crate) fn into_vec(self) -> Vec<KeyPart> {
        match self {
            Self::One(key) => vec![key],
            Self::Several(keys) => keys,
        }
    }
}

impl KeyPart {
    /// What stands for it in a key of several parts, and in errors.
    pub fn name(&self) -> &str {
        match self {
            Self::Field(name) => name,
            Self::Computed(computed) => computed.name.as_deref().unwrap_or(&computed.jq),
        }
    }
}
