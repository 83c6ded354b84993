//! `before` in Debezium's events is the row as it was published last, or null: never anything else, whatever came between.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::seed::{PATH, config, world};
use crate::support::World;
use crate::support::checker::Seen;

fn put(world: &World, id: &str, more: &str) {
    let text = format!("{{\"id\":\"{id}\"{more}}}");
    world.api.change(PATH, |all| all.put(id, &text));
}

/// Every event of a topic, in the order of its key: operation, before, after; null: a tombstone.
fn events(world: &World) -> BTreeMap<String, Vec<Value>> {
    let mut events: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for message in world.read("monitors") {
        let key = message.key_text().trim_matches('"').to_owned();
        events.entry(key).or_default().push(event(&message));
    }
    events
}

fn event(message: &Seen) -> Value {
    let Some(text) = message.value_text() else { return Value::Null };
    let mut value: Value = serde_json::from_str(text).unwrap();
    if let Some(payload) = value.get_mut("payload") {
        value = payload.take();
    }
    json!([value["op"], value["before"], value["after"]])
}

/// What came last of a key.
#[track_caller]
fn last(world: &World, key: &str, expected: &[Value]) {
    let events = events(world).remove(key).unwrap_or_default();
    assert_eq!(&events[events.len().saturating_sub(expected.len())..], expected, "{key}: {events:?}");
}

/// What an event says of the row as it was is what the one before it said of the row as it is, or nothing.
fn is_true(world: &World, key: &str) -> usize {
    let mut told = 0;
    let mut row = Value::Null;
    for event in events(world).remove(key).unwrap() {
        let Some([op, before, after]) = event.as_array().map(Vec::as_slice) else { continue };
        assert!(before.is_null() || *before == row, "{key}: {event} after {row}");
        told += usize::from(before.is_object());
        assert!(op != "c" && op != "r" || before.is_null(), "{event}");
        row = after.clone();
    }
    told
}

fn a(n: u64) -> Value {
    json!({"id": "a", "n": n})
}

fn change_a(world: &World, n: u64) {
    put(world, "a", &format!(",\"n\":{n}"));
}

const ON: &str = "format: {envelope: debezium, before: state}
deletes: {mode: snapshot, max_share: 1}";
const OFF: &str = "format: {envelope: debezium}
deletes: {mode: snapshot, max_share: 1}";

#[test]
fn before_is_the_previous_after_across_restarts_crashes_and_a_lost_disk() {
    let world = world("before", 0);
    change_a(&world, 1);
    ["b", "c"].iter().for_each(|id| put(&world, id, ""));
    let file = config(&world, 100, ON);
    world.run_once(&file).exits(0);
    last(&world, "a", &[json!(["r", null, a(1)])]);
    change_a(&world, 2);
    world.api.change(PATH, |all| all.remove("b"));
    world.run_once(&file).exits(0);
    last(&world, "a", &[json!(["u", a(1), a(2)])]);
    last(&world, "b", &[json!(["d", {"id": "b"}, null]), Value::Null]);
    // Committed, and nothing of it on disk; then not committed at all.
    change_a(&world, 3);
    world.run_to_its_death("sync::before_apply=kill", &["run", &file, "--once"]);
    change_a(&world, 4);
    world.run_to_its_death("kafka::before_commit=kill", &["run", &file, "--once"]);
    change_a(&world, 5);
    put(&world, "b", ",\"back\":true");
    world.run_once(&file).exits(0);
    last(&world, "a", &[json!(["u", a(2), a(3)]), json!(["u", a(3), a(5)])]);
    last(&world, "b", &[json!(["c", null, {"id": "b", "back": true}])]);
    // A disk that is lost, and one that cannot be written.
    world.fresh_directory();
    change_a(&world, 6);
    world.run_once(&file).exits(0);
    last(&world, "a", &[json!(["u", a(5), a(6)])]);
    change_a(&world, 7);
    world.run_once_at("state::before_write=fail", &file).exits(0);
    change_a(&world, 8);
    world.run_once(&file).exits(0);
    last(&world, "a", &[json!(["u", a(7), a(8)])]);
    // The offsets are forgotten: the row is the one that the topic has.
    world.run(&["offsets", "reset", &file]).exits(0);
    change_a(&world, 9);
    world.run_once(&file).exits(0);
    last(&world, "a", &[json!(["u", a(8), a(9)])]);
    change_a(&world, 10);
    world.run_once(&file).exits(0);
    last(&world, "a", &[json!(["u", a(9), a(10)])]);
    assert!(is_true(&world, "a") >= 6);
    is_rebuilt_by_the_rules_of_its_rows(&world);
}

/// What does not count when rows are compared is a part of them all the same.
fn is_rebuilt_by_the_rules_of_its_rows(world: &World) {
    let ignoring = config(world, 100, &format!("{ON}\nchanges: {{ignore_fields: [t]}}"));
    put(world, "a", ",\"n\":10,\"t\":1");
    world.run_once(&ignoring).exits(0).says(&["1 published"]);
    put(world, "a", ",\"n\":10,\"t\":2");
    world.run_once(&ignoring).exits(0).says(&["0 published"]);
    world.run(&["state", "rebuild", &ignoring]).exits(0);
    put(world, "a", ",\"n\":11,\"t\":3");
    world.run_once(&ignoring).exits(0).says(&["1 published"]);
    last(world, "a", &[json!(["u", {"id": "a", "n": 10, "t": 1}, {"id": "a", "n": 11, "t": 3}])]);
    assert!(
        world.run(&["state", "show", &ignoring]).exits(0).stdout.contains("of rows as they were published")
    );
}

#[test]
fn what_is_not_known_is_null_and_what_is_published_from_then_on_is_known() {
    let world = world("before-null", 0);
    let at = |minute: u64| format!(",\"n\":{minute},\"at\":\"2024-02-29T10:{minute:02}:00Z\"");
    put(&world, "a", &at(1));
    put(&world, "b", ",\"n\":1");
    let typed = ON.replace("state}", "state, value: json_schema, timestamps: millis}");
    let (file, off) =
        (config(&world, 100, &typed), OFF.replace("m}", "m, value: json_schema, timestamps: millis}"));
    world.run_once(&file).exits(0);
    let n = |key: &str| -> (Value, Value, Value) {
        let event = events(&world).remove(key).unwrap().pop().unwrap();
        (event[0].clone(), event[1]["n"].clone(), event[2]["n"].clone())
    };
    // A moment is a number in the topic: the text of the row cannot be told from that; nor is a text kept while nobody asked for it.
    world.fresh_directory();
    put(&world, "a", &at(2));
    put(&world, "b", ",\"n\":2");
    world.run_once(&file).exits(0);
    assert_eq!(n("a"), (json!("u"), Value::Null, json!(2)));
    put(&world, "a", &at(3));
    world.run_once(&file).exits(0);
    assert_eq!(n("a"), (json!("u"), json!(2), json!(3)));
    let file_off = config(&world, 100, &off);
    put(&world, "a", &at(4));
    world.run_once(&file_off).exits(0);
    let file = config(&world, 100, &typed);
    put(&world, "a", &at(5));
    world.run_once(&file).exits(0);
    assert_eq!(n("a"), (json!("u"), Value::Null, json!(5)));
    put(&world, "a", &at(6));
    world.run_once(&file).exits(0);
    assert_eq!(n("a"), (json!("u"), json!(5), json!(6)));
    assert_eq!(is_true(&world, "a"), 2);
}
