//! The registry's words: schemas as text, their ids, what it thinks of one.

use std::fmt;

/// What language a schema is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SchemaKind {
    Avro,
    Json,
}

/// A schema as it is registered: the text and nothing read into it, since libraries drop what they do not know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
}

/// The number by which messages name their schema. It means nothing in another registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SchemaId(pub u32);

impl fmt::Display for SchemaId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A schema that is under a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    pub id: SchemaId,
    pub version: u32,
    pub schema: SchemaText,
}

/// What the registry would say to a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is under the subject, so there is nothing that it could contradict.
    New,
    Compatible,
    Incompatible {
        /// The compatibility level that holds for the subject, if the registry tells it.
        level: Option<String>,
        /// The rules that are broken, in the registry's words.
        broken: Vec<String>,
    },
}
