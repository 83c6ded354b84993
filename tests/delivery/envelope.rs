//! Debezium's envelope: what each change looks like, a tombstone behind every event that tells of a delete, and a topic that says
//! everything after any crash.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::{Value, json};

use super::seed::{PATH, config, written};
use super::signals::{QUIET, running, signal};
use crate::support::checker::Seen;
use crate::support::{World, until};

const ENVELOPE: &str = "format: {envelope: debezium}";
const SNAPSHOT: &str = "deletes: {mode: snapshot, max_share: 1}";
const SOFT: &str = "deletes: {mode: soft, when: .gone}";
const LONG: Duration = Duration::from_secs(90);

fn world(test: &str) -> World {
    World::new(test).serving(&format!(
        "auth: {{query: {{name: api_key, value: '${{CANARY}}'}}}}\ncollections: {{{PATH}: {{generate: 0}}}}"
    ))
}

fn put(world: &World, key: &str, more: &str) {
    world.api.change(PATH, |all| all.put(key, &format!("{{\"id\":\"{key}\"{more}}}")));
}

fn remove(world: &World, key: &str) {
    world.api.change(PATH, |all| all.remove(key));
}

fn event(message: &Seen) -> Value {
    message.value_text().map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

/// The messages of a resource from here on, by key and then in their order, as `key op`; `-` is a tombstone.
struct Ops<'w> {
    world: &'w World,
    resource: &'static str,
    read: BTreeMap<i32, i64>,
}

impl<'w> Ops<'w> {
    fn of(world: &'w World, resource: &'static str) -> Self {
        Self { world, resource, read: BTreeMap::new() }
    }

    fn messages(&mut self) -> Vec<Seen> {
        let before = self.read.clone();
        let mut new = self.world.read(self.resource);
        self.read.extend(new.iter().map(|message| (message.partition, message.offset + 1)));
        new.retain(|message| before.get(&message.partition).is_none_or(|next| message.offset >= *next));
        new.sort_by(|one, other| one.key.cmp(&other.key));
        new
    }

    fn news(&mut self) -> Vec<String> {
        let op = |message: &Seen| event(message)["op"].as_str().unwrap_or("-").to_owned();
        self.messages().iter().map(|message| format!("{} {}", message.key_text(), op(message))).collect()
    }
}

/// What a reader that keeps the newest message of each key has.
fn table(messages: &[Seen]) -> BTreeMap<String, Value> {
    let mut table = BTreeMap::new();
    for message in messages {
        match event(message) {
            Value::Null => table.remove(message.key_text()),
            event => table.insert(message.key_text().to_owned(), event["after"].clone()),
        };
    }
    table
}

/// A message that stands in the topic once more, at its end: as if what came after it had been lost.
fn once_more(world: &World, message: &Seen) {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", world.bootstrap()).create().expect("a producer");
    let headers = message.headers.iter().fold(OwnedHeaders::new(), |headers, (key, value)| {
        headers.insert(Header { key, value: Some(value) })
    });
    let topic = world.topic("monitors");
    let (key, value) = (message.key.as_ref().unwrap(), message.value.as_ref().unwrap());
    let record = BaseRecord::to(&topic).partition(message.partition).key(key).payload(value).headers(headers);
    producer.send(record).map_err(|(error, _)| error).expect("a message");
    producer.flush(LONG).expect("the message is written");
}

/// Nothing is written, neither with what is known nor without it.
fn is_silent(world: &World, file: &str) {
    let before = world.end_offsets("monitors");
    world.run_once(file).exits(0).says(&[" 0 published"]);
    world.fresh_directory();
    world.run_once(file).exits(0).says(&[" 0 published"]);
    assert_eq!(world.end_offsets("monitors"), before);
}

/// An event of the first scan, from this page of two records.
fn comes_from(world: &World, event: &Value, (page, began): (u64, u64)) {
    let source = &event["source"];
    let words = ["connector", "name", "db", "resource", "table"].map(|name| source[name].as_str().unwrap());
    assert_eq!(words, ["krest", &world.name, &world.name, "monitors", "monitors"]);
    assert_eq!((&source["scan"], &source["page"]), (&json!(1), &json!(page)));
    let url = source["url"].as_str().unwrap();
    assert!(url.contains(PATH) && url.contains(&format!("offset={}", (page - 1) * 2)), "{url}");
    let (fetched, made) = (source["ts_ms"].as_u64().unwrap(), event["ts_ms"].as_u64().unwrap());
    assert!(began <= fetched && fetched <= made, "{began} {fetched} {made}");
}

#[test]
fn rows_are_read_then_created_updated_and_deleted_and_each_event_says_where_it_comes_from() {
    let world = world("envelope");
    ["a", "b", "c"].iter().for_each(|key| put(&world, key, ",\"n\":1.0"));
    let file = config(&world, 2, &format!("{ENVELOPE}\n{SNAPSHOT}"));
    let began =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    world.run_once(&file).exits(0).says(&["3 published"]);
    let mut ops = Ops::of(&world, "monitors");
    let first = ops.messages();
    let of = |key: &str| event(first.iter().find(|message| message.key_text() == key).unwrap());
    let text = first[0].value_text().unwrap();
    assert!(text.starts_with(r#"{"before":null,"after":{"id":"a","n":1.0},"source":{"version":""#), "{text}");
    let (a, c) = (of("a"), of("c"));
    assert_eq!(
        (&a["op"], &a["source"]["snapshot"], &c["source"]["snapshot"]),
        (&json!("r"), &json!("true"), &json!("last"))
    );
    comes_from(&world, &a, (1, began));
    comes_from(&world, &c, (2, began));
    put(&world, "b", ",\"n\":2");
    put(&world, "d", "");
    remove(&world, "a");
    let planned = world.run(&["plan", &file, "-o", "json"]).exits(0).stdout;
    assert!(planned.contains(r#""upserts":2,"tombstones":1,"unchanged":1"#), "{planned}");
    world.run_once(&file).exits(0).says(&["2 published", "1 published (1 tombstone)"]);
    let messages = ops.messages();
    let [gone, tombstone, changed, new] = messages.as_slice() else { panic!("{messages:?}") };
    let told = [gone, changed, new].map(|message| {
        let event = event(message);
        (event["op"].clone(), event["after"]["n"].clone(), event["source"]["snapshot"].clone())
    });
    let usual = |op: &str, n: Value| (json!(op), n, json!("false"));
    assert_eq!(told, [usual("d", Value::Null), usual("u", json!(2)), usual("c", Value::Null)]);
    assert_eq!(
        (&gone.key, gone.partition, gone.offset + 1),
        (&tombstone.key, tombstone.partition, tombstone.offset)
    );
    assert_eq!((&tombstone.value, event(gone)["source"]["page"].clone()), (&None, Value::Null));
    is_silent(&world, &file);
    world.run(&["audit", &file]).exits(0);
    // From the plain form and back: nothing is published by itself.
    let plain = config(&world, 2, SNAPSHOT);
    is_silent(&world, &plain);
    put(&world, "b", ",\"n\":3");
    world.run_once(&plain).exits(0).says(&["1 published"]);
    is_silent(&world, &config(&world, 2, &format!("{ENVELOPE}\n{SNAPSHOT}")));
}

#[test]
fn rows_that_say_so_themselves_and_logs_and_schemas_have_the_same_events() {
    let world = world("envelope_soft");
    put(&world, "a", ",\"gone\":false");
    put(&world, "b", ",\"gone\":true");
    let format = "format: {envelope: debezium, value: json_schema}";
    let file = config(&world, 100, &format!("{format}\n{SOFT}"));
    world.run_once(&file).exits(0).says(&["1 published"]);
    put(&world, "a", ",\"gone\":true");
    world.run_once(&file).exits(0).says(&["1 published (1 tombstone)"]);
    let messages = world.read("monitors");
    let values: Vec<Value> = messages.iter().map(event).collect();
    let payloads: Vec<&Value> = values.iter().map(|value| &value["payload"]["op"]).collect();
    assert_eq!(payloads, [&json!("r"), &json!("d"), &Value::Null]);
    assert_eq!(values[1]["schema"]["name"], format!("{}.monitors.Envelope", world.name));
    assert_eq!(values[1]["payload"]["source"]["page"], 1);
    is_silent(&world, &file);
    world.run(&["audit", &file]).exits(0);
    // A log: each record is new, also in the first scan.
    let source = format!(
        "  resources:
    - name: events
      write_disposition: append
      endpoint: {{path: {PATH}, data_selector: data, paginator: single_page}}"
    );
    let file = written(&world, "log.yaml", &source, ENVELOPE);
    world.run_once(&file).exits(0).says(&["2 published"]);
    let ops: Vec<Value> = world.read("events").iter().map(|message| event(message)["op"].clone()).collect();
    assert_eq!(ops, [json!("c"), json!("c")]);
}

#[test]
fn what_depends_on_a_deleted_row_goes_with_events_of_its_own() {
    let world = world("envelope_family");
    let children = |parent: &str| format!("{PATH}/{parent}/notes");
    for parent in ["a", "b"] {
        put(&world, parent, "");
        let note = format!("{{\"id\":\"{parent}1\"}}");
        world.api.change(&children(parent), |all| all.put(&format!("{parent}1"), &note));
    }
    let source = format!(
        "  resource_defaults: {{primary_key: id, endpoint: {{data_selector: data, paginator: single_page}}}}
  resources:
    - {{name: monitors, endpoint: {{path: {PATH}}}}}
    - {{name: notes, endpoint: {{path: '{PATH}/{{resources.monitors.id}}/notes'}}}}"
    );
    let file = written(&world, "family.yaml", &source, &format!("{ENVELOPE}\n{SNAPSHOT}"));
    world.run_once(&file).exits(0);
    let mut notes = Ops::of(&world, "notes");
    assert_eq!(notes.news(), ["a1 r", "b1 r"]);
    remove(&world, "a");
    world.run_once(&file).exits(0);
    assert_eq!(notes.news(), ["a1 d", "a1 -"]);
    is_silent(&world, &file);
}

#[test]
fn a_signal_has_rows_read_again() {
    let world = world("envelope_again");
    put(&world, "a", "");
    put(&world, "b", "");
    let file = config(&world, 100, &format!("{ENVELOPE}\n{QUIET}"));
    let (running, mut tail) = running(&world, &file, "monitors", 2);
    signal(&world, &file, &["execute-snapshot", "-r", "monitors", "--key", "b"]);
    let again = event(tail.wait_for(3).last().unwrap());
    assert_eq!((&again["op"], &again["source"]["snapshot"]), (&json!("r"), &json!("incremental")));
    put(&world, "c", "");
    signal(&world, &file, &["execute-snapshot", "-r", "monitors", "--publish", "changes"]);
    let new = event(tail.wait_for(4).last().unwrap());
    assert_eq!((&new["op"], &new["source"]["snapshot"]), (&json!("c"), &json!("false")));
    running.terminate().exits(0);
}

#[test]
fn an_event_whose_tombstone_is_lost_is_told_and_buried_once_more_or_overtaken() {
    let world = world("envelope_lost");
    ["a", "b", "c"].iter().for_each(|key| put(&world, key, ""));
    let file = config(&world, 100, &format!("{ENVELOPE}\n{SNAPSHOT}"));
    world.run_once(&file).exits(0);
    ["a", "b"].iter().for_each(|key| remove(&world, key));
    world.run_once(&file).exits(0).says(&["2 published (2 tombstones)"]);
    put(&world, "b", ",\"n\":1");
    world.run_once(&file).exits(0).says(&["1 published"]);
    let mut ops = Ops::of(&world, "monitors");
    let all = ops.messages();
    for message in all.iter().filter(|message| event(message)["op"] == "d") {
        once_more(&world, message);
    }
    ops.messages();
    let found: Value =
        serde_json::from_str(&world.run(&["audit", &file, "-o", "json"]).exits(1).stdout).unwrap();
    let differing: Vec<String> = found["resources"][0]["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {}", one["key"].as_str().unwrap(), one["how"].as_str().unwrap()))
        .collect();
    assert_eq!(differing, ["a only_in_topic", "b differs"]);
    world.run(&["audit", &file, "--repair"]).exits(0);
    assert_eq!(ops.news(), ["a d", "a -", "b u"]);
    is_silent(&world, &file);
    // Of rows that say so themselves as well, and by an ordinary run.
    let file = config(&world, 100, &format!("{ENVELOPE}\n{SOFT}"));
    put(&world, "c", ",\"gone\":true");
    world.run_once(&file).exits(0).says(&["1 published (1 tombstone)"]);
    let event_of_c = ops.messages().into_iter().find(|message| event(message)["op"] == "d").unwrap();
    once_more(&world, &event_of_c);
    ops.messages();
    world.fresh_directory();
    world.run_once(&file).exits(0).says(&["1 published (1 tombstone)"]);
    assert_eq!(ops.news(), ["c d", "c -"]);
    is_silent(&world, &file);
}

#[test]
fn killed_among_deletes_and_compacted_the_topic_still_says_everything() {
    for delivery in ["exactly_once", "at_least_once"] {
        let world = world("envelope_killed");
        let keys: Vec<String> = (0..40).map(|n| format!("k{n}")).collect();
        keys.iter().for_each(|key| put(&world, key, ""));
        let source = format!(
            "  resources:
    - {{name: monitors, primary_key: id, endpoint: {{path: {PATH}, data_selector: data, paginator: single_page}}}}
topics:
  creation.default.partitions: 1
  creation.default.segment.ms: 100
  creation.default.min.cleanable.dirty.ratio: 0.001
  creation.default.delete.retention.ms: 3600000
{ENVELOPE}
{SNAPSHOT}
delivery: {delivery}"
        );
        let file = bare(&world, &source);
        world.run_once(&file).exits(0).says(&["40 published"]);
        let mut gone = keys.chunks(2);
        for (round, place) in KILLS.iter().enumerate() {
            gone.next().unwrap().iter().for_each(|key| remove(&world, key));
            put(&world, &keys[39], &format!(",\"n\":{round}"));
            world.run_to_its_death(place, &["run", &file, "--once"]);
            if round % 2 == 0 {
                world.fresh_directory();
            }
        }
        world.run_once(&file).exits(0);
        let mut served: BTreeMap<_, _> =
            gone.flatten().map(|key| (key.clone(), json!({"id": key}))).collect();
        served.insert(keys[39].clone(), json!({"id": keys[39], "n": KILLS.len() - 1}));
        assert_eq!(table(&world.read("monitors")), served, "{delivery}");
        // A message behind the others has their segment cleaned.
        let events =
            |messages: &[Seen]| messages.iter().filter(|message| event(message)["op"] == "d").count();
        assert!(events(&world.read("monitors")) > 0);
        until("compaction", LONG, || {
            put(&world, &keys[38], &format!(",\"t\":{}", fastrand::u32(..)));
            world.run_once(&file).exits(0);
            (events(&world.read("monitors")) == 0).then_some(())
        });
        world.fresh_directory();
        is_silent(&world, &file);
        let mut now = table(&world.read("monitors"));
        [&mut now, &mut served].into_iter().for_each(|rows| drop(rows.remove(&keys[38])));
        assert_eq!(now, served, "{delivery}");
        world.run(&["audit", &file]).exits(0);
    }
}

/// Among what is sent for a changed row and two that are gone, and after it.
const KILLS: [&str; 4] = [
    "kafka::after_send=kill@2",
    "kafka::after_send=kill@4",
    "sync::before_deletes=kill",
    "sync::before_apply=kill",
];

/// A configuration with its own blocks in `source`.
fn bare(world: &World, source: &str) -> String {
    let text = format!(
        "name: ${{NAME}}
source:
  client:
    base_url: ${{API}}/
    auth: {{type: api_key, name: api_key, api_key: '${{env:API_KEY}}', location: query}}
{source}
kafka: ${{KAFKA}}
"
    );
    world.file("bare.yaml", &text)
}
