//! A schema as JSON Schema (draft 7), for registries. Names, types and order stand there as Confluent's converter of Kafka Connect
//! writes and reads them; every validator can do without.

use serde_json::{Map, Value, json};

use super::types::{Field, Record, Slot, Type, Unit};

/// The content is closed: what a schema does not name cannot be in a value. A registry then takes a new field that may be missing
/// for a change that readers of older values survive; with open content it would have to assume that they have the name with any
/// type.
pub fn to_json_schema(slot: &Slot) -> Value {
    let mut written = Map::new();
    written.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    written.extend(of_slot(slot, None));
    Value::Object(written)
}

/// `field`: the one that has this type, if it is one's.
fn of_slot(slot: &Slot, field: Option<&Field>) -> Map<String, Value> {
    let mut ty = of_type(&slot.ty);
    let of_record = if let Type::Record(record) = &slot.ty { record.doc.as_ref() } else { None };
    let doc = field.and_then(|field| field.doc.as_ref()).or(of_record);
    ty.extend(doc.map(|doc| ("description".to_owned(), json!(doc))));
    let default = field.and_then(|field| field.default.clone());
    ty.extend(default.map(|default| ("default".to_owned(), default)));
    if slot.nullable { map(json!({"oneOf": [{"type": "null"}, ty]})) } else { ty }
}

fn of_type(ty: &Type) -> Map<String, Value> {
    map(match ty {
        Type::Boolean => json!({"type": "boolean"}),
        Type::Int => json!({"type": "integer", "connect.type": "int32"}),
        Type::Long => json!({"type": "integer", "connect.type": "int64"}),
        Type::Float => json!({"type": "number", "connect.type": "float32"}),
        Type::Double => json!({"type": "number", "connect.type": "float64"}),
        Type::String => json!({"type": "string"}),
        Type::Json => json!({
            "type": "string",
            "contentMediaType": "application/json",
            "title": "io.debezium.data.Json",
            "connect.version": 1,
        }),
        Type::Enum { symbols, .. } => json!({"type": "string", "enum": symbols}),
        Type::Bytes => json!({"type": "string", "contentEncoding": "base64", "connect.type": "bytes"}),
        Type::Decimal { precision, scale } => json!({
            "type": "number",
            "title": "org.apache.kafka.connect.data.Decimal",
            "connect.type": "bytes",
            "connect.version": 1,
            "connect.parameters": {"scale": scale.to_string(), "connect.decimal.precision": precision.to_string()},
        }),
        Type::Date => logical("int32", "org.apache.kafka.connect.data.Date"),
        Type::Timestamp(Unit::Millis) => logical("int64", "org.apache.kafka.connect.data.Timestamp"),
        Type::Timestamp(Unit::Micros) => logical("int64", "io.debezium.time.MicroTimestamp"),
        Type::Array(items) => json!({"type": "array", "items": of_slot(items, None)}),
        Type::Map(values) => {
            json!({"type": "object", "connect.type": "map", "additionalProperties": of_slot(values, None)})
        }
        Type::Record(record) => of_record(record),
    })
}

fn logical(ty: &str, name: &str) -> Value {
    json!({"type": "integer", "title": name, "connect.type": ty, "connect.version": 1})
}

fn of_record(record: &Record) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (place, field) in record.fields().iter().enumerate() {
        let mut written = of_slot(&field.slot, Some(field));
        written.insert("connect.index".to_owned(), json!(place));
        properties.insert(field.name.clone(), Value::Object(written));
        if !field.slot.nullable && field.default.is_none() {
            required.push(json!(field.name));
        }
    }
    let mut written = map(json!({
        "type": "object",
        "title": record.name,
        "properties": properties,
        "additionalProperties": false,
    }));
    if !required.is_empty() {
        written.insert("required".to_owned(), Value::Array(required));
    }
    Value::Object(written)
}

fn map(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}
