//! Keys in Avro: what Avro's own library reads of them, and that they are frozen.

use std::sync::Arc;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value as Avro;
use proptest::prelude::*;
use serde_json::json;

use super::super::KeyCodec;
use super::*;
use crate::model::{SchemaOf, Subject, partition_for};

fn keys(fields: &[(&str, Option<KeyType>)]) -> Arc<AvroKeys> {
    let field = |(name, ty): &(&str, Option<KeyType>)| KeyField { name: (*name).to_owned(), ty: *ty };
    let subject = Subject::Topic { topic: "shop.users".to_owned(), of: SchemaOf::Key };
    let home = Home { registry: "http://r".to_owned(), subject, latest: false };
    Arc::new(AvroKeys::new("shop.users.Key".to_owned(), home, fields.iter().map(field).collect()))
}

/// Frozen by the first key.
fn frozen(fields: &[&str], first: &str, id: u32) -> Arc<AvroKeys> {
    let fields: Vec<_> = fields.iter().map(|name| (*name, None)).collect();
    let keys = keys(&fields);
    keys.len(first).unwrap();
    keys.learn(first);
    keys.freeze(&keys.unregistered().unwrap().text, SchemaId(id)).unwrap();
    keys
}

fn bytes(keys: &Arc<AvroKeys>, key: &str) -> Vec<u8> {
    KeyCodec::Avro(Arc::clone(keys)).write(key.as_bytes()).unwrap().into_owned()
}

fn text(keys: &Arc<AvroKeys>, bytes: &[u8]) -> String {
    String::from_utf8_lossy(&KeyCodec::Avro(Arc::clone(keys)).read(bytes)).into_owned()
}

/// What Avro's own library makes of it.
fn independent(keys: &AvroKeys, bytes: &[u8]) -> serde_json::Value {
    let schema = Schema::parse_str(&keys.schema().unwrap()).unwrap();
    let Avro::Record(fields) = GenericDatumReader::builder(&schema)
        .build()
        .unwrap()
        .read_value(&mut &bytes[HEADER_BYTES..])
        .unwrap()
    else {
        panic!()
    };
    let value = |value: Avro| json!(serde_json::Value::try_from(value).unwrap());
    fields.into_iter().map(|(name, field)| (name, value(field))).collect()
}

#[test]
fn a_key_is_a_record_in_confluents_wire_format_even_of_one_field() {
    let keys = frozen(&["id"], "7", 300);
    let schema = r#"{"type":"record","name":"shop.users.Key","fields":[{"name":"id","type":"long"}]}"#;
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&keys.schema().unwrap()).unwrap(), schema);
    assert_eq!(bytes(&keys, "7"), [0, 0, 0, 1, 44, 14]);
    let keys = frozen(&["shop", "id"], r#"{"shop":"x","id":7}"#, 17);
    assert_eq!(bytes(&keys, r#"{"shop":"x","id":7}"#), [0, 0, 0, 0, 17, 2, b'x', 14]);
    assert_eq!(keys.len(r#"{"shop":"x","id":7}"#), Ok(8));
}

/// Hashes of `org.apache.kafka.common.utils.Utils.murmur2` of kafka-clients 4.3.1 over the same bytes.
#[test]
fn an_avro_key_lands_where_java_puts_it() {
    for (fields, key, id, partition) in [
        (&["id"][..], "7", 300, 926),
        (&["id"], r#""my_key_1""#, 17, 683),
        (&["shop", "id"], r#"{"shop":"x","id":7}"#, 17, 769),
        (&["on"], "true", 17, 819),
    ] {
        let keys = frozen(fields, key, id);
        assert_eq!(partition_for(&bytes(&keys, key), 1000), partition, "{key}");
    }
}

#[test]
fn a_key_of_another_kind_is_refused_with_its_field_and_both_kinds_and_teaches_nothing() {
    let fresh = keys(&[("shop", None), ("id", Some(KeyType::Long))]);
    let why = fresh.len(r#"{"shop":"x","id":"7"}"#).unwrap_err();
    assert_eq!(why, r#"the key field "id" is a string, and the keys have integers there"#);
    assert_eq!(fresh.schema(), None);
    let keys = frozen(&["shop", "id"], r#"{"shop":"x","id":7}"#, 1);
    for (other, why) in [
        (
            r#"{"shop":true,"id":7}"#,
            r#"the key field "shop" is a boolean, and the keys of the topic have strings there"#,
        ),
        (
            r#"{"shop":"x","id":"7"}"#,
            r#"the key field "id" is a string, and the keys of the topic have integers there"#,
        ),
    ] {
        assert_eq!(keys.len(other).unwrap_err(), why);
        assert!(keys.write(other).is_err());
        keys.learn(other);
    }
    assert!(keys.len(r#"{"shop":"","id":-1}"#).is_ok());
}

#[test]
fn what_the_operator_says_is_the_schema_before_any_record() {
    let keys = keys(&[("a b", Some(KeyType::String)), ("on", Some(KeyType::Boolean))]);
    let schema: serde_json::Value = serde_json::from_str(&keys.schema().unwrap()).unwrap();
    let fields = json!([
        {"krest.name": "a b", "name": "a_b", "type": "string"},
        {"name": "on", "type": "boolean"}
    ]);
    assert_eq!(schema["fields"], fields);
    keys.freeze(&keys.schema().unwrap(), SchemaId(5)).unwrap();
    assert_eq!(text(&keys, &bytes(&keys, r#"{"a b":"x\ny","on":true}"#)), r#"{"a b":"x\ny","on":true}"#);
}

#[test]
fn once_there_is_an_id_it_is_the_keys_for_ever_and_is_told_once() {
    let keys = frozen(&["id"], "7", 4);
    let schema = keys.schema().unwrap();
    assert!(keys.freeze(&schema, SchemaId(5)).is_err());
    assert!(keys.freeze(&schema.replace("long", "string"), SchemaId(4)).is_err());
    let told = keys.news().unwrap();
    assert_eq!((keys.news(), keys.id()), (None, Some(SchemaId(4))));
    keys.tell_again();
    assert_eq!(keys.news().as_ref(), Some(&told));
    // A restart: nobody is asked.
    assert_eq!(told.registered.as_ref().unwrap().subject, "shop.users-key");
    let again = super::tests::keys(&[("id", None)]);
    again.remember(&told).unwrap();
    assert_eq!((bytes(&again, "7"), again.news()), (bytes(&keys, "7"), None));
}

#[test]
fn a_schema_that_is_not_of_these_keys_is_refused() {
    let keys = keys(&[("id", None)]);
    let record = |fields: &str| format!(r#"{{"type":"record","name":"K","fields":[{fields}]}}"#);
    for (schema, why) in [
        ("\"long\"".to_owned(), "no record"),
        (record(r#"{"name":"no","type":"long"}"#), "its fields are no, and those of the key are id"),
        (record(r#"{"name":"id","type":"double"}"#), "no string, long or boolean"),
        (record(r#"{"name":"id","type":["null","long"]}"#), "no string, long or boolean"),
    ] {
        let error = keys.freeze(&schema, SchemaId(1)).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    assert_eq!((keys.id(), keys.news()), (None, None));
    let mut memory = frozen(&["id"], "7", 4).news().unwrap();
    memory.registered.iter_mut().for_each(|known| known.registry.push('x'));
    assert!(keys.remember(&memory).is_err(), "an id means nothing in another registry");
}

#[test]
fn without_an_id_nothing_is_written_and_what_was_taught_can_be_forgotten() {
    let keys = keys(&[("id", None)]);
    keys.learn("7");
    assert!(keys.write("7").is_err() && keys.len("\"x\"").is_err());
    keys.tell_again();
    assert!(keys.len("\"x\"").is_ok() && keys.news().is_none());
}

#[test]
fn what_another_tool_wrote_is_not_taken_for_a_key() {
    let codec = KeyCodec::Avro(frozen(&["id"], "7", 300));
    for foreign in [
        &b"7"[..],
        &[0, 0, 0, 1, 44],
        &[0, 0, 0, 1, 45, 14],
        &[1, 0, 0, 1, 44, 14],
        &[0, 0, 0, 1, 44, 14, 0],
        &[0, 0, 0, 1, 44, 0x8e, 0], // 7, but longer than it has to be
        &[0, 0, 0, 1, 44, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    ] {
        let read = codec.read(foreign);
        assert_eq!(*read, [b" ", foreign].concat());
        assert_eq!(*codec.write(&read).unwrap(), *foreign);
    }
}

fn scalar() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        any::<i64>().prop_map(|n| json!(n)),
        any::<bool>().prop_map(|b| json!(b)),
        ".*".prop_map(|s| json!(s))
    ]
}

proptest! {
    #[test]
    fn every_key_is_read_back_as_it_was_and_as_avros_own_library_reads_it(
        values in proptest::collection::vec(scalar(), 1..4),
        id in any::<u32>(),
    ) {
        let names: Vec<String> = (0..values.len()).map(|place| format!("f{place}")).collect();
        let key = match values.as_slice() {
            [one] => one.to_string(),
            several => {
                let members = names.iter().zip(several).map(|(name, value)| format!("\"{name}\":{value}"));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let keys = frozen(&names, &key, id);
        let bytes = bytes(&keys, &key);
        prop_assert_eq!(keys.len(&key), Ok(bytes.len()));
        prop_assert_eq!(text(&keys, &bytes), key);
        let expected: serde_json::Value =
            names.iter().zip(values).map(|(name, value)| ((*name).to_owned(), value)).collect();
        prop_assert_eq!(independent(&keys, &bytes), expected);
    }
}
