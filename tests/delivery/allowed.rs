//! Many deletes, allowed once: to the scan that judges them, and to no other.

use super::seed::{PATH, config, world};
use super::signals::{QUIET, keys, more, running, signal, stages};
use crate::support::World;
use crate::support::api::Answer;
use crate::support::checker::Tail;

/// No total ends them.
fn whole_scans(world: &World, more: &str) -> String {
    let text = std::fs::read_to_string(config(world, 10, more)).unwrap();
    world.file("whole.yaml", &text.replace("limit: 10", "limit: 10, total_path: null"))
}

#[test]
fn deletes_that_are_allowed_are_allowed_to_one_scan_that_judges_them() {
    let world = world("allowed-once", 30);
    let deletes = "deletes: {mode: snapshot, max_count: 5}\nerrors: {max_shrink: 1.0}";
    let file = whole_scans(&world, &format!("{QUIET}\n{deletes}"));
    let remove = |ids: std::ops::Range<usize>| {
        ids.for_each(|id| world.api.change(PATH, |all| all.remove(&id.to_string())));
    };
    let lists = world.state_directory().join("refused-deletes");
    let list = || std::fs::read_dir(&lists).is_ok_and(|mut found| found.next().is_some());
    world.run_once(&file).exits(0);
    remove(1..11);
    world.run_once(&file).exits(1).says(&["more than deletes.max_count allows"]);
    // The start's own scan fails: what the command line allows waits for the next one, which a signal asks for.
    let away = |times| Answer { status: Some(500), times: Some(times), ..Answer::default() };
    world.api.answers(vec![away(4)]);
    let running = world.start(&["run", &file, "--allow-deletes", "monitors"]);
    running.says("HTTP 500");
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    signal(&world, &file, &["execute-snapshot", "-r", "monitors", "--key", "20"]);
    assert!(list(), "a scan of one record says nothing of the others: the list stays");
    signal(&world, &file, &["execute-snapshot", "-r", "monitors", "--publish", "changes"]);
    tail.wait_for(41);
    running.says("as was allowed");
    assert!(!list());
    remove(11..21);
    world.run(&["signal", &file, "execute-snapshot", "-r", "monitors", "--publish", "changes"]).exits(0);
    running.says("10 of 20 records are no longer there");
    running.terminate().exits(0);
    assert_eq!(world.read("monitors").len(), 41, "it was allowed once");
}

#[test]
fn a_narrow_snapshot_deletes_nothing_and_a_signal_allows_many_deletes_once() {
    let world = world("allowed", 30);
    let deletes = "deletes: {mode: snapshot, max_count: 5}";
    let file = whole_scans(&world, &format!("{}\n{deletes}", more("200ms")));
    let (running, mut tail) = running(&world, &file, "monitors", 30);
    signal(&world, &file, &["execute-snapshot", "-r", "monitors", "--key", "3"]);
    assert_eq!(keys(&tail.wait_for(31)[30..]), ["3"]);
    for id in 10..20 {
        world.api.change(PATH, |all| all.remove(&id.to_string()));
    }
    running.says("more than deletes.max_count allows");
    signal(&world, &file, &["execute-snapshot", "-r", "monitors", "--key", "4"]);
    assert_eq!(keys(&tail.wait_for(32)[31..]), ["4"], "no scan that did not mean all of them deletes");
    let id = signal(&world, &file, &["allow-deletes", "-r", "monitors"]);
    assert!(tail.wait_for(42)[32..].iter().all(|message| message.value_text().is_none()));
    assert_eq!(stages(&world, &id), ["Signal COMPLETED"]);
    for id in 20..30 {
        world.api.change(PATH, |all| all.remove(&id.to_string()));
    }
    running.says("10 of 20 records");
    running.terminate().exits(0);
    assert_eq!(world.read("monitors").len(), 42, "it was allowed once");
}
