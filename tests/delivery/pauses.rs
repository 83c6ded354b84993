//! What is paused by a signal asks nothing, whatever is started anew, until it is resumed; in each of several tasks.

use std::time::Duration;

use super::seed::{PATH, config, connector, world, world_of};
use super::signals::{QUIET, more, running, signal};
use crate::support::checker::Tail;
use crate::support::until;

const LONG: Duration = Duration::from_secs(60);

#[test]
fn a_paused_connector_asks_nothing_also_after_a_restart_until_it_is_resumed() {
    let world = world("paused", 20);
    let file = config(&world, 10, &more("100ms"));
    let (first, _) = running(&world, &file, "monitors", 20);
    signal(&world, &file, &["pause"]);
    let asked = world.api.requests(PATH);
    std::thread::sleep(Duration::from_millis(600));
    assert!(world.api.requests(PATH) <= asked + 1, "a request that was under way, at most");
    first.terminate().exits(0);
    world.fresh_directory();
    let asked = world.api.requests(PATH);
    world.run_once(&file).exits(0).says(&["paused"]);
    let second = world.start(&["run", &file]);
    second.says("paused");
    signal(&world, &file, &["log", "--message", "awake"]);
    assert_eq!(world.api.requests(PATH), asked);
    signal(&world, &file, &["resume"]);
    until("requests", LONG, || (world.api.requests(PATH) > asked + 3).then_some(()));
    second.terminate().exits(0);
    world.run_once(&file).exits(0);
}

#[test]
fn a_pause_ends_the_scan_and_a_resumed_one_goes_on_at_its_page() {
    let world = world("paused-within", 40);
    let file = config(&world, 10, QUIET);
    let gate = world.api.hold(PATH, 20);
    let running = world.start(&["run", &file]);
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    tail.wait_for(20);
    signal(&world, &file, &["pause", "-r", "monitors"]);
    drop(gate);
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(world.read("monitors").len(), 20, "the page on its way is not waited for");
    world.api.forget_requests();
    signal(&world, &file, &["resume", "-r", "monitors"]);
    tail.wait_for(40);
    assert!(world.api.log().iter().all(|asked| asked.offset().unwrap_or(0) >= 20), "{:?}", world.api.log());
    running.terminate().exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 40);
}

#[test]
fn with_two_tasks_a_signal_reaches_the_resource_wherever_it_is() {
    let world = world_of("two-desks", &[("/ants", 20), ("/bees", 20)]);
    let both = [("ants", "/ants"), ("bees", "/bees")];
    let file = connector(&world, &world.name, &both, &format!("tasks.max: 2\n{}", more("100ms")));
    let (running, mut ants) = running(&world, &file, "ants", 20);
    let mut bees = Tail::new(world.bootstrap(), &world.topic("bees"));
    bees.wait_for(20);
    signal(&world, &file, &["execute-snapshot", "-r", "bees"]);
    signal(&world, &file, &["execute-snapshot", "-r", "ants", "-r", "bees"]);
    ants.wait_for(40);
    bees.wait_for(60);
    signal(&world, &file, &["pause", "-r", "bees"]);
    let asked = (world.api.requests("/ants"), world.api.requests("/bees"));
    until("ants go on", LONG, || (world.api.requests("/ants") > asked.0 + 5).then_some(()));
    assert!(world.api.requests("/bees") <= asked.1 + 1);
    // What waits for a paused resource is done once it is resumed.
    world.run(&["signal", &file, "execute-snapshot", "-r", "bees"]).exits(0);
    signal(&world, &file, &["resume"]);
    bees.wait_for(80);
    running.terminate().exits(0);
    assert_eq!((world.read("ants").len(), world.read("bees").len()), (40, 80));
}
