//! What placeholders are filled from, and why one cannot be filled.

use crate::model::{Json, Kind, Parent, Window};

/// The values of one walk.
#[derive(Clone, Copy, Debug, Default)]
pub struct Binding<'b> {
    /// The record that `{resources.…}` looks into.
    pub parent: Option<&'b Parent>,
    /// The values of `{incremental.…}`.
    pub window: Option<&'b Window>,
}

/// Why a request cannot be made for this walk. Names records and fields, never their values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("{{{name}}}: the record {record} of {parent} has no such field; {present}")]
    Missing { name: String, parent: String, record: String, present: String },
    #[error("{{{name}}}: the field is null in the record {record} of {parent}")]
    Null { name: String, parent: String, record: String },
    #[error("{{{name}}}: the value is {what}, with which the path would be another one{record}")]
    OtherPath { name: String, what: &'static str, record: String },
    #[error("{{{name}}} has no value yet")]
    Unset { name: String },
    #[error("{{{name}}}: there is no record to take it from")]
    NoParent { name: String },
    #[error("base_url and the path with its values filled in are no URL{record}")]
    NoUrl { record: String },
}

impl Binding<'_> {
    /// ` (record 7 of posts)`, or nothing.
    pub(super) fn suffix(&self) -> String {
        self.parent
            .map(|parent| format!(" (record {} of {})", parent.key(), parent.resource))
            .unwrap_or_default()
    }

    /// The parent's name and its record's key, as errors name them.
    pub(super) fn record(&self) -> (String, String) {
        match self.parent {
            Some(parent) => (parent.resource.to_string(), parent.key().to_owned()),
            None => (String::new(), String::new()),
        }
    }
}

/// The fields that are there instead of the one that was asked for.
pub(super) fn present(record: Json<'_>) -> String {
    if record.kind() != Kind::Object {
        return format!("it is no object but of the kind {:?}", record.kind());
    }
    let fields: Vec<String> = record.fields().map(|(name, _)| name.text().into_owned()).collect();
    if fields.is_empty() {
        "it has no fields at all".to_owned()
    } else {
        format!("it has {}", fields.join(", "))
    }
}
