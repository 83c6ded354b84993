//! The plan for programs: `{"resources":[{"resource":"posts","upserts":12,"tombstones":3,"unchanged":985}]}`, and more only where
//! there is more.

use serde::Serialize;
use serde_json::value::RawValue;

use super::changes::{Kind, fields, kind};
use crate::model::Difference;
use crate::service::{Foreseen, ForeseenChange};

#[derive(Serialize)]
struct Document<'f> {
    resources: Vec<Resource<'f>>,
}

#[derive(Serialize)]
struct Resource<'f> {
    resource: &'f str,
    upserts: u64,
    tombstones: u64,
    unchanged: u64,
    #[serde(skip_serializing_if = "is_none")]
    dead_letters: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    paused: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'f str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<Change>>,
    #[serde(skip_serializing_if = "is_none")]
    changes_left_out: u64,
}

#[derive(Serialize)]
struct Change {
    key: Option<String>,
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<Field>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct Field {
    field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Box<RawValue>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
pub(in crate::cli) fn is_none(count: &u64) -> bool {
    *count == 0
}

pub(super) fn document(foreseen: &[Foreseen], verbose: bool) -> String {
    let document = Document { resources: foreseen.iter().map(|one| resource(one, verbose)).collect() };
    // String keys, no floats: serialising them cannot fail.
    serde_json::to_string(&document).unwrap_or_default()
}

fn resource(one: &Foreseen, verbose: bool) -> Resource<'_> {
    Resource {
        resource: one.resource.as_str(),
        upserts: one.upserts,
        tombstones: one.tombstones,
        unchanged: one.unchanged,
        dead_letters: one.dead_letters,
        paused: one.paused,
        error: one.error.as_deref(),
        changes: verbose.then(|| one.changes.iter().map(change).collect()),
        changes_left_out: one.left_out,
    }
}

/// A changed row by its fields, the others whole.
fn change(change: &ForeseenChange) -> Change {
    let key = change.key.as_ref().map(|key| String::from_utf8_lossy(key).into_owned());
    let (kind, whole) = (kind(change), |bytes: &Option<bytes::Bytes>| bytes.as_deref().map(value));
    let (before, after) = (whole(&change.before), whole(&change.after));
    match kind {
        Kind::New => Change { key, change: "new", fields: None, before: None, after },
        Kind::Deleted => Change { key, change: "deleted", fields: None, before, after: None },
        Kind::Changed => match fields(change) {
            None => Change { key, change: "changed", fields: None, before, after },
            Some(fields) => {
                let fields = Some(fields.into_iter().map(field).collect());
                Change { key, change: "changed", fields, before: None, after: None }
            }
        },
    }
}

fn field(one: Difference<'_>) -> Field {
    let text = |text: Option<&str>| text.map(|text| value(text.as_bytes()));
    Field { field: one.field, before: text(one.before), after: text(one.after) }
}

/// A value's own text where it is JSON, else a string.
pub(in crate::cli) fn value(bytes: &[u8]) -> Box<RawValue> {
    let text = String::from_utf8_lossy(bytes);
    let one_line = serde_json::from_slice::<&RawValue>(bytes)
        .ok()
        .map(|value| crate::model::Json::trusted(value.get()).compact().into_owned());
    let string = || serde_json::to_string(&text).unwrap_or_default();
    RawValue::from_string(one_line.unwrap_or_else(string)).unwrap_or_default()
}
