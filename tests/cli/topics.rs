//! `krest topics show`: what a reader of the topics has, whatever else goes on.

use std::collections::BTreeSet;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use serde_json::Value;

use crate::delivery::seed::{PATH, config, world, written};
use crate::support::api::{generated, runtime};
use crate::support::checker::Tail;
use crate::support::{World, foreign_transaction};

fn change(world: &World, id: usize, version: usize) {
    let (key, text) = generated(id, version, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
}

/// `krest topics show FILE … -o json`, line for line.
fn shown(world: &World, file: &str, more: &[&str]) -> Vec<Value> {
    let arguments = [&["topics", "show", file, "-o", "json"], more].concat();
    let finished = world.run(&arguments).exits(0);
    finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn keys(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["key"].as_str().unwrap()).collect()
}

/// `monitors` with deletes of what a scan does not show.
fn replacing(world: &World) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: id
      write_disposition: replace
      endpoint: {{path: {PATH}, data_selector: data, paginator: {{type: offset, limit: 100, total_path: null}}}}"
    );
    written(world, "replace.yaml", &source, "")
}

#[test]
fn of_each_key_the_newest_message_and_none_of_what_was_deleted() {
    let world = world("topics-rows", 30);
    let file = replacing(&world);
    world.run_once(&file).exits(0);
    change(&world, 7, 2);
    world.api.change(PATH, |all| all.remove("9"));
    world.run_once(&file).exits(0).says(&["2 published (1 tombstone)"]);

    let rows = shown(&world, &file, &["-n", "0"]);
    let unique: BTreeSet<&str> = keys(&rows).into_iter().collect();
    assert_eq!((rows.len(), unique.len(), unique.contains("9")), (29, 29, false));
    assert_eq!(rows[0]["key"], "7", "the newest first: {rows:?}");
    assert_eq!(
        rows[0]["value"].to_string(),
        serde_json::from_str::<Value>(&generated(7, 2, 120).1).unwrap().to_string()
    );
    let row = rows[0].as_object().unwrap();
    let names: Vec<&str> = row.keys().map(String::as_str).collect();
    assert_eq!(names, ["headers", "key", "offset", "partition", "resource", "timestamp", "value"]);
    assert_eq!(row["headers"]["krest.fingerprint"].as_str().unwrap().len(), 32);
    let message = world.read("monitors").into_iter().rfind(|message| message.key_text() == "7").unwrap();
    let place = format!("{}:{}", row["partition"], row["offset"]);
    assert_eq!(
        (row["resource"].as_str(), place),
        (Some("monitors"), format!("{}:{}", message.partition, message.offset))
    );

    let deleted = shown(&world, &file, &["-n", "2", "--deleted"]);
    let both: BTreeSet<&str> = keys(&deleted).into_iter().collect();
    assert_eq!(both, BTreeSet::from(["7", "9"]));
    assert!(deleted.iter().any(|row| row["key"] == "9" && row["value"].is_null()), "{deleted:?}");

    let table = world.run(&["topics", "show", &file, "-n", "3"]).exits(0).stdout;
    for part in [&world.topic("monitors"), "key", "value", "age", "headers", "krest.fingerprint=", "-n 0"] {
        assert!(table.contains(part), "no {part:?} in:\n{table}");
    }
    assert_eq!(table.lines().count(), 2 + 3 + 1, "{table}");
}

#[test]
fn a_topic_is_read_from_its_end_however_long_it_is() {
    let world = world("topics-long", 4000);
    let file = config(&world, 1000, "");
    world.run_once(&file).exits(0);
    (1..=3).for_each(|id| change(&world, id, 2));
    world.run_once(&file).exits(0);
    assert_eq!(
        keys(&shown(&world, &file, &["-n", "3"])).into_iter().collect::<BTreeSet<_>>(),
        BTreeSet::from(["1", "2", "3"])
    );
    let all = shown(&world, &file, &["-n", "0"]);
    let unique: BTreeSet<&str> = keys(&all).into_iter().collect();
    assert_eq!((all.len(), unique.len()), (4000, 4000));
    let second = |row: &&Value| row["key"] == "2";
    assert_eq!(all.iter().find(second).unwrap()["value"].to_string().len(), generated(2, 2, 120).1.len());
    assert_eq!(shown(&world, &file, &[]).len(), 20);
}

#[test]
fn topics_are_shown_while_an_instance_runs_and_only_what_is_committed() {
    let world = world("topics-running", 20);
    let file = config(&world, 100, "poll: {interval: 100ms}");
    let mut running = world.start(&["run", &file]);
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    tail.wait_for(20);
    assert_eq!(shown(&world, &file, &["-n", "0"]).len(), 20);
    let _open =
        foreign_transaction(world.bootstrap(), &world.topic("monitors"), "open", Duration::from_secs(50));
    let rows = shown(&world, &file, &["-n", "0"]);
    assert!(rows.len() <= 20 && !keys(&rows).contains(&"open"), "{rows:?}");
    assert!(running.is_running());
    running.kill_9();
}

#[test]
fn a_topic_that_is_not_there_is_named_and_not_made() {
    let world = world("topics-missing", 3);
    let file = config(&world, 100, "");
    let finished = world.run(&["topics", "show", &file]).exits(0);
    assert_eq!(finished.stdout, "");
    finished.says(&["monitors", &world.topic("monitors"), "no topic"]);
    assert_eq!(crate::support::checker::partitions(world.bootstrap(), &world.topic("monitors")), 0);
    world.run_once(&file).exits(0);
    world.run(&["topics", "show", &file, "-r", "monitor"]).exits(2).says(&["\"monitor\"", "monitors"]);
    let bare = world.file("bare.yaml", "client: {base_url: 'http://localhost:1/'}\nresources: [posts]\n");
    world.run(&["topics", "show", &bare]).exits(2).says(&["kafka"]);
}

#[test]
fn kafka_that_is_away_is_a_failure() {
    let world = world("topics-away", 3).on_broker("127.0.0.1:1");
    let file = config(&world, 100, "");
    world.run(&["topics", "show", &file]).exits(1).says(&["127.0.0.1:1"]);
}

#[test]
fn whatever_others_wrote_is_shown_and_steers_nothing() {
    let world = world("topics-foreign", 3);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    let topic = world.topic("monitors");
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", world.bootstrap()).create().unwrap();
    let headers = OwnedHeaders::new()
        .insert(Header { key: "plain", value: Some("a\u{1b}[2Jb") })
        .insert(Header { key: "null", value: None::<&[u8]> })
        .insert(Header { key: "bytes", value: Some(&b"\xff\xfe"[..]) });
    let record =
        BaseRecord::to(&topic).key(&b"\xffk"[..]).payload("no \"json\"\n\u{1b}[31m").headers(headers);
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(Duration::from_secs(10)).unwrap();
    let row = &shown(&world, &file, &["-n", "1"])[0];
    assert_eq!(row["key"], "\u{fffd}k");
    assert_eq!(row["value"], "no \"json\"\n\u{1b}[31m");
    assert_eq!(
        row["headers"],
        serde_json::json!({"plain": "a\u{1b}[2Jb", "null": null, "bytes": "\u{fffd}\u{fffd}"})
    );
    let table = world.run(&["topics", "show", &file, "-n", "0"]).exits(0).stdout;
    assert!(!table.contains('\u{1b}') && table.lines().all(|line| line.chars().count() <= 110), "{table}");
}

#[test]
fn of_a_topic_where_every_message_counts_every_message_is_shown() {
    let world = World::new("topics-append").serving(&format!("collections: {{{PATH}: {{generate: 4}}}}"));
    let source = format!(
        "  resources:
    - {{name: monitors, primary_key: id, write_disposition: append, endpoint: {{path: {PATH}, data_selector: data, paginator: single_page}}}}
    - {{name: events, endpoint: {{path: {PATH}, data_selector: data, paginator: single_page}}}}"
    );
    let file = written(&world, "append.yaml", &source, "");
    world.run_once(&file).exits(0);
    change(&world, 2, 2);
    world.run_once(&file).exits(0);
    let rows = shown(&world, &file, &["-r", "monitors"]);
    assert_eq!(keys(&rows).iter().filter(|key| **key == "2").count(), 2, "{rows:?}");
    let rows = shown(&world, &file, &["-r", "events", "-n", "0"]);
    assert_eq!((rows.len(), rows.iter().all(|row| row["key"].is_null())), (8, true), "{rows:?}");
}

#[test]
fn a_log_whose_beginning_is_gone_is_read_from_where_it_begins() {
    let world = World::new("topics-trimmed").serving(&format!("collections: {{{PATH}: {{generate: 900}}}}"));
    let source = format!(
        "  resources:
    - {{name: events, endpoint: {{path: {PATH}, data_selector: data, paginator: single_page}}}}"
    );
    let file = written(&world, "log.yaml", &source, "");
    world.run_once(&file).exits(0);
    let (topic, ends) = (world.topic("events"), world.end_offsets("events"));
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", world.bootstrap()).create().unwrap();
    let mut first = TopicPartitionList::new();
    for (partition, end) in &ends {
        first.add_partition_offset(&topic, *partition, Offset::Offset(end - 51)).unwrap(); // the last one is a marker
    }
    runtime().block_on(admin.delete_records(&first, &AdminOptions::new())).unwrap();
    assert_eq!(shown(&world, &file, &["-n", "0"]).len(), 50 * ends.len());
}
