//! Schemas as a registry knows them: texts under subjects, named by ids in messages. What is remembered of them with a resource.

use serde::{Deserialize, Serialize};

use xxhash_rust::xxh3::xxh3_128;

use super::Fingerprint;

/// The language of a schema, as registries name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SchemaKind {
    Avro,
    Json,
}

/// A schema as it is given to a registry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaText {
    pub kind: SchemaKind,
    pub text: String,
}

impl SchemaText {
    pub fn avro(text: &str) -> Self {
        Self { kind: SchemaKind::Avro, text: text.to_owned() }
    }

    pub fn json(text: &str) -> Self {
        Self { kind: SchemaKind::Json, text: text.to_owned() }
    }

    /// Tells it apart from every other one.
    pub fn fingerprint(&self) -> String {
        String::from_utf8_lossy(&Fingerprint::from_u128(xxh3_128(self.text.as_bytes())).to_hex()).into_owned()
    }
}

/// By which messages name a schema. It is the registry's, and never means another one there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SchemaId(pub u32);

impl SchemaId {
    /// What stands in front of a message's value: Confluent's wire format, a zero and the id, its highest byte first.
    pub fn header(self) -> [u8; HEADER_BYTES] {
        let [a, b, c, d] = self.0.to_be_bytes();
        [0, a, b, c, d]
    }
}

/// The length of [`SchemaId::header`].
pub const HEADER_BYTES: usize = 5;

impl std::fmt::Display for SchemaId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of a schema as it is remembered, with where it means that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownId {
    /// Which registry, without credentials.
    pub registry: String,
    pub subject: String,
    /// [`SchemaText::fingerprint`]
    pub schema: String,
    pub id: SchemaId,
}

/// Of which part of its messages a resource's schema is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SchemaOf {
    Key,
    Value,
}

impl SchemaOf {
    pub const ALL: [Self; 2] = [Self::Key, Self::Value];

    pub fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Value => "value",
        }
    }
}

/// Under which subject a schema is registered: Confluent's strategies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// `<topic>-value`: the topic's own.
    Topic { topic: String, of: SchemaOf },
    /// The record's full name, whatever the topic.
    Record,
    /// Topic and record's name.
    TopicRecord { topic: String },
}

impl Subject {
    /// `record`: the full name of what the schema describes.
    pub fn name(&self, record: &str) -> String {
        match self {
            Self::Topic { topic, of } => format!("{topic}-{}", of.name()),
            Self::Record => record.to_owned(),
            Self::TopicRecord { topic } => format!("{topic}-{record}"),
        }
    }
}

/// What is remembered of a resource's schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaMemory {
    /// What is known of it, as JSON; only who wrote it can read it.
    pub shape: String,
    /// The id of the schema that this makes; `None`: it has none.
    pub registered: Option<KnownId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names of Confluent's serializers: `TopicNameStrategy`, `RecordNameStrategy`, `TopicRecordNameStrategy`.
    #[test]
    fn a_subject_is_named_as_the_strategies_say() {
        let of_topic = |of| Subject::Topic { topic: "shop.users".to_owned(), of };
        assert_eq!(of_topic(SchemaOf::Key).name("shop.users.Key"), "shop.users-key");
        assert_eq!(of_topic(SchemaOf::Value).name("shop.users.Value"), "shop.users-value");
        assert_eq!(Subject::Record.name("shop.users.Value"), "shop.users.Value");
        let both = Subject::TopicRecord { topic: "t".to_owned() };
        assert_eq!(both.name("shop.users.Value"), "t-shop.users.Value");
    }

    #[test]
    fn an_id_stands_behind_a_zero_with_its_highest_byte_first() {
        assert_eq!(SchemaId(0x0102_0304).header(), [0, 1, 2, 3, 4]);
    }
}
