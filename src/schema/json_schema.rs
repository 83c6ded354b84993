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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Given;

    fn properties(fields: &str) -> Value {
        let text = format!(r#"{{"type":"record","name":"shop.Users","doc":"All","fields":[{fields}]}}"#);
        to_json_schema(&Given::read(&text).unwrap().slot)
    }

    #[test]
    fn a_record_is_a_closed_object_with_confluents_names() {
        let written = properties(concat!(
            r#"{"name":"id","type":"long","doc":"Given by the shop"},"#,
            r#"{"name":"first_name","krest.name":"first-name","type":["null","string"],"default":null},"#,
            r#"{"name":"level","type":{"type":"enum","name":"Level","symbols":["LOW","HIGH"]},"default":"LOW"},"#,
            r#"{"name":"sum","type":{"type":"bytes","logicalType":"decimal","precision":9,"scale":2}}"#,
        ));
        let expected = json!({
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "title": "shop.Users",
            "description": "All",
            "properties": {
                "id": {"type": "integer", "connect.type": "int64", "description": "Given by the shop", "connect.index": 0},
                "first-name": {"oneOf": [{"type": "null"}, {"type": "string"}], "connect.index": 1},
                "level": {"type": "string", "enum": ["LOW", "HIGH"], "default": "LOW", "connect.index": 2},
                "sum": {
                    "type": "number",
                    "title": "org.apache.kafka.connect.data.Decimal",
                    "connect.type": "bytes",
                    "connect.version": 1,
                    "connect.parameters": {"scale": "2", "connect.decimal.precision": "9"},
                    "connect.index": 3,
                },
            },
            "required": ["id", "sum"],
            "additionalProperties": false,
        });
        assert_eq!(written, expected);
    }

    #[test]
    fn what_json_has_no_type_for_is_what_connect_makes_of_it() {
        let of = |ty: &str| properties(&format!(r#"{{"name":"f","type":{ty}}}"#))["properties"]["f"].clone();
        for (ty, expected) in [
            (
                r#"{"type":"int","logicalType":"date"}"#,
                json!({"type": "integer", "title": "org.apache.kafka.connect.data.Date", "connect.type": "int32"}),
            ),
            (
                r#"{"type":"long","logicalType":"timestamp-micros"}"#,
                json!({"type": "integer", "title": "io.debezium.time.MicroTimestamp", "connect.type": "int64"}),
            ),
            (r#""bytes""#, json!({"type": "string", "contentEncoding": "base64", "connect.type": "bytes"})),
            (
                r#"{"type":"array","items":["null","float"]}"#,
                json!({"type": "array", "items": {"oneOf": [{"type": "null"}, {"type": "number", "connect.type": "float32"}]}}),
            ),
            (
                r#"{"type":"map","values":"int"}"#,
                json!({"type": "object", "connect.type": "map", "additionalProperties": {"type": "integer", "connect.type": "int32"}}),
            ),
        ] {
            let mut found = of(ty);
            let extra = found
                .as_object_mut()
                .map(|found| (found.remove("connect.index"), found.remove("connect.version")));
            assert_eq!(extra.and_then(|(index, _)| index), Some(json!(0)));
            assert_eq!(found, expected);
        }
    }
}
