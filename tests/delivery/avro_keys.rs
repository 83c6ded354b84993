//! Keys in Avro: the id in front of them is the row's identity, so it stays the same whatever becomes of the registry and of the disk.

use std::collections::BTreeMap;

use serde_json::Value;

use super::seed::{PATH, world, written};
use crate::support::checker::{self, Seen};
use crate::support::registry::Registry;
use crate::support::{World, delete_topic};

const SNAPSHOT: &str = "deletes: {mode: snapshot, max_share: 1}";

fn config(world: &World, registry: &str, more: &str) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: id
      endpoint: {{path: {PATH}, data_selector: data, paginator: single_page}}"
    );
    let format = format!("format: {{key: avro}}\nregistry: {{url: '{registry}', max.retries: 0}}\n{more}");
    written(world, "config.yaml", &source, &format)
}

fn put(world: &World, key: &str, v: u32) {
    let record = format!(r#"{{"id":"{key}","v":{v}}}"#);
    world.api.change(PATH, |all| all.put(key, &record));
}

fn subject(world: &World) -> String {
    format!("{}-key", world.topic("monitors"))
}

/// Of a text, by the schema with this id.
fn bytes(id: u32, text: &str) -> Vec<u8> {
    let length = u8::try_from(text.len() * 2).unwrap();
    [&[0], &id.to_be_bytes()[..], &[length], text.as_bytes()].concat()
}

/// The values by their keys, the newest ones.
fn table(messages: &[Seen]) -> BTreeMap<Vec<u8>, Option<String>> {
    let row = |seen: &Seen| (seen.key.clone().unwrap(), seen.value_text().map(str::to_owned));
    messages.iter().map(row).collect()
}

fn remembered(world: &World) -> Option<Value> {
    let key = format!(r#"["{}",{{"resource":"monitors","schema":"key"}}]"#, world.name);
    let messages = checker::read(world.bootstrap(), &world.offsets_topic());
    let newest = messages.iter().rfind(|message| message.key_text() == key)?;
    serde_json::from_slice(newest.value.as_deref()?).ok()
}

fn shows(world: &World, arguments: &[&str], parts: &[&str]) {
    let shown = world.run(arguments).exits(0).stdout;
    parts.iter().for_each(|part| assert!(shown.contains(part), "{shown}"));
}

/// A key of another kind is none.
fn refuses_another_kind(world: &World, (file, registry): (&str, &str)) {
    world.api.change(PATH, |all| all.put("7", r#"{"id":7,"v":1}"#));
    let why = "is an integer, and the keys of the topic have strings there";
    world.run_once(file).exits(1).says(&[why]);
    let tolerant = config(world, registry, "errors: {tolerance: all}");
    world.run_once(&tolerant).exits(0);
    let letters = checker::read(world.bootstrap(), &format!("{}.dlq", world.topic("monitors")));
    assert_eq!(
        letters.iter().map(|letter| (&letter.key, letter.value_text())).collect::<Vec<_>>(),
        [(&None, Some(r#"{"id":7,"v":1}"#))]
    );
    world.api.change(PATH, |all| all.remove("7"));
}

/// What was remembered is gone, and the registry has something else, or nothing.
fn refuses_another_id(world: &World, file: &str, (registry, latest): (&Registry, &Value)) {
    delete_topic(world.bootstrap(), &world.offsets_topic());
    let rows = world.read("monitors").len();
    world
        .run_once(file)
        .exits(2)
        .says(&["rows whose Avro keys name the schema with the id", "nothing under the subject"]);
    let text = latest["schema"].as_str().unwrap();
    let other = registry.register(&subject(world), "AVRO", text);
    assert_ne!(latest["id"], other);
    let has = format!("has the id {other} under the subject");
    world.run_once(file).exits(2).says(&[&has, "to have it filled anew"]);
    assert_eq!(world.read("monitors").len(), rows);
}

#[test]
fn a_key_in_avro_is_the_same_whatever_becomes_of_the_disk_and_the_registry() {
    let world = world("avro_keys", 0);
    let mut registry = Registry::start();
    let file = config(&world, registry.url(), SNAPSHOT);
    registry.register("somebody-else", "AVRO", r#""long""#);
    put(&world, "a b", 1);
    put(&world, "c", 1);
    shows(&world, &["plan", &file, "-o", "json"], &[r#""upserts":2"#]);
    assert!(registry.versions(&subject(&world)).is_empty(), "a plan registers nothing");
    world.run_once(&file).exits(0).says(&["2 published"]);
    let latest = registry.latest(&subject(&world));
    let id = u32::try_from(latest["id"].as_u64().unwrap()).unwrap();
    let schema: Value = serde_json::from_str(latest["schema"].as_str().unwrap()).unwrap();
    assert!(schema["name"].as_str().unwrap().ends_with(".monitors.Key"), "{schema}");
    assert_eq!(schema["fields"], serde_json::json!([{"name": "id", "type": "string"}]));
    let rows = world.read("monitors");
    assert_eq!(table(&rows).into_keys().collect::<Vec<_>>(), [bytes(id, "c"), bytes(id, "a b")]);
    assert_eq!(remembered(&world).unwrap()["registered"]["id"], id);
    assert_eq!(world.positions("monitors").last().unwrap()["key_format"], "avro");

    // Nobody is asked any more: for changes, new rows, deletes, an audit.
    registry.kill();
    world.fresh_directory();
    world.run_once(&file).exits(0).says(&["0 published"]);
    put(&world, "a b", 2);
    put(&world, "d", 1);
    world.api.change(PATH, |all| all.remove("c"));
    shows(&world, &["plan", &file, "-o", "json"], &[r#""upserts":2,"tombstones":1"#]);
    world.fresh_directory();
    world.run_once(&file).exits(0).says(&["3 published"]);
    let now = world.read("monitors");
    let gone = now.iter().find(|message| message.value.is_none()).unwrap();
    let of_c = rows.iter().find(|message| message.key == gone.key).unwrap();
    assert_eq!((gone.key.clone().unwrap(), gone.partition), (bytes(id, "c"), of_c.partition));
    assert_eq!(table(&now)[&bytes(id, "a b")].as_deref(), Some(r#"{"id":"a b","v":2}"#));
    world.run(&["audit", &file]).exits(0);
    shows(&world, &["preview", &file], &[r#""key":"\"a b\"""#]);

    refuses_another_kind(&world, (&file, registry.url()));
    registry.restart();
    refuses_another_id(&world, &file, (&registry, &latest));
}

#[test]
fn the_id_of_keys_is_found_again_by_their_bytes_and_by_another_name_of_the_registry() {
    let world = world("avro_keys_lost", 0);
    let registry = Registry::shared();
    let file = config(&world, registry.url(), SNAPSHOT);
    put(&world, "a", 1);
    world.run_to_its_death("kafka::before_offsets=kill", &["run", &file, "--once"]);
    assert_eq!((remembered(&world), registry.versions(&subject(&world))), (None, vec![1]));
    world.run_once(&file).exits(0).says(&["1 published"]);
    let id = remembered(&world).unwrap()["registered"]["id"].clone();
    delete_topic(world.bootstrap(), &world.offsets_topic());
    world.fresh_directory();
    world.run_once(&file).exits(0).says(&["0 published", "which the registry knows under"]);
    assert_eq!(remembered(&world), None, "with the next message");
    put(&world, "a", 2);
    world.run_once(&file).exits(0).says(&["1 published"]);
    assert_eq!(remembered(&world).unwrap()["registered"]["id"], id);

    let elsewhere = config(&world, &registry.url().replace("127.0.0.1", "localhost"), SNAPSHOT);
    put(&world, "a", 3);
    put(&world, "b", 1);
    world.run_once(&elsewhere).exits(0).says(&["2 published"]);
    assert_eq!(table(&world.read("monitors")).len(), 2);
    let known = remembered(&world).unwrap()["registered"].clone();
    assert_eq!(known["id"], id);
    assert!(known["registry"].as_str().unwrap().contains("localhost"), "{known}");

    // A topic without rows has no key to keep: its first record decides anew.
    delete_topic(world.bootstrap(), &world.topic("monitors"));
    let file = config(&world, registry.url(), SNAPSHOT);
    world.run_once(&file).exits(0).says(&["2 published"]);
    assert!(remembered(&world).unwrap()["registered"]["registry"].as_str().unwrap().contains("127.0.0.1"));
}
