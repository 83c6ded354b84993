//! What is written as Avro, read by Avro's own library.

use std::sync::Arc;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use proptest::prelude::*;

use super::random::{Random, Types};
use super::{Field, Record, Slot, Type, Unit};
use crate::encode::{write_avro, write_json};
use crate::model::{Json, Kind, same_number};
use crate::schema::{Given, Learned, Plan, Rules, to_avro};

fn schema(slot: &Slot) -> Schema {
    let text = to_avro(slot).unwrap().to_string();
    Schema::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn written(slot: &Slot, record: &str) -> Vec<u8> {
    let mut out = vec![7];
    write_avro(slot, Json::trusted(record), &mut out).unwrap_or_else(|misfit| panic!("{misfit}\n{record}"));
    assert_eq!(out.remove(0), 7);
    out
}

/// All of it: nothing may stand behind a value.
pub(super) fn read(writer: &Schema, reader: Option<&Schema>, mut bytes: &[u8]) -> Value {
    let read = GenericDatumReader::builder(writer).maybe_reader_schema(reader).build().unwrap();
    let value = read.read_value(&mut bytes).unwrap();
    assert_eq!(bytes, b"");
    value
}

/// Whether a value that was read is what stands in JSON. Of numbers by their text, where their type has every digit.
pub(super) fn agree(slot: &Slot, json: Option<Json<'_>>, value: &Value) -> bool {
    let json = json.filter(|json| json.kind() != Kind::Null);
    match (value, json) {
        (Value::Union(_, value), None) => slot.nullable && **value == Value::Null,
        (Value::Union(_, value), Some(json)) => slot.nullable && same(&slot.ty, json, value),
        (value, Some(json)) => !slot.nullable && same(&slot.ty, json, value),
        (_, None) => false,
    }
}

fn same(ty: &Type, json: Json<'_>, value: &Value) -> bool {
    let text = json.text();
    match (ty, value) {
        (Type::Boolean, Value::Boolean(value)) => value.to_string() == text,
        // Of integers zero has no sign.
        (Type::Int, Value::Int(value)) => same_number(text, &value.to_string()),
        (Type::Long, Value::Long(value)) => same_number(text, &value.to_string()),
        (Type::Float, Value::Float(value)) => value.to_bits() == text.parse::<f32>().unwrap().to_bits(),
        // The one next to the number, and the number itself where fifteen digits are enough for it.
        (Type::Double, Value::Double(value)) => {
            let digits = text.bytes().take_while(|byte| !matches!(byte, b'e' | b'E'));
            value.to_bits() == text.parse::<f64>().unwrap().to_bits()
                && (digits.filter(u8::is_ascii_digit).count() > 15
                    || same_number(text, &format!("{value:e}")))
        }
        (Type::String, Value::String(value)) if json.kind() == Kind::String => {
            serde_json::from_str::<String>(text).unwrap() == *value
        }
        (Type::String | Type::Json, Value::String(value)) => json.compact() == *value,
        (Type::Enum { symbols, .. }, Value::Enum(place, symbol)) => {
            symbols[*place as usize] == *symbol && json.as_str().unwrap() == *symbol
        }
        (Type::Array(items), Value::Array(values)) => {
            json.elements().count() == values.len()
                && json.elements().zip(values).all(|(json, value)| agree(items, Some(json), value))
        }
        (Type::Map(slot), Value::Map(values)) => {
            json.fields().all(|(name, _)| values.contains_key(&*name.text()))
                && values.iter().all(|(name, value)| agree(slot, json.get(name), value))
        }
        (Type::Record(record), Value::Record(values)) => same_record(record, json, values),
        // What these are in numbers, the reader in Python works out for itself: see tests/values.
        (Type::Bytes, Value::Bytes(_))
        | (Type::Decimal { .. }, Value::Decimal(_))
        | (Type::Date, Value::Date(_))
        | (Type::Timestamp(Unit::Millis), Value::TimestampMillis(_))
        | (Type::Timestamp(Unit::Micros), Value::TimestampMicros(_)) => true,
        _ => false,
    }
}

fn same_record(record: &Record, json: Json<'_>, values: &[(String, Value)]) -> bool {
    let agrees = |(field, (_, value)): (&Field, &(String, Value))| {
        let found = json.get(&field.name).filter(|json| json.kind() != Kind::Null);
        let default = field.default.as_ref().map(ToString::to_string);
        agree(&field.slot, found.or(default.as_deref().map(Json::trusted)), value)
    };
    record.fields().len() == values.len() && record.fields().iter().zip(values).all(agrees)
}

proptest! {
    #[test]
    fn what_is_written_is_what_avros_own_library_reads(seed in any::<u64>()) {
        let mut random = Random::new(Types::All, seed);
        let slot = random.record(3);
        let schema = schema(&slot);
        for _ in 0..4 {
            let record = random.value(&slot);
            let value = read(&schema, None, &written(&slot, &record));
            prop_assert!(agree(&slot, Some(Json::trusted(&record)), &value), "{record}\n{value:?}");
            // And what fits Avro fits JSON, with the same fields.
            let mut json = String::new();
            prop_assert_eq!(write_json(&slot, Json::trusted(&record), &mut json), Ok(()), "{}", record);
        }
        let again = Given::read(&to_avro(&slot).unwrap().to_string()).unwrap().slot;
        prop_assert_eq!(to_avro(&again), to_avro(&slot));
    }

    #[test]
    fn what_was_written_with_an_older_schema_is_read_with_the_newer_one(seed in any::<u64>()) {
        let mut random = Random::new(Types::Learned, seed);
        let hidden = random.record(2);
        let rules = Rules { name: "shop.users.Value".to_owned(), ..Rules::default() };
        let mut learned = Learned::fresh(Arc::new(Plan { rules, given: None }));
        let mut all = Vec::new();
        for _ in 0..8 {
            let record = random.value(&hidden);
            let Ok(grown) = learned.grown(Json::trusted(&record)) else { continue };
            learned = grown.unwrap_or(learned);
            let Some(slot) = learned.schema() else { continue };
            // What had no type yet is not written, and null for every reader.
            let mut known = String::new();
            write_json(slot, Json::trusted(&record), &mut known).unwrap();
            all.push((schema(slot), written(slot, &record), known));
        }
        let Some(newest) = learned.schema() else { return Ok(()) };
        let reader = schema(newest);
        for (writer, bytes, record) in &all {
            let value = read(writer, Some(&reader), bytes);
            prop_assert!(agree(newest, Some(Json::trusted(record)), &value), "{record}\n{value:?}\n{newest:?}");
        }
    }

    #[test]
    fn what_does_not_fit_one_format_fits_none(one in any::<u64>(), other in any::<u64>()) {
        let slot = Random::new(Types::All, one).record(1);
        let mut random = Random::new(Types::All, other);
        let elsewhere = random.record(1);
        let record = random.value(&elsewhere);
        // Of a name that comes twice only the last value counts in Avro.
        let names = Json::trusted(&record).fields().map(|(name, _)| name.text().into_owned());
        let names: Vec<String> = names.collect();
        prop_assume!(names.iter().collect::<std::collections::BTreeSet<_>>().len() == names.len());
        let (mut bytes, mut text) = (vec![7], String::new());
        let avro = write_avro(&slot, Json::trusted(&record), &mut bytes);
        let json = write_json(&slot, Json::trusted(&record), &mut text);
        prop_assert_eq!(avro.is_ok(), json.is_ok(), "{:?} {:?}\n{}\n{:?}", avro, json, record, slot);
        prop_assert!(avro.is_ok() || bytes == [7], "what does not fit leaves bytes behind");
    }
}

fn given(fields: &str) -> Slot {
    let text = format!(r#"{{"type":"record","name":"shop.Users","fields":[{fields}]}}"#);
    Given::read(&text).unwrap().slot
}

#[test]
fn bytes_are_those_of_avros_specification() {
    let slot = given(concat!(
        r#"{"name":"id","type":"long"},{"name":"name","type":["null","string"],"default":null},"#,
        r#"{"name":"level","type":{"type":"enum","name":"Level","symbols":["LOW","HIGH"]},"default":"HIGH"},"#,
        r#"{"name":"note","type":["string","null"],"default":"-"},"#,
        r#"{"name":"tags","type":{"type":"array","items":"int"}},{"name":"more","type":{"type":"map","values":"boolean"}}"#,
    ));
    for (record, bytes) in [
        (r#"{"id":64,"tags":[],"more":{}}"#, &[0x80, 1, 0, 2, 0, 2, b'-', 0, 0][..]),
        (
            r#"{"more":{"a":true},"tags":[-1, 1],"note":"x","level":"LOW","name":"\u00e9","id":-1}"#,
            &[1, 2, 4, 0xc3, 0xa9, 0, 0, 2, b'x', 4, 1, 2, 0, 2, 2, b'a', 1, 0],
        ),
        (r#"{"id":1,"id":2,"name":null,"note":null,"tags":[],"more":{}}"#, &[4, 0, 2, 0, 2, b'-', 0, 0]),
    ] {
        assert_eq!(written(&slot, record), bytes, "{record}");
    }
}

#[test]
fn a_long_list_is_several_blocks() {
    let slot = given(r#"{"name":"n","type":{"type":"array","items":"int"}}"#);
    let list: Vec<String> = (0..200).map(|n: i32| n.to_string()).collect();
    let record = format!(r#"{{"n":[{}]}}"#, list.join(","));
    let bytes = written(&slot, &record);
    assert_eq!(bytes.first(), Some(&(63 << 1)));
    assert!(agree(&slot, Some(Json::trusted(&record)), &read(&schema(&slot), None, &bytes)));
}

#[test]
fn logical_types_are_avros_own() {
    let slot = given(concat!(
        r#"{"name":"d","type":{"type":"int","logicalType":"date"}},"#,
        r#"{"name":"ms","type":{"type":"long","logicalType":"timestamp-millis"}},"#,
        r#"{"name":"us","type":{"type":"long","logicalType":"timestamp-micros"}},"#,
        r#"{"name":"sum","type":{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}},{"name":"raw","type":"bytes"}"#,
    ));
    let record = r#"{"d":"1969-12-31","ms":"1970-01-01T00:00:00.064Z","us":"1970-01-01T01:00:00.000001+01:00","sum":-1.29,"raw":"AQI="}"#;
    assert_eq!(written(&slot, record), [1, 0x80, 1, 2, 4, 0xff, 0x7f, 4, 1, 2]);
}

#[test]
fn what_does_not_fit_says_where_and_why_and_leaves_nothing() {
    let slot = given(concat!(
        r#"{"name":"id","type":"int"},{"name":"f","type":["null","float"],"default":null},"#,
        r#"{"name":"s","type":["null","string"],"default":null},"#,
        r#"{"name":"m","type":["null",{"type":"map","values":"string"}],"default":null}"#,
    ));
    for (record, why) in [
        (r#"{}"#, r#"the field "id" is missing, and may not be null"#),
        (r#"{"id":null}"#, r#"the field "id" is null, which its type is not"#),
        (r#"{"id":1.0}"#, r#"the field "id" is a number that does not fit"#),
        (r#"{"id":1,"f":1e39}"#, "a floating-point number of 32 bits"),
        (r#"{"id":1,"s":"\ud800"}"#, r#"the field "s" is a string with half of a surrogate pair"#),
        (r#"{"id":1,"m":{"\ud800":"x"}}"#, "half of a surrogate pair"),
        (r#"{"id":1,"m":{"a":null}}"#, r#"the field "m.a" is null, which its type is not"#),
        (r#"[1]"#, "it is a list, and its type is an object"),
    ] {
        let mut out = vec![7];
        let misfit = write_avro(&slot, Json::trusted(record), &mut out).unwrap_err().to_string();
        assert!(misfit.contains(why), "{misfit}");
        assert_eq!(out, [7], "{record}");
    }
    assert_eq!(written(&slot, r#"{"id":1,"s":"x","s":"y"}"#), [2, 0, 2, 2, b'y', 0]);
}
