//! Keys and fingerprints: their frozen forms, what must not matter to them, and what must.

use proptest::prelude::*;
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::page::page;
use crate::model::{Fingerprint, Json, Kind, ResourceName};
use crate::records::fingerprint::fingerprint;
use crate::records::{Aside, Deleted, KeyPart, KeySpec, Problem, Reader, RecordError, Spot};
use crate::template::Jq;

fn reader(fields: &[&str]) -> Reader {
    let parts = fields.iter().map(|name| KeyPart::Field((*name).to_owned()));
    Reader::new(ResourceName::new("monitors"), KeySpec::new(parts))
}

fn key(fields: &[&str], record: &str) -> Result<String, Problem> {
    let page = page(&format!("[{record}]"));
    let read = reader(fields)
        .read(&page, &Deleted::default(), &mut Aside::refusing())
        .map(|records| records[0].key.clone().into_owned());
    read.map_err(|error| *error.problem)
}

fn hash(text: &str) -> Fingerprint {
    fingerprint(Json::parse(text.as_bytes()).unwrap()).unwrap()
}

#[test]
fn a_bare_key_is_the_text_of_its_field() {
    for (record, expected) in [
        (r#"{"id":"a\"b\u00e9\n"}"#, "a\"bé\n"),
        (r#"{"id":"007"}"#, "007"),
        (r#"{"id":""}"#, ""),
        (r#"{"id":12345678901234567890123}"#, "12345678901234567890123"),
        (r#"{"id":1.0}"#, "1.0"),
        (r#"{"id":-0}"#, "-0"),
        (r#"{"id":true}"#, "true"),
        (r#"{"x":{"id":1},"i\u0064":2 }"#, "2"),
        (r#"{"id":1,"id":2}"#, "2"),
    ] {
        assert_eq!(key(&["id"], record).unwrap(), expected, "{record}");
    }
}

#[test]
fn a_bare_key_is_borrowed_from_the_page() {
    let page = page(r#"[{"id":"abc"},{"id":7}]"#);
    for record in reader(&["id"]).read(&page, &Deleted::default(), &mut Aside::refusing()).unwrap() {
        assert!(matches!(record.key, std::borrow::Cow::Borrowed(_)));
    }
}

#[test]
fn a_composite_key_is_a_json_object_in_declared_order() {
    for (record, expected) in [
        (r#"{"b":"x","a":1.0}"#, r#"{"a":1.0,"b":"x"}"#),
        (r#"{"a":true, "b": "q\"\\\u00e9\u0001\n\/" }"#, r#"{"a":true,"b":"q\"\\é\u0001\n/"}"#),
        (r#"{"a":1e999,"b":"","a":12345678901234567890123}"#, r#"{"a":12345678901234567890123,"b":""}"#),
    ] {
        assert_eq!(key(&["a", "b"], record).unwrap(), expected, "{record}");
    }
    assert_eq!(key(&["info.\"x\"", "b"], r#"{"info":{"x":1},"b":2}"#).unwrap(), r#"{"info.\"x\"":1,"b":2}"#);
}

#[test]
fn a_key_field_is_first_a_literal_name_and_only_then_a_path() {
    assert_eq!(key(&["info.run_id"], r#"{"info":{"run_id":1}}"#).unwrap(), "1");
    assert_eq!(key(&["info.run_id"], r#"{"info":{"run_id":1},"info.run_id":2}"#).unwrap(), "2");
    assert_eq!(key(&["a", "i.x"], r#"{"i":{"x":"1"},"a":2}"#).unwrap(), r#"{"a":2,"i.x":"1"}"#);
    assert_eq!(key(&["Order No."], r#"{"Order No.":5}"#).unwrap(), "5");
    assert!(matches!(
        key(&["info.run_id"], r#"{"info":{"run_id":1},"info.run_id":null}"#),
        Err(Problem::Null { .. })
    ));
}

fn computed(name: &str, expression: &str) -> KeyPart {
    KeyPart::Computed { name: name.to_owned(), jq: Jq::compile(expression).unwrap() }
}

fn key_of(parts: Vec<KeyPart>, record: &str) -> Result<String, Problem> {
    let keys = KeySpec::new(parts).unwrap();
    keys.key(Json::trusted(record)).map(std::borrow::Cow::into_owned)
}

#[test]
fn a_computed_key_is_the_one_output_of_its_expression() {
    let last_part = || computed("item", "._links.self.href | split(\"/\") | last");
    let record = r#"{"_links":{"self":{"href":"https://h/items/4\"2"}},"item":"no","b":1.0}"#;
    assert_eq!(key_of(vec![last_part()], record).unwrap(), "4\"2");
    let several = vec![last_part(), KeyPart::Field("b".to_owned())];
    assert_eq!(key_of(several, record).unwrap(), r#"{"item":"4\"2","b":1.0}"#);
    assert_eq!(key_of(vec![computed("n", ".b")], record).unwrap(), "1.0");
    assert_eq!(key_of(vec![computed("n", ".[0]")], r#"["x"]"#).unwrap(), "x");
    for (expression, told) in [
        (".x", "\"n\" is null"),
        (".b, .b", "finds 2 values"),
        ("empty", "gives nothing for this record"),
        ("._links", "is an object"),
        (".b.c", "cannot be computed: the jq expression \".b.c\": cannot index a number with a string"),
    ] {
        let problem = key_of(vec![computed("n", expression)], record).unwrap_err().to_string();
        assert!(problem.contains(told), "{problem}");
    }
}

#[test]
fn a_record_without_a_usable_key_is_an_error_of_its_own_kind() {
    let field = || "id".to_owned();
    let missing = || Problem::Missing { field: field(), hint: String::new() };
    for (record, expected) in [
        ("{}", missing()),
        (r#"{"ID":1,"x":{"id":1}}"#, missing()),
        (r#"{"id":null}"#, Problem::Null { field: field() }),
        (r#"{"id":1,"id":null}"#, Problem::Null { field: field() }),
        (r#"{"id":[1]}"#, Problem::Composite { field: field(), kind: Kind::Array }),
        (r#"{"id":{}}"#, Problem::Composite { field: field(), kind: Kind::Object }),
        (r#"{"id":"\ud800"}"#, Problem::NotUnicode { field: field() }),
        ("[1]", Problem::NotAnObject(Kind::Array)),
        ("7", Problem::NotAnObject(Kind::Number)),
    ] {
        assert_eq!(key(&["id"], record), Err(expected), "{record}");
    }
    assert_eq!(key(&["id", "b"], r#"{"b":1}"#), Err(missing()));
    assert!(matches!(key(&["l[*].x"], r#"{"l":[{"x":1},{"x":2}]}"#), Err(Problem::Several { count: 2, .. })));
}

#[test]
fn an_error_names_resource_page_url_record_field_and_what_to_do() {
    let page = page(r#"[{"id":1},{"id":2},{"name":"canary"}]"#);
    let error: RecordError =
        reader(&["id"]).read(&page, &Deleted::default(), &mut Aside::refusing()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "resource monitors, page 2 (https://h.example/v1?api_key=***), record 3: the key field \"id\" is missing; \
         name in primary_key only fields that every record has"
    );
    let hint = key(&["a b"], "{}").unwrap_err().to_string();
    assert!(hint.contains("as a path it cannot be read") && hint.contains("character 3"), "{hint}");
}

#[test]
fn without_fields_there_is_no_key() {
    assert!(KeySpec::new([]).is_none());
}

#[test]
fn fingerprints_are_frozen() {
    for (record, expected) in GOLDEN {
        assert_eq!(format!("{:?}", hash(record)), expected, "{record}");
    }
}

const GOLDEN: [(&str, &str); 10] = [
    ("null", "f306fa73790d8cf9c1d555c252ee2073"),
    ("true", "2c4c344c0b0ec4850d505c09534bcc8f"),
    ("0", "d28bc5890a2167bc5d8662aa91720680"),
    (r#""""#, "d9265cc53bb2b9ae6131b78f753823cd"),
    ("[]", "34f57a4eb9931da47d4d118bf95e75e5"),
    ("{}", "0a9ca373367fa509ee386d05674e1e2e"),
    (r#"{"id":1}"#, "4734b99bb5582a26e6c421d06f50c54c"),
    (
        r#"{"id":1,"name":"caf\u00e9","tags":["a","b"],"nested":{"x":null,"y":1.50}}"#,
        "939b8b6eabc1c025eb1b04910e28d4e0",
    ),
    (r#""\ud800""#, "dcd18a995ca6c2415c1983cedf8e6faa"),
    ("[[[1,2],[3]],{\"a\":{}}]", "9b3c25dee2fade68cbdfd717adbfb813"),
];

#[test]
fn order_white_space_and_escapes_do_not_matter() {
    for (one, other) in [
        (r#"{"a":1,"b":{"c":2,"d":3}}"#, r#" { "b" : { "d" : 3 , "c" : 2 } , "a" : 1 } "#),
        (r#""caf\u00e9\/""#, r#""café/""#),
        (r#""\ud83d\ude00""#, r#""😀""#),
        (r#"{"\u0061":1}"#, r#"{"a":1}"#),
        (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
        (r#"{"a":1,"b":0,"\u0061":[{"a":1,"a":2}]}"#, r#"{"b":0,"a":[{"a":2}]}"#),
    ] {
        assert_eq!(hash(one), hash(other), "{one} {other}");
    }
}

#[test]
fn of_many_duplicates_the_last_counts_too() {
    let twice: Vec<String> =
        (0..2).flat_map(|round| (0..500).map(move |i| format!("\"f{i}\":{}", i * round))).collect();
    let (all, last) = (twice.join(","), twice[500..].join(","));
    assert_eq!(hash(&format!("{{{all}}}")), hash(&format!("{{{last}}}")));
}

#[test]
fn what_differs_in_content_differs_in_fingerprint() {
    let different = [
        "1",
        "1.0",
        "1.00",
        "-1",
        "\"1\"",
        "null",
        "\"null\"",
        "true",
        "\"true\"",
        "false",
        "\"\"",
        "[]",
        "{}",
        "[null]",
        "[[]]",
        "[{}]",
        "[1]",
        "[\"1\"]",
        "{\"a\":1}",
        "{\"1\":\"a\"}",
        "{\"a\":\"1\"}",
        "{\"a\":[1]}",
        "{\"a\":{\"a\":1}}",
        "[1,2]",
        "[2,1]",
        "[12]",
        "[[1],2]",
        "[1,[2]]",
        "[[1,2]]",
        "[\"ab\",\"c\"]",
        "[\"a\",\"bc\"]",
        "{\"a\":1,\"b\":2}",
        "{\"a\":2,\"b\":1}",
        "{\"a\":{\"b\":1},\"c\":2}",
        "{\"a\":{\"c\":2},\"b\":1}",
        "{\"a\":{\"b\":1,\"c\":2}}",
        "{\"a\":[{\"b\":1},{\"c\":2}]}",
        "{\"a\":[{\"b\":1,\"c\":2}]}",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\\\ud800\"",
        "\"\\ufffd\"",
        "{\"a\":null}",
        "{\"b\":null}",
    ];
    let hashes: std::collections::HashSet<_> = different.iter().map(|text| hash(text)).collect();
    assert_eq!(hashes.len(), different.len());
}

#[test]
fn a_record_that_is_too_deep_is_an_error_that_names_it() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(fingerprint(Json::trusted(&nested(128))).is_ok());
    assert_eq!(fingerprint(Json::trusted(&nested(129))), Err(Problem::TooDeep));
    let page = page(&format!(r#"[{{"id":1}},{{"id":2,"x":{}}}]"#, nested(100_000)));
    let records = reader(&["id"]).read(&page, &Deleted::default(), &mut Aside::refusing()).unwrap();
    assert!(reader(&["id"]).fingerprint(&page, &records[0]).is_ok());
    let error = reader(&["id"]).fingerprint(&page, &records[1]).unwrap_err();
    assert_eq!((error.spot, *error.problem), (Spot::Record { number: 2, key: None }, Problem::TooDeep));
}

/// The definition once more, slowly, over a DOM.
fn reference(value: &Value) -> u128 {
    let leaf = |text: &str, seed| xxh3_128_with_seed(text.as_bytes(), seed);
    let join =
        |a: u128, b: u128, seed| xxh3_128_with_seed(&[a.to_le_bytes(), b.to_le_bytes()].concat(), seed);
    match value {
        Value::String(text) => leaf(text, 1),
        Value::Number(number) => leaf(&number.to_string(), 2),
        Value::Null | Value::Bool(_) => leaf(&value.to_string(), 3),
        Value::Array(list) => {
            let chain = list.iter().fold(0, |chain, element| join(chain, reference(element), 4));
            join(chain, list.len() as u128, 5)
        }
        Value::Object(map) => {
            let field = |(name, value): (&String, &Value)| join(leaf(name, 1), reference(value), 6);
            join(map.iter().map(field).fold(0, u128::wrapping_add), map.len() as u128, 7)
        }
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[a-c]{0,2}", any::<String>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        text.clone().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 48, 6, move |inner| {
        let map = prop::collection::btree_map(text.clone(), inner.clone(), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Into::into),
            map.prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The value as other text: fields from the end to the start, white space everywhere, every character escaped.
fn respelled(value: &Value) -> String {
    let string = |text: &str| {
        let escaped: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
        format!("\"{escaped}\"")
    };
    match value {
        Value::String(text) => string(text),
        Value::Array(list) => format!("[ {} ]", list.iter().map(respelled).collect::<Vec<_>>().join(" ,\n")),
        Value::Object(map) => {
            let field =
                |(name, value): (&String, &Value)| format!("{} :\t{}", string(name), respelled(value));
            format!("{{ {} }}", map.iter().rev().map(field).collect::<Vec<_>>().join(" , "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// Changes the n-th leaf; how many leaves were passed.
fn change_leaf(value: &mut Value, target: usize, passed: usize) -> usize {
    match value {
        Value::Array(list) if !list.is_empty() => {
            list.iter_mut().fold(passed, |n, e| change_leaf(e, target, n))
        }
        Value::Object(map) if !map.is_empty() => {
            map.values_mut().fold(passed, |n, e| change_leaf(e, target, n))
        }
        leaf @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_)) => {
            if passed == target {
                *leaf = if *leaf == json!("changed") { json!("again") } else { json!("changed") };
            }
            passed + 1
        }
    }
}

proptest! {
    #[test]
    fn a_fingerprint_is_what_the_definition_says(value in any_value()) {
        prop_assert_eq!(hash(&value.to_string()), Fingerprint::from_u128(reference(&value)));
    }

    #[test]
    fn another_spelling_has_the_same_fingerprint(value in any_value()) {
        prop_assert_eq!(hash(&respelled(&value)), hash(&value.to_string()));
    }

    #[test]
    fn any_changed_leaf_changes_the_fingerprint(value in any_value(), pick in any::<prop::sample::Index>()) {
        let leaves = change_leaf(&mut value.clone(), usize::MAX, 0);
        let mut other = value.clone();
        change_leaf(&mut other, pick.index(leaves), 0);
        prop_assert_ne!(hash(&value.to_string()), hash(&other.to_string()));
    }

    #[test]
    fn any_text_is_hashed_without_a_panic(text in "[\\[\\]{}\",:\\\\a1 ]{0,40}") {
        let _ = fingerprint(Json::trusted(&text));
    }
}
