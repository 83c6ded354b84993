//! Data that Kafka refuses: the resource that it came from fails, and no other one does.

use std::collections::BTreeSet;
use std::time::Duration;

use super::seed::{connector, world_of};
use crate::support::api::generated;
use crate::support::{World, create_topic, until};

const BULKY: &str = "/v1/bulky";
const FINE: &str = "/v1/fine";

/// `bulky` has, on its last page, a record that is more than its topic takes.
fn prepared(test: &str) -> (World, String) {
    let world = world_of(test, &[(BULKY, 150), (FINE, 1000)]);
    world.api.change(BULKY, |all| {
        let (key, text) = generated(151, 1, 30_000);
        all.put(&key, &text);
    });
    let settings = [("cleanup.policy", "compact"), ("max.message.bytes", "20000")];
    create_topic(world.bootstrap(), &world.topic("bulky"), 1, &settings);
    let file = connector(&world, &world.name, &[("bulky", BULKY), ("fine", FINE)], "");
    (world, file)
}

/// Ends by itself, says what to do, and has published what can be published.
fn told_and_mirrored(world: &World, mut running: crate::support::Running) {
    let finished = running.finish(Duration::from_secs(60)).exits(1);
    finished.says(&["bulky: kafka refused the data", "max.message.bytes", &world.topic("bulky")]);
    assert_eq!(world.checked("fine", FINE).len(), 1000);
    let bulky = world.read("bulky");
    let keys: BTreeSet<&str> = bulky.iter().map(crate::support::checker::Seen::key_text).collect();
    assert!(keys.len() == bulky.len() && !keys.contains("151"), "{keys:?}");
}

#[test]
fn a_message_that_is_too_large_fails_its_resource_alone() {
    let (world, file) = prepared("bulky");
    let running = world.start(&["run", &file, "--once"]);
    told_and_mirrored(&world, running);
}

#[test]
fn a_scan_that_was_under_way_when_another_resource_was_rejected_goes_on() {
    let (world, file) = prepared("aside");
    let gate = world.api.hold(FINE, 500);
    let running = world.start(&["run", &file, "--once"]);
    let asked = || world.api.log().iter().any(|asked| asked.offset() == Some(500)).then_some(());
    until("the other resource to be half read", Duration::from_secs(30), asked);
    running.says("max.message.bytes");
    gate.release();
    told_and_mirrored(&world, running);
}
