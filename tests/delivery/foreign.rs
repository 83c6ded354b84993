//! Another writer's open transaction in one of krest's topics at its start: waited for, and nothing behind it is missed.

use std::time::Duration;

use super::seed::{PATH, config, world};
use crate::support::api::generated;
use crate::support::checker::Tail;
use crate::support::{Running, World, foreign_transaction, until};

const LONG: Duration = Duration::from_secs(60);
const MINUTE: Duration = Duration::from_secs(60);

/// A krest that has published 50 records, and then, behind a foreign message in `topic`, 20 changes; and was killed.
/// The foreign transaction lives as long as this says.
fn behind(world: &World, topic: &str, lives: Duration) -> (String, rdkafka::producer::BaseProducer) {
    let file = config(world, 100, "poll: {interval: 100ms}");
    let running = world.start(&["run", &file]);
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(50);
    until("the first scan to be recorded", LONG, || world.is_recorded("monitors").then_some(()));
    let before = ends(world);
    let foreigner = foreign_transaction(world.bootstrap(), topic, "theirs", lives);
    world.api.change(PATH, |all| {
        for (key, text) in (1..=20).map(|key| generated(key, 2, 120)) {
            all.put(&key, &text);
        }
    });
    // 20 messages, and their markers on one partition at least.
    until("the changes behind it", LONG, || (ends(world) > before + 20).then_some(()));
    running.kill_9();
    world.api.forget_requests();
    (file, foreigner)
}

fn ends(world: &World) -> i64 {
    world.end_offsets("monitors").values().sum()
}

fn waits(world: &World, running: &Running, topic: &str) {
    running.says(&format!("waiting for another writer's open transaction on {topic}[0]"));
    assert_eq!(world.api.requests(PATH), 0, "the API is asked before it is known what the topics hold");
}

fn is_whole(world: &World) {
    assert_eq!(world.checked("monitors", PATH).len(), 70);
}

#[test]
fn an_open_transaction_in_an_output_topic_is_waited_for() {
    let world = world("foreign_output", 50);
    let topic = world.topic("monitors");
    let (file, foreigner) = behind(&world, &topic, MINUTE);
    for (arguments, code) in [(&["run"][..], 0), (&["run", "--once"], 1)] {
        let running = world.start(&[arguments, &[&file]].concat());
        waits(&world, &running, &topic);
        running.terminate().exits(code);
    }
    let mut running = world.start(&["run", "--once", &file]);
    waits(&world, &running, &topic);
    rdkafka::producer::Producer::abort_transaction(&foreigner, LONG).unwrap();
    running.finish(LONG).exits(0);
    is_whole(&world);
}

#[test]
fn an_open_transaction_in_the_offsets_topic_is_waited_for() {
    let world = world("foreign_offsets", 50);
    let topic = world.offsets_topic();
    let (file, foreigner) = behind(&world, &topic, MINUTE);
    for (arguments, code) in [(&["run"][..], 0), (&["run", "--once"], 1)] {
        let running = world.start(&[arguments, &[&file]].concat());
        waits(&world, &running, &topic);
        running.terminate().exits(code);
    }
    let mut running = world.start(&["run", "--once", &file]);
    waits(&world, &running, &topic);
    rdkafka::producer::Producer::commit_transaction(&foreigner, LONG).unwrap();
    running.finish(LONG).exits(0);
    is_whole(&world);
}

/// Nobody ends the transaction of a writer that has died but the broker, by its time-out.
#[test]
fn a_dead_writers_transaction_is_waited_for_until_the_broker_ends_it() {
    for offsets in [false, true] {
        let world = world("foreign_dead", 50);
        let topic = if offsets { world.offsets_topic() } else { world.topic("monitors") };
        let (file, foreigner) = behind(&world, &topic, Duration::from_secs(8));
        drop(foreigner);
        let mut running = world.start(&["run", "--once", &file]);
        waits(&world, &running, &topic);
        running.finish(LONG).exits(0);
        is_whole(&world);
    }
}
