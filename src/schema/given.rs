//! A schema that is given as Avro. Avro's own library reads it; what of it a value in JSON can be is kept.

use std::collections::BTreeMap;

use apache_avro::Schema;
use apache_avro::schema::{DecimalSchema, InnerDecimalSchema, Name, RecordField, RecordSchema};
use serde_json::Value;

use super::avro::JSON_NAME;
use super::types::{Field, Record, Slot, Type, Unit};
use crate::model::{SchemaKind, SchemaText};

/// Why a schema cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unusable(String);

/// A schema as it was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    pub slot: Slot,
    /// As it stands: a registry that has it knows it by its text, with all that no value needs.
    pub text: String,
}

impl Given {
    /// Reads the text of an `.avsc` file.
    pub fn read(text: &str) -> Result<Self, Unusable> {
        let schema = Schema::parse_str(text).map_err(|error| Unusable(format!("no Avro schema: {error}")))?;
        let slot = Reader::default().slot(&schema, false)?;
        Ok(Self { slot, text: text.to_owned() })
    }

    /// The same of one that a registry has.
    pub fn of(schema: &SchemaText) -> Result<Self, Unusable> {
        match schema.kind {
            SchemaKind::Avro => Self::read(&schema.text),
            SchemaKind::Json => Err(Unusable("it is a JSON Schema, and no Avro".to_owned())),
        }
    }
}

/// A name stands for the type that was defined under it.
#[derive(Default)]
struct Reader {
    types: BTreeMap<String, Option<Type>>,
}

impl Reader {
    /// `value_first`: there is a default, and it is no null. A default is of the first type of its union.
    fn slot(&mut self, schema: &Schema, value_first: bool) -> Result<Slot, Unusable> {
        let Schema::Union(union) = schema else { return self.ty(schema).map(Slot::required) };
        match (union.variants(), value_first) {
            ([Schema::Null, Schema::Null], _) => Err(no_type(&Schema::Null)),
            ([Schema::Null, one], false) | ([one, Schema::Null], true) => self.ty(one).map(Slot::nullable),
            ([_, Schema::Null], false) => {
                Err(Unusable("a union whose null is not in front: write [\"null\", …]".to_owned()))
            }
            ([Schema::Null, _], true) => Err(Unusable(
                "a default that is no null, in a union with null in front: write its type in front"
                    .to_owned(),
            )),
            (types, _) => Err(Unusable(format!(
                "a union of {} types: a value is null or of one type, so that its readers know what it is",
                types.iter().filter(|schema| !matches!(schema, Schema::Null)).count()
            ))),
        }
    }

    fn ty(&mut self, schema: &Schema) -> Result<Type, Unusable> {
        Ok(match schema {
            Schema::Boolean => Type::Boolean,
            Schema::Int => Type::Int,
            Schema::Long => Type::Long,
            Schema::Float => Type::Float,
            Schema::Double => Type::Double,
            Schema::Bytes => Type::Bytes,
            Schema::String => Type::String,
            Schema::Date => Type::Date,
            Schema::TimestampMillis => Type::Timestamp(Unit::Millis),
            Schema::TimestampMicros => Type::Timestamp(Unit::Micros),
            Schema::Array(array) => Type::Array(Box::new(self.slot(&array.items, false)?)),
            Schema::Map(map) => Type::Map(Box::new(self.slot(&map.types, false)?)),
            Schema::Enum(schema) => {
                let (name, symbols) = (full(&schema.name), schema.symbols.clone());
                self.define(&name, |_| Ok(Type::Enum { name: name.clone(), symbols }))?
            }
            Schema::Record(record) => {
                let name = full(&record.name);
                self.define(&name, |reader| reader.record(record, &name))?
            }
            Schema::Ref { name } => match self.types.get(&full(name)) {
                Some(Some(ty)) => ty.clone(),
                Some(None) => return Err(Unusable(format!("{} holds itself", full(name)))),
                None => return Err(Unusable(format!("{} is not defined", full(name)))),
            },
            Schema::Decimal(decimal) => of_decimal(decimal)?,
            Schema::Null
            | Schema::Union(_)
            | Schema::Fixed(_)
            | Schema::BigDecimal
            | Schema::Uuid(_)
            | Schema::TimeMillis
            | Schema::TimeMicros
            | Schema::TimestampNanos
            | Schema::LocalTimestampMillis
            | Schema::LocalTimestampMicros
            | Schema::LocalTimestampNanos
            | Schema::Duration(_) => return Err(no_type(schema)),
        })
    }

    fn define(
        &mut self,
        name: &str,
        ty: impl FnOnce(&mut Self) -> Result<Type, Unusable>,
    ) -> Result<Type, Unusable> {
        self.types.insert(name.to_owned(), None);
        let ty = ty(self)?;
        self.types.insert(name.to_owned(), Some(ty.clone()));
        Ok(ty)
    }

    fn record(&mut self, record: &RecordSchema, name: &str) -> Result<Type, Unusable> {
        let fields: Result<Vec<Field>, Unusable> =
            record.fields.iter().map(|field| self.field(field, name)).collect();
        Ok(Type::Record(Record::new(name.to_owned(), record.doc.clone(), fields?)))
    }

    fn field(&mut self, field: &RecordField, record: &str) -> Result<Field, Unusable> {
        let place = || format!("{record}.{}", field.name);
        let default = field.default.clone().filter(|default| !default.is_null());
        let slot = self
            .slot(&field.schema, default.is_some())
            .map_err(|Unusable(why)| Unusable(format!("{}: {why}", place())))?;
        if default.as_ref().is_some_and(|default| !is_simple(default, &slot.ty)) {
            return Err(Unusable(format!("{}: a default is null, or a value of a simple type", place())));
        }
        let of_json = field.custom_attributes.get(JSON_NAME).and_then(Value::as_str);
        let name = of_json.unwrap_or(&field.name).to_owned();
        Ok(Field { name, slot, doc: field.doc.clone(), default })
    }
}

/// Whether it means the same in Avro's JSON and in the value's.
fn is_simple(default: &Value, ty: &Type) -> bool {
    match ty {
        Type::Boolean => default.is_boolean(),
        Type::Int | Type::Long => default.is_i64(),
        Type::Float | Type::Double => default.is_number(),
        Type::String | Type::Enum { .. } => default.is_string(),
        Type::Json
        | Type::Bytes
        | Type::Decimal { .. }
        | Type::Date
        | Type::Timestamp(_)
        | Type::Array(_)
        | Type::Map(_)
        | Type::Record(_) => false,
    }
}

fn of_decimal(decimal: &DecimalSchema) -> Result<Type, Unusable> {
    let size = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
    let (precision, scale) = (size(decimal.precision), size(decimal.scale));
    match decimal.inner {
        InnerDecimalSchema::Bytes if precision <= 38 => Ok(Type::Decimal { precision, scale }),
        InnerDecimalSchema::Bytes => Err(Unusable(format!("a decimal of {precision} digits: 38 at most"))),
        InnerDecimalSchema::Fixed(_) => {
            Err(Unusable("a decimal of fixed size: write it with bytes".to_owned()))
        }
    }
}

fn no_type(schema: &Schema) -> Unusable {
    let name = format!("{schema:?}");
    let name = name.split(['(', '{', ' ']).next().unwrap_or_default();
    Unusable(format!("{name} is no type of values: use another type, or string"))
}

fn full(name: &Name) -> String {
    name.fullname(None)
}
