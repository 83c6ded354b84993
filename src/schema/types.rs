//! The types of values: what readers of a topic are told.

use serde_json::Value;

/// A value's type, and whether it may be null.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    pub ty: Type,
    pub nullable: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    Boolean,
    /// 32 bits.
    Int,
    /// 64 bits.
    Long,
    Float,
    Double,
    /// A text; of what is none in JSON, its JSON.
    String,
    /// Whatever it is, its JSON as a text.
    Json,
    Enum {
        name: String,
        symbols: Vec<String>,
    },
    /// In JSON a text in base64.
    Bytes,
    Decimal {
        precision: u32,
        scale: u32,
    },
    Date,
    Timestamp(Unit),
    Array(Box<Slot>),
    /// From texts.
    Map(Box<Slot>),
    Record(Record),
}

/// What a timestamp counts since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Millis,
    Micros,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// With dots; no other record of the schema has it.
    pub name: String,
    pub doc: Option<String>,
    fields: Vec<Field>,
    /// The fields' places, by their names in order.
    by_name: Vec<usize>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// As it is in JSON.
    pub name: String,
    pub slot: Slot,
    pub doc: Option<String>,
    /// What stands for a value that is missing, where that is not null.
    pub default: Option<Value>,
}

impl Slot {
    pub fn nullable(ty: Type) -> Self {
        Self { ty, nullable: true }
    }

    pub fn required(ty: Type) -> Self {
        Self { ty, nullable: false }
    }
}

impl Unit {
    /// Nanoseconds of one.
    pub fn nanos(self) -> i128 {
        match self {
            Self::Millis => 1_000_000,
            Self::Micros => 1_000,
        }
    }
}

impl Record {
    pub fn new(name: String, doc: Option<String>, fields: Vec<Field>) -> Self {
        let mut by_name: Vec<usize> = (0..fields.len()).collect();
        by_name.sort_by_key(|place| fields.get(*place).map(|field| field.name.as_str()));
        Self { name, doc, fields, by_name }
    }

    /// In their order.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// The place of a field. `near`: where it is looked for first, since fields often come in the order that is known.
    pub fn place(&self, name: &str, near: usize) -> Option<usize> {
        if self.fields.get(near).is_some_and(|field| field.name == name) {
            return Some(near);
        }
        self.find(name).map(|(place, _)| place)
    }

    /// A field and its place.
    pub fn find(&self, name: &str) -> Option<(usize, &Field)> {
        let name_of = |place: &usize| self.fields.get(*place).map(|field| field.name.as_str());
        let found = self.by_name.binary_search_by_key(&Some(name), name_of).ok()?;
        let place = *self.by_name.get(found)?;
        Some((place, self.fields.get(place)?))
    }
}
