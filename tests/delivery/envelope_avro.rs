//! Events whose schema a registry names: what tells of a delete needs an id as well, and nothing is deleted before there is one.

use super::seed::{PATH, monitors, written};
use crate::support::checker::Seen;
use crate::support::registry::Registry;
use crate::support::{World, free_port};

const SNAPSHOT: &str = "deletes: {mode: snapshot, max_share: 1}";

fn put(world: &World, key: &str, more: &str) {
    world.api.change(PATH, |all| all.put(key, &format!("{{\"id\":\"{key}\"{more}}}")));
}

fn enveloped(world: &World, registry: &str) -> String {
    let blocks = format!(
        "format: {{value: avro, envelope: debezium}}\nregistry: {{url: '{registry}', max.retries: 0}}\n{SNAPSHOT}"
    );
    monitors(world, "paginator: single_page", &blocks)
}

/// The id of the schema that a value names.
fn schema_of(message: &Seen) -> u32 {
    let value = message.value.as_deref().unwrap();
    assert_eq!(value[0], 0);
    u32::from_be_bytes(value[1..5].try_into().unwrap())
}

fn served(test: &str) -> World {
    World::new(test).serving(&format!(
        "auth: {{query: {{name: api_key, value: '${{CANARY}}'}}}}\ncollections: {{{PATH}: {{generate: 0}}}}"
    ))
}

#[test]
fn nothing_is_deleted_as_long_as_the_event_that_tells_of_it_has_no_schema() {
    let world = served("envelope_avro");
    ["a", "b", "c"].iter().for_each(|key| put(&world, key, ",\"n\":1"));
    world.run_once(&monitors(&world, "paginator: single_page", SNAPSHOT)).exits(0).says(&["3 published"]);
    world.api.change(PATH, |all| all.remove("a"));
    let away = enveloped(&world, &format!("http://127.0.0.1:{}", free_port()));
    world.run_once(&away).exits(1).says(&[
        "1 record no longer shown, and the events that tell of it need a schema that has no id yet: nothing was deleted",
    ]);
    assert_eq!(world.read("monitors").len(), 3);
    let registry = Registry::shared();
    let file = enveloped(&world, registry.url());
    world.run_once(&file).exits(0).says(&["1 published (1 tombstone)"]);
    put(&world, "b", ",\"n\":2");
    world.run_once(&file).exits(0).says(&["1 published"]);
    let messages = world.read("monitors");
    let of = |key: &str| messages.iter().filter(|message| message.key_text() == key).collect::<Vec<_>>();
    let [_, gone, tombstone] = of("a")[..] else { panic!("{messages:?}") };
    assert_eq!(tombstone.value, None);
    let changed = *of("b").last().unwrap();
    assert_eq!(schema_of(gone), schema_of(changed), "what the rows have is known before they are written");
    let schema: serde_json::Value = serde_json::from_str(&registry.schema(schema_of(gone))).unwrap();
    let part = world.name.replace('-', "_");
    assert_eq!(schema["name"], format!("{part}.monitors.Envelope"));
    assert_eq!(schema["fields"][0]["type"][1]["name"], format!("{part}.monitors.Value"));
    assert_eq!(schema["fields"][1]["type"][1], format!("{part}.monitors.Value"));
    assert_eq!(schema["fields"][2]["type"]["name"], "krest.Source");
    world.fresh_directory();
    world.run_once(&away).exits(0).says(&[" 0 published"]);
}

/// An event of a row that is gone has no page, and this schema wants one.
#[test]
fn what_somebody_elses_schema_has_no_place_for_keeps_no_row_from_being_deleted_and_fails_no_other_resource() {
    let world = served("envelope_latest");
    ["a", "b"].iter().for_each(|key| put(&world, key, ""));
    let registry = Registry::shared();
    let subject = format!("{}-value", world.topic("monitors"));
    let schema = |op: &str| {
        let row = r#"{"type":"record","name":"Row","fields":[{"name":"id","type":"string"}]}"#;
        let source = r#"{"type":"record","name":"Source","fields":[{"name":"page","type":"long"}]}"#;
        let fields = format!(
            r#"{{"name":"after","type":["null",{row}],"default":null}},{{"name":"op","type":{op}}},{{"name":"source","type":{source}}}"#
        );
        format!(r#"{{"type":"record","name":"Event","fields":[{fields}]}}"#)
    };
    registry.register(&subject, "AVRO", &schema("\"string\""));
    let settings = "auto.register.schemas: false, use.latest.version: true";
    let blocks = format!(
        "format: {{value: avro, envelope: debezium}}\nregistry: {{url: '{}', {settings}}}\n{SNAPSHOT}",
        registry.url()
    );
    let file = monitors(&world, "paginator: single_page", &blocks);
    world.run_once(&file).exits(0).says(&["2 published"]);
    world.api.change(PATH, |all| all.remove("b"));
    world.run_once(&file).exits(0).says(&["1 published (1 tombstone)"]);
    let of_b = world.read("monitors").into_iter().filter(|message| message.key_text() == "b");
    assert_eq!(of_b.map(|message| message.value.is_some()).collect::<Vec<_>>(), [true, false]);

    let op = r#"{"type":"enum","name":"Op","symbols":["c","r"]}"#;
    registry.register(&subject, "AVRO", &schema(op));
    put(&world, "a", ",\"n\":2");
    world.run_once(&file).exits(1).says(&["does not fit the schema of its topic", "op"]);
}

#[test]
fn a_log_whose_messages_have_no_keys_registers_no_schema_of_keys() {
    let world = served("keyless");
    put(&world, "a", "");
    let source = format!(
        "  resources: [{{name: events, write_disposition: append, endpoint: {{path: {PATH}, data_selector: data, paginator: single_page}}}}]"
    );
    let registry = Registry::shared();
    let blocks = format!("format: {{key: avro, value: avro}}\nregistry: {{url: '{}'}}", registry.url());
    world.run_once(&written(&world, "log.yaml", &source, &blocks)).exits(0).says(&["1 published"]);
    assert_eq!(world.read("events")[0].key, None);
    let subject = |of: &str| registry.versions(&format!("{}-{of}", world.topic("events")));
    assert_eq!((subject("value"), subject("key")), (vec![1], vec![]));
}
