//! What a registry has, and what it thinks of a schema.

use crate::model::{SchemaId, SchemaText};

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
