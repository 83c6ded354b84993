//! A resource that is tried apart, and what happens to the session of the others meanwhile.

use std::time::Duration;

use super::seed::{connector, world_of, written};
use super::whole_scans::with_kafka;
use crate::support::api::generated;
use crate::support::checker::Tail;
use crate::support::{
    Running, World, add_partitions, create_topic, fence, foreign_transaction, until, within,
};

const LONG: Duration = Duration::from_secs(60);
const BULKY: &str = "/v1/bulky";
const FINE: &str = "/v1/fine";
const SLOW: &str = "/v1/slow";
const ASIDE: &str = "the resource is set aside";
const SOON: &str = "poll: {interval: 400ms}";

fn change(world: &World, path: &str, id: usize, version: usize) {
    let (key, text) = generated(id, version, 120);
    world.api.change(path, |all| all.put(&key, &text));
}

fn tail(world: &World, resource: &str) -> Tail {
    Tail::new(world.bootstrap(), &world.topic(resource))
}

/// A topic that does not take the row that this puts into the listing.
fn too_small(world: &World, resource: &str) {
    let settings = [("cleanup.policy", "compact"), ("max.message.bytes", "20000")];
    create_topic(world.bootstrap(), &world.topic(resource), 1, &settings);
}

fn put_large(world: &World, path: &str) {
    let (key, text) = generated(61, 1, 30_000);
    world.api.change(path, |all| all.put(&key, &text));
}

/// The session of the first task is lost, by a change that it can no longer commit.
fn lose_the_session(world: &World, running: &Running, (path, version): (&str, usize)) {
    fence(world.bootstrap(), &world.name);
    change(world, path, 7, version);
    running.says("starting a new producer");
}

#[test]
fn what_a_replaced_resource_knew_survives_a_session_that_is_lost_while_it_catches_up_apart() {
    let world = world_of("interrupted", &[(BULKY, 30), (FINE, 30)]);
    too_small(&world, "bulky");
    let source = format!(
        "  resource_defaults:
    primary_key: id
    endpoint: {{data_selector: data, paginator: {{type: offset, limit: 50, total_path: null}}}}
  resources:
    - {{name: bulky, write_disposition: replace, endpoint: {{path: {BULKY}}}}}
    - {{name: fine, write_disposition: merge, endpoint: {{path: {FINE}}}}}"
    );
    let file = written(&world, "interrupted.yaml", &source, SOON);
    let running = world.start(&["run", &file]);
    let (mut bulky, mut fine) = (tail(&world, "bulky"), tail(&world, "fine"));
    bulky.wait_for(30);
    fine.wait_for(30);
    put_large(&world, BULKY);
    running.says(ASIDE);

    // It cannot catch up while this is open; meanwhile the session is lost.
    let topic = world.topic("bulky");
    let foreigner = foreign_transaction(world.bootstrap(), &topic, "theirs", LONG);
    running.says(&format!("waiting for another writer's open transaction on {topic}[0]"));
    lose_the_session(&world, &running, (FINE, 2));
    fine.wait_for(31);
    rdkafka::producer::Producer::abort_transaction(&foreigner, LONG).unwrap();
    world.api.change(BULKY, |all| all.remove("61"));
    running.says("shares transactions with the others again");
    world.api.change(BULKY, |all| all.remove("20"));
    let seen = bulky.wait_for(31);
    assert_eq!((seen[30].key_text(), seen[30].value_text()), ("20", None));
    running.terminate().exits(0);
}

#[test]
fn an_open_transaction_on_one_topic_keeps_no_other_resource_waiting() {
    let world = world_of("hidden", &[(BULKY, 30), (FINE, 30)]);
    let file = connector(&world, &world.name, &[("bulky", BULKY), ("fine", FINE)], SOON);
    world.run_once(&file).exits(0);
    let topic = world.topic("bulky");
    let foreigner = foreign_transaction(world.bootstrap(), &topic, "theirs", LONG);
    world.api.forget_requests();
    let mut fine = tail(&world, "fine");
    change(&world, FINE, 7, 2);
    let running = world.start(&["run", &file]);
    fine.wait_for(31);
    running.says(&format!("topic {topic} partition 0 has an open transaction of another writer"));
    running.says_again(ASIDE, 2);
    change(&world, FINE, 7, 3);
    fine.wait_for(32);
    assert_eq!(world.api.requests(BULKY), 0, "it is not known yet what its topic holds");
    rdkafka::producer::Producer::abort_transaction(&foreigner, LONG).unwrap();
    change(&world, BULKY, 7, 2);
    tail(&world, "bulky").wait_for(31);
    running.says("shares transactions with the others again");
    running.terminate().exits(0);
    world.checked("bulky", BULKY);
    world.checked("fine", FINE);
}

#[test]
fn a_contradiction_of_one_topic_does_not_end_the_others_when_their_session_is_lost() {
    let world = world_of("contradiction", &[(BULKY, 30), (FINE, 30)]);
    let file = connector(&world, &world.name, &[("bulky", BULKY), ("fine", FINE)], SOON);
    let mut running = world.start(&["run", &file]);
    let mut fine = tail(&world, "fine");
    tail(&world, "bulky").wait_for(30);
    fine.wait_for(30);
    let topic = world.topic("bulky");
    let partitions = crate::support::checker::partitions(world.bootstrap(), &topic);
    add_partitions(world.bootstrap(), &topic, partitions as usize + 1);
    running.says(ASIDE);
    change(&world, FINE, 7, 2);
    fine.wait_for(31);

    lose_the_session(&world, &running, (FINE, 3));
    fine.wait_for(32);
    change(&world, FINE, 7, 4);
    fine.wait_for(33);
    let aside = running.stderr().matches(ASIDE).count();
    running.says_again(ASIDE, aside + 2);
    assert!(running.is_running());
    running.terminate().exits(0);
    world.checked("fine", FINE);
    world.run_once(&file).exits(2).says(&["keys would move"]);
}

#[test]
fn a_resource_that_is_tried_apart_makes_nothing_of_a_whole_scan_visible_too_soon() {
    let world = world_of("whole-apart", &[(BULKY, 30), (SLOW, 80)]);
    too_small(&world, "bulky");
    let all = [("bulky", BULKY), ("slow", SLOW)];
    let file = connector(&world, &world.name, &all, SOON);
    let file = with_kafka(&world, &file, "transaction.boundary: poll, ");
    let running = world.start(&["run", &file]);
    let mut slow = tail(&world, "slow");
    tail(&world, "bulky").wait_for(30);
    slow.wait_for(80);
    put_large(&world, BULKY);
    running.says_again(ASIDE, 2);

    // One scan shows both changes, and stands still between them.
    let (first, second) = (world.api.hold(SLOW, 0), world.api.hold(SLOW, 50));
    world.api.forget_requests();
    until("a scan to begin", LONG, || (world.api.requests(SLOW) > 0).then_some(()));
    change(&world, SLOW, 7, 2);
    change(&world, SLOW, 70, 2);
    first.release();
    let early = within(Duration::from_secs(4), || (world.read("slow").len() > 80).then_some(()));
    assert_eq!(early, None, "half of the scan is visible");
    let aside = running.stderr().matches(ASIDE).count();
    second.release();
    world.api.open_gates();
    slow.wait_for(82);
    running.says_again(ASIDE, aside + 2);
    running.terminate().exits(0);
    world.checked("slow", SLOW);
}
