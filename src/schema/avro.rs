//! A schema as Avro writes it: what registries and tools know, and what can be given back in a file.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::names::{legal, legal_path};
use super::types::{Field, Record, Slot, Type, Unit};

/// Of a field: its name in JSON, where Avro does not allow that.
pub(super) const JSON_NAME: &str = "krest.name";

/// Why a schema has no form in Avro.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{record}: the fields {one:?} and {other:?} would both be called {name:?} in Avro; rename one of them in processing_steps"
)]
pub struct NoAvro {
    record: String,
    one: String,
    other: String,
    name: String,
}

pub fn to_avro(slot: &Slot) -> Result<Value, NoAvro> {
    Writer::default().slot(slot, false)
}

/// A type that has a name is written once, and named from then on.
#[derive(Default)]
struct Writer {
    written: BTreeSet<String>,
}

impl Writer {
    /// `value_first`: the default is no null.
    fn slot(&mut self, slot: &Slot, value_first: bool) -> Result<Value, NoAvro> {
        let ty = self.ty(&slot.ty)?;
        Ok(match (slot.nullable, value_first) {
            (false, _) => ty,
            (true, false) => json!(["null", ty]),
            (true, true) => json!([ty, "null"]),
        })
    }

    fn ty(&mut self, ty: &Type) -> Result<Value, NoAvro> {
        Ok(match ty {
            Type::Boolean => json!("boolean"),
            Type::Int => json!("int"),
            Type::Long => json!("long"),
            Type::Float => json!("float"),
            Type::Double => json!("double"),
            Type::String | Type::Json => json!("string"),
            Type::Bytes => json!("bytes"),
            Type::Decimal { precision, scale } => {
                json!({"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale})
            }
            Type::Date => json!({"type": "int", "logicalType": "date"}),
            Type::Timestamp(Unit::Millis) => json!({"type": "long", "logicalType": "timestamp-millis"}),
            Type::Timestamp(Unit::Micros) => json!({"type": "long", "logicalType": "timestamp-micros"}),
            Type::Array(items) => json!({"type": "array", "items": self.slot(items, false)?}),
            Type::Map(values) => json!({"type": "map", "values": self.slot(values, false)?}),
            Type::Enum { name, symbols } => {
                let name = legal_path(name);
                if !self.written.insert(name.clone()) {
                    return Ok(json!(name));
                }
                json!({"type": "enum", "name": name, "symbols": symbols})
            }
            Type::Record(record) => self.record(record)?,
        })
    }

    fn record(&mut self, record: &Record) -> Result<Value, NoAvro> {
        let name = legal_path(&record.name);
        if !self.written.insert(name.clone()) {
            return Ok(json!(name));
        }
        let mut names: BTreeMap<String, &str> = BTreeMap::new();
        let mut fields = Vec::with_capacity(record.fields().len());
        for field in record.fields() {
            let legal = legal(&field.name).into_owned();
            if let Some(other) = names.insert(legal.clone(), &field.name) {
                let (one, other) = (other.to_owned(), field.name.clone());
                return Err(NoAvro { record: name, one, other, name: legal });
            }
            fields.push(self.field(field, legal)?);
        }
        let mut written = Map::new();
        written.insert("type".to_owned(), json!("record"));
        written.insert("name".to_owned(), json!(name));
        written.extend(record.doc.as_ref().map(|doc| ("doc".to_owned(), json!(doc))));
        written.insert("fields".to_owned(), Value::Array(fields));
        Ok(Value::Object(written))
    }

    fn field(&mut self, field: &Field, name: String) -> Result<Value, NoAvro> {
        let mut written = Map::new();
        if name != field.name {
            written.insert(JSON_NAME.to_owned(), json!(field.name));
        }
        written.insert("name".to_owned(), Value::String(name));
        written.extend(field.doc.as_ref().map(|doc| ("doc".to_owned(), json!(doc))));
        written.insert("type".to_owned(), self.slot(&field.slot, field.default.is_some())?);
        let default = field.default.clone().or(field.slot.nullable.then_some(Value::Null));
        written.extend(default.map(|default| ("default".to_owned(), default)));
        Ok(Value::Object(written))
    }
}
