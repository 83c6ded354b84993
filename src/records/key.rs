//! The key of a record: its primary key as the bytes of a message key. The form is frozen.

use std::borrow::Cow;

use super::Problem;
use crate::model::{Json, Key, Kind};
use crate::template::{Jq, JsonPath};

/// Where a record's key stands, compiled from `primary_key`.
#[derive(Clone, Debug)]
pub struct KeySpec {
    fields: Vec<KeyField>,
    form: KeyForm,
}

/// How a key is written. Frozen, too: another form is another key, and leaves the rows of the first one behind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyForm {
    /// One field: its bare text. Several: a JSON object.
    #[default]
    Text,
    /// JSON: a string has its quotes.
    Json,
    /// The same, of values that have a type: numbers are 64-bit integers.
    Typed,
}

/// One part of a primary key.
#[derive(Clone, Debug)]
pub enum KeyPart {
    /// The name of a top-level field, or else a path.
    Field(String),
    /// What the expression gives; the name stands for it in composite keys and in errors.
    Computed { name: String, jq: Jq },
}

#[derive(Clone, Debug)]
struct KeyField {
    name: String,
    /// The name as it stands in a composite key: quoted, with its colon.
    member: String,
    origin: Origin,
}

/// Where the value comes from.
#[derive(Clone, Debug)]
enum Origin {
    /// The field of that name; the path would find the same.
    Field,
    /// The field of that name; only if a record has none, the path.
    FieldOrPath(JsonPath),
    /// The field of that name, which is no path; the text says why.
    FieldOnly(String),
    Computed(Jq),
}

/// One value of a key: a string's content, or the text of a number or boolean.
struct Scalar<'p> {
    text: Cow<'p, str>,
    is_string: bool,
}

impl KeySpec {
    /// `None` without parts: such a resource has no key.
    pub fn new(parts: impl IntoIterator<Item = KeyPart>) -> Option<Self> {
        let fields: Vec<KeyField> = parts.into_iter().map(KeyField::new).collect();
        (!fields.is_empty()).then_some(Self { fields, form: KeyForm::default() })
    }

    /// The same key, written otherwise.
    pub fn in_form(self, form: KeyForm) -> Self {
        Self { form, ..self }
    }

    /// One field: its text, borrowed unless it was escaped. Several: a JSON object.
    pub(super) fn key<'p>(&self, record: Json<'p>) -> Result<Key<'p>, Problem> {
        let computed = |field: &KeyField| matches!(field.origin, Origin::Computed(_));
        if record.kind() != Kind::Object && !self.fields.iter().all(computed) {
            return Err(Problem::NotAnObject(record.kind()));
        }
        match self.fields.as_slice() {
            [one] => {
                let value = one.value(record.get(&one.name), record)?;
                one.fits(&value, self.form)?;
                Ok(match self.form {
                    KeyForm::Json | KeyForm::Typed if value.is_string => Cow::Owned(quoted(&value.text)),
                    KeyForm::Text | KeyForm::Json | KeyForm::Typed => value.text,
                })
            }
            several => composite(several, record, self.form).map(Cow::Owned),
        }
    }
}

impl KeyForm {
    /// A key that is no field of the record, and has no quotes yet.
    pub(super) fn written(self, text: String) -> String {
        match self {
            Self::Text => text,
            Self::Json | Self::Typed => quoted(&text),
        }
    }

    /// The bare text of a key of one field.
    pub fn plain(self, key: &str) -> Cow<'_, str> {
        match self {
            Self::Text => Cow::Borrowed(key),
            Self::Json | Self::Typed => Json::trusted(key).as_str().unwrap_or(Cow::Borrowed(key)),
        }
    }
}

impl KeyField {
    fn new(part: KeyPart) -> Self {
        let (name, origin) = match part {
            KeyPart::Computed { name, jq } => (name, Origin::Computed(jq)),
            KeyPart::Field(name) => match JsonPath::parse(&name) {
                Ok(path) if path.is_name(&name) => (name, Origin::Field),
                Ok(path) => (name, Origin::FieldOrPath(path)),
                Err(error) => {
                    let why = format!("; as a path it cannot be read: {error}");
                    (name, Origin::FieldOnly(why))
                }
            },
        };
        Self { member: format!("{}:", quoted(&name)), name, origin }
    }

    /// `literal`: the top-level field of that name.
    fn value<'p>(&self, literal: Option<Json<'p>>, record: Json<'p>) -> Result<Scalar<'p>, Problem> {
        match (&self.origin, literal) {
            (Origin::Computed(jq), _) => self.computed(jq, record),
            (Origin::Field | Origin::FieldOrPath(_) | Origin::FieldOnly(_), Some(value)) => {
                self.scalar(value)
            }
            (Origin::Field, None) => Err(self.missing("")),
            (Origin::FieldOnly(why), None) => Err(self.missing(why)),
            (Origin::FieldOrPath(path), None) => match path.find(record).as_slice() {
                [] => Err(self.missing("")),
                [value] => self.scalar(*value),
                several => Err(Problem::Several { field: self.name.clone(), count: several.len() }),
            },
        }
    }

    fn computed(&self, jq: &Jq, record: Json<'_>) -> Result<Scalar<'static>, Problem> {
        let field = || self.name.clone();
        let outputs = jq.run(record).map_err(|error| Problem::Computed { field: field(), error })?;
        match outputs.as_slice() {
            [] => Err(self.missing("; the expression gives nothing for this record")),
            [output] => {
                let Scalar { text, is_string } = self.scalar(Json::trusted(output))?;
                Ok(Scalar { text: Cow::Owned(text.into_owned()), is_string })
            }
            several => Err(Problem::Several { field: field(), count: several.len() }),
        }
    }

    /// Strings unescaped, the others as they are written.
    fn scalar<'p>(&self, value: Json<'p>) -> Result<Scalar<'p>, Problem> {
        let field = || self.name.clone();
        match value.kind() {
            Kind::Null => Err(Problem::Null { field: field() }),
            kind @ (Kind::Array | Kind::Object) => Err(Problem::Composite { field: field(), kind }),
            Kind::Bool | Kind::Number => Ok(Scalar { text: Cow::Borrowed(value.text()), is_string: false }),
            Kind::String => {
                let text = value.as_str().ok_or_else(|| Problem::NotUnicode { field: field() })?;
                Ok(Scalar { text, is_string: true })
            }
        }
    }

    /// Whether the value can be a key of this form.
    fn fits(&self, value: &Scalar<'_>, form: KeyForm) -> Result<(), Problem> {
        let is_number = !value.is_string && !matches!(value.text.as_ref(), "true" | "false");
        let has_type = || value.text.parse::<i64>().is_ok_and(|number| number.to_string() == value.text);
        if form == KeyForm::Typed && is_number && !has_type() {
            return Err(Problem::NotInt64 { field: self.name.clone() });
        }
        Ok(())
    }

    fn missing(&self, hint: &str) -> Problem {
        Problem::Missing { field: self.name.clone(), hint: hint.to_owned() }
    }
}

/// `{"a":1,"b":"x"}`: declared order, JSON types, no spaces.
fn composite(fields: &[KeyField], record: Json<'_>, form: KeyForm) -> Result<String, Problem> {
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
        field.fits(&value, form)?;
        text.push_str(&if value.is_string { Cow::Owned(quoted(&value.text)) } else { value.text });
    }
    text.push('}');
    Ok(text)
}

/// A JSON string in UTF-8 with only `"`, `\` and control characters escaped.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
