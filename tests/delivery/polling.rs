//! A connector that keeps polling.

use std::time::Duration;

use super::seed::{PATH, config, world};
use crate::support::api::{Answer, generated};
use crate::support::checker::{Tail, end_offsets};
use crate::support::until;

const LONG: Duration = Duration::from_secs(30);

#[test]
fn unchanged_polls_touch_no_topic_and_a_change_is_one_message() {
    let world = world("silence", 250);
    let file = config(&world, 100, "poll: {interval: 50ms}");
    let running = world.start(&["run", &file]);
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    tail.wait_for(250);
    let polls = |count: usize| {
        world.api.forget_requests();
        until("more polls", LONG, || (world.api.requests(PATH) >= 3 * count).then_some(()));
    };
    polls(2); // the first scan and its end are recorded by now
    let ends = || (world.end_offsets("monitors"), end_offsets(world.bootstrap(), &world.offsets_topic()));
    let before = ends();
    polls(20);
    assert_eq!(ends(), before);

    let (key, text) = generated(7, 2, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
    tail.wait_for(251);
    polls(5);
    running.terminate().exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 251);
}

#[test]
fn rows_that_move_while_a_scan_runs_come_once() {
    let world = world("moving", 250);
    let file = config(&world, 100, "");
    let gate = world.api.hold(PATH, 100);
    let mut running = world.start(&["run", &file, "--once"]);
    until("page 2", LONG, || (world.api.requests(PATH) == 2).then_some(()));
    // A new first row: the last one of page 1 is shown again as the first one of page 2.
    let (key, text) = generated(1001, 1, 120);
    world.api.change(PATH, |all| all.put_first(&key, &text));
    gate.release();
    running.finish(LONG).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 250);
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 251);
}

#[test]
fn a_page_without_a_follow_up_does_not_keep_the_scan_from_the_pages_before_it() {
    let world = world("stuck", 450);
    let file = config(&world, 100, "poll: {interval: 50ms}");
    let text = std::fs::read_to_string(&file).unwrap();
    let file = world.file("total.yaml", &text.replace("limit: 100", "limit: 100, total_path: total"));
    let page = world.api.change(PATH, |all| all.page(200, 100));
    let without = page.replace(",\"total\":450", "");
    assert_ne!(page, without);
    world.api.answers(vec![Answer { offset: Some(200), body: Some(without), ..Answer::default() }]);
    let running = world.start(&["run", &file]);
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    tail.wait_for(300);
    for version in 2..5 {
        let (key, text) = generated(7, version, 120);
        world.api.change(PATH, |all| all.put(&key, &text));
        tail.wait_for(299 + version);
    }
    running.says("total");
    world.api.answers(Vec::new());
    tail.wait_for(453);
    running.terminate().exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 453);
}

#[test]
fn a_restart_on_a_topic_with_content_has_nothing_to_warn_of() {
    let world = world("calm", 250);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    for version in 2..4 {
        let (key, text) = generated(7, version, 120);
        world.api.change(PATH, |all| all.put(&key, &text));
        world.fresh_directory();
        let finished = world.run_once(&file).exits(0);
        assert!(!finished.stderr.contains("WARN"), "{}", finished.stderr);
    }
    assert_eq!(world.checked("monitors", PATH).len(), 252);
}
