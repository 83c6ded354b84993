//! What `krest plan` shows and refuses, and what it leaves alone.

use std::time::Duration;

use serde_json::json;

use super::plan::{listing, numbers, planned, put, unchanged};
use crate::delivery::seed::{PATH, world};
use crate::support::api::Answer;
use crate::support::{create_topic, foreign_transaction, free_port, until};

const REPLACE: &str = "write_disposition: replace";

#[test]
fn each_change_is_shown_with_its_fields_before_and_after() {
    let world = world("plan-changes", 0);
    let put = |id: &str, text: &str| world.api.change(PATH, |all| all.put(id, text));
    for id in 1..=9 {
        put(
            &id.to_string(),
            &format!(r#"{{"id":{id},"name":"row {id}","tags":["a","b"],"owner":{{"id":1,"mail":"x@y.z"}}}}"#),
        );
    }
    let file = listing(&world, &format!("primary_key: id\n      {REPLACE}"), "deletes: {max_share: 0.5}");
    world.run_once(&file).exits(0);
    put("2", r#"{"id":2,"name":"row two","tags":["a","c"],"owner":{"id":1,"mail":"x@y.z"},"new":true}"#);
    put("3", r#"{"name":"row 3", "id":3,"tags":["a","b"],"owner":{"mail":"x@y.z","id":1}}"#);
    put("10", "{\"id\":10,\"name\":\"\\u001b[2Jten\"}");
    world.api.change(PATH, |all| all.remove("4"));
    let plan = planned(&world, &file, &["-v"], 0);
    let expected = json!([
        {"key": "2", "change": "changed", "fields": [
            {"field": "name", "before": "row 2", "after": "row two"},
            {"field": "tags[1]", "before": "b", "after": "c"},
            {"field": "new", "after": true},
        ]},
        {"key": "10", "change": "new", "after": {"id": 10, "name": "\u{1b}[2Jten"}},
        {"key": "4", "change": "deleted",
         "before": {"id": 4, "name": "row 4", "tags": ["a", "b"], "owner": {"id": 1, "mail": "x@y.z"}}},
    ]);
    assert_eq!(plan["resources"][0]["changes"], expected);
    assert_eq!(plan["resources"][0]["unchanged"], 7);
    let shown = world.run(&["plan", &file, "-v"]).exits(0).stdout;
    for line in [
        "  ~ 2\n      name: \"row 2\" → \"row two\"\n      tags[1]: \"b\" → \"c\"\n      new: (none) → true\n",
        "  + 10  {\"id\":10,\"name\":\"\\u001b[2Jten\"}\n",
        "  - 4  {\"id\":4,",
    ] {
        assert!(shown.contains(line), "{line:?} is not in:\n{shown}");
    }
    assert!(!shown.contains('\u{1b}'), "a pipe gets no colours");
}

#[test]
fn a_terminal_gets_colours_unless_it_asks_for_none() {
    let world = world("plan-colours", 3);
    let file = listing(&world, "primary_key: id\n      write_disposition: merge", "");
    // script(1) gives krest a terminal.
    let on_terminal = |variables: &str| {
        let script = format!("{variables} TERM=xterm script -qec \"$0 plan $2 -v\" /dev/null");
        world.run_in_shell(&script, &["plan", &file]).exits(0).stdout
    };
    assert!(on_terminal("").contains("\u{1b}[32m+"), "no green");
    let plain = on_terminal("NO_COLOR=1");
    assert!(plain.contains("  + 1  {") && !plain.contains("\u{1b}[32m"), "{plain:?}");
}

#[test]
fn many_changes_are_shown_in_part_and_counted_in_full() {
    let world = world("plan-many", 1200);
    let file = listing(&world, "primary_key: id\n      write_disposition: merge", "");
    let plan = planned(&world, &file, &["-v"], 0);
    let one = &plan["resources"][0];
    assert_eq!((one["upserts"].as_u64(), one["changes_left_out"].as_u64()), (Some(1200), Some(200)));
    assert_eq!(one["changes"].as_array().unwrap().len(), 1000);
    let shown = world.run(&["plan", &file, "-v"]).exits(0).stdout;
    assert!(shown.ends_with("  … and 200 more\n"), "{shown}");
}

#[test]
fn a_connector_that_runs_goes_on_undisturbed() {
    let world = world("plan-beside", 60);
    let file = listing(&world, "primary_key: id\n      write_disposition: merge", "poll: {interval: 300ms}");
    let running = world.start(&["run", &file]);
    running.says("60 records read");
    for _ in 0..2 {
        let plan = planned(&world, &file, &[], 0);
        assert_eq!((numbers(&plan)["monitors"], unchanged(&plan)["monitors"]), ([0, 0, 0], 60));
    }
    put(&world, 3, 2);
    until("the change", Duration::from_secs(20), || (world.read("monitors").len() == 61).then_some(()));
    let finished = running.terminate();
    for word in ["fenced", "taken over", "new producer"] {
        assert!(!finished.stderr.contains(word), "{}", finished.stderr);
    }
}

#[test]
fn an_open_transaction_is_not_waited_for() {
    let world = world("plan-open", 60);
    let file = listing(&world, "primary_key: id\n      write_disposition: merge", "");
    world.run_once(&file).exits(0);
    let lives = Duration::from_secs(60);
    let _rows = foreign_transaction(world.bootstrap(), &world.topic("monitors"), "1", lives);
    let _offsets = foreign_transaction(world.bootstrap(), &world.offsets_topic(), "1", lives);
    let plan = world.run(&["plan", &file, "-o", "json"]).exits(0);
    assert!(plan.took < Duration::from_secs(20), "{:?}", plan.took);
    assert!(plan.stdout.contains("\"upserts\":0,\"tombstones\":0,\"unchanged\":60}"), "{}", plan.stdout);
}

#[test]
fn what_a_run_refuses_a_plan_refuses() {
    let world = world("plan-refused", 5);
    let file = listing(&world, "primary_key: id\n      write_disposition: merge", "");
    create_topic(world.bootstrap(), &world.topic("monitors"), 1, &[("cleanup.policy", "delete")]);
    world.run(&["plan", &file]).exits(2).says(&["cleanup.policy"]);
    world.run(&["plan", &file, "-r", "nobody"]).exits(2).says(&["no resource \"nobody\"", "monitors"]);
    let bare = world.file("bare.yaml", "client: {base_url: '${API}/'}\nresources: [a]");
    world.run(&["plan", &bare]).exits(2).says(&["there is no `kafka:` block"]);
    assert_eq!(world.api.requests(PATH), 0);
}

#[test]
fn a_kafka_that_is_away_is_given_up_after_half_a_minute() {
    let world = world("plan-away", 5);
    let text = format!(
        "name: {}\nsource: {{client: {{base_url: '${{API}}/'}}, resources: [{{name: monitors, primary_key: id, endpoint: {{path: {PATH}}}}}]}}
kafka: {{bootstrap.servers: '127.0.0.1:{}'}}",
        world.name,
        free_port()
    );
    let file = world.file("away.yaml", &text);
    let finished = world.run(&["plan", &file]).exits(1).says(&["is away", "gave up after 30 s"]);
    assert!((25..50).contains(&finished.took.as_secs()), "{:?}", finished.took);
    assert_eq!(finished.stdout, "");
}

#[test]
fn what_the_api_repeats_of_the_secret_is_not_told() {
    let world = world("plan-secret", 5);
    let file = listing(&world, "primary_key: id\n      write_disposition: merge", "");
    let body = format!("{{\"error\":\"bad key {}\"}}", world.canary);
    world.api.answers(vec![Answer { status: Some(403), body: Some(body), ..Answer::default() }]);
    // The harness searches both streams for the secret.
    let plan = planned(&world, &file, &["-v"], 1);
    assert!(plan["resources"][0]["error"].as_str().unwrap().contains("403"), "{plan}");
    world.run(&["plan", &file, "-v"]).exits(1);
}
