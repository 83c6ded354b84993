//! `transaction.boundary: poll`: a reader sees a scan whole or not at all.

use std::time::{Duration, Instant};

use super::seed::{PATH, config, connector, world, world_of, written};
use crate::support::api::{Answer, generated};
use crate::support::checker::{Tail, end_offsets};
use crate::support::{Running, World, until};

const LONG: Duration = Duration::from_secs(60);
const POLL: &str = "transaction.boundary: poll, ";

/// The same file with more in its `kafka:` block.
pub(super) fn with_kafka(world: &World, file: &str, more: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap();
    let changed = text.replace("kafka: {", &format!("kafka: {{{more}"));
    assert_ne!(text, changed);
    world.file(&format!("{}.yaml", crate::support::unique("kafka")), &changed)
}

/// Runs until the page at `offset` is asked for and what came before it is in the topic, uncommitted.
fn run_up_to(world: &World, file: &str, offset: usize) -> Running {
    std::mem::forget(world.api.hold(PATH, offset));
    let running = world.start(&["run", file, "--once"]);
    let sent = || end_offsets(world.bootstrap(), &world.topic("monitors")).values().sum::<i64>();
    until("the pages before to be sent", LONG, || (sent() >= i64::try_from(offset).unwrap()).then_some(()));
    running
}

#[test]
fn a_reader_sees_nothing_of_a_scan_before_its_end_and_nothing_after_a_kill() {
    let world = world("whole", 1000);
    let file = with_kafka(&world, &config(&world, 100, ""), POLL);
    run_up_to(&world, &file, 600).kill_9();
    world.api.open_gates();
    // The reader waits until the broker has ended what was left open: the next start does that.
    world.api.forget_requests();
    world.run_once(&file).exits(0);
    let first = world.api.log().iter().find_map(crate::support::api::Asked::offset);
    assert_eq!(first, Some(0), "an aborted scan starts over");
    let seen = world.checked("monitors", PATH);
    assert_eq!(seen.len(), 1000);
    assert_eq!(world.positions("monitors").len(), 1, "one transaction, one position");
}

#[test]
fn a_stop_within_a_scan_leaves_nothing_of_it() {
    let world = world("whole-stop", 1000);
    let file = with_kafka(&world, &config(&world, 100, ""), POLL);
    let stopped = run_up_to(&world, &file, 600).terminate().exits(1);
    assert!(!stopped.stderr.contains("failed"), "a stop is no failure of a scan:\n{}", stopped.stderr);
    world.api.open_gates();
    assert_eq!(world.read("monitors").len(), 0);
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 1000);
}

#[test]
fn a_scan_that_fails_leaves_nothing_and_the_next_one_publishes_everything() {
    let world = world("whole-failed", 500);
    let file = with_kafka(&world, &config(&world, 100, "poll: {interval: 300ms}"), POLL);
    let refused = Answer { offset: Some(300), status: Some(404), ..Answer::default() };
    world.api.answers(vec![refused]);
    world.run_once(&file).exits(1).says(&["nothing of it is published (transaction.boundary: poll)"]);
    assert_eq!(world.read("monitors").len(), 0);
    let running = world.start(&["run", &file]);
    let failures = || running.stderr().matches("nothing of it is published").count();
    until("two failures", LONG, || (failures() >= 2).then_some(()));
    world.api.answers(Vec::new());
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    tail.wait_for(500);
    let (key, text) = generated(7, 2, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
    tail.wait_for(501);
    running.terminate().exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 501);
}

#[test]
fn a_scan_that_takes_half_of_the_time_out_fails_says_why_and_does_not_loop() {
    let world = world("whole-slow", 500);
    let more = "transaction.boundary: poll, transaction.timeout.ms: 2000, ";
    let file = with_kafka(&world, &config(&world, 100, "poll: {interval: 3s}"), more);
    let gate = world.api.hold(PATH, 300);
    let running = world.start(&["run", &file]);
    running.says("more than half of transaction.timeout.ms (2000 ms)");
    running.says("raise transaction.timeout.ms, or set transaction.boundary: interval");
    let start = Instant::now();
    let overdue = || running.stderr().matches("more than half of").count();
    until("a second attempt", LONG, || (overdue() >= 2).then_some(()));
    assert!(start.elapsed() > Duration::from_millis(1500), "{:?}", start.elapsed());
    gate.release();
    world.api.open_gates();
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(500);
    running.terminate().exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 500);
}

#[test]
fn replace_publishes_and_deletes_in_one_transaction() {
    let world = world("whole-replace", 120);
    let text = std::fs::read_to_string(config(&world, 50, "")).unwrap();
    let text = text.replace("write_disposition: merge", "write_disposition: replace");
    let file = world.file("replace.yaml", &text.replace("limit: 50", "limit: 500, total_path: null"));
    let file = with_kafka(&world, &file, POLL);
    world.run_once(&file).exits(0);
    world.api.change(PATH, |all| all.remove("7"));
    let (key, text) = generated(8, 2, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
    world.run_once(&file).exits(0).says(&["2 published (1 tombstone)"]);
    assert_eq!(world.read("monitors").len(), 122);
    assert_eq!(world.positions("monitors").len(), 2, "each scan is one transaction");
    // A new key is one that a later scan can miss, too.
    let (key, text) = generated(200, 1, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
    world.run_once(&file).exits(0);
    world.api.change(PATH, |all| all.remove("200"));
    world.run_once(&file).exits(0).says(&["1 published (1 tombstone)"]);
}

#[test]
fn scans_that_are_one_transaction_take_turns_and_one_resource_may_have_its_own_boundary() {
    const SLOW: &str = "/v1/slow";
    const QUICK: &str = "/v1/quick";
    let world = world_of("turns", &[(SLOW, 120), (QUICK, 120)]);
    let resources = [("slow", SLOW), ("quick", QUICK)];
    let own = "overrides: {slow: {kafka: {transaction.boundary: poll}}}";
    let file = connector(&world, &world.name, &resources, own);
    let gate = world.api.hold(SLOW, 100);
    let mut running = world.start(&["run", &file, "--once"]);
    // It has a task of its own: the other one publishes while it waits.
    Tail::new(world.bootstrap(), &world.topic("quick")).wait_for(120);
    gate.release();
    running.finish(LONG).exits(0);
    assert_eq!((world.checked("slow", SLOW).len(), world.positions("slow").len()), (120, 1));

    let both = with_kafka(&world, &connector(&world, &world.name, &resources, ""), POLL);
    for path in [SLOW, QUICK] {
        let (key, text) = generated(7, 2, 120);
        world.api.change(path, |all| all.put(&key, &text));
    }
    world.api.forget_requests();
    world.run_once(&both).exits(0);
    let paths: Vec<String> = world.api.log().into_iter().map(|asked| asked.path).collect();
    let mut turns = paths.clone();
    turns.dedup();
    assert_eq!((paths.len(), turns.len()), (6, 2), "one after the other: {paths:?}");
    for (resource, path) in resources {
        assert_eq!(world.checked(resource, path).len(), 121);
    }
}

/// Deletes that nobody may do yet keep no change waiting.
#[test]
fn deletes_that_are_refused_or_cannot_be_asked_for_are_held_back_alone() {
    let world = World::new("held-back").serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    let put = |path: &str, id: usize| {
        world.api.change(path, |all| all.put(&id.to_string(), &format!("{{\"id\":{id}}}")));
    };
    let comments = |post: usize| format!("/posts/{post}/comments");
    for post in 1..=6 {
        put("/posts", post);
        (1..=2).for_each(|comment| put(&comments(post), post * 10 + comment));
    }
    let source =
        "  resource_defaults: {primary_key: id, endpoint: {data_selector: data, paginator: single_page}}
  resources:
    - {name: posts, endpoint: {path: posts}}
    - {name: comments, endpoint: {path: 'posts/{resources.posts.id}/comments'}}";
    let more = "overrides: {posts: {deletes: {mode: snapshot, max_count: 1}}, comments: {deletes: {mode: probe, max_share: 1.0}}}";
    let file = with_kafka(&world, &written(&world, "family.yaml", source, more), POLL);
    world.run_once(&file).exits(0);
    [1, 2].iter().for_each(|post| world.api.change("/posts", |all| all.remove(&post.to_string())));
    world.api.change(&comments(3), |all| all.remove("31"));
    let forbidden =
        Answer { path: Some("/posts/3/comments/31".into()), status: Some(403), ..Answer::default() };
    world.api.answers(vec![forbidden]);
    put("/posts", 7);
    put(&comments(7), 71);
    for _ in 0..2 {
        let refused = world.run_once(&file).exits(1);
        let refused = refused
            .says(&["more than deletes.max_count allows (1)", "whether they are gone cannot be asked"]);
        refused.says(&["everything else that was read is published"]);
        assert_eq!((world.read("posts").len(), world.read("comments").len()), (7, 13), "each once");
    }
    world.api.answers(Vec::new());
    world.run(&["run", &file, "--once", "--allow-deletes", "posts"]).exits(0);
    assert_eq!(
        (world.read("posts").len(), world.read("comments").len()),
        (9, 18),
        "those and what depends on them"
    );
}

/// A log is compared with nothing: its pages would come once more if the scan that was interrupted started over.
#[test]
fn a_scan_that_was_interrupted_before_it_had_to_be_one_transaction_goes_on() {
    let world = world("whole-later", 500);
    let text = std::fs::read_to_string(config(&world, 100, "")).unwrap();
    let text = text.replace("primary_key: id, write_disposition: merge", "write_disposition: append");
    let incremental = "incremental: {cursor_path: id, initial_value: 0}, paginator: {type: offset";
    let file = world.file("log.yaml", &text.replace("paginator: {type: offset", incremental));
    std::mem::forget(world.api.hold(PATH, 300));
    let running = world.start(&["run", &file, "--once"]);
    until("three pages", LONG, || (world.read("monitors").len() == 300).then_some(()));
    running.kill_9();
    world.api.open_gates();
    let file = with_kafka(&world, &file, POLL);
    world.run_once(&file).exits(0);
    assert_eq!(world.read("monitors").len(), 500);
    world.run_once(&file).exits(0);
    assert_eq!(world.read("monitors").len(), 500);
}
