//! `format:` — what the key and the value of a message look like, and where the types of values come from.

use schemars::JsonSchema;
use serde::Deserialize;

/// What the key and the value of a message look like.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "format", extend("x-krest" = true))]
pub struct Format {
    /// How a key is written. `string`: the text of the key field; a JSON object if there are several. `json`: the same as JSON, a
    /// string in quotes. `json_schema`: that with Kafka Connect's schema. `avro`: a record in Confluent's wire format, its
    /// schema in `registry`. Never to be changed under a topic that is filled.
    #[schemars(extend("default" = "string"))]
    pub key: KeyFormat,
    /// `json`: the record as the API sent it, byte for byte. `json_schema`: Kafka Connect's JSON with a schema.
    /// `avro`, `json_sr`: Avro, and JSON, both with a schema in `registry` that they name by its id.
    #[schemars(extend("default" = "json"))]
    pub value: ValueFormat,
    /// `none`: the record is the value. `debezium`: the value is an event (`before`, `after`, `source`, `op`, `ts_ms`), and a
    /// tombstone follows that of a delete.
    #[schemars(extend("default" = "none"))]
    pub envelope: Envelope,
    /// What an envelope has of the row as it was. `none`: nothing. `state`: its last published text, which is kept on disk for that.
    #[schemars(extend("default" = "none"))]
    pub before: Before,
    /// What each message tells of where it comes from, as headers: `krest.url` for `url`.
    #[schemars(extend("default" = []))]
    pub headers: Vec<HeaderWord>,
    /// Of values that have one: the schema; learned from the records if not given.
    pub schema: SchemaSource,
    /// Numbers that neither a 64-bit integer nor a double holds are texts, or decimals with so many digits.
    #[schemars(extend("default" = "string"))]
    pub decimals: Decimals,
    /// Texts that are dates, or moments with a zone, are texts, or dates and timestamps in this unit.
    #[schemars(extend("default" = "string"))]
    pub timestamps: Timestamps,
    /// What a value leads to that has no type in common with those of its field before: `error`, as any record that cannot be
    /// published (`errors.tolerance`), or the field becomes a `string`.
    #[schemars(extend("default" = "error"))]
    pub conflicts: Conflicts,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "key_format")]
pub enum KeyFormat {
    #[default]
    String,
    Json,
    JsonSchema,
    Avro,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "value_format")]
pub enum ValueFormat {
    #[default]
    Json,
    JsonSchema,
    Avro,
    JsonSr,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "envelope")]
pub enum Envelope {
    #[default]
    None,
    Debezium,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "message_header")]
pub enum HeaderWord {
    Connector,
    Resource,
    Scan,
    Page,
    Url,
    FetchedAt,
    Etag,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "before")]
pub enum Before {
    #[default]
    None,
    State,
}

/// Where a schema comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "schema_source", extend("x-krest" = true))]
pub struct SchemaSource {
    /// A file with an Avro schema. What it does not know is left out of the values.
    pub file: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "decimals")]
pub enum Decimals {
    Word(AsString),
    Exact(Precision),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "as_string", inline)]
pub enum AsString {
    #[default]
    String,
}

/// How many digits a decimal has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "precision", extend("x-krest" = true))]
pub struct Precision {
    /// All of them.
    #[schemars(range(min = 1, max = 38))]
    pub precision: u32,
    /// Those behind the point.
    #[schemars(range(min = 0, max = 38))]
    pub scale: u32,
}

impl Default for Decimals {
    fn default() -> Self {
        Self::Word(AsString::String)
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "timestamps")]
pub enum Timestamps {
    #[default]
    String,
    Millis,
    Micros,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "conflicts")]
pub enum Conflicts {
    #[default]
    Error,
    String,
}

impl Format {
    /// Whether there is an envelope that has something to say of the row as it was.
    pub fn keeps_before(&self) -> bool {
        match self.before {
            Before::None => false,
            Before::State => self.envelope.has_before(),
        }
    }
}

impl Envelope {
    pub fn has_before(self) -> bool {
        match self {
            Self::None => false,
            Self::Debezium => true,
        }
    }
}

impl ValueFormat {
    /// Whether its values have a schema.
    pub fn has_schema(self) -> bool {
        match self {
            Self::Json => false,
            Self::JsonSchema | Self::Avro | Self::JsonSr => true,
        }
    }

    /// Whether its values name their schema by an id of the registry.
    pub fn needs_registry(self) -> bool {
        match self {
            Self::Json | Self::JsonSchema => false,
            Self::Avro | Self::JsonSr => true,
        }
    }
}

impl KeyFormat {
    /// Whether its keys name their schema by an id of the registry.
    pub fn needs_registry(self) -> bool {
        match self {
            Self::String | Self::Json | Self::JsonSchema => false,
            Self::Avro => true,
        }
    }
}
