//! What can be wrong with a record, and how it is told: never with the record's content.

use crate::model::{CursorKind, Kind, LagError, MAX_DEPTH, NoCursor, RedactedUrl, ResourceName};

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
    #[error(
        "the cursor field {field:?} is {what}; the scan stopped here, its position stays where it was; \
         on_cursor_value_missing can be include or exclude"
    )]
    CursorMissing { field: String, what: &'static str },
    #[error(
        "the cursor field {field:?} is {reason}; name another cursor_path, or make one of it in processing_steps"
    )]
    NoCursorValue { field: String, reason: NoCursor },
    #[error(
        "the cursor field {field:?} is {value}, and {other} is {kind}: they cannot be compared, so nobody can tell which is newer; \
         the scan stopped here, its position stays where it was; bring them to one form in processing_steps, or correct \
         initial_value and end_value"
    )]
    CursorKinds { field: String, value: CursorKind, other: &'static str, kind: CursorKind },
}

/// Why a walk of an incremental resource cannot begin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("resource {resource}: {problem}; no request was made, its position stays where it was")]
pub struct WindowError {
    pub resource: ResourceName,
    pub problem: WindowProblem,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowProblem {
    #[error("the start value cannot be moved by incremental.lag: {0}")]
    Lag(#[from] LagError),
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
