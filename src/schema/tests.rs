//! What is learned from records does not depend on how they come, and what was learned is never taken back.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::Json;

fn plan(rules: Rules) -> Arc<Plan> {
    Arc::new(Plan { rules: Rules { name: "shop.users.Value".to_owned(), ..rules }, given: None })
}

fn strings() -> Rules {
    Rules { conflicts: Conflicts::String, ..Rules::default() }
}

/// Whether a record added anything.
fn take_up(learned: &mut Learned, record: &str) -> Result<bool, Misfit> {
    let grown = learned.grown(Json::trusted(record))?;
    let anything = grown.is_some();
    grown.into_iter().for_each(|grown| *learned = grown);
    Ok(anything)
}

/// The schema of these records, and how many of them did not fit.
fn learned<'r>(rules: Rules, records: impl IntoIterator<Item = &'r str>) -> (Learned, usize) {
    let mut learned = Learned::fresh(plan(rules));
    let refused = records.into_iter().filter(|record| take_up(&mut learned, record).is_err()).count();
    (learned, refused)
}

fn avro(rules: Rules, records: &[&str]) -> String {
    let (learned, refused) = learned(rules, records.iter().copied());
    assert_eq!(refused, 0);
    to_avro(learned.schema().unwrap()).unwrap().to_string()
}

fn misfit(rules: Rules, records: &[&str]) -> String {
    let mut learned = Learned::fresh(plan(rules));
    let (last, before) = records.split_last().unwrap();
    before.iter().for_each(|record| assert!(take_up(&mut learned, record).is_ok(), "{record}"));
    let known = learned.schema().cloned();
    let misfit = take_up(&mut learned, last).unwrap_err().to_string();
    assert_eq!(learned.schema(), known.as_ref(), "a record that does not fit leaves something behind");
    misfit
}

fn field(ty: &str, name: &str) -> String {
    format!(r#"{{"default":null,"name":"{name}","type":["null",{ty}]}}"#)
}

fn record(fields: &[String]) -> String {
    format!(r#"{{"fields":[{}],"name":"shop.users.Value","type":"record"}}"#, fields.join(","))
}

/// The same whether or not maps keep their order.
fn same(one: &str, other: &str) {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    assert_eq!(value(one), value(other));
}

#[test]
fn every_field_is_nullable_and_sorted_and_one_that_was_only_null_has_to_wait() {
    let found = avro(Rules::default(), &[r#"{"name":"x","id":1,"gone":null,"tags":[],"more":{},"ok":true}"#]);
    same(
        &found,
        &record(&[field("\"long\"", "id"), field("\"string\"", "name"), field("\"boolean\"", "ok")]),
    );
    let found = avro(Rules::default(), &[r#"{"tags":[],"gone":null}"#, r#"{"tags":[null,"a"],"gone":1.5}"#]);
    let list = r#"{"type":"array","items":["null","string"]}"#;
    same(&found, &record(&[field("\"double\"", "gone"), field(list, "tags")]));
}

#[test]
fn integers_widen_to_doubles_and_nothing_else_widens() {
    let found = avro(Rules::default(), &[r#"{"n":1}"#, r#"{"n":1.5}"#, r#"{"n":7}"#]);
    same(&found, &record(&[field("\"double\"", "n")]));
    for (records, why) in [
        (
            [r#"{"n":1}"#, r#"{"n":"1"}"#],
            r#"the field "n" has values without a type in common: an integer, a string"#,
        ),
        ([r#"{"n":9007199254740993}"#, r#"{"n":0.5}"#], "a double would round"),
        ([r#"{"n":1}"#, r#"{"n":99999999999999999999}"#], "neither a 64-bit integer nor a double holds"),
        ([r#"{"n":{"a":1}}"#, r#"{"n":[]}"#], "a list, an object"),
        ([r#"{"n":[{"a":[1]}]}"#, r#"{"n":[{"a":[true]}]}"#], r#"the field "n[].a[]" has"#),
    ] {
        let said = misfit(Rules::default(), &records);
        assert!(said.contains(why), "{said}");
        same(&avro(strings(), &records[..1]), &avro(strings(), &records[..1]));
    }
    same(&avro(strings(), &[r#"{"n":1}"#, r#"{"n":"1"}"#]), &record(&[field("\"string\"", "n")]));
}

#[test]
fn a_misfit_never_tells_what_is_in_a_record() {
    let said = misfit(Rules::default(), &[r#"{"n":1}"#, r#"{"n":"c4nary"}"#]);
    assert!(!said.contains("c4nary"), "{said}");
}

#[test]
fn long_numbers_and_moments_are_texts_unless_the_operator_says_otherwise() {
    let text = r#"{"at":"2024-02-29T10:00:00.5Z","day":"2024-02-29","sum":12345678901234567890}"#;
    let [at, day, sum] = ["at", "day", "sum"];
    let as_texts = [field("\"string\"", at), field("\"string\"", day), field("\"string\"", sum)];
    same(&avro(Rules::default(), &[text]), &record(&as_texts));
    let rules = Rules {
        decimals: Decimals::Exact { precision: 38, scale: 2 },
        timestamps: Timestamps::In(Unit::Millis),
        ..Rules::default()
    };
    let typed = [
        field(r#"{"type":"long","logicalType":"timestamp-millis"}"#, at),
        field(r#"{"type":"int","logicalType":"date"}"#, day),
        field(r#"{"type":"bytes","logicalType":"decimal","precision":38,"scale":2}"#, sum),
    ];
    same(&avro(rules.clone(), &[text]), &record(&typed));
    let finer = [text, r#"{"at":"2024-02-29T10:00:00.123456Z"}"#];
    assert!(misfit(rules.clone(), &finer).contains("a timestamp in microseconds"));
    let micros = Rules { timestamps: Timestamps::In(Unit::Micros), ..rules.clone() };
    assert!(avro(micros, &finer).contains("timestamp-micros"));
    assert!(misfit(rules, &[text, r#"{"at":"tomorrow"}"#]).contains("a string, a timestamp"));
}

#[test]
fn a_hint_decides_and_what_it_decides_is_not_looked_at() {
    let hint = |ty, nullable| Hint { ty, nullable, doc: Some("said".to_owned()) };
    let hints = [
        ("labels".to_owned(), hint(Some(Type::Json), true)),
        ("id".to_owned(), hint(None, false)),
        ("never".to_owned(), hint(Some(Type::Date), true)),
    ];
    let rules = Rules { hints: hints.into_iter().collect(), ..Rules::default() };
    let found = avro(rules, &[r#"{"id":1,"labels":{"a":1}}"#, r#"{"id":2,"labels":[7]}"#]);
    let said = |ty: &str, name: &str| field(ty, name).replacen('{', r#"{"doc":"said","#, 1);
    let fields = [
        r#"{"doc":"said","name":"id","type":"long"}"#.to_owned(),
        said("\"string\"", "labels"),
        said(r#"{"type":"int","logicalType":"date"}"#, "never"),
    ];
    same(&found, &record(&fields));
}

#[test]
fn an_object_whose_names_are_values_is_no_record() {
    let object = |from: usize| {
        let fields: Vec<String> = (from..from + 600).map(|n| format!(r#""k{n}":1"#)).collect();
        format!(r#"{{"days":{{{}}}}}"#, fields.join(","))
    };
    let (one, two) = (object(0), object(600));
    assert!(misfit(Rules::default(), &[&one, &two]).contains("data_type: json"));
    same(&avro(strings(), &[&one, &two]), &record(&[field("\"string\"", "days")]));
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    assert!(misfit(strings(), &[&format!(r#"{{"a":{deep}}}"#)]).contains("nested deeper than 32"));
}

#[test]
fn nothing_is_learned_of_what_is_inside_a_field_that_is_a_text() {
    let (mut known, _) = learned(strings(), [r#"{"a":{"b":1},"l":[1]}"#, r#"{"a":1,"l":"x"}"#]);
    let text = known.news().unwrap();
    assert!(!text.contains("\"b\"") && !text.contains("items"), "{text}");
    for inside in [r#"{"a":{"c":1}}"#, r#"{"a":{"b":"x"}}"#, r#"{"l":[{"d":1}],"a":2}"#] {
        assert!(!take_up(&mut known, inside).unwrap(), "{inside}");
    }
    // An object with ever new fields is a text like any other.
    let days: Vec<String> = (0..1100).map(|day| format!("\"d{day}\":1")).collect();
    assert!(!take_up(&mut known, &format!("{{\"a\":{{{}}}}}", days.join(","))).unwrap());
    assert_eq!(known.news(), None);
}

#[test]
fn a_schema_that_no_topic_takes_by_default_is_refused_with_its_size() {
    let wide = |names: &str, count: usize| {
        let fields: Vec<String> = (0..count).map(|n| format!(r#""{names}{n}":{{"a":1}}"#)).collect();
        format!("{{{}}}", fields.join(","))
    };
    let objects: Vec<String> = (0..6).map(|n| format!("\"o{n}\":{}", wide("", 900))).collect();
    let refused = misfit(strings(), &[&format!("{{{}}}", objects.join(","))]);
    assert!(refused.contains("its schema more than 10000 fields"), "{refused}");
    let refused = misfit(strings(), &[&wide(&"x".repeat(1000), 900)]);
    assert!(refused.contains("bytes with their names, more than 900000; columns"), "{refused}");
    assert!(take_up(&mut Learned::fresh(plan(strings())), &wide("x", 900)).unwrap());
}

#[test]
fn what_is_remembered_is_known_after_a_restart_and_told_once() {
    let mut before = Learned::fresh(plan(strings()));
    assert_eq!(before.news(), None);
    assert!(take_up(&mut before, r#"{"a":[{"b":1}],"c":"x"}"#).unwrap());
    let text = before.news().unwrap();
    assert_eq!(before.news(), None);
    assert!(!take_up(&mut before, r#"{"a":[{"b":2}],"c":null}"#).unwrap());
    let mut after = Learned::new(plan(strings()), Some(&text)).unwrap();
    assert_eq!(after.schema(), before.schema());
    assert!(!take_up(&mut after, r#"{"c":"y"}"#).unwrap());
    assert_eq!(after.news(), None);
    let error = Learned::new(plan(strings()), Some(r#"{"kinds":["novel"]}"#)).unwrap_err();
    assert!(error.to_string().contains("novel"), "{error}");
}

#[test]
fn a_schema_comes_back_from_avro_as_it_was_with_names_that_avro_does_not_allow() {
    let rules = Rules {
        timestamps: Timestamps::In(Unit::Micros),
        decimals: Decimals::Exact { precision: 30, scale: 3 },
        ..Rules::default()
    };
    let text =
        r#"{"first-name":"x","n":{"2nd":[1.5]},"at":"2024-02-29T10:00:00Z","sum":1e40,"list":[{"b":true}]}"#;
    let (learned, _) = learned(rules, [text]);
    let avro = to_avro(learned.schema().unwrap()).unwrap();
    let again = Given::read(&avro.to_string()).unwrap().slot;
    assert_eq!(to_avro(&again).unwrap(), avro);
    let Type::Record(record) = &again.ty else { panic!("{again:?}") };
    assert_eq!(record.find("first-name").unwrap().1.slot.ty, Type::String);
}

#[test]
fn two_fields_that_avro_would_call_the_same_are_named() {
    let (learned, _) = learned(Rules::default(), [r#"{"a-b":1,"a_b":2}"#]);
    let error = to_avro(learned.schema().unwrap()).unwrap_err().to_string();
    assert!(error.contains("\"a-b\" and \"a_b\" would both be called \"a_b\""), "{error}");
}

#[test]
fn a_given_schema_says_what_of_it_no_value_can_be() {
    let of = |ty: &str| format!(r#"{{"type":"record","name":"a.B","fields":[{{"name":"f","type":{ty}}}]}}"#);
    for (schema, why) in [
        ("nonsense".to_owned(), "no Avro schema"),
        (of(r#"["null","int","string"]"#), "a.B.f: a union of 2 types"),
        (of(r#"["int"]"#), "a union of 1 types"),
        (of(r#"["int","null"]"#), "a union whose null is not in front"),
        (
            r#"{"type":"record","name":"B","fields":[{"name":"f","type":["null","int"],"default":1}]}"#
                .to_owned(),
            "write its type in front",
        ),
        (of(r#"{"type":"fixed","name":"X","size":4}"#), "Fixed is no type of values"),
        (of(r#"{"type":"long","logicalType":"time-micros"}"#), "TimeMicros is no type of values"),
        (of(r#"["null","a.B"]"#), "a.B holds itself"),
        (of(r#"{"type":"bytes","logicalType":"decimal","precision":40,"scale":2}"#), "40 digits: 38 at most"),
        (
            r#"{"type":"record","name":"B","fields":[{"name":"f","type":"bytes","default":"x"}]}"#.to_owned(),
            "a default is null, or a value of a simple type",
        ),
    ] {
        let said = Given::read(&schema).unwrap_err().to_string();
        assert!(said.contains(why), "{said}");
    }
}

/// Objects with few names, so that records have them in common.
fn any_record() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        (-9i64..9).prop_map(|value| value.to_string()),
        (-1e9..1e9).prop_map(|value: f64| format!("{value:?}")),
        Just("123456789012345678901234567890".to_owned()),
        "[a-c]{0,2}".prop_map(|text| format!("{text:?}")),
        Just("\"2024-02-29\"".to_owned()),
        Just("\"2024-02-29T10:00:00.123Z\"".to_owned()),
    ];
    let value = leaf.prop_recursive(3, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|list| format!("[{}]", list.join(","))),
            object(inner),
        ]
    });
    object(value)
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::collection::btree_map("[a-d]", value, 0..4).prop_map(|fields| {
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name:?}:{value}")).collect();
        format!("{{{}}}", fields.join(","))
    })
}

/// Whether readers of `before` can read what is written with `after`: no field goes, and types widen only.
fn grows(before: &Slot, after: &Slot) -> bool {
    if before.nullable && !after.nullable {
        return false;
    }
    match (&before.ty, &after.ty) {
        (Type::Record(before), Type::Record(after)) => before
            .fields()
            .iter()
            .all(|field| after.find(&field.name).is_some_and(|(_, found)| grows(&field.slot, &found.slot))),
        (Type::Array(before), Type::Array(after)) => grows(before, after),
        (Type::Long, Type::Double) | (_, Type::String) => true,
        (before, after) => before == after,
    }
}

proptest! {
    #[test]
    fn the_same_records_give_the_same_schema_whatever_their_order(
        (records, shuffled) in prop::collection::vec(any_record(), 0..8)
            .prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle())),
        millis in any::<bool>(),
    ) {
        let timestamps = if millis { Timestamps::In(Unit::Millis) } else { Timestamps::String };
        let rules = Rules { timestamps, ..strings() };
        let (mut one, refused) = learned(rules.clone(), records.iter().map(String::as_str));
        prop_assert_eq!(refused, 0);
        let twice = shuffled.iter().chain(&shuffled).map(String::as_str);
        let (mut other, _) = learned(rules.clone(), twice);
        prop_assert_eq!(one.schema(), other.schema());
        let (one, other) = (one.news(), other.news());
        prop_assert_eq!(&one, &other);
        // And whatever part of them was known before a restart.
        let (mut first, _) = learned(rules.clone(), shuffled.iter().take(2).map(String::as_str));
        let mut rest = Learned::new(plan(rules), first.news().as_deref()).unwrap();
        for record in &shuffled {
            prop_assert!(take_up(&mut rest, record).is_ok());
        }
        if let Some(told) = rest.news() {
            prop_assert_eq!(Some(told), one);
        }
    }

    #[test]
    fn if_all_records_fit_in_one_order_they_fit_in_every_order(
        (records, shuffled) in prop::collection::vec(any_record(), 0..4)
            .prop_flat_map(|records| (Just(records.clone()), Just(records).prop_shuffle())),
    ) {
        let (one, refused) = learned(Rules::default(), records.iter().map(String::as_str));
        let (other, as_well) = learned(Rules::default(), shuffled.iter().map(String::as_str));
        prop_assert_eq!(refused == 0, as_well == 0);
        if refused == 0 {
            prop_assert_eq!(one.schema(), other.schema());
        }
    }

    #[test]
    fn a_schema_only_grows(records in prop::collection::vec(any_record(), 1..8), strict in any::<bool>()) {
        let rules = if strict { Rules::default() } else { strings() };
        let mut learned = Learned::fresh(plan(rules));
        let mut before = None;
        for record in &records {
            let _ = take_up(&mut learned, record);
            let after = learned.schema().cloned();
            if let (Some(before), Some(after)) = (&before, &after) {
                prop_assert!(grows(before, after), "{before:?}\n{after:?}");
            }
            before = after;
        }
    }
}
