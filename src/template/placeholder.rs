//! One placeholder: where its value comes from, and how it is written.

use std::borrow::Cow;

use super::binding::{Binding, TemplateError, present};
use super::fault::TemplateFault;
use super::format::Pad;
use super::jsonpath::JsonPath;
use crate::model::{CursorKind, CursorValue, Json, Kind};

/// `{resources.posts.id}`, `{incremental.start_value}`.
#[derive(Clone)]
pub(super) struct Placeholder {
    /// As it is written, without braces, conversion and format.
    pub(super) name: String,
    what: What,
    /// `!u`: percent-encoded as one segment of a path.
    pub(super) encoded: bool,
    /// `!s`, or a format: the value is text wherever it goes.
    worded: bool,
    pad: Pad,
}

#[derive(Clone)]
enum What {
    Field { parent: String, path: JsonPath },
    Cursor(Moment),
}

/// A value of the cursor.
#[derive(Clone, Copy)]
enum Moment {
    Initial,
    Start,
    Last,
    End,
}

/// What stands for a placeholder in one walk.
#[derive(Clone, Copy)]
pub(super) enum Value<'b> {
    Field(Json<'b>),
    Cursor(&'b CursorValue),
    /// A cursor value that is not there yet.
    Unset,
}

/// The names below `incremental.`; the last two do not change and are filled in when the configuration is read.
pub(super) const OF_A_CURSOR: &[&str] =
    &["initial_value", "start_value", "last_value", "end_value", "cursor_path", "lag"];

impl Placeholder {
    /// `name` with what follows it in the braces: `!s`, `:>5`, or nothing.
    pub(super) fn parse(name: &str, rest: &str) -> Result<Self, TemplateFault> {
        let what = what(name, rest)?;
        let (conversion, spec) = match rest.strip_prefix('!') {
            Some(rest) => rest.split_once(':').unwrap_or((rest, "")),
            None => ("", rest.strip_prefix(':').unwrap_or_default()),
        };
        let (encoded, worded) = match conversion {
            "" => (false, !spec.is_empty()),
            "s" => (false, true),
            "u" => (true, true),
            other => {
                return Err(TemplateFault::Conversion {
                    name: name.to_owned(),
                    conversion: other.to_owned(),
                });
            }
        };
        let unread = || TemplateFault::Format { name: name.to_owned(), spec: spec.to_owned() };
        Ok(Self { name: name.to_owned(), what, encoded, worded, pad: Pad::parse(spec).ok_or_else(unread)? })
    }

    /// The resource whose record the value is taken from.
    pub(super) fn parent(&self) -> Option<&str> {
        match &self.what {
            What::Field { parent, .. } => Some(parent),
            What::Cursor(_) => None,
        }
    }

    /// Whether the value keeps its type where it stands alone in JSON.
    pub(super) fn is_bare(&self) -> bool {
        !self.worded
    }

    pub(super) fn value<'b>(&self, binding: &Binding<'b>) -> Result<Value<'b>, TemplateError> {
        match &self.what {
            What::Cursor(moment) => Ok(moment.value(binding).map_or(Value::Unset, Value::Cursor)),
            What::Field { path, .. } => {
                let Some(parent) = binding.parent else {
                    return Err(TemplateError::NoParent { name: self.name.clone() });
                };
                path.first(parent.record()).map(Value::Field).ok_or_else(|| {
                    let (parent, record) = binding.record();
                    let present = binding.parent.map(|parent| present(parent.record())).unwrap_or_default();
                    TemplateError::Missing { name: self.name.clone(), parent, record, present }
                })
            }
        }
    }

    /// The value as text, padded.
    pub(super) fn text(&self, binding: &Binding<'_>) -> Result<String, TemplateError> {
        let name = || self.name.clone();
        let (text, number) = match self.value(binding)? {
            Value::Unset => return Err(TemplateError::Unset { name: name() }),
            Value::Cursor(value) => (Cow::Borrowed(value.text()), value.kind() == CursorKind::Number),
            Value::Field(json) => match json.kind() {
                Kind::Null => {
                    let (parent, record) = binding.record();
                    return Err(TemplateError::Null { name: name(), parent, record });
                }
                Kind::String => (json.as_str().unwrap_or(Cow::Borrowed(json.text())), false),
                Kind::Number => (Cow::Borrowed(json.text()), true),
                Kind::Bool => (Cow::Borrowed(json.text()), false),
                Kind::Array | Kind::Object => (json.compact(), false),
            },
        };
        Ok(self.pad.apply(&text, number))
    }
}

impl Moment {
    fn value<'b>(self, binding: &Binding<'b>) -> Option<&'b CursorValue> {
        let window = binding.window?;
        match self {
            Self::Initial => window.initial.as_ref(),
            Self::Start => window.start.as_ref(),
            Self::Last => window.last.as_ref(),
            Self::End => window.end.as_ref(),
        }
    }
}

/// Split at most twice: everything behind the second dot is a JSONPath.
fn what(name: &str, rest: &str) -> Result<What, TemplateFault> {
    if let Some(rest) = name.strip_prefix("resources.") {
        let field = rest.split_once('.').filter(|(parent, field)| !parent.is_empty() && !field.is_empty());
        let (parent, field) = field.ok_or_else(|| TemplateFault::NoField(name.to_owned()))?;
        let path =
            JsonPath::parse(field).map_err(|error| TemplateFault::Path { name: name.to_owned(), error })?;
        return Ok(What::Field { parent: parent.to_owned(), path });
    }
    match name.strip_prefix("incremental.") {
        Some("initial_value") => Ok(What::Cursor(Moment::Initial)),
        Some("start_value") => Ok(What::Cursor(Moment::Start)),
        Some("last_value") => Ok(What::Cursor(Moment::Last)),
        Some("end_value") => Ok(What::Cursor(Moment::End)),
        Some(_) => Err(TemplateFault::OfACursor(name.to_owned())),
        None => Err(TemplateFault::Unknown(format!("{name}{rest}"))),
    }
}
