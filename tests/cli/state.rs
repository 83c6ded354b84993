//! `krest state`: what is kept on this machine is shown, made anew, thrown away and listed; nothing of it is ever needed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::delivery::seed::{PATH, config, world, world_of, written};
use crate::support::World;
use crate::support::api::generated;
use crate::support::checker::Tail;

fn change(world: &World, id: usize, version: usize) {
    let (key, text) = generated(id, version, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
}

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

/// `krest state show FILE -o json`.
fn shown(world: &World, file: &str) -> Value {
    let finished = world.run(&["state", "show", file, "-o", "json"]).exits(0);
    serde_json::from_str(&finished.stdout).unwrap()
}

/// `krest state export FILE`: key → fingerprint.
fn exported(world: &World, file: &str) -> BTreeMap<String, String> {
    let finished = world.run(&["state", "export", file]).exits(0);
    let lines = finished.stdout.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["resource"], "monitors");
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        (text("key"), text("fingerprint"))
    });
    lines.collect()
}

/// The same from the topic itself.
fn in_topic(world: &World) -> BTreeMap<String, String> {
    let mut rows = BTreeMap::new();
    for message in world.read("monitors") {
        let fingerprint = message.headers.iter().find(|(name, _)| name == "krest.fingerprint");
        match fingerprint.map(|(_, text)| String::from_utf8(text.clone()).unwrap()) {
            Some(fingerprint) if message.value.is_some() => {
                rows.insert(message.key_text().to_owned(), fingerprint);
            }
            _ => drop(rows.remove(message.key_text())),
        }
    }
    rows
}

#[test]
fn what_is_on_disk_and_where_the_resource_stands_is_shown() {
    let world = world("state-show", 300);
    let file = config(&world, 100, "");
    let before = shown(&world, &file);
    assert!(
        before["resources"][0]["disk"].is_null() && before["resources"][0]["stands"].is_null(),
        "{before}"
    );
    assert!(!world.state_directory().exists(), "a look makes nothing");
    world.run_once(&file).exits(0);

    let all = shown(&world, &file);
    assert_eq!((all["connector"].as_str(), &all["in_use_by"]), (Some(world.name.as_str()), &Value::Null));
    assert!(all["directory"].as_str().unwrap().ends_with(&world.name) && all["bytes"].as_u64() > Some(0));
    let one = &all["resources"][0];
    assert_eq!(
        (&one["disk"]["keys"], &one["disk"]["behind"], &one["disk"]["objection"]),
        (&300.into(), &0.into(), &Value::Null)
    );
    assert!(
        one["disk"]["bytes"].as_u64() >= Some(300 * 40) && one["disk"]["age_s"].as_u64() < Some(120),
        "{one}"
    );
    assert_eq!((&one["stands"]["scan"], &one["stands"]["position"]), (&1.into(), &Value::Null));
    assert!(
        one["stands"]["recorded"].as_i64().is_some() && one["ends"].as_object().unwrap().len() == 3,
        "{one}"
    );
}

#[test]
fn a_disk_that_is_behind_its_topic_is_shown_to_be() {
    let world = world("state-behind", 300);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    // Another machine goes on.
    let here = world.state_directory();
    world.fresh_directory();
    (1..=20).for_each(|id| change(&world, id, 2));
    world.run_once(&file).exits(0);
    std::fs::remove_dir_all(world.state_directory()).unwrap();
    std::fs::rename(&here, world.state_directory()).unwrap();
    let one = &shown(&world, &file)["resources"][0];
    assert!(one["disk"]["behind"].as_u64() >= Some(20) && one["disk"]["keys"] == 300, "{one}");

    let text = world.run(&["state", "show", &file]).exits(0).stdout;
    for part in [
        "300 keys",
        "behind the topic",
        "not in use",
        "scan 2, which has ended",
        "recorded",
        &world.topic("monitors"),
    ] {
        assert!(text.contains(part), "no {part:?} in:\n{text}");
    }
}

#[test]
fn while_an_instance_runs_its_user_is_named_and_kafka_tells_the_rest() {
    let world = world("state-running", 50);
    let file = config(&world, 100, "poll: {interval: 100ms}");
    let mut running = world.start(&["run", &file]);
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    tail.wait_for(50);
    let all = shown(&world, &file);
    assert!(all["in_use_by"].as_str().unwrap().contains("process "), "{all}");
    assert_eq!(
        (&all["resources"][0]["disk"], &all["resources"][0]["stands"]["scan"]),
        (&Value::Null, &1.into())
    );
    let text = world.run(&["state", "show", &file]).exits(0).stdout;
    assert!(
        text.contains("in use by process") && text.contains("known to the process that uses it"),
        "{text}"
    );
    let directory = world.state_directory();
    let directory = directory.file_name().unwrap().to_str().unwrap();
    for command in ["rebuild", "reset", "export"] {
        world.run(&["state", command, &file]).exits(4).says(&["in use", "process", directory]);
    }
    change(&world, 7, 2);
    tail.wait_for(51);
    assert!(running.is_running());
    running.terminate().exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 51);
}

#[test]
fn a_rebuilt_cache_is_what_the_topic_says() {
    let world = world("state-rebuild", 200).with_variable("RUST_LOG", "krest=debug,info");
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    change(&world, 5, 2);
    let finished = world.run(&["state", "rebuild", &file]).exits(0);
    for part in ["monitors", "200 keys", "keys/s", &world.topic("monitors")] {
        assert!(finished.stdout.contains(part), "no {part:?} in: {}", finished.stdout);
    }
    finished.says(&["\"known\":0,"]);
    assert_eq!(exported(&world, &file), in_topic(&world));
    world.run_once(&file).exits(0).says(&["\"known\":200,", "1 published"]);
    assert_eq!(world.checked("monitors", PATH).len(), 201);
    world.run(&["state", "rebuild", &file, "-r", "monitor"]).exits(2).says(&["\"monitor\""]);
}

#[test]
fn a_rebuild_without_kafka_throws_nothing_away() {
    let world = world("state-away", 30);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    let away = std::fs::read_to_string(&file).unwrap().replace(world.bootstrap(), "127.0.0.1:1");
    let away = world.file("away.yaml", &away);
    world.run(&["state", "rebuild", &away]).exits(1).says(&["127.0.0.1:1"]);
    let one = world.run(&["state", "show", &away, "-o", "json"]).exits(1).says(&["127.0.0.1:1"]);
    let one: Value = serde_json::from_str(&one.stdout).unwrap();
    assert_eq!(one["resources"][0]["disk"]["keys"], 30, "what is on disk is shown all the same: {one}");
}

#[test]
fn a_reset_loses_nothing_and_asks_nobody() {
    let world = world_of("state-reset", &[(PATH, 40), ("/v1/users", 10)]);
    let source = format!(
        "  resource_defaults: {{primary_key: id, endpoint: {{data_selector: data, paginator: {{type: offset, limit: 50}}}}}}
  resources:
    - {{name: monitors, endpoint: {{path: {PATH}}}}}
    - {{name: users, endpoint: {{path: /v1/users}}}}"
    );
    let file = written(&world, "two.yaml", &source, "");
    let away = std::fs::read_to_string(&file).unwrap().replace(world.bootstrap(), "127.0.0.1:1");
    let away = world.file("away.yaml", &away);
    world.run_once(&file).exits(0);
    let before = world.end_offsets("monitors");
    let said = world.run(&["state", "reset", &away, "-r", "users"]).exits(0).stdout;
    assert!(said.contains("Nothing is lost") && said.contains("users"), "{said}");
    let all = shown(&world, &file);
    assert_eq!(
        (&all["resources"][0]["disk"]["keys"], &all["resources"][1]["disk"]),
        (&40.into(), &Value::Null)
    );
    world.run(&["state", "reset", &away]).exits(0);
    assert!(shown(&world, &file)["resources"][0]["disk"].is_null());
    world.run_once(&file).exits(0).says(&["0 published"]);
    assert_eq!(world.end_offsets("monitors"), before);
    assert_eq!(shown(&world, &file)["resources"][0]["disk"]["keys"], 40);
}

#[test]
fn what_the_cache_knows_is_listed_with_its_keys_whether_it_has_them_or_not() {
    for (test, file) in [
        ("state-export", config as fn(&World, usize, &str) -> String),
        ("state-listed", |world, _, _| replacing(world)),
    ] {
        let world = world(test, 500);
        let file = file(&world, 100, "");
        world.run_once(&file).exits(0);
        (1..=20).for_each(|id| change(&world, id, 2));
        world.api.change(PATH, |all| all.remove("300"));
        world.run_once(&file).exits(0);
        let known = exported(&world, &file);
        assert_eq!(known, in_topic(&world), "{test}");
        assert_eq!(known.len(), if test == "state-listed" { 499 } else { 500 });
    }
}

#[test]
fn a_key_that_the_topic_does_not_tell_has_its_hash() {
    let world = world("state-hashes", 5);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    crate::support::delete_topic(world.bootstrap(), &world.topic("monitors"));
    let finished = world.run(&["state", "export", &file]).exits(0);
    let lines: Vec<Value> = finished.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5);
    assert!(
        lines.iter().all(|line| line["key"].is_null() && line["key_hash"].as_str().unwrap().len() == 32),
        "{lines:?}"
    );
    world.run(&["state", "rebuild", &file]).exits(0);
    assert_eq!(world.run(&["state", "export", &file]).exits(0).stdout, "");
}

#[test]
fn a_start_waits_for_a_look() {
    let world = world("state-look", 10);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    for _ in 0..3 {
        let mut look = world.start(&["state", "show", &file]);
        std::thread::sleep(Duration::from_millis(20 * fastrand::u64(0..20)));
        world.run_once(&file).exits(0);
        look.finish(Duration::from_secs(30)).exits(0);
    }
}
