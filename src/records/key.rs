//! The key of a record: its primary key as the bytes of a message key (CONTRACT, Output). The form is frozen.

use std::borrow::Cow;

use super::Problem;
use crate::model::{Json, Key, Kind};
use crate::template::JsonPath;

/// Where a record's key stands, compiled from `primary_key`.
#[derive(Clone, Debug)]
pub struct KeySpec {
    fields: Vec<KeyField>,
}

#[derive(Clone, Debug)]
struct KeyField {
    /// As configured: a literal name of a top-level field first, and only if a record has none, a path.
    name: String,
    /// The name as it stands in a composite key: quoted, with its colon.
    member: String,
    path: Fallback,
}

#[derive(Clone, Debug)]
enum Fallback {
    /// The path finds what the literal name finds.
    Same,
    Path(JsonPath),
    /// The name is no path; the text says why.
    NoPath(String),
}

impl KeySpec {
    /// `None` without fields: such a resource has no key.
    pub fn new(fields: &[String]) -> Option<Self> {
        let fields: Vec<KeyField> = fields.iter().map(|name| KeyField::new(name)).collect();
        (!fields.is_empty()).then_some(Self { fields })
    }

    /// One field: its text, borrowed unless it was escaped. Several: a JSON object.
    pub(super) fn key<'p>(&self, record: Json<'p>) -> Result<Key<'p>, Problem> {
        if record.kind() != Kind::Object {
            return Err(Problem::NotAnObject(record.kind()));
        }
        match self.fields.as_slice() {
            [one] => {
                let value = one.value(record.get(&one.name), record)?;
                one.text(value)
            }
            several => composite(several, record).map(Cow::Owned),
        }
    }
}

impl KeyField {
    fn new(name: &str) -> Self {
        let path = match JsonPath::parse(name) {
            Ok(path) if path.is_name(name) => Fallback::Same,
            Ok(path) => Fallback::Path(path),
            Err(error) => Fallback::NoPath(format!("; as a path it cannot be read: {error}")),
        };
        Self { name: name.to_owned(), member: format!("{}:", quoted(name)), path }
    }

    fn value<'p>(&self, literal: Option<Json<'p>>, record: Json<'p>) -> Result<Json<'p>, Problem> {
        let field = || self.name.clone();
        let value = match (literal, &self.path) {
            (Some(value), _) => value,
            (None, Fallback::Same) => return Err(Problem::Missing { field: field(), hint: String::new() }),
            (None, Fallback::NoPath(why)) => {
                return Err(Problem::Missing { field: field(), hint: why.clone() });
            }
            (None, Fallback::Path(path)) => match path.find(record).as_slice() {
                [] => return Err(Problem::Missing { field: field(), hint: String::new() }),
                [value] => *value,
                several => return Err(Problem::Several { field: field(), count: several.len() }),
            },
        };
        match value.kind() {
            Kind::Null => Err(Problem::Null { field: field() }),
            kind @ (Kind::Array | Kind::Object) => Err(Problem::Composite { field: field(), kind }),
            Kind::Bool | Kind::Number | Kind::String => Ok(value),
        }
    }

    /// The text of a scalar: strings unescaped, the others as they are written.
    fn text<'p>(&self, value: Json<'p>) -> Result<Cow<'p, str>, Problem> {
        if value.kind() != Kind::String {
            return Ok(Cow::Borrowed(value.text()));
        }
        value.as_str().ok_or_else(|| Problem::NotUnicode { field: self.name.clone() })
    }
}

/// `{"a":1,"b":"x"}`: declared order, JSON types, no spaces.
fn composite(fields: &[KeyField], record: Json<'_>) -> Result<String, Problem> {
    let mut literals = vec![None; fields.len()];
    for (name, value) in record.fields() {
        for (field, literal) in fields.iter().zip(&mut literals) {
            if name.is(&field.name) {
                *literal = Some(value);
            }
        }
    }
    let mut text = String::from("{");
    for (field, literal) in fields.iter().zip(literals) {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&field.member);
        let value = field.value(literal, record)?;
        let scalar = field.text(value)?;
        text.push_str(&if value.kind() == Kind::String { Cow::Owned(quoted(&scalar)) } else { scalar });
    }
    text.push('}');
    Ok(text)
}

/// A JSON string in UTF-8 with only `"`, `\` and control characters escaped.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
