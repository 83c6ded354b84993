//! From what was seen to types. A pure function of it and of what the operator says: nothing of what was decided before counts.

use std::collections::BTreeMap;

use super::kinds::{KindOf, Kinds};
use super::shape::Shape;
use super::types::{Field, Record, Slot, Type, Unit};

/// What the operator says of a resource's types.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// Of the record's type, with dots: those of what it holds are below it.
    pub name: String,
    pub conflicts: Conflicts,
    pub decimals: Decimals,
    pub timestamps: Timestamps,
    pub hints: Hints,
    /// Values are records in Debezium's envelope.
    pub envelope: bool,
}

/// What becomes of a field whose values have no type in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conflicts {
    /// The record that brought it cannot be published.
    #[default]
    Error,
    /// The field is a text; what is none in JSON is its JSON.
    String,
}

/// What becomes of numbers that neither a 64-bit integer nor a double holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decimals {
    #[default]
    String,
    Exact {
        precision: u32,
        scale: u32,
    },
}

/// What becomes of texts that are dates, or moments with a zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Timestamps {
    #[default]
    String,
    In(Unit),
}

/// What is said of single fields of the record, by name.
pub type Hints = BTreeMap<String, Hint>;

#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// `None`: as it was seen.
    pub ty: Option<Type>,
    pub nullable: bool,
    pub doc: Option<String>,
}

/// The schema of what was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Resolved {
    /// `None`: nothing but null was seen.
    pub slot: Option<Slot>,
    /// The places without a type in common, and what was seen there.
    pub conflicts: BTreeMap<String, Kinds>,
}

pub(super) fn resolve(shape: &Shape, rules: &Rules) -> Resolved {
    let mut resolving = Resolving { rules, conflicts: BTreeMap::new() };
    let slot = if shape.kinds == Kinds::of(KindOf::Object) {
        Some(Slot::required(Type::Record(resolving.top(shape))))
    } else {
        resolving.ty(shape, (&rules.name, "")).map(Slot::required)
    };
    Resolved { slot, conflicts: resolving.conflicts }
}

/// What the kinds have in common.
enum Common {
    Nothing,
    Type(Type),
    Array,
    Object,
}

struct Resolving<'r> {
    rules: &'r Rules,
    conflicts: BTreeMap<String, Kinds>,
}

impl Resolving<'_> {
    /// The record itself: hints count, and it is there however little is known of it.
    fn top(&mut self, shape: &Shape) -> Record {
        let rules = self.rules;
        let mut fields: BTreeMap<&str, Field> = BTreeMap::new();
        for (name, below) in shape.fields.iter().filter(|(name, _)| !rules.has_type(name)) {
            let ty = self.ty(below, (&within(&rules.name, name), name));
            fields.extend(ty.map(|ty| (name.as_str(), field(name, ty))));
        }
        for (name, hint) in &rules.hints {
            let of_hint = || hint.ty.clone().map(|ty| field(name, ty));
            let Some(mut field) = fields.remove(name.as_str()).or_else(of_hint) else { continue };
            (field.slot.nullable, field.doc) = (hint.nullable, hint.doc.clone());
            fields.insert(name, field);
        }
        Record::new(rules.name.clone(), None, fields.into_values().collect())
    }

    /// `None`: not known yet. `path`: the name that a record here has; `place`: for people.
    fn ty(&mut self, shape: &Shape, (path, place): (&str, &str)) -> Option<Type> {
        let common = common(shape.kinds, self.rules).unwrap_or_else(|| {
            self.conflicts.insert(place.to_owned(), shape.kinds);
            Common::Type(Type::String)
        });
        match common {
            Common::Nothing => None,
            Common::Type(ty) => Some(ty),
            Common::Array => {
                let items = self.ty(shape.items.as_deref()?, (path, &format!("{place}[]")))?;
                Some(Type::Array(Box::new(Slot::nullable(items))))
            }
            Common::Object => {
                let dot = if place.is_empty() { "" } else { "." };
                let mut fields = Vec::with_capacity(shape.fields.len());
                for (name, below) in &shape.fields {
                    let ty = self.ty(below, (&within(path, name), &format!("{place}{dot}{name}")));
                    fields.extend(ty.map(|ty| field(name, ty)));
                }
                (!fields.is_empty()).then(|| Type::Record(Record::new(path.to_owned(), None, fields)))
            }
        }
    }
}

impl Rules {
    /// Whether a hint says what a field is; then its values are not looked at.
    pub(super) fn has_type(&self, field: &str) -> bool {
        self.hints.get(field).is_some_and(|hint| hint.ty.is_some())
    }
}

/// The name of a record that a field of another one holds; a dot in a field's name is none between names.
fn within(record: &str, field: &str) -> String {
    format!("{record}.{}", field.replace('.', "_"))
}

fn field(name: &str, ty: Type) -> Field {
    Field { name: name.to_owned(), slot: Slot::nullable(ty), doc: None, default: None }
}

/// `None`: they have no type in common.
fn common(kinds: Kinds, rules: &Rules) -> Option<Common> {
    let numbers = kinds.among(&[KindOf::Long, KindOf::LargeLong, KindOf::Double, KindOf::Wide]);
    let texts = kinds.among(&[KindOf::Text, KindOf::Date, KindOf::Millis, KindOf::Micros]);
    if kinds.is_empty() {
        Some(Common::Nothing)
    } else if kinds == Kinds::of(KindOf::Boolean) {
        Some(Common::Type(Type::Boolean))
    } else if kinds == Kinds::of(KindOf::Array) {
        Some(Common::Array)
    } else if kinds == Kinds::of(KindOf::Object) {
        Some(Common::Object)
    } else if kinds == numbers {
        number(numbers, rules.decimals).map(Common::Type)
    } else if kinds == texts {
        text(texts, rules.timestamps).map(Common::Type)
    } else {
        None
    }
}

fn number(kinds: Kinds, decimals: Decimals) -> Option<Type> {
    if kinds == Kinds::of(KindOf::Wide) {
        return Some(match decimals {
            Decimals::String => Type::String,
            Decimals::Exact { precision, scale } => Type::Decimal { precision, scale },
        });
    }
    let rounds = kinds.has(KindOf::LargeLong) && kinds.has(KindOf::Double);
    if kinds.has(KindOf::Wide) || rounds {
        None
    } else if kinds.has(KindOf::Double) {
        Some(Type::Double)
    } else {
        Some(Type::Long)
    }
}

fn text(kinds: Kinds, timestamps: Timestamps) -> Option<Type> {
    let Timestamps::In(unit) = timestamps else { return Some(Type::String) };
    let moments = kinds.among(match unit {
        Unit::Millis => &[KindOf::Millis],
        Unit::Micros => &[KindOf::Millis, KindOf::Micros],
    });
    let dates = kinds.among(&[KindOf::Date]);
    if kinds == moments {
        Some(Type::Timestamp(unit))
    } else if kinds == dates {
        Some(Type::Date)
    } else {
        (moments.is_empty() && dates.is_empty()).then_some(Type::String)
    }
}
