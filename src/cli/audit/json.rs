//! What an audit found, for programs.

use serde::Serialize;
use serde_json::value::RawValue;

use super::Found;
use crate::cli::plan::changes::between;
use crate::cli::plan::json::{is_none, value};
use crate::model::Difference;
use crate::service::{Audited, Deviation, How};

#[derive(Serialize)]
struct Document<'f> {
    resources: Vec<Resource<'f>>,
    /// Of another audit, after the repair.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Vec<Resource<'f>>>,
}

#[derive(Serialize)]
struct Resource<'f> {
    resource: &'f str,
    api: u64,
    topic: u64,
    cache: Option<u64>,
    different: u64,
    differences: Vec<DeviationForm>,
    #[serde(skip_serializing_if = "is_none")]
    dead_letters: u64,
    #[serde(skip_serializing_if = "is_none")]
    kept: u64,
    #[serde(skip_serializing_if = "is_none")]
    changing: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    paused: bool,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    notes: &'f [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'f str>,
}

#[derive(Serialize)]
struct DeviationForm {
    /// `None`: it is known by its hash alone.
    key: Option<String>,
    how: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Field>,
}

#[derive(Serialize)]
struct Field {
    field: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api: Option<Box<RawValue>>,
}

pub(super) fn document(found: &Found) -> String {
    fn all(audited: &[Audited]) -> Vec<Resource<'_>> {
        audited.iter().map(resource).collect()
    }
    let document = Document { resources: all(&found.found), after: found.after.as_deref().map(all) };
    // String keys, no floats: serialising them cannot fail.
    serde_json::to_string(&document).unwrap_or_default()
}

fn resource(one: &Audited) -> Resource<'_> {
    Resource {
        resource: one.resource.as_str(),
        api: one.api,
        topic: one.topic,
        cache: one.cache,
        different: one.different,
        differences: one.differences.iter().map(deviation).collect(),
        dead_letters: one.dead_letters,
        kept: one.kept,
        changing: one.changing,
        paused: one.paused,
        notes: &one.notes,
        error: one.error.as_deref(),
    }
}

fn deviation(one: &Deviation) -> DeviationForm {
    let key = if one.key.is_empty() { None } else { Some(String::from_utf8_lossy(&one.key).into_owned()) };
    let fields = between(one.topic.as_deref(), one.api.as_deref()).unwrap_or_default();
    DeviationForm { key, how: word(one.how), fields: fields.into_iter().map(field).collect() }
}

fn field(one: Difference<'_>) -> Field {
    let text = |text: Option<&str>| text.map(|text| value(text.as_bytes()));
    Field { field: one.field, topic: text(one.before), api: text(one.after) }
}

fn word(how: How) -> &'static str {
    match how {
        How::Missing => "missing",
        How::Differs => "differs",
        How::OnlyInTopic => "only_in_topic",
        How::Deleted => "deleted",
        How::Header => "header",
        How::Cache => "cache",
    }
}
