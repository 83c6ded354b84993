//! `krest audit` and records that cannot be published: what a run sets aside is told and counted, and is no difference.

use serde_json::{Value, json};

use super::audit::{audited, differing};
use crate::delivery::seed::{world_of, written};
use crate::support::World;
use crate::support::api::generated;

const SMALL: usize = 20_000;

/// Records with a step, an expression for deletions and a cursor that can all fail, in topics for small messages; and members of
/// teams that want their team's name.
fn config(world: &World, tolerance: &str) -> String {
    let source = "  resource_defaults: {primary_key: id, write_disposition: merge, endpoint: {data_selector: data, paginator: {type: offset, limit: 50, total_path: null}}}
  resources:
    - name: items
      processing_steps: [{filter: '(.n // 0) + 1 > 0'}]
      endpoint: {path: /items, incremental: {cursor_path: at, initial_value: 0}}
    - {name: teams, endpoint: {path: /teams}}
    - {name: members, include_from_parent: [name], endpoint: {path: '/teams/{resources.teams.id}/members'}}";
    let more = format!(
        "errors: {{tolerance: {tolerance}}}\noverrides: {{items: {{deletes: {{mode: soft, when: '.d + 1 == 0'}}}}}}"
    );
    let file = written(world, &format!("{tolerance}.yaml"), source, &more);
    let text = std::fs::read_to_string(&file).unwrap();
    let topics = "topics: {creation.default.partitions: 3";
    let small = text.replace(topics, &format!("{topics}, creation.default.max.message.bytes: {SMALL}"));
    world.file(&format!("{tolerance}.yaml"), &small)
}

fn put(world: &World, path: &str, (key, text): (&str, &str)) {
    world.api.change(path, |all| all.put(key, text));
}

/// Each fault of docs/dead-letters.md that a record can have here.
fn bad() -> Vec<(&'static str, String)> {
    let deep = format!("{{\"id\":99,\"at\":1,\"v\":{}{}}}", "[".repeat(130), "]".repeat(130));
    let large = format!("{{\"id\":94,\"at\":1,\"v\":\"{}\"}}", "x".repeat(2 * SMALL));
    let records = [
        ("no object", "17"),
        ("no key", r#"{"nr":1,"at":1}"#),
        ("a null key", r#"{"id":null,"at":1}"#),
        ("a key of several", r#"{"id":{"a":1},"at":1}"#),
        ("a step that fails", r#"{"id":98,"n":"x","at":1}"#),
        ("an expression that fails", r#"{"id":97,"d":"x","at":1}"#),
        ("no cursor value", r#"{"id":96}"#),
        ("a cursor value of no use", r#"{"id":95,"at":{"a":1}}"#),
    ];
    let records = records.into_iter().map(|(name, text)| (name, text.to_owned()));
    records.chain([("too deep", deep), ("too large", large)]).collect()
}

fn numbers(document: &Value, index: usize) -> (u64, u64) {
    let one = &document["resources"][index];
    assert!(one["error"].is_null(), "{one}");
    (one["different"].as_u64().unwrap(), one.get("dead_letters").map_or(0, |count| count.as_u64().unwrap()))
}

fn fill(world: &World) {
    for id in 1..=30 {
        put(world, "/items", (&id.to_string(), &format!("{{\"id\":{id},\"at\":{id}}}")));
    }
    put(world, "/teams", ("1", r#"{"id":1,"name":"a"}"#));
    put(world, "/teams", ("2", r#"{"id":2}"#));
    put(world, "/teams/1/members", ("11", r#"{"id":11}"#));
    bad().iter().for_each(|(name, text)| put(world, "/items", (name, text)));
}

/// Rows that turn bad keep their messages.
fn rows_turn_bad(world: &World, file: &str) {
    put(world, "/items", ("5", r#"{"id":5,"at":31,"n":"x"}"#));
    put(world, "/items", ("6", &format!("{{\"id\":6,\"at\":32,\"v\":\"{}\"}}", "x".repeat(2 * SMALL))));
    assert_eq!(numbers(&audited(world, file, &[], 0), 0), (0, 12));
    let written = world.read("items").len();
    put(world, "/items", ("7", r#"{"id":7,"at":33}"#));
    let mended = audited(world, file, &["--repair"], 0);
    assert_eq!(differing(&mended["resources"][0]), ["7 differs"]);
    assert_eq!(
        (&mended["after"][0]["different"], &mended["after"][0]["dead_letters"]),
        (&json!(0), &json!(12))
    );
    assert_eq!(world.read("items").len(), written + 1);
}

/// Without tolerance they fail a run, and so they do here; as too many of them do.
fn they_fail(world: &World, file: &str) {
    let strict = audited(world, &config(world, "none"), &["-r", "items"], 1);
    assert!(strict["resources"][0]["error"].is_string(), "{strict}");
    world.api.change("/items", |all| {
        all.replace((0..40).map(|n| (format!("bad {n}"), "{}".to_owned())).collect());
    });
    let error =
        audited(world, file, &["-r", "items"], 1)["resources"][0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("errors.max.per.scan"), "{error}");
    let failed = world.run_once(file).exits(1);
    assert!(failed.stderr.contains("errors.max.per.scan"), "{}", failed.stderr);
}

#[test]
fn what_a_run_sets_aside_is_counted_and_is_no_difference() {
    let paths = ["/items", "/teams", "/teams/1/members", "/teams/2/members"];
    let world = world_of("audit-letters", &paths.map(|path| (path, 0)));
    fill(&world);
    let file = config(&world, "all");
    let before = audited(&world, &file, &[], 1);
    assert_eq!(numbers(&before, 0), (30, 10), "without a topic, too: {before}");
    let planned = super::plan::planned(&world, &file, &[], 0);
    world.run_once(&file).exits(0);
    let found = audited(&world, &file, &[], 0);
    for (index, letters) in [(0, 10), (1, 0), (2, 1)] {
        assert_eq!(numbers(&found, index), (0, letters), "{found}");
        assert_eq!(planned["resources"][index]["dead_letters"].as_u64().unwrap_or_default(), letters);
    }
    assert_eq!((&found["resources"][0]["api"], &found["resources"][0]["topic"]), (&json!(30), &json!(30)));
    let note = found["resources"][0]["notes"][0].as_str().unwrap();
    assert!(
        note.starts_with("10 records of the API that cannot be published") && note.contains("page 1"),
        "{note}"
    );
    let shown = world.run(&["audit", &file]).exits(0).stdout;
    let row =
        |name: &str| shown.lines().find(|line| line.starts_with(name)).unwrap().split_whitespace().last();
    assert_eq!(
        (row("items "), row("teams "), row("members ")),
        (Some("10"), Some("0"), Some("1")),
        "{shown}"
    );
    rows_turn_bad(&world, &file);
    they_fail(&world, &file);
}

#[test]
fn under_snapshot_no_row_is_called_gone_that_a_dead_letter_may_be_about() {
    let world = world_of("audit-hidden", &[("/rows", 20)]);
    let source = "  resources:
    - name: rows
      primary_key: id
      write_disposition: replace
      endpoint: {path: /rows, data_selector: data, paginator: {type: offset, limit: 50, total_path: null}}";
    let file = written(&world, "config.yaml", source, "errors: {tolerance: all}\ndeletes: {max_share: 0.5}");
    world.run_once(&file).exits(0);
    let large = generated(3, 2, 1 << 21).1;
    put(&world, "/rows", ("3", &large));
    assert_eq!(numbers(&audited(&world, &file, &[], 0), 0), (0, 1), "its key says which row it is");
    world.api.change("/rows", |all| all.remove("9"));
    assert_eq!(differing(&audited(&world, &file, &[], 1)["resources"][0]), ["9 only_in_topic"]);
    put(&world, "/rows", ("?", r#"{"nr":9}"#));
    let found = audited(&world, &file, &[], 0);
    assert_eq!(numbers(&found, 0), (0, 2));
    let notes = found["resources"][0]["notes"].to_string();
    assert!(notes.contains("whether they are gone cannot be said"), "{notes}");
}

#[test]
fn what_kafka_refuses_without_tolerance_stays_a_difference_and_the_others_are_mended() {
    let world = world_of("audit-refused", &[("/large", 10), ("/well", 10)]);
    let source = "  resource_defaults: {primary_key: id, write_disposition: merge, endpoint: {data_selector: data, paginator: {type: offset, limit: 50, total_path: null}}}
  resources:
    - {name: large, endpoint: {path: /large}}
    - {name: well, endpoint: {path: /well}}";
    let file = written(&world, "config.yaml", source, "");
    world.run_once(&file).exits(0);
    put(&world, "/large", ("3", &generated(3, 2, 1 << 21).1));
    put(&world, "/well", ("4", &generated(4, 2, 120).1));
    let finished =
        world.run(&["audit", &file, "--repair", "-o", "json"]).exits(1).says(&["large", "max.message.bytes"]);
    let found: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(differing(&found["after"][0]), ["3 differs"]);
    assert_eq!(differing(&found["after"][1]), Vec::<String>::new());
    assert_eq!(world.read("well").len(), 11);
}
