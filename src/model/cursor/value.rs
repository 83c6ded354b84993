//! One value of a cursor field: its text as the API wrote it, and the order of two of them.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::decimal::Decimal;
use super::moment::{Moment, Unit};
use crate::model::{Json, Kind};

/// A cursor value that is kept. Equal are two of the same text; [`CursorValue::compare`] tells their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorValue(CursorRef<'static>);

/// A cursor value as it stands in a record.
#[derive(Clone, Debug)]
pub struct CursorRef<'a> {
    /// A string's characters, a number's digits.
    text: Cow<'a, str>,
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    Number,
    Text,
    Moment(Moment),
}

/// What a cursor value is, in error texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CursorKind {
    Number,
    Text,
    Date,
    Time,
}

/// Why a JSON value is no cursor value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCursor {
    #[error("{}; a cursor value is a number, a text, a date or a date-time", named(*.0))]
    Kind(Kind),
    #[error("a text that is no Unicode (half of a surrogate pair)")]
    NotUnicode,
}

impl CursorValue {
    pub fn read(value: Json<'_>) -> Result<Self, NoCursor> {
        CursorRef::read(value).map(CursorRef::into_value)
    }

    /// The text that is sent: a string's characters, a number as it is written.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// As JSON: a string with its quotes.
    pub fn json(&self) -> Cow<'_, str> {
        match self.0.form {
            Form::Number => Cow::Borrowed(self.text()),
            Form::Text | Form::Moment(_) => Cow::Owned(serde_json::Value::from(self.text()).to_string()),
        }
    }

    pub fn kind(&self) -> CursorKind {
        self.0.kind()
    }

    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        self.0.compare(&other.0)
    }

    /// Whether it may stand beside a value that bounds a range. A bound that is a text (`""`, `2024`) may stand beside dates; a text
    /// beside a bound that is a date may not.
    pub fn fits(&self, bound: &Self) -> bool {
        self.compare(bound).is_some() && self.kind().may_be_bounded_by(bound.kind())
    }

    pub fn borrowed(&self) -> &CursorRef<'static> {
        &self.0
    }

    /// Another text of the same kind of JSON value.
    pub(super) fn with_text(&self, text: String) -> Self {
        match self.0.form {
            Form::Number => Self(CursorRef { text: Cow::Owned(text), form: Form::Number }),
            Form::Text | Form::Moment(_) => Self(CursorRef::string(Cow::Owned(text))),
        }
    }
}

impl<'a> CursorRef<'a> {
    pub fn read(value: Json<'a>) -> Result<Self, NoCursor> {
        match value.kind() {
            Kind::Number => Ok(Self { text: Cow::Borrowed(value.text()), form: Form::Number }),
            Kind::String => value.as_str().map(Self::string).ok_or(NoCursor::NotUnicode),
            kind @ (Kind::Null | Kind::Bool | Kind::Array | Kind::Object) => Err(NoCursor::Kind(kind)),
        }
    }

    fn string(text: Cow<'a, str>) -> Self {
        let form = Moment::read(&text).map_or(Form::Text, Form::Moment);
        Self { text, form }
    }

    /// Numbers as numbers, dates and times as instants (one without a zone as UTC), texts character by character, as dlt does.
    /// A date or time beside another text: as texts, the time in UTC. `None`: a number and something else.
    pub fn compare(&self, other: &CursorRef<'_>) -> Option<Ordering> {
        match (&self.form, &other.form) {
            (Form::Number, Form::Number) => {
                Some(Decimal::read(&self.text).compare(Decimal::read(&other.text)))
            }
            (Form::Number, Form::Text | Form::Moment(_)) | (Form::Text | Form::Moment(_), Form::Number) => {
                None
            }
            (Form::Moment(one), Form::Moment(another)) => {
                Some(one.compare(&self.text, (another, &other.text)))
            }
            (Form::Text, Form::Text | Form::Moment(_)) | (Form::Moment(_), Form::Text) => {
                Some(self.sortable().cmp(&other.sortable()))
            }
        }
    }

    pub fn kind(&self) -> CursorKind {
        match &self.form {
            Form::Number => CursorKind::Number,
            Form::Text => CursorKind::Text,
            Form::Moment(moment) if moment.unit == Unit::Day => CursorKind::Date,
            Form::Moment(_) => CursorKind::Time,
        }
    }

    /// Whether it is a date-time that names no zone.
    pub fn is_without_zone(&self) -> bool {
        matches!(&self.form, Form::Moment(moment) if moment.unit != Unit::Day && !moment.has_zone)
    }

    pub fn to_value(&self) -> CursorValue {
        self.clone().into_value()
    }

    fn into_value(self) -> CursorValue {
        CursorValue(CursorRef { text: Cow::Owned(self.text.into_owned()), form: self.form })
    }

    pub(super) fn moment(&self) -> Option<&Moment> {
        match &self.form {
            Form::Moment(moment) => Some(moment),
            Form::Number | Form::Text => None,
        }
    }

    fn sortable(&self) -> Cow<'_, str> {
        self.moment().map_or(Cow::Borrowed(&*self.text), |moment| Cow::Owned(moment.sortable(&self.text)))
    }
}

impl PartialEq for CursorRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        let is_number = |value: &Self| matches!(value.form, Form::Number);
        self.text == other.text && is_number(self) == is_number(other)
    }
}

impl Eq for CursorRef<'_> {}

impl CursorKind {
    /// Whether values of this kind may stand beside a bound of the other one, if they can be compared at all.
    pub(super) fn may_be_bounded_by(self, bound: Self) -> bool {
        bound == Self::Text || self.goes_with(bound)
    }

    /// Whether values of both kinds may stand in one field. Texts beside dates may not: the first that is larger than all dates
    /// (`n/a`) would stay the largest for ever.
    pub fn goes_with(self, other: Self) -> bool {
        let family = |kind| match kind {
            Self::Number => 0,
            Self::Text => 1,
            Self::Date | Self::Time => 2,
        };
        family(self) == family(other)
    }
}

impl fmt::Display for CursorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Date => "a date",
            Self::Time => "a date-time",
        })
    }
}

/// As a JSON scalar, numbers by their text.
impl Serialize for CursorValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.form {
            Form::Number => {
                let raw: &RawValue = serde_json::from_str(self.text()).map_err(serde::ser::Error::custom)?;
                raw.serialize(serializer)
            }
            Form::Text | Form::Moment(_) => serializer.serialize_str(self.text()),
        }
    }
}

impl<'de> Deserialize<'de> for CursorValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::read(Json::trusted(raw.get())).map_err(serde::de::Error::custom)
    }
}

fn named(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Bool => "a boolean",
        Kind::Number => "a number",
        Kind::String => "a text",
        Kind::Array => "a list",
        Kind::Object => "an object",
    }
}
