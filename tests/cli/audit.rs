//! `krest audit`: each way in which API, topic and cache can differ, and its repair.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::{Value, json};

use krest::model::{ConnectorName, Fingerprint, ResourceName, Stamp, StoredRecord};
use krest::state::{Directory, LocalState, Present};

use crate::delivery::seed::{PATH, world, world_of, written};
use crate::support::api::{Answer, generated};
use crate::support::checker;
use crate::support::{World, delete_topic, until};

const TABLE: &str = "primary_key: id\n      write_disposition: merge";
const WHOLE: &str = "primary_key: id\n      write_disposition: replace";

/// One resource, `monitors`, in pages of 50; `resource` is further YAML of it, `more` krest's own blocks.
fn listing(world: &World, resource: &str, more: &str) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      {resource}
      endpoint: {{path: {PATH}, data_selector: data, paginator: {{type: offset, limit: 50, total_path: null}}}}"
    );
    written(world, "config.yaml", &source, more)
}

pub(super) fn audited(world: &World, file: &str, more: &[&str], code: i32) -> Value {
    let finished = world.run(&[&["audit", file, "-o", "json"], more].concat()).exits(code);
    serde_json::from_str(&finished.stdout)
        .unwrap_or_else(|_| panic!("{}\n{}", finished.stdout, finished.stderr))
}

/// What differs, as `key how`.
pub(super) fn differing(resource: &Value) -> Vec<String> {
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or("?").to_owned();
    let all = resource["differences"].as_array().unwrap().iter();
    all.map(|one| format!("{} {}", text(one, "key"), text(one, "how"))).collect()
}

fn put(world: &World, id: usize, version: usize) {
    let (key, text) = generated(id, version, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
}

/// What another tool writes into the topic, in the partition where the key belongs. `None`: a tombstone, or no header.
fn write(world: &World, resource: &str, key: &str, (value, fingerprint): (Option<&str>, Option<&str>)) {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", world.bootstrap()).create().expect("a producer");
    let topic = world.topic(resource);
    let partitions = checker::partitions(world.bootstrap(), &topic);
    let mut record =
        BaseRecord::to(&topic).key(key).partition(checker::partition(key.as_bytes(), partitions));
    if let Some(value) = value {
        record = record.payload(value);
    }
    if let Some(fingerprint) = fingerprint {
        let header = Header { key: "krest.fingerprint", value: Some(fingerprint) };
        record = record.headers(OwnedHeaders::new().insert(header));
    }
    producer.send(record).expect("a message");
    producer.flush(Duration::from_secs(20)).expect("it is written");
}

fn fingerprint_of(world: &World, key: &str) -> String {
    let rows = world.read("monitors");
    let row = rows.iter().rfind(|row| row.key_text() == key && row.value.is_some()).unwrap();
    let (_, value) = row.headers.iter().find(|(name, _)| name == "krest.fingerprint").unwrap();
    String::from_utf8(value.clone()).unwrap()
}

#[test]
fn an_audit_of_what_a_run_has_written_is_clean() {
    let world = world("audit-clean", 70);
    let file = listing(&world, TABLE, "");
    let before = audited(&world, &file, &[], 1);
    assert_eq!(before["resources"][0]["different"], 70, "nothing was written yet: {before}");
    assert_eq!(checker::partitions(world.bootstrap(), &world.topic("monitors")), 0, "it was created");
    world.run_once(&file).exits(0);
    let expected = json!({"resources": [
        {"resource": "monitors", "api": 70, "topic": 70, "cache": 70, "different": 0, "differences": []}
    ]});
    assert_eq!(audited(&world, &file, &[], 0), expected);
    world.fresh_directory();
    assert_eq!(audited(&world, &file, &[], 0)["resources"][0]["cache"], Value::Null);
    assert!(!world.state_directory().exists(), "an audit makes nothing");
}

#[test]
fn every_difference_between_api_and_topic_is_named_and_mended() {
    let world = world("audit-table", 60);
    let file = listing(&world, WHOLE, "deletes: {max_share: 0.5}");
    world.run_once(&file).exits(0);
    put(&world, 3, 2);
    put(&world, 61, 1);
    world.api.change(PATH, |all| all.remove("5"));
    let (_, six) = generated(6, 9, 120);
    write(&world, "monitors", "6", (Some(&six), Some(&fingerprint_of(&world, "6"))));
    let (_, seven) = generated(7, 1, 120);
    write(&world, "monitors", "7", (Some(&seven), None));
    write(&world, "monitors", "8", (None, None));
    write(&world, "monitors", "9", (Some("not json"), Some(&fingerprint_of(&world, "9"))));
    let found = audited(&world, &file, &[], 1);
    let resource = &found["resources"][0];
    assert_eq!(
        differing(resource),
        ["3 differs", "5 only_in_topic", "6 header", "61 missing", "7 header", "8 missing", "9 header"]
    );
    assert_eq!((&resource["api"], &resource["topic"]), (&json!(60), &json!(59)));
    assert_eq!(resource["differences"][0]["fields"], json!([{"field": "version", "topic": 1, "api": 2}]));
    let shown = world.run(&["audit", &file]).exits(1).stdout;
    for line in [
        "  ≠ 3  differs\n      version: 1 in the topic, 2 in the API\n",
        "  ≠ 5  only in the topic\n",
        "  ≠ 6  header and value of the topic's message disagree\n      version: 9 in the topic, 1 in the API\n",
        "  ≠ 61  missing in the topic\n",
    ] {
        assert!(shown.contains(line), "{line:?} is not in:\n{shown}");
    }
    let written = world.read("monitors").len();
    let mended = audited(&world, &file, &["--repair"], 0);
    assert_eq!(
        (&mended["resources"][0]["different"], &mended["after"][0]["different"]),
        (&json!(7), &json!(0))
    );
    assert_eq!(world.read("monitors").len(), written + 7, "one message for each, and none besides");
    audited(&world, &file, &[], 0);
    let quiet = world.end_offsets("monitors");
    world.run_once(&file).exits(0);
    assert_eq!(world.end_offsets("monitors"), quiet);
}

#[test]
fn what_a_listing_does_not_show_is_kept_where_the_deletes_mode_keeps_it() {
    let world = world("audit-kept", 30);
    let file = listing(&world, TABLE, "");
    world.run_once(&file).exits(0);
    world.api.change(PATH, |all| all.remove("5"));
    let found = audited(&world, &file, &[], 0);
    let resource = &found["resources"][0];
    assert_eq!((&resource["kept"], &resource["different"]), (&json!(1), &json!(0)));
    assert!(resource["notes"][0].as_str().unwrap().contains("1 row of the topic not shown"), "{resource}");
}

#[test]
fn a_row_below_the_cursor_is_found_and_mended() {
    let world = world("audit-cursor", 0);
    let put = |id: usize, at: usize, note: &str| {
        world.api.change(PATH, |all| {
            all.put(&id.to_string(), &format!("{{\"id\":{id},\"at\":{at},\"note\":\"{note}\"}}"));
        });
    };
    (1..=20).for_each(|id| put(id, id, "a"));
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: id
      write_disposition: merge
      endpoint:
        path: {PATH}
        data_selector: data
        params: {{since: '{{incremental.start_value}}'}}
        incremental: {{cursor_path: at, initial_value: 0}}
        paginator: {{type: offset, limit: 50, total_path: null}}"
    );
    let file = written(&world, "config.yaml", &source, "");
    world.run_once(&file).exits(0);
    put(4, 4, "changed without a trace");
    world.run_once(&file).exits(0);
    assert_eq!(differing(&audited(&world, &file, &[], 1)["resources"][0]), ["4 differs"]);
    audited(&world, &file, &["--repair"], 0);
    assert_eq!(world.positions("monitors").last().unwrap()["cursor"]["value"], 20);
    assert_eq!(world.read("monitors").len(), 21);
}

/// Has the cache on disk say something else of these keys than the topic does.
fn lie(world: &World, keys: &[&str]) {
    let (state, connector) = (world.state_directory(), ConnectorName::new(&world.name));
    let directory = Directory::claim(state.parent().unwrap(), &connector).unwrap();
    let state = LocalState::open(directory, 64 << 20);
    let mut cache = state.cache(&ResourceName::new("monitors"), false);
    let topic_id = world.positions("monitors").last().unwrap()["topic_id"].as_str().unwrap().to_owned();
    cache.recall(&Present {
        topic: &world.topic("monitors"),
        topic_id: &topic_id,
        key_format: "string",
        partitions: 3,
        delete_retention: None,
        now: std::time::SystemTime::now(),
    });
    let offsets = cache.checkpoint().offsets.clone();
    for key in keys {
        let fingerprint = Some(Stamp::whole(Fingerprint::from_u128(1)));
        let (partition, offset) = (0, offsets[&0] - 1);
        cache.restore(&StoredRecord {
            partition,
            offset,
            key: key.as_bytes(),
            fingerprint,
            deleted: false,
            foreign: false,
            parent: None,
            value: None,
            row: None,
        });
    }
    cache.restored(offsets).unwrap();
}

#[test]
fn a_cache_that_disagrees_is_named_and_thrown_away() {
    let world = world("audit-cache", 40);
    let file = listing(&world, TABLE, "");
    world.run_once(&file).exits(0);
    lie(&world, &["7", "99"]);
    let found = audited(&world, &file, &[], 1);
    let resource = &found["resources"][0];
    assert_eq!(
        differing(resource),
        ["? cache", "7 cache"],
        "of a key that the topic lacks only the hash is known"
    );
    assert_eq!((&resource["cache"], &resource["different"]), (&json!(41), &json!(2)));
    audited(&world, &file, &["--repair"], 0);
    assert_eq!(world.read("monitors").len(), 40, "the topic was right");
    assert_eq!(audited(&world, &file, &[], 0)["resources"][0]["cache"], 40);
}

#[test]
fn rows_that_change_while_they_are_looked_at_are_no_differences() {
    let world = world("audit-moving", 120);
    let file = listing(&world, TABLE, "poll: {interval: 100ms}");
    world.run_once(&file).exits(0);
    put(&world, 9, 2); // nobody runs: this one is a difference
    // The audit's first walk is held on its second page while a row changes behind it and one before it.
    world.api.forget_requests();
    let gate = world.api.hold(PATH, 50);
    let mut running = world.start(&["audit", &file, "-o", "json"]);
    until("the second page", Duration::from_secs(20), || (world.api.requests(PATH) > 0).then_some(()));
    std::thread::sleep(Duration::from_millis(300));
    put(&world, 2, 2);
    put(&world, 110, 2);
    gate.release();
    world.api.open_gates();
    let finished = running.finish(Duration::from_secs(60)).exits(1);
    let found: Value = serde_json::from_str(&finished.stdout).unwrap();
    let resource = &found["resources"][0];
    assert_eq!(differing(resource), ["110 differs", "9 differs"], "{resource}");
    assert_eq!(
        resource["changing"], 1,
        "row 2 was the same in the first look, and not in the second: {resource}"
    );
}

#[test]
fn a_repair_is_refused_beside_a_running_instance() {
    let world = world("audit-beside", 20);
    let file = listing(&world, TABLE, "poll: {interval: 200ms}");
    let running = world.start(&["run", &file]);
    running.says("20 records read");
    let looked =
        world.run(&["audit", &file, "-o", "json"]).exits(0).says(&["left out", "in use by another krest"]);
    assert!(looked.stdout.contains("\"cache\":null"), "{}", looked.stdout);
    world.run(&["audit", &file, "--repair"]).exits(4).says(&["in use by another krest"]);
    world.fresh_directory(); // as on another machine
    until("the instance to show", Duration::from_secs(30), || {
        world.run(&["audit", &file, "--repair"]).stderr.contains("is running").then_some(())
    });
    world.run(&["audit", &file, "--repair"]).exits(1).says(&["is running", "stop that one first"]);
    let finished = running.terminate();
    assert!(!finished.stderr.contains("fenced"), "{}", finished.stderr);
}

#[test]
fn a_topic_that_is_gone_is_filled_by_a_repair_and_a_log_is_left_alone() {
    let world = world_of(
        "audit-family",
        &[("/teams", 0), ("/teams/1/members", 0), ("/teams/2/members", 0), ("/log", 0)],
    );
    let row = |path: &str, id: usize| {
        world.api.change(path, |all| all.put(&id.to_string(), &format!("{{\"id\":{id}}}")));
    };
    [1, 2].into_iter().for_each(|id| row("/teams", id));
    row("/teams/1/members", 11);
    row("/teams/2/members", 21);
    row("/log", 1);
    let source = "  resource_defaults: {primary_key: id, write_disposition: replace, endpoint: {data_selector: data, paginator: {type: offset, limit: 50, total_path: null}}}
  resources:
    - {name: teams, endpoint: {path: /teams}}
    - {name: members, endpoint: {path: '/teams/{resources.teams.id}/members'}}
    - {name: log, write_disposition: append, endpoint: {path: /log}}";
    let file = written(
        &world,
        "config.yaml",
        source,
        "deletes: {max_share: 0.9}\noverrides: {log: {deletes: {mode: none}}}",
    );
    world.run_once(&file).exits(0);
    delete_topic(world.bootstrap(), &world.topic("members"));
    let found = audited(&world, &file, &[], 1);
    assert_eq!(differing(&found["resources"][1]), ["11 missing", "21 missing"]);
    assert_eq!(differing(&found["resources"][0]), Vec::<String>::new());
    assert!(found["resources"][2]["notes"][0].as_str().unwrap().contains("append"), "{found}");
    let one = audited(&world, &file, &["-r", "teams"], 0);
    assert_eq!(one["resources"].as_array().unwrap().len(), 1);
    audited(&world, &file, &["--repair"], 0);
    assert_eq!((world.read("teams").len(), world.read("members").len(), world.read("log").len()), (2, 2, 1));
    // What cannot be read is not compared, and the others are.
    world.api.answers(vec![Answer {
        path: Some("/teams/2/members".to_owned()),
        status: Some(404),
        ..Answer::default()
    }]);
    let found = audited(&world, &file, &[], 1);
    assert!(
        found["resources"][1]["error"].is_string() && found["resources"][0]["error"].is_null(),
        "{found}"
    );
}

#[test]
fn what_the_api_repeats_of_the_secret_is_not_told() {
    let world = world("audit-secret", 5);
    let file = listing(&world, TABLE, "");
    let body = format!("{{\"error\":\"bad key {}\"}}", world.canary);
    world.api.answers(vec![Answer { status: Some(403), body: Some(body), ..Answer::default() }]);
    let found = audited(&world, &file, &[], 1);
    assert!(found["resources"][0]["error"].as_str().unwrap().contains("403"), "{found}");
    world.run(&["audit", &file]).exits(1);
    world.run(&["audit", &file, "-r", "nobody"]).exits(2).says(&["nobody"]);
}
