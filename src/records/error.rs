//! What can be wrong with a record, and how it is told: never with the record's content.

use crate::model::{Kind, MAX_DEPTH, RedactedUrl, ResourceName};

/// A record that cannot be keyed or fingerprinted. Its scan stops: without a key the topic cannot hold it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("resource {resource}, page {page} ({url}), record {record}: {problem}")]
pub struct RecordError {
    pub resource: ResourceName,
    /// Counted from 1 in this scan.
    pub page: u64,
    pub url: RedactedUrl,
    /// Counted from 1 in the page.
    pub record: usize,
    pub problem: Problem,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error(
        "it is {} and not an object, so it has no key field; point data_selector at a list of objects, or take primary_key away",
        named(*.0)
    )]
    NotAnObject(Kind),
    #[error(
        "the key field {field:?} is missing; the scan stopped here, its position stays where it was; \
         name in primary_key only fields that every record has{hint}"
    )]
    Missing { field: String, hint: String },
    #[error(
        "the key field {field:?} is null; the scan stopped here, its position stays where it was; \
         name in primary_key only fields that are never null"
    )]
    Null { field: String },
    #[error(
        "the key field {field:?} is {}; a key is a string, a number or a boolean: \
         name a field inside it (primary_key takes paths: info.run_id)",
        named(*kind)
    )]
    Composite { field: String, kind: Kind },
    #[error("the key field {field:?} finds {count} values; a key is one: make the path narrower")]
    Several { field: String, count: usize },
    #[error(
        "the key field {field:?} is a string that is no Unicode text (half of a surrogate pair), \
         so it cannot be the key of a message; name another field in primary_key"
    )]
    NotUnicode { field: String },
    #[error(
        "it is nested deeper than {MAX_DEPTH} levels, so its content cannot be compared; select a part of it"
    )]
    TooDeep,
}

fn named(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Bool => "a boolean",
        Kind::Number => "a number",
        Kind::String => "a string",
        Kind::Array => "a list",
        Kind::Object => "an object",
    }
}
