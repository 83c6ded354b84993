//! Kafka Connect's JSON with a schema, as its `JsonConverter` reads it with `schemas.enable`: `{"schema":…,"payload":…}`.

use super::payload::{Decimals, Payload, quoted};
use crate::model::Json;
use crate::schema::{Field, Misfit, Slot, Type, Unit};

/// The schema of a value, as text. Fields that may be missing are optional.
pub(super) fn schema(slot: &Slot) -> String {
    let mut out = String::new();
    write_schema(slot, None, &mut out);
    out
}

/// `field`: the one that has this type, if it is one's.
fn write_schema(slot: &Slot, field: Option<&Field>, out: &mut String) {
    let Form { ty, logical, parameters } = form(&slot.ty);
    out.push_str(&format!(r#"{{"type":"{ty}""#));
    match &slot.ty {
        Type::Record(record) => {
            out.push_str(r#","fields":["#);
            for (place, field) in record.fields().iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                write_schema(&field.slot, Some(field), out);
            }
            out.push(']');
        }
        Type::Array(items) => {
            out.push_str(r#","items":"#);
            write_schema(items, None, out);
        }
        Type::Map(values) => {
            out.push_str(r#","keys":{"type":"string","optional":false},"values":"#);
            write_schema(values, None, out);
        }
        Type::Boolean
        | Type::Int
        | Type::Long
        | Type::Float
        | Type::Double
        | Type::String
        | Type::Json
        | Type::Enum { .. }
        | Type::Bytes
        | Type::Decimal { .. }
        | Type::Date
        | Type::Timestamp(_) => {}
    }
    out.push_str(&format!(r#","optional":{}"#, slot.nullable));
    write_names(&slot.ty, logical, field, out);
    out.push_str(&parameters);
    if let Some(field) = field {
        field.default.iter().for_each(|default| out.push_str(&format!(r#","default":{default}"#)));
        out.push_str(&format!(r#","field":{}"#, quoted(&field.name)));
    }
    out.push('}');
}

/// What a type is called, and what is said of it.
fn write_names(ty: &Type, logical: Option<&str>, field: Option<&Field>, out: &mut String) {
    let record = if let Type::Record(record) = ty { Some(record) } else { None };
    if let Some(name) = record.map(|record| record.name.as_str()).or(logical) {
        out.push_str(&format!(r#","name":{}"#, quoted(name)));
        out.push_str(if logical.is_some() { r#","version":1"# } else { "" });
    }
    let of_field = field.and_then(|field| field.doc.as_ref());
    let doc = of_field.or(record.and_then(|record| record.doc.as_ref()));
    doc.iter().for_each(|doc| out.push_str(&format!(r#","doc":{}"#, quoted(doc))));
}

/// A type as Connect has it.
struct Form {
    ty: &'static str,
    logical: Option<&'static str>,
    parameters: String,
}

fn form(ty: &Type) -> Form {
    let plain = |ty| Form { ty, logical: None, parameters: String::new() };
    let logical = |ty, name| Form { ty, logical: Some(name), parameters: String::new() };
    match ty {
        Type::Boolean => plain("boolean"),
        Type::Int => plain("int32"),
        Type::Long => plain("int64"),
        Type::Float => plain("float"),
        Type::Double => plain("double"),
        Type::String | Type::Enum { .. } => plain("string"),
        Type::Json => logical("string", "io.debezium.data.Json"),
        Type::Bytes => plain("bytes"),
        Type::Decimal { precision, scale } => Form {
            parameters: format!(
                r#","parameters":{{"scale":"{scale}","connect.decimal.precision":"{precision}"}}"#
            ),
            ..logical("bytes", "org.apache.kafka.connect.data.Decimal")
        },
        Type::Date => logical("int32", "org.apache.kafka.connect.data.Date"),
        Type::Timestamp(Unit::Millis) => logical("int64", "org.apache.kafka.connect.data.Timestamp"),
        Type::Timestamp(Unit::Micros) => logical("int64", "io.debezium.time.MicroTimestamp"),
        Type::Array(_) => plain("array"),
        Type::Map(_) => plain("map"),
        Type::Record(_) => plain("struct"),
    }
}

/// A value as its type has it, behind what is there already. Numbers keep their text, and texts theirs.
pub(super) fn write_payload(slot: &Slot, value: Json<'_>, out: &mut String) -> Result<(), Misfit> {
    Payload { decimals: Decimals::Base64, out }.write(slot, value)
}
