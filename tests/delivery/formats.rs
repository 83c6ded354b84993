//! Values with a schema: what a real sink reads of them, how the schema is learned and remembered, and what does not fit it.

use serde_json::{Value, json};

use super::seed::{PATH, config, world};
use crate::support::checker::{self, Seen};
use crate::support::connect::{Converter, Sink, Worker};
use crate::support::{World, create_topic};

const JSON_SCHEMA: &str = "format: {value: json_schema}";

fn put(world: &World, id: &str, more: &str) {
    let text = format!("{{\"id\":\"{id}\"{more}}}");
    world.api.change(PATH, |all| all.put(id, &text));
}

/// One scan with these blocks of krest's own, and how many messages it publishes.
#[track_caller]
fn once(world: &World, blocks: &str, published: usize) {
    let file = config(world, 100, blocks);
    world.run_once(&file).exits(0).says(&[&format!("{published} published")]);
}

fn value(message: &Seen) -> Value {
    message.value_text().map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

/// The schema's fields as they were in the message: name and type.
fn fields(message: &Seen) -> Vec<(String, String)> {
    let value = value(message);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let fields = value["schema"]["fields"].as_array().unwrap().iter();
    fields.map(|field| (text(&field["field"]), text(&field["type"]))).collect()
}

fn are(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, ty)| ((*name).to_owned(), (*ty).to_owned())).collect()
}

/// The newest message of a key.
fn newest(world: &World, key: &str) -> Seen {
    let key = format!("{key:?}");
    let named = |message: &Seen| message.key_text() == key || message.key_text() == key.trim_matches('"');
    world.read("monitors").into_iter().rfind(named).unwrap()
}

/// What the offsets topic remembers of the schema, in order.
fn remembered(world: &World) -> Vec<Value> {
    let key = format!("[\"{}\",{{\"resource\":\"monitors\",\"schema\":\"value\"}}]", world.name);
    let records = checker::read(world.bootstrap(), &world.offsets_topic());
    records.iter().filter(|record| record.key_text() == key).map(value).collect()
}

#[test]
fn a_real_connect_worker_reads_structs_logical_types_and_tombstones() {
    let world = world("connect", 0);
    put(
        &world,
        "a",
        r#","n":7,"rate":1.50,"on":true,"tags":["x",null],"at":{"city":"Ürgüp"},"made":"2024-02-29T10:00:00.5Z","sum":"12.50""#,
    );
    put(&world, "b", r#","n":9007199254740991,"day":"2024-02-29","many":12345678901234567890"#);
    put(&world, "gone", "");
    let file = world.file(
        "connect.yaml",
        &format!(
            "name: ${{NAME}}
source:
  client:
    base_url: ${{API}}/
    auth: {{type: api_key, name: api_key, api_key: '${{env:API_KEY}}', location: query}}
  resources:
    - name: monitors
      primary_key: id
      columns: {{sum: {{data_type: decimal, precision: 10, scale: 2}}}}
      endpoint: {{path: {PATH}, data_selector: data, paginator: single_page}}
kafka: ${{KAFKA}}
format: {{key: json_schema, value: json_schema, timestamps: millis, decimals: {{precision: 38, scale: 0}}}}
deletes: {{mode: snapshot, max_share: 1}}
"
        ),
    );
    world.run_once(&file).exits(0).says(&["3 published"]);
    world.api.change(PATH, |all| all.remove("gone"));
    world.run_once(&file).exits(0).says(&["1 published"]);
    let json = Converter::JsonWithSchemas;
    let worker = Worker::start(world.bootstrap(), &[Sink::of(&world.topic("monitors"), json, json)]);
    assert_eq!(
        worker.rows(0, 4),
        [
            "Struct{at=Struct{city=Ürgüp},id=a,made=Thu Feb 29 10:00:00 UTC 2024,n=7,on=true,rate=1.5,sum=12.50,tags=[x, null]}",
            "Struct{day=Thu Feb 29 00:00:00 UTC 2024,id=b,many=12345678901234567890,n=9007199254740991}",
            "Struct{id=gone}",
            "null",
        ]
    );
    world.run(&["audit", &file]).exits(0);
}

#[test]
fn a_schema_grows_with_its_first_record_is_remembered_with_it_and_never_shrinks() {
    let world = world("grows", 0);
    put(&world, "a", r#","n":1"#);
    once(&world, JSON_SCHEMA, 1);
    assert_eq!(fields(&newest(&world, "a")), are(&[("id", "string"), ("n", "int64")]));
    assert_eq!(remembered(&world).len(), 1);
    once(&world, JSON_SCHEMA, 0);
    // What grows is written with the record that needs it, and nothing else is published for it.
    put(&world, "b", r#","n":1.5,"more":[{"deep":true}]"#);
    once(&world, JSON_SCHEMA, 1);
    let grown = are(&[("id", "string"), ("more", "array"), ("n", "double")]);
    assert_eq!(fields(&newest(&world, "b")), grown);
    assert_eq!(fields(&newest(&world, "a")), are(&[("id", "string"), ("n", "int64")]));
    // The disk is lost, and the API has nothing of it any more: what is remembered counts.
    world.fresh_directory();
    world.api.change(PATH, |all| all.remove("b"));
    put(&world, "a", "");
    once(&world, JSON_SCHEMA, 1);
    assert_eq!(fields(&newest(&world, "a")), grown);
    assert_eq!(value(&newest(&world, "a"))["payload"], json!({"id": "a"}));
    assert_eq!(remembered(&world).len(), 2);
}

#[test]
fn a_schema_and_its_first_record_are_committed_together_or_not_at_all() {
    let world = world("together", 0);
    put(&world, "a", r#","n":1"#);
    let file = config(&world, 100, JSON_SCHEMA);
    world.run_to_its_death("kafka::before_commit=kill@2", &["run", &file, "--once"]);
    put(&world, "a", r#","m":1"#);
    once(&world, JSON_SCHEMA, 1);
    assert_eq!(fields(&newest(&world, "a")), are(&[("id", "string"), ("m", "int64")]));
    assert_eq!((remembered(&world).len(), world.read("monitors").len()), (1, 1));
}

#[test]
fn a_record_that_fits_no_type_fails_the_scan_or_is_set_aside_or_makes_the_field_a_text() {
    let world = world("conflict", 0);
    put(&world, "a", r#","n":1"#);
    once(&world, JSON_SCHEMA, 1);
    put(&world, "b", r#","n":"c4nary""#);
    let file = config(&world, 100, JSON_SCHEMA);
    let said = world.run_once(&file).exits(1).says(&[
        "it does not fit the schema of its topic: the field",
        "has values without a type in common: an integer, a string",
        "format.conflicts: string",
    ]);
    assert!(!said.stderr.contains("c4nary"), "{}", said.stderr);
    let file = config(&world, 100, &format!("{JSON_SCHEMA}\nerrors: {{tolerance: all, max.per.scan: 5}}"));
    world.run_once(&file).exits(0).says(&["0 published"]);
    let letters = checker::read(world.bootstrap(), &format!("{}.dlq", world.topic("monitors")));
    assert_eq!(letters[0].value_text(), Some(r#"{"id":"b","n":"c4nary"}"#));
    assert_eq!(fields(&newest(&world, "a")), are(&[("id", "string"), ("n", "int64")]));
    once(&world, "format: {value: json_schema, conflicts: string}", 1);
    assert_eq!(fields(&newest(&world, "b")), are(&[("id", "string"), ("n", "string")]));
    put(&world, "a", r#","n":2"#);
    // From now on it is a text, whatever is said of conflicts.
    once(&world, JSON_SCHEMA, 1);
    assert_eq!(value(&newest(&world, "a"))["payload"], json!({"id": "a", "n": "2"}));
}

#[test]
fn a_record_that_is_too_large_with_its_schema_is_set_aside_and_teaches_nothing() {
    let world = world("large", 0);
    put(&world, "a", r#","n":1"#);
    let settings = [("cleanup.policy", "compact"), ("max.message.bytes", "20000")];
    create_topic(world.bootstrap(), &world.topic("monitors"), 1, &settings);
    let blocks = format!("{JSON_SCHEMA}\nerrors: {{tolerance: all, max.per.scan: 5}}");
    once(&world, &blocks, 1);
    let many: String = (0..500).map(|field| format!(",\"field_{field}\":1")).collect();
    put(&world, "b", &many);
    put(&world, "c", r#","n":2"#);
    once(&world, &blocks, 1);
    assert_eq!(fields(&newest(&world, "c")), are(&[("id", "string"), ("n", "int64")]));
    assert_eq!(remembered(&world).len(), 1);
}

#[test]
fn another_value_format_publishes_nothing_and_applies_to_what_changes_from_then_on() {
    let world = world("switch", 0);
    put(&world, "a", r#","n":1"#);
    put(&world, "b", r#","n":1"#);
    once(&world, "", 2);
    once(&world, JSON_SCHEMA, 0);
    put(&world, "b", r#","n":2"#);
    once(&world, JSON_SCHEMA, 1);
    assert_eq!(newest(&world, "a").value_text(), Some(r#"{"id":"a","n":1}"#));
    assert_eq!(value(&newest(&world, "b"))["payload"], json!({"id": "b", "n": 2}));
    world.fresh_directory();
    once(&world, JSON_SCHEMA, 0);
    world.run(&["audit", &config(&world, 100, JSON_SCHEMA)]).exits(0);
}

#[test]
fn a_given_schema_is_what_values_have_and_nothing_is_learned() {
    let world = world("given", 0);
    put(&world, "a", r#","n":1,"more":true"#);
    let schema = world.file(
        "monitor.avsc",
        r#"{"type":"record","name":"shop.Monitor","fields":[{"name":"id","type":"string"},{"name":"n","type":["null","int"]}]}"#,
    );
    let given = format!("format: {{value: json_schema, schema: {{file: '{schema}'}}}}");
    once(&world, &given, 1);
    let seen = value(&newest(&world, "a"));
    assert_eq!(
        (&seen["schema"]["name"], &seen["payload"]),
        (&json!("shop.Monitor"), &json!({"id": "a", "n": 1}))
    );
    assert!(remembered(&world).is_empty());
    put(&world, "b", r#","n":2147483648"#);
    let file = config(&world, 100, &given);
    world.run_once(&file).exits(1).says(&["is a number that does not fit, and its type is a 32-bit integer"]);
}

#[test]
fn a_schema_that_cannot_be_read_refuses_the_start_and_says_how_to_go_on() {
    let world = world("unreadable", 1);
    let key = format!("[\"{}\",{{\"resource\":\"monitors\",\"schema\":\"value\"}}]", world.name);
    let novel = r#"{"version":1,"shape":{"kinds":["novel"]}}"#;
    crate::support::send_message(world.bootstrap(), &world.offsets_topic(), Some(&key), novel);
    let file = config(&world, 100, JSON_SCHEMA);
    world
        .run_once(&file)
        .exits(2)
        .says(&["what is remembered of its schema cannot be read", "a null value under"]);
}
