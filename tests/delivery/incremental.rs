//! Cursors: they move with a scan that ended and with Kafka's receipt, and never over a record.

use std::time::Duration;

use super::seed::{PATH, world, written};
use crate::support::api::Answer;
use crate::support::{World, until};

const LONG: Duration = Duration::from_secs(30);

/// Monitors with a cursor `at`; `more` is further YAML of the resource.
fn config(world: &World, incremental: &str, more: &str) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      {more}
      endpoint:
        path: {PATH}
        data_selector: data
        paginator: {{type: offset, limit: 50}}
        incremental: {{cursor_path: at, {incremental}}}"
    );
    written(world, "config.yaml", &source, "")
}

fn put(world: &World, id: usize, at: &str, note: &str) {
    let text = format!("{{\"id\":{id},\"at\":{at},\"note\":\"{note}\"}}");
    world.api.change(PATH, |all| all.put(&id.to_string(), &text));
}

/// The start values that were asked with, in order, one a scan.
fn starts(world: &World) -> Vec<String> {
    let log = world.api.log();
    let first = log.iter().filter(|asked| asked.offset() == Some(0));
    first.map(|asked| asked.param("since").unwrap_or("-").to_owned()).collect()
}

#[test]
fn a_scan_asks_from_where_the_last_one_ended_and_publishes_what_is_new() {
    let world = world("since", 0);
    for id in 1..=3 {
        put(&world, id, &format!("\"2024-01-0{id}T10:00:00Z\""), "first");
    }
    let file = config(&world, "start_param: since", "primary_key: id");
    world.run_once(&file).exits(0);
    put(&world, 4, "\"2024-01-04T10:00:00.5+00:00\"", "first");
    world.fresh_directory();
    world.run_once(&file).exits(0);
    world.run_once(&file).exits(0);
    assert_eq!(starts(&world), ["-", "2024-01-03T10:00:00Z", "2024-01-04T10:00:00.5+00:00"]);
    assert_eq!(world.checked("monitors", PATH).len(), 4);
}

#[test]
fn a_changed_row_at_the_edge_is_published_and_an_unchanged_one_is_not() {
    let world = world("edge", 0);
    put(&world, 1, "5", "a");
    put(&world, 2, "5", "b");
    let file = config(&world, "start_param: since", "primary_key: id");
    world.run_once(&file).exits(0);
    put(&world, 2, "5", "changed");
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 3);
}

#[test]
fn append_drops_the_rows_at_the_edge_that_it_has_published() {
    let world = world("appended", 0);
    put(&world, 1, "5", "a");
    put(&world, 2, "5", "b");
    let file = config(&world, "start_param: since", "write_disposition: append");
    world.run_once(&file).exits(0);
    put(&world, 2, "5", "changed");
    put(&world, 3, "6", "new");
    world.fresh_directory();
    world.run_once(&file).exits(0);
    assert_eq!(world.read("monitors").len(), 4);
    world.run_once(&file).exits(0);
    assert_eq!(world.read("monitors").len(), 4);
}

#[test]
fn killed_between_the_last_page_and_its_cursor_nothing_is_appended_twice() {
    let world = world("torn", 0);
    for id in 1..=40 {
        put(&world, id, &id.to_string(), "first");
    }
    let file = config(&world, "start_param: since, initial_value: 0", "write_disposition: append");
    // The claim is the first commit, the page the second: time enough for it before the scan ends.
    let failpoints = "sync::before_end=wait kafka::after_commit=kill@2";
    world.run_to_its_death(failpoints, &["run", &file, "--once"]);
    world.run_once(&file).exits(0);
    let messages = world.read("monitors");
    let distinct: std::collections::BTreeSet<_> = messages.iter().filter_map(|m| m.value.clone()).collect();
    assert_eq!((messages.len(), distinct.len()), (40, 40));
}

#[test]
fn a_scan_that_fails_does_not_move_the_cursor_and_a_resumed_one_keeps_its_start() {
    let world = world("kept", 0);
    put(&world, 1, "1", "first");
    let file = config(&world, "start_param: since", "primary_key: id");
    world.run_once(&file).exits(0);
    // The newest first: the cursor's new maximum is on page 1 already.
    for id in (2..=120).rev() {
        put(&world, id, &id.to_string(), "second");
    }
    let fails = Answer { offset: Some(100), status: Some(400), ..Answer::default() };
    world.api.answers(vec![fails]);
    world.api.forget_requests();
    world.run_once(&file).exits(1);
    world.api.answers(Vec::new());
    world.run_once(&file).exits(0);
    let log = world.api.log();
    let asked: Vec<_> =
        log.iter().map(|asked| (asked.offset().unwrap(), asked.param("since").unwrap())).collect();
    assert!(asked.iter().all(|(_, since)| *since == "1"), "{asked:?}");
    world.run_once(&file).exits(0);
    assert_eq!(starts(&world).last().unwrap(), "120");
    assert_eq!(world.checked("monitors", PATH).len(), 120);
}

#[test]
fn killed_in_the_middle_the_cursor_is_where_the_topic_says() {
    let world = world("killed", 0);
    for id in (1..=200).rev() {
        put(&world, id, &id.to_string(), "first");
    }
    let file = config(&world, "start_param: since, initial_value: 0", "primary_key: id");
    for offset in [0, 100, 150] {
        world.api.forget_requests();
        let gate = world.api.hold(PATH, offset);
        let running = world.start(&["run", &file, "--once"]);
        let asked = || world.api.log().iter().any(|asked| asked.offset() == Some(offset)).then_some(());
        until("the held page", LONG, asked);
        running.kill_9();
        std::mem::forget(gate);
        world.api.open_gates();
        world.fresh_directory();
    }
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 200);
    world.api.forget_requests();
    world.run_once(&file).exits(0);
    assert_eq!(starts(&world), ["200"]);
    assert_eq!(world.checked("monitors", PATH).len(), 200);
}

#[test]
fn an_unchanged_scan_with_a_cursor_writes_nothing() {
    let world = world("quiet", 0);
    put(&world, 1, "1.10", "first");
    let file = config(&world, "start_param: since", "primary_key: id");
    world.run_once(&file).exits(0);
    let before = world.end_offsets("monitors");
    let positions = world.positions("monitors").len();
    world.run_once(&file).exits(0);
    assert_eq!((world.end_offsets("monitors"), world.positions("monitors").len()), (before, positions));
    assert_eq!(starts(&world), ["-", "1.10"]);
}

#[test]
fn a_cursor_does_not_move_over_what_may_have_been_passed_over() {
    let gaps = [
        ("ignored", Answer { offset: Some(50), status: Some(418), ..Answer::default() }),
        (
            "nothing",
            Answer {
                offset: Some(50),
                body: Some("{\"error\":\"rate limited\"}".into()),
                ..Answer::default()
            },
        ),
    ];
    for (name, gap) in gaps {
        let world = world(name, 0);
        for id in (1..=70).rev() {
            put(&world, id, &id.to_string(), "first");
        }
        let file = config(&world, "start_param: since, initial_value: 0", "primary_key: id");
        let text = std::fs::read_to_string(&file).unwrap();
        let actions = "response_actions: [{status_code: 418, action: ignore}]\n        incremental:";
        let file = world.file("gaps.yaml", &text.replace("incremental:", actions));
        world.api.answers(vec![gap]);
        world.run_once(&file).exits(0).says(&["the cursor stays where it was"]);
        world.api.answers(Vec::new());
        world.run_once(&file).exits(0);
        world.run_once(&file).exits(0);
        assert_eq!(starts(&world), ["0", "0", "70"], "{name}");
        assert_eq!(world.checked("monitors", PATH).len(), 70, "{name}");
    }
}
