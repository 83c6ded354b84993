//! The same Avro through apache-avro's writer, for comparison: what krest's own writer has to be better than.

use apache_avro::Schema;
use apache_avro::writer::datum::GenericDatumWriter;
use krest::model::{Json, Kind};
use krest::schema::{Slot, Type};
use serde::ser::{Error as _, SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

/// A value with its type, fields in the order of the schema.
pub(crate) struct Typed<'v>(pub &'v Slot, pub Json<'v>);

impl Serialize for Typed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(slot, value) = self;
        match (slot.nullable, value.kind()) {
            (_, Kind::Null) => serializer.serialize_none(),
            (true, _) => serializer.serialize_some(&Bare(&slot.ty, *value)),
            (false, _) => Bare(&slot.ty, *value).serialize(serializer),
        }
    }
}

struct Bare<'v>(&'v Type, Json<'v>);

impl Serialize for Bare<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(ty, value) = self;
        let misfit = || S::Error::custom("it does not fit");
        match ty {
            Type::Boolean => serializer.serialize_bool(value.as_bool().ok_or_else(misfit)?),
            Type::Long => serializer.serialize_i64(value.text().parse().map_err(S::Error::custom)?),
            Type::Double => serializer.serialize_f64(value.text().parse().map_err(S::Error::custom)?),
            Type::String => serializer.serialize_str(&value.as_str().ok_or_else(misfit)?),
            Type::Array(items) => {
                let mut list = serializer.serialize_seq(Some(value.elements().count()))?;
                value.elements().try_for_each(|element| list.serialize_element(&Typed(items, element)))?;
                list.end()
            }
            Type::Record(record) => {
                let mut found = vec![Json::trusted("null"); record.fields().len()];
                for (name, value) in value.fields() {
                    let place = record.place(&name.text(), 0);
                    place.into_iter().for_each(|place| found[place] = value);
                }
                let mut map = serializer.serialize_map(Some(found.len()))?;
                for (field, value) in record.fields().iter().zip(found) {
                    map.serialize_entry(&field.name, &Typed(&field.slot, value))?;
                }
                map.end()
            }
            Type::Int
            | Type::Float
            | Type::Json
            | Type::Enum { .. }
            | Type::Bytes
            | Type::Decimal { .. }
            | Type::Date
            | Type::Timestamp(_)
            | Type::Map(_) => Err(S::Error::custom(format!("{ty:?} is not in this bench"))),
        }
    }
}

pub(crate) fn write(writer: &GenericDatumWriter<'_>, slot: &Slot, record: &str) -> usize {
    let mut out = Vec::with_capacity(record.len());
    writer.write_ser(&mut out, &Typed(slot, Json::trusted(record))).expect("a record that fits");
    out.len()
}

pub(crate) fn writer(schema: &Schema) -> GenericDatumWriter<'_> {
    GenericDatumWriter::builder(schema).build().expect("a schema without open names")
}
