//! What can be wrong with a record, and how it is told: by its place and its key, never with its content.

use std::borrow::Cow;
use std::fmt;

use crate::model::{
    CursorKind, Fault, Json, Kind, LagError, MAX_DEPTH, NoCursor, Page, RedactedUrl, ResourceName, Stage,
};
use crate::template::JqError;

use super::KeySpec;

/// A record that cannot be processed, keyed or fingerprinted. Its scan stops, or it is set aside ([`super::Aside`]).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("resource {resource}, page {page} ({url}){spot}: {problem}")]
pub struct RecordError {
    pub resource: ResourceName,
    /// Counted from 1 in this scan.
    pub page: u64,
    pub url: RedactedUrl,
    pub spot: Spot,
    pub problem: Box<Problem>,
}

/// Which record of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// None of them: the page as a whole.
    Page,
    /// Counted from 1; the key if it can be read.
    Record { number: usize, key: Option<String> },
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error(
        "it is {} and not an object, so it has no key field; point data_selector at a list of objects, or take primary_key away",
        .0.named()
    )]
    NotAnObject(Kind),
    #[error(
        "the key field {field:?} is missing; \
         name in primary_key only fields that every record has{hint}"
    )]
    Missing { field: String, hint: String },
    #[error(
        "the key field {field:?} is null; \
         name in primary_key only fields that are never null"
    )]
    Null { field: String },
    #[error(
        "the key field {field:?} is {}; a key is a string, a number or a boolean: \
         name a field inside it (primary_key takes paths: info.run_id)",
        kind.named()
    )]
    Composite { field: String, kind: Kind },
    #[error("the key field {field:?} finds {count} values; a key is one: make the path narrower")]
    Several { field: String, count: usize },
    #[error("the key {field:?} cannot be computed: {error}")]
    Computed { field: String, error: JqError },
    #[error(
        "the key field {field:?} is a string that is no Unicode text (half of a surrogate pair), \
         so it cannot be the key of a message; name another field in primary_key"
    )]
    NotUnicode { field: String },
    #[error(
        "the key field {field:?} is a number that is no 64-bit integer, and this format.key knows no other numbers; name another field in \
         primary_key, or make a text of it ({{jq: '.{field} | tostring'}})"
    )]
    NotInt64 { field: String },
    #[error(
        "{0}: their schema is part of every key, and never changes; bring the field to one kind in processing_steps, or make the key of \
         another one ({{jq: …}} in primary_key)"
    )]
    OtherKey(String),
    #[error("it does not fit the schema of its topic: {0}")]
    Unfit(String),
    #[error(
        "it is nested deeper than {MAX_DEPTH} levels, so its content cannot be compared; select a part of it"
    )]
    TooDeep,
    #[error("{step} failed: {error}")]
    Step { step: String, error: JqError },
    #[error("deletes.when failed, so nobody can tell whether it is deleted: {error}")]
    DeleteWhen { error: JqError },
    #[error(
        "{step} gives {count} outputs; a map gives exactly one: \
         use filter to drop records and yield_map to make several of one"
    )]
    MapOutputs { step: String, count: usize },
    #[error("{step} gives null, which is no record; use filter to drop records, or give an object")]
    MapNull { step: String },
    #[error(
        "include_from_parent names {}, which the parent {parent} with the key {key:?} does not have; it has {}",
        listed(missing),
        listed(present)
    )]
    MissingInParent { parent: ResourceName, key: String, missing: Vec<String>, present: Vec<String> },
    #[error(
        "include_from_parent needs records that are objects, but the parent {parent} with the key {key:?} is {}",
        kind.named()
    )]
    ParentNotAnObject { parent: ResourceName, key: String, kind: Kind },
    #[error(
        "it is {} and not an object, so the fields of include_from_parent cannot be put into it; \
         point data_selector at a list of objects",
        .0.named()
    )]
    NoPlaceForParent(Kind),
    #[error("the records of the page come to more than 4 GiB after the steps; ask for smaller pages")]
    TooLarge,
    #[error(
        "the cursor field {field:?} is {what}; \
         on_cursor_value_missing can be include or exclude"
    )]
    CursorMissing { field: String, what: &'static str },
    #[error(
        "the cursor field {field:?} is {reason}; name another cursor_path, or make one of it in processing_steps"
    )]
    NoCursorValue { field: String, reason: NoCursor },
    #[error(
        "the cursor field {field:?} is {value}, and {other} is {kind}: they cannot be compared, so nobody can tell which is newer; \
         bring them to one form in processing_steps, or correct \
         initial_value and end_value"
    )]
    CursorKinds { field: String, value: CursorKind, other: &'static str, kind: CursorKind },
    #[error(
        "its message of {bytes} bytes is more than the topics of the connector take ({limit}); raise their max.message.bytes, and \
         message.max.bytes under kafka: if it is set, or drop fields in processing_steps"
    )]
    BeyondTopic { bytes: usize, limit: usize },
}

impl Problem {
    /// What kind of fault it is, for people who count them.
    pub(super) fn fault(&self) -> Fault {
        let fault = |stage, part, name| Fault { stage, part, name };
        let key = |name| fault(Stage::KeyConverter, "primary_key", name);
        let step = |name| fault(Stage::Transformation, "processing_steps", name);
        let parent = |name| fault(Stage::Transformation, "include_from_parent", name);
        let cursor = |name| fault(Stage::TaskPoll, "incremental", name);
        match self {
            Self::NotAnObject(_) => key("NotAnObject"),
            Self::Missing { .. } => key("KeyMissing"),
            Self::Null { .. } => key("KeyNull"),
            Self::Composite { .. } => key("KeyNotScalar"),
            Self::Several { .. } => key("KeyAmbiguous"),
            Self::Computed { .. } => key("KeyFailed"),
            Self::NotUnicode { .. } => key("KeyNotUnicode"),
            Self::NotInt64 { .. } => key("KeyNotInt64"),
            Self::OtherKey(_) => key("KeyOfAnotherKind"),
            Self::Unfit(_) => fault(Stage::ValueConverter, "format", "SchemaMisfit"),
            Self::TooDeep => fault(Stage::ValueConverter, "format", "NestedTooDeep"),
            Self::Step { .. } => step("StepFailed"),
            Self::DeleteWhen { .. } => fault(Stage::Transformation, "deletes", "DeleteWhenFailed"),
            Self::MapOutputs { .. } => step("MapOutputs"),
            Self::MapNull { .. } => step("MapNull"),
            Self::TooLarge => step("PageTooLarge"),
            Self::MissingInParent { .. } => parent("ParentLacksField"),
            Self::ParentNotAnObject { .. } => parent("ParentNotAnObject"),
            Self::NoPlaceForParent(_) => parent("NotAnObject"),
            Self::CursorMissing { .. } => cursor("CursorMissing"),
            Self::NoCursorValue { .. } => cursor("CursorNoValue"),
            Self::CursorKinds { .. } => cursor("CursorIncomparable"),
            Self::BeyondTopic { .. } => fault(Stage::KafkaProduce, "topics", "MessageTooLarge"),
        }
    }
}

/// Why a parent's pages are not asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("resource {resource}: {problem}; no request was made for it")]
pub struct ParentLacks {
    pub resource: ResourceName,
    pub problem: Box<Problem>,
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
    #[error("incremental.convert cannot turn {name} into what is sent: {error}")]
    Convert { name: &'static str, error: JqError },
    #[error("incremental.convert makes {count} values of {name}; it has to make one")]
    Results { name: &'static str, count: usize },
    #[error("incremental.convert makes something of {name} that cannot be sent: {reason}")]
    Result { name: &'static str, reason: NoCursor },
}

impl RecordError {
    /// `index` counts from 0.
    pub(super) fn of_record(resource: &ResourceName, page: &Page, index: usize, problem: Problem) -> Self {
        Self { spot: Spot::Record { number: index + 1, key: None }, ..Self::of_page(resource, page, problem) }
    }

    pub(super) fn of_page(resource: &ResourceName, page: &Page, problem: Problem) -> Self {
        let (resource, url, problem) = (resource.clone(), page.url.clone(), Box::new(problem));
        Self { resource, page: page.number, url, spot: Spot::Page, problem }
    }

    /// The same with the record's key, if it has one that can be read.
    pub(super) fn keyed(mut self, keys: Option<&KeySpec>, record: Json<'_>) -> Self {
        if let Spot::Record { key, .. } = &mut self.spot {
            *key = keys.and_then(|keys| keys.key(record).ok()).map(Cow::into_owned);
        }
        self
    }
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Page => Ok(()),
            Self::Record { number, key: None } => write!(f, ", record {number}"),
            Self::Record { number, key: Some(key) } => write!(f, ", record {number} (key {key:?})"),
        }
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "no fields".to_owned() } else { names.join(", ") }
}
