//! What an operator does to krest's topics while krest runs: deleted, made again, more partitions, another key.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::seed::{PATH, config, world};
use crate::support::api::generated;
use crate::support::checker::Tail;
use crate::support::{Running, World, add_partitions, create_topic, delete_topic, until};

const LONG: Duration = Duration::from_secs(60);
const GONE: &str = "was deleted, re-created or given more partitions";

fn delete(world: &World) {
    delete_topic(world.bootstrap(), &world.topic("monitors"));
}

fn create(world: &World) {
    create_topic(world.bootstrap(), &world.topic("monitors"), 3, &[("cleanup.policy", "compact")]);
}

fn change(world: &World, key: usize, version: usize) {
    let (key, text) = generated(key, version, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
}

fn shows(world: &World, messages: usize) {
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(messages);
}

/// While krest stands still: it sees what is there after `work`, and nothing of the way there.
fn unseen(running: &Running, work: impl FnOnce()) {
    running.signal(Signal::SIGSTOP);
    work();
    running.signal(Signal::SIGCONT);
}

#[test]
fn a_topic_that_is_deleted_or_made_again_between_two_scans_is_filled_again() {
    let world = world("between", 50);
    let file = config(&world, 100, "poll: {interval: 100ms}");
    let mut running = world.start(&["run", &file]);
    shows(&world, 50);
    until("the scan to be recorded", LONG, || world.is_recorded("monitors").then_some(()));
    for (time, again) in [(1, false), (2, true)] {
        change(&world, 7, 1 + time);
        shows(&world, 51);
        unseen(&running, || {
            delete(&world);
            if again {
                create(&world);
            }
        });
        running.says_again(GONE, time);
        shows(&world, 50);
        assert!(running.is_running());
    }
    change(&world, 8, 2);
    shows(&world, 51);
    running.terminate().exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 51);
}

/// The first page is in the topic that is deleted, the second one would go to the other.
#[test]
fn a_topic_that_is_made_again_in_the_middle_of_a_scan_is_filled_from_the_start() {
    for arguments in [&["run"][..], &["run", "--once"]] {
        let world = world("middle", 250);
        let file = config(&world, 100, "poll: {interval: 200ms}");
        let gate = world.api.hold(PATH, 100);
        let mut running = world.start(&[arguments, &[&file]].concat());
        until("the first page to be recorded", LONG, || {
            (!world.positions("monitors").is_empty()).then_some(())
        });
        delete(&world);
        create(&world);
        gate.release();
        running.says(GONE);
        shows(&world, 250);
        if arguments.len() == 1 {
            running.terminate().exits(0);
        } else {
            running.finish(LONG).exits(0);
        }
        assert_eq!(world.checked("monitors", PATH).len(), 250);
    }
}

/// Nothing can be written until the topic is there again: the next session makes it.
#[test]
fn a_topic_that_is_deleted_in_the_middle_of_a_scan_is_made_and_filled_again() {
    let world = world("deleted", 250);
    let file = config(&world, 100, "poll: {interval: 200ms}");
    let text = std::fs::read_to_string(&file).unwrap();
    let file = world.file("brief.yaml", &text.replace("kafka: {", "kafka: {transaction.timeout.ms: 4000, "));
    let gate = world.api.hold(PATH, 100);
    let running = world.start(&["run", &file]);
    until("the first page to be recorded", LONG, || (!world.positions("monitors").is_empty()).then_some(()));
    delete(&world);
    gate.release();
    shows(&world, 250);
    running.terminate().exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 250);
}

#[test]
fn partitions_that_are_added_while_krest_runs_are_refused_with_a_way_on() {
    let world = world("grown", 50);
    let file = config(&world, 100, "poll: {interval: 100ms}");
    let running = world.start(&["run", &file]);
    shows(&world, 50);
    until("the scan to be recorded", LONG, || world.is_recorded("monitors").then_some(()));
    add_partitions(world.bootstrap(), &world.topic("monitors"), 4);
    let topic = world.topic("monitors");
    let way_on = format!("delete the topic {topic} to have it filled anew");
    let refusal = ["had 3 partitions and now has 4", &way_on];
    // While it runs, the resource is set aside, and others would go on; a start is refused.
    refusal.iter().for_each(|words| running.says(words));
    change(&world, 7, 2);
    let asked = world.api.requests(PATH);
    running.says_again(&way_on, 4);
    assert_eq!(world.api.requests(PATH), asked, "it is not read for nothing");
    running.terminate().exits(0);
    world.run_once(&file).exits(2).says(&refusal);
    assert_eq!(world.read("monitors").len(), 50);
    // The way on.
    delete(&world);
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 50);
}

#[test]
fn another_primary_key_is_refused_with_a_way_on_and_harms_nothing() {
    let world = world("rekeyed", 50);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    world.api.forget_requests();
    let text = std::fs::read_to_string(&file).unwrap();
    let other = text.replace("primary_key: id,", "primary_key: [id, name],");
    assert_ne!(other, text);
    let topic = world.topic("monitors");
    let way_on = format!("delete the topic {topic} to have it filled anew");
    let refused = world.run_once(&world.file("rekeyed.yaml", &other)).exits(2);
    refused.says(&["keyed by id (string)", "primary_key is now id, name", &way_on]);
    assert_eq!(world.api.requests(PATH), 0);
    change(&world, 7, 2);
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 51);
}
