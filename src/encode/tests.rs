//! Values with a schema, as Kafka Connect's JsonConverter reads them.

mod avro;
mod fuzz;
mod learning;
#[allow(unreachable_pub, reason = "tests/values has it too")]
pub(super) mod random;

pub(super) use learning::FRONTS;

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::schema::{
    Conflicts, Decimals, Field, Given, Hint, Plan, Record, Rules, Slot, Timestamps, Type, Unit,
};

fn values(rules: Rules) -> Values {
    let rules = Rules { name: "shop.users.Value".to_owned(), ..rules };
    Values::new(&ValueForm::Connect, &Arc::new(Plan { rules, given: None }), None).unwrap()
}

fn given(fields: &str) -> Values {
    let text = format!(r#"{{"type":"record","name":"shop.Users","fields":[{fields}]}}"#);
    let plan = Plan { rules: Rules::default(), given: Some(Given::read(&text).unwrap()) };
    Values::new(&ValueForm::Connect, &Arc::new(plan), None).unwrap()
}

fn written(values: &mut Values, record: &str) -> String {
    values.admit(record, usize::MAX).unwrap();
    String::from_utf8(values.write(record).unwrap().unwrap().to_vec()).unwrap()
}

fn payload(values: &mut Values, record: &str) -> String {
    let text = written(values, record);
    text.split_once(r#","payload":"#).unwrap().1.strip_suffix('}').unwrap().to_owned()
}

#[test]
fn a_record_is_a_struct_and_its_texts_and_numbers_are_as_the_api_wrote_them() {
    let record = r#"{"id":7, "name":"A\u0062\n", "on":true, "rate":1.50, "tags":["x", null], "at":{"n":1}, "no":null}"#;
    assert_eq!(
        written(&mut values(Rules::default()), record),
        concat!(
            r#"{"schema":{"type":"struct","fields":["#,
            r#"{"type":"struct","fields":[{"type":"int64","optional":true,"field":"n"}],"optional":true,"name":"shop.users.Value.at","field":"at"},"#,
            r#"{"type":"int64","optional":true,"field":"id"},"#,
            r#"{"type":"string","optional":true,"field":"name"},"#,
            r#"{"type":"boolean","optional":true,"field":"on"},"#,
            r#"{"type":"double","optional":true,"field":"rate"},"#,
            r#"{"type":"array","items":{"type":"string","optional":true},"optional":true,"field":"tags"}"#,
            r#"],"optional":false,"name":"shop.users.Value"},"#,
            r#""payload":{"id":7,"name":"A\u0062\n","on":true,"rate":1.50,"tags":["x",null],"at":{"n":1}}}"#,
        )
    );
}

#[test]
fn logical_types_are_connects_own() {
    let rules = Rules {
        decimals: Decimals::Exact { precision: 30, scale: 0 },
        timestamps: Timestamps::In(Unit::Millis),
        ..Rules::default()
    };
    let record = r#"{"a":"1970-01-02","b":"1970-01-01T00:00:01.5Z","c":99999999999999999999}"#;
    assert_eq!(
        written(&mut values(rules), record),
        concat!(
            r#"{"schema":{"type":"struct","fields":["#,
            r#"{"type":"int32","optional":true,"name":"org.apache.kafka.connect.data.Date","version":1,"field":"a"},"#,
            r#"{"type":"int64","optional":true,"name":"org.apache.kafka.connect.data.Timestamp","version":1,"field":"b"},"#,
            r#"{"type":"bytes","optional":true,"name":"org.apache.kafka.connect.data.Decimal","version":1,"parameters":{"scale":"0","connect.decimal.precision":"30"},"field":"c"}"#,
            r#"],"optional":false,"name":"shop.users.Value"},"payload":{"a":1,"b":1500,"c":"BWvHXi1jD///"}}"#,
        )
    );
}

#[test]
fn a_decimal_is_its_shortest_twos_complement() {
    let hint = Hint { ty: Some(Type::Decimal { precision: 5, scale: 2 }), nullable: true, doc: None };
    let mut values =
        values(Rules { hints: [("n".to_owned(), hint)].into_iter().collect(), ..Rules::default() });
    // 0, 1, 127, 128, -1, -128, -129 hundredths
    for (number, bytes) in [
        ("0", "AA=="),
        ("0.01", "AQ=="),
        ("1.27", "fw=="),
        ("\"1.280\"", "AIA="),
        ("-0.01", "/w=="),
        ("-128e-2", "gA=="),
        ("-1.29", "/38="),
        ("999.99", "AYaf"),
    ] {
        assert_eq!(payload(&mut values, &format!(r#"{{"n":{number}}}"#)), format!(r#"{{"n":"{bytes}"}}"#));
    }
    for number in ["1000", "0.001", "\"x\"", "\"1,5\"", "true", "[]"] {
        let misfit = values.admit(&format!(r#"{{"n":{number}}}"#), usize::MAX).unwrap_err().to_string();
        assert!(misfit.contains("a decimal of 5 digits, 2 of them behind the point"), "{misfit}");
    }
}

#[test]
fn hints_take_what_they_name_and_refuse_the_rest() {
    let hint = |name: &str, ty: Type| (name.to_owned(), Hint { ty: Some(ty), nullable: true, doc: None });
    let hints = [
        hint("text", Type::String),
        hint("json", Type::Json),
        hint("bytes", Type::Bytes),
        hint("at", Type::Timestamp(Unit::Micros)),
        hint("day", Type::Date),
        hint("n", Type::Double),
    ];
    let mut values = values(Rules { hints: hints.into_iter().collect(), ..Rules::default() });
    for (record, expected) in [
        (r#"{"text":1.0}"#, r#"{"text":"1.0"}"#),
        (r#"{"text":{"a": [1]}}"#, r#"{"text":"{\"a\":[1]}"}"#),
        (r#"{"json":"x"}"#, r#"{"json":"\"x\""}"#),
        (r#"{"bytes":"AQI="}"#, r#"{"bytes":"AQI="}"#),
        (r#"{"at":"1970-01-01 00:00:01.000002"}"#, r#"{"at":1000002}"#),
        (r#"{"at":"1970-01-02"}"#, r#"{"at":86400000000}"#),
        (r#"{"n":12345678901234567890}"#, r#"{"n":12345678901234567890}"#),
    ] {
        assert_eq!(payload(&mut values, record), expected);
    }
    for record in [
        r#"{"bytes":"A"}"#,
        r#"{"at":"1970-01-01T00:00:00.0000001Z"}"#,
        r#"{"at":1700000000}"#,
        r#"{"day":"1970-01-01T00:00:00Z"}"#,
        r#"{"n":1e999}"#,
        r#"{"n":"1"}"#,
    ] {
        assert!(values.admit(record, usize::MAX).is_err(), "{record}");
    }
}

#[test]
fn a_given_schema_leaves_out_what_it_does_not_know_and_wants_what_it_needs() {
    let mut values = given(concat!(
        r#"{"name":"id","type":"int"},{"name":"first_name","krest.name":"first-name","type":["null","string"],"default":null},"#,
        r#"{"name":"level","type":{"type":"enum","name":"Level","symbols":["LOW","HIGH"]},"default":"LOW"},"#,
        r#"{"name":"labels","type":["null",{"type":"map","values":"float"}],"default":null}"#
    ));
    assert_eq!(
        written(&mut values, r#"{"more":1,"id":7,"level":null,"first-name":"x","labels":{"a":1.5}}"#),
        concat!(
            r#"{"schema":{"type":"struct","fields":[{"type":"int32","optional":false,"field":"id"},"#,
            r#"{"type":"string","optional":true,"field":"first-name"},"#,
            r#"{"type":"string","optional":false,"default":"LOW","field":"level"},"#,
            r#"{"type":"map","keys":{"type":"string","optional":false},"values":{"type":"float","optional":false},"optional":true,"field":"labels"}"#,
            r#"],"optional":false,"name":"shop.Users"},"payload":{"id":7,"first-name":"x","labels":{"a":1.5}}}"#,
        )
    );
    for (record, why) in [
        (r#"{}"#, r#"the field "id" is missing, and may not be null"#),
        (r#"{"id":null}"#, r#"the field "id" is null, which its type is not"#),
        (
            r#"{"id":2147483648}"#,
            r#"the field "id" is a number that does not fit, and its type is a 32-bit integer"#,
        ),
        (r#"{"id":1,"level":"MID"}"#, r#"its type is one of LOW, HIGH"#),
        (r#"{"id":1,"labels":{"a":"x"}}"#, r#"the field "labels.a" is a string that does not fit"#),
        (r#"[1]"#, "it is a list, and its type is an object"),
    ] {
        let misfit = values.admit(record, usize::MAX).unwrap_err().to_string();
        assert!(misfit.contains(why), "{misfit}");
    }
    assert_eq!(values.news(), None);
}

#[test]
fn a_field_has_the_same_name_in_schema_and_payload_though_it_is_no_text() {
    let mut values = values(Rules::default());
    let record = r#"{"\ud800":1,"\ud801":{"\udc00x":2},"\u0061":3,"b\"":4}"#;
    let read: serde_json::Value = serde_json::from_str(&written(&mut values, record)).unwrap();
    let names = |fields: &serde_json::Value| {
        let names =
            fields.as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap().to_owned());
        names.collect::<std::collections::BTreeSet<String>>()
    };
    let keys = |object: &serde_json::Value| object.as_object().unwrap().keys().cloned().collect();
    let (fields, payload) = (&read["schema"]["fields"], &read["payload"]);
    assert_eq!(names(fields), keys(payload));
    let inner = fields.as_array().unwrap().iter().find(|field| field["type"] == "struct").unwrap();
    assert_eq!(names(&inner["fields"]), keys(&payload[inner["field"].as_str().unwrap()]));
    assert_eq!((names(fields).len(), &payload["a"], &payload["b\""]), (4, &3.into(), &4.into()));
}

#[test]
fn scalars_and_lists_are_values_too_and_null_alone_is_none() {
    let mut number = values(Rules::default());
    assert_eq!(written(&mut number, "7"), r#"{"schema":{"type":"int64","optional":false},"payload":7}"#);
    assert!(
        number
            .admit("null", usize::MAX)
            .unwrap_err()
            .to_string()
            .contains("it is null, which its type is not")
    );
    assert_eq!(payload(&mut values(Rules::default()), "[[1],[2]]"), "[[1],[2]]");
    assert!(values(Rules::default()).admit("null", usize::MAX).is_err());
}

#[test]
fn what_was_learned_is_told_once_and_what_is_remembered_is_no_news() {
    let mut before = values(Rules::default());
    let first = written(&mut before, r#"{"a":1}"#);
    let told = before.news().unwrap();
    assert_eq!(before.news(), None);
    let rules = Rules { name: "shop.users.Value".to_owned(), ..Rules::default() };
    let plan = Arc::new(Plan { rules, given: None });
    let mut after = Values::new(&ValueForm::Connect, &plan, Some(&told)).unwrap();
    assert_eq!(written(&mut after, r#"{"a":1}"#), first);
    assert_eq!(after.news(), None);
    let wider = written(&mut after, r#"{"a":1,"b":"x"}"#);
    assert!(wider.contains(r#""field":"b""#) && after.news().is_some());
}

#[test]
fn a_record_that_cannot_be_written_teaches_nothing() {
    let hint = Hint { ty: Some(Type::Date), nullable: false, doc: None };
    let mut values =
        values(Rules { hints: [("day".to_owned(), hint)].into_iter().collect(), ..Rules::default() });
    assert!(
        values.admit(r#"{"day":"soon","a":1}"#, usize::MAX).is_err()
            && values.admit(r#"{"b":1}"#, usize::MAX).is_err()
    );
    assert_eq!((values.schema().is_some(), values.news()), (false, None));
    assert_eq!(payload(&mut values, r#"{"day":"1970-01-02","c":1}"#), r#"{"day":1,"c":1}"#);
    let told = values.news();
    assert!(
        told.as_ref().is_some_and(|told| told.shape.contains("\"c\"") && !told.shape.contains("\"a\"")),
        "{told:?}"
    );
    values.tell_again();
    assert_eq!(values.news(), told);
}

#[test]
fn a_record_that_is_too_large_with_its_schema_teaches_nothing() {
    let mut values = values(Rules::default());
    let small = written(&mut values, r#"{"a":1}"#);
    assert!(values.news().is_some());
    let wide = r#"{"a":2,"another_field":2}"#;
    let bytes = values.admit(wide, small.len() + 20).unwrap();
    assert!(bytes > small.len() + 20, "{bytes}");
    assert_eq!((written(&mut values, r#"{"a":1}"#), values.news()), (small, None));
    assert_eq!((values.admit(wide, bytes), values.news().is_some()), (Ok(bytes), true));
}

#[test]
fn values_are_shown_without_their_schema() {
    let mut values = values(Rules::default());
    let text = written(&mut values, r#"{"a":1}"#);
    assert_eq!(ValueForm::Connect.shown(text.as_bytes()), br#"{"a":1}"#);
    assert_eq!(ValueForm::Connect.shown(br#"{"a":1}"#), br#"{"a":1}"#);
    assert_eq!(ValueForm::Own.shown(text.as_bytes()), text.as_bytes());
    assert_eq!(values.admit(r#"{"a":1}"#, usize::MAX), Ok(text.len()));
}

fn any_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_filter_map("finite", |value| serde_json::Number::from_f64(value).map(Into::into)),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Into::into),
            prop::collection::btree_map("[a-d]", inner, 0..4)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A payload has no field without a type: those that were null, empty lists or empty objects.
fn typed(value: serde_json::Value) -> Option<serde_json::Value> {
    match value {
        serde_json::Value::Null => None,
        serde_json::Value::Object(map) => {
            let map: serde_json::Map<_, _> =
                map.into_iter().filter_map(|(name, value)| Some((name, typed(value)?))).collect();
            (!map.is_empty()).then(|| map.into())
        }
        serde_json::Value::Array(list) => {
            let known = list.iter().any(|value| typed(value.clone()).is_some());
            let list = list.into_iter().map(|value| typed(value).unwrap_or_default()).collect();
            known.then_some(serde_json::Value::Array(list))
        }
        scalar @ (serde_json::Value::Bool(_)
        | serde_json::Value::Number(_)
        | serde_json::Value::String(_)) => Some(scalar),
    }
}

proptest! {
    #[test]
    fn a_payload_is_the_record_but_for_what_has_no_type(
        fields in prop::collection::btree_map("[a-f]", any_value(), 0..6),
    ) {
        let record = serde_json::Value::Object(fields.into_iter().collect());
        let mut values = values(Rules::default());
        prop_assume!(values.admit(&record.to_string(), usize::MAX).is_ok());
        // Both are read by the same reader: it does not give back the last bit of every double.
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let written = read(&payload(&mut values, &record.to_string()));
        let record = read(&record.to_string());
        let empty = || serde_json::Value::Object(serde_json::Map::new());
        prop_assert_eq!(typed(written).unwrap_or_else(empty), typed(record).unwrap_or_else(empty));
    }

    #[test]
    fn what_was_admitted_can_be_written_whatever_was_learned_since(
        records in prop::collection::vec(any_value(), 1..8),
        strings in any::<bool>(),
        millis in any::<bool>(),
    ) {
        let conflicts = if strings { Conflicts::String } else { Conflicts::Error };
        let timestamps = if millis { Timestamps::In(Unit::Millis) } else { Timestamps::String };
        let mut values = values(Rules { conflicts, timestamps, ..Rules::default() });
        let records: Vec<String> = records.iter().map(ToString::to_string).collect();
        let admitted: Vec<&String> = records.iter().filter(|record| values.admit(record, usize::MAX).is_ok()).collect();
        for record in admitted {
            let written = values.write(record).unwrap().unwrap();
            prop_assert!(serde_json::from_slice::<serde_json::Value>(&written).is_ok());
        }
    }
}
