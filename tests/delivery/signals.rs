//! A running connector is told something, from the command line and by records as a Debezium user writes them: what it does then,
//! and what it tells of it.

use std::time::Duration;

use serde_json::Value;

use super::seed::{PATH, config, world, written};
use crate::support::api::generated;
use crate::support::checker::{Seen, Tail, leaks_in, partitions, read};
use crate::support::{Running, World, create_topic, send_message, until};

const LONG: Duration = Duration::from_secs(60);

/// Topics of the test's own; and nothing comes by itself.
pub(super) const QUIET: &str = "signal: {kafka.topic: '${NAME}-signals'}
notification: {sink.topic.name: '${NAME}-notifications'}
poll: {interval: 1h}";

pub(super) fn more(interval: &str) -> String {
    QUIET.replace("1h", interval)
}

pub(super) fn topic(world: &World, what: &str) -> String {
    format!("{}-{what}", world.name)
}

/// The notifications so far; no secret in them.
pub(super) fn notices(world: &World) -> Vec<Value> {
    let topic = topic(world, "notifications");
    if partitions(world.bootstrap(), &topic) == 0 {
        return Vec::new();
    }
    let records = read(world.bootstrap(), &topic);
    assert_eq!(leaks_in(&records, &world.canary), Vec::<String>::new());
    assert!(records.iter().all(|record| record.key_text() == world.name));
    records.iter().map(|record| serde_json::from_str(record.value_text().unwrap()).unwrap()).collect()
}

/// The notifications of one signal: what, and in which stage.
pub(super) fn stages(world: &World, id: &str) -> Vec<String> {
    let all = notices(world);
    let own = all.iter().filter(|notice| notice["id"] == id);
    own.map(|notice| {
        format!("{} {}", notice["aggregate_type"].as_str().unwrap(), notice["type"].as_str().unwrap())
    })
    .collect()
}

fn reason(world: &World, id: &str) -> String {
    until(&format!("word of {id}"), LONG, || {
        let all = notices(world);
        let notice = all.iter().find(|notice| notice["id"] == id && notice["type"] == "SKIPPED")?;
        Some(notice["additional_data"]["reason"].as_str().unwrap_or_default().to_owned())
    })
}

/// `krest signal FILE … --wait`: it is done when this returns. The id.
#[track_caller]
pub(super) fn signal(world: &World, file: &str, arguments: &[&str]) -> String {
    let arguments: Vec<&str> = ["signal", file].iter().chain(arguments).chain(&["--wait"]).copied().collect();
    world.run(&arguments).exits(0).stdout.trim().to_owned()
}

/// As a Debezium user would, to the topic that is there.
fn send(world: &World, key: &str, value: &str) {
    send_message(world.bootstrap(), &topic(world, "signals"), Some(key), value);
}

pub(super) fn running(world: &World, file: &str, resource: &str, messages: usize) -> (Running, Tail) {
    let running = world.start(&["run", file]);
    let mut tail = Tail::new(world.bootstrap(), &world.topic(resource));
    tail.wait_for(messages);
    until("the end of the first scan", LONG, || world.is_recorded(resource).then_some(()));
    (running, tail)
}

pub(super) fn keys(messages: &[Seen]) -> Vec<&str> {
    let mut keys: Vec<&str> = messages.iter().map(Seen::key_text).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn a_snapshot_publishes_a_resource_again_changed_or_not_at_once() {
    let world = world("again", 30);
    let file = config(&world, 10, QUIET);
    let (running, mut tail) = running(&world, &file, "monitors", 30);
    let id = signal(&world, &file, &["execute-snapshot", "-r", "monitors"]);
    tail.wait_for(60);
    assert_eq!(stages(&world, &id), ["Incremental Snapshot STARTED", "Incremental Snapshot COMPLETED"]);
    let (key, text) = generated(7, 2, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
    signal(&world, &file, &["execute-snapshot", "-r", "monitors", "--publish", "changes"]);
    assert_eq!(tail.wait_for(61).last().unwrap().value_text(), Some(text.as_str()));
    running.says("is done: 30 records read, 30 published");
    running.says("is done: 30 records read, 1 published");
    assert_eq!(read(world.bootstrap(), &topic(&world, "signals")).len(), 2);
    let first: Vec<Value> =
        notices(&world).into_iter().filter(|notice| notice["aggregate_type"] == "Initial Snapshot").collect();
    assert_eq!(
        first.iter().map(|notice| notice["type"].as_str().unwrap()).collect::<Vec<_>>(),
        ["STARTED", "COMPLETED"]
    );
    assert_eq!(first[1]["additional_data"]["total_rows_scanned"], "30");
    assert!(first[0]["timestamp"].is_u64() && first[0]["additional_data"]["connector_name"] == world.name);
    let finished = running.terminate().exits(0);
    assert_eq!(finished.stderr.matches("WARN").count(), 0, "{}", finished.stderr);
    assert_eq!(world.read("monitors").len(), 61);
}

#[test]
fn records_as_debezium_has_them_are_understood_and_bad_ones_are_passed_over_with_a_word() {
    let world = world("foreign-signals", 20);
    let file = config(&world, 10, QUIET);
    create_topic(world.bootstrap(), &topic(&world, "signals"), 1, &[]);
    let (running, mut tail) = running(&world, &file, "monitors", 20);
    let bad = [
        ("unknown", r#"{"id":"unknown","type":"open-sesame","data":{}}"#, "unknown"),
        (
            "nowhere",
            r#"{"id":"nowhere","type":"execute-snapshot","data":{"data-collections":["no"]}}"#,
            "monitors",
        ),
        (
            "sql",
            r#"{"id":"sql","type":"execute-snapshot","data":{"data-collections":["monitors"],"additional-conditions":[]}}"#,
            "SQL",
        ),
        ("debezium", r#"{"id":"debezium","type":"pause-snapshot","data":null}"#, "pause"),
        (
            "uncursed",
            r#"{"id":"uncursed","type":"rewind","data":{"data-collections":["monitors"],"to":1}}"#,
            "no cursor",
        ),
        ("0-5", "not json", "no signal"),
    ];
    for (_, value, _) in bad {
        send(&world, &world.name, value);
    }
    for (id, value, why) in bad {
        let reason = reason(&world, id);
        assert!(reason.contains(why), "{value}: {reason}");
    }
    let other = r#"{"type":"execute-snapshot","data":{"data-collections":["monitors"]}}"#;
    send(&world, "another-connector", other);
    send(&world, &world.name, r#"{"id":"hello","type":"log","data":{"message":"hello from outside"}}"#);
    send(
        &world,
        &world.name,
        r#"{"type":"execute-snapshot","data":{"data-collections":["mon.*"],"type":"INCREMENTAL"}}"#,
    );
    tail.wait_for(40);
    until("the end", LONG, || (stages(&world, "0-8").len() == 2).then_some(()));
    running.says("hello from outside");
    assert_eq!(stages(&world, "hello"), ["Signal COMPLETED"]);
    let finished = running.terminate().exits(0);
    assert_eq!(finished.stderr.matches("is passed over").count(), bad.len(), "{}", finished.stderr);
    assert_eq!(world.read("monitors").len(), 40);
}

#[test]
fn a_signal_that_came_while_nobody_ran_is_done_at_the_start_and_once() {
    let world = world("letterbox", 20);
    let file = config(&world, 10, QUIET);
    let (first, mut tail) = running(&world, &file, "monitors", 20);
    first.terminate().exits(0);
    world.run(&["signal", &file, "execute-snapshot", "-r", "monitors"]).exits(0);
    let finished = world.run(&["signal", &file, "execute-snapshot", "-r", "monitors", "--wait=1"]).exits(1);
    assert!(finished.stderr.contains("nothing was heard"), "{}", finished.stderr);
    world.run_once(&file).exits(0); // reads none
    let (second, _) = running(&world, &file, "monitors", 20);
    tail.wait_for(60);
    second.says_again("is done: 20 records read", 2);
    second.terminate().exits(0);
    let third = world.start(&["run", &file]);
    signal(&world, &file, &["log", "--message", "still here"]);
    third.terminate().exits(0);
    assert_eq!(world.read("monitors").len(), 60, "none of them was done twice");
}

#[test]
fn a_snapshot_that_a_kill_ended_is_begun_again() {
    let world = world("snapshot-killed", 30);
    let file = config(&world, 10, QUIET);
    let (first, mut tail) = running(&world, &file, "monitors", 30);
    let gate = world.api.hold(PATH, 20);
    world.run(&["signal", &file, "execute-snapshot", "-r", "monitors"]).exits(0);
    tail.wait_for(50);
    first.kill_9();
    drop(gate);
    let second = world.start(&["run", &file]);
    tail.wait_for(80);
    second.says("is done: 30 records read, 30 published");
    second.terminate().exits(0);
}

/// Posts, each with three comments.
fn family(test: &str) -> (World, String) {
    let world = World::new(test).serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    for post in 1..=4 {
        world.api.change("/posts", |all| all.put(&post.to_string(), &format!("{{\"id\":{post}}}")));
        for comment in 1..=3 {
            let id = post * 100 + comment;
            let path = format!("/posts/{post}/comments");
            world.api.change(&path, |all| all.put(&id.to_string(), &format!("{{\"id\":{id}}}")));
        }
    }
    let source = "  resource_defaults:
    primary_key: id
    write_disposition: merge
    endpoint: {data_selector: data, paginator: {type: offset, limit: 2}}
  resources:
    - posts
    - {name: comments, endpoint: {path: 'posts/{resources.posts.id}/comments'}}";
    let file = written(&world, "family.yaml", source, QUIET);
    (world, file)
}

#[test]
fn of_a_family_one_parent_or_one_record_is_published_again_and_nothing_else() {
    let (world, file) = family("narrow");
    let (running, mut comments) = running(&world, &file, "comments", 12);
    world.api.forget_requests();
    signal(&world, &file, &["execute-snapshot", "-r", "comments", "--parent", "2"]);
    assert_eq!(keys(&comments.wait_for(15)[12..]), ["201", "202", "203"]);
    assert_eq!(world.api.requests("/posts/1/comments"), 0, "another parent's");
    assert_eq!(world.api.requests("/posts/3/comments"), 0);
    signal(&world, &file, &["execute-snapshot", "-r", "comments", "--key", "102"]);
    assert_eq!(keys(&comments.wait_for(16)[15..]), ["102"]);
    assert_eq!(world.api.requests("/posts/4/comments"), 0, "it was found before");
    let mut posts = Tail::new(world.bootstrap(), &world.topic("posts"));
    posts.wait_for(4);
    signal(&world, &file, &["execute-snapshot", "-r", "posts", "--key", "3"]);
    assert_eq!(keys(&posts.wait_for(5)[4..]), ["3"]);
    let id = signal(&world, &file, &["execute-snapshot", "-r", "posts", "--key", "none"]);
    let all = notices(&world);
    let end = all.iter().rfind(|notice| notice["id"] == id.as_str()).unwrap();
    assert_eq!((&end["type"], &end["additional_data"]["published"]), (&"COMPLETED".into(), &"0".into()));
    running.terminate().exits(0);
    assert_eq!(
        (world.read("posts").len(), world.read("comments").len()),
        (5, 16),
        "nothing was deleted either"
    );
}

#[test]
fn a_cursor_that_is_rewound_is_asked_with_and_moves_on_as_usual() {
    let world = world("rewound", 0);
    for id in 1..=4 {
        let text = format!("{{\"id\":{id},\"at\":{}}}", id * 10);
        world.api.change(PATH, |all| all.put(&id.to_string(), &text));
    }
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: id
      endpoint:
        path: {PATH}
        data_selector: data
        paginator: {{type: offset, limit: 50}}
        incremental: {{cursor_path: at, start_param: since}}"
    );
    let file = written(&world, "cursor.yaml", &source, QUIET);
    let (running, mut tail) = running(&world, &file, "monitors", 4);
    // A late row behind the cursor, and a changed one before the point to which it is rewound.
    world.api.change(PATH, |all| all.put("9", "{\"id\":9,\"at\":25}"));
    world.api.forget_requests();
    signal(&world, &file, &["rewind", "-r", "monitors", "--to", "20"]);
    assert_eq!(keys(&tail.wait_for(5)[4..]), ["9"]);
    let since = |world: &World| -> Vec<String> {
        world
            .api
            .log()
            .iter()
            .filter(|asked| asked.offset() == Some(0))
            .map(|asked| asked.param("since").unwrap_or("-").to_owned())
            .collect()
    };
    assert_eq!(since(&world), ["20"]);
    signal(&world, &file, &["rewind", "-r", "monitors", "--to", "null"]);
    running.terminate().exits(0);
    world.run_once(&file).exits(0);
    assert_eq!(since(&world), ["20", "-", "40"]);
    assert_eq!(world.read("monitors").len(), 5);
}

#[test]
fn a_snapshot_can_be_given_up() {
    let world = world("given-up", 30);
    let file = config(&world, 10, QUIET);
    let (running, mut tail) = running(&world, &file, "monitors", 30);
    let gate = world.api.hold(PATH, 10);
    let given = world.run(&["signal", &file, "execute-snapshot", "-r", "monitors"]).exits(0);
    tail.wait_for(40);
    signal(&world, &file, &["stop-snapshot"]);
    let id = given.stdout.trim();
    until("word", LONG, || {
        (stages(&world, id) == ["Incremental Snapshot STARTED", "Incremental Snapshot ABORTED"]).then_some(())
    });
    drop(gate);
    std::thread::sleep(Duration::from_millis(300));
    running.terminate().exits(0);
    assert_eq!(world.read("monitors").len(), 40);
}

#[test]
fn what_makes_no_sense_is_refused_before_it_is_sent() {
    let world = world("senseless", 1);
    let file = config(&world, 10, QUIET);
    for (arguments, why) in [
        (&["execute-snapshot", "-r", "nowhere"][..], "unknown resource \"nowhere\""),
        (&["execute-snapshot"], "no data.data-collections"),
        (&["execute-snapshot", "-r", "monitors", "--parent", "1"], "depends on no other"),
        (&["rewind", "-r", "monitors", "--to", "1"], "no cursor"),
        (&["pause", "--key", "1"], "data.key has no meaning here"),
        (&["log"], "no data.message"),
        (&["open-sesame"], "possible values"),
    ] {
        let arguments: Vec<&str> = ["signal", &file].iter().chain(arguments).copied().collect();
        world.run(&arguments).exits(2).says(&[why]);
    }
    let off = config(&world, 10, "signal: {enabled.channels: []}\nnotification: {enabled.channels: [log]}");
    world.run(&["signal", &off, "pause"]).exits(2).says(&["switched off"]);
    assert_eq!(partitions(world.bootstrap(), &topic(&world, "signals")), 0, "nothing was made");
}

#[test]
fn notifications_that_cannot_be_written_are_a_warning_and_keep_nobody_waiting() {
    let world = world("unheard", 20);
    let settings = [("max.message.bytes", "50")]; // as good as a topic that may not be written
    create_topic(world.bootstrap(), &topic(&world, "notifications"), 1, &settings);
    let file = config(&world, 10, QUIET);
    let (running, _) = running(&world, &file, "monitors", 20);
    running.says("a notification could not be written");
    world.run(&["signal", &file, "execute-snapshot", "-r", "monitors"]).exits(0);
    running.says("is done: 20 records read, 20 published");
    running.terminate().exits(0);
    assert_eq!(world.read("monitors").len(), 40);
}
