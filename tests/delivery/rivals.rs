//! Two instances of one connector: the older one is fenced; one that is refused harms nobody.

use std::time::Duration;

use super::seed::{PATH, config, world};
use crate::support::api::generated;
use crate::support::checker::{Tail, partitions};
use crate::support::{World, until};

const FAST: &str = "poll: {interval: 100ms}";

fn change(world: &World, version: usize) {
    let (key, text) = generated(7, version, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
}

#[test]
fn the_older_of_two_instances_is_fenced_and_exits_3() {
    let world = world("fenced", 50);
    let file = config(&world, 100, FAST);
    let mut older = world.start(&["run", &file]);
    let topic = world.topic("monitors");
    let mut tail = Tail::new(world.bootstrap(), &topic);
    tail.wait_for(50);
    world.fresh_directory();
    let newer = world.start(&["run", &file]);
    // Each instance publishes what it sees first, until the older one notices.
    let mut version = 2;
    let fenced = until("the older instance to notice", Duration::from_secs(60), || {
        change(&world, version);
        version += 1;
        std::thread::sleep(Duration::from_millis(150));
        (!older.is_running()).then(|| older.finish(Duration::from_secs(5)))
    });
    fenced.exits(3).says(&[&world.name]);
    change(&world, version);
    tail.wait_for(51);
    let last = generated(7, version, 120).1;
    until("the newest version", Duration::from_secs(30), || {
        let messages = world.read("monitors");
        messages.iter().any(|message| message.value_text() == Some(&last)).then_some(())
    });
    newer.terminate().exits(0);
    world.checked("monitors", PATH);
}

#[test]
fn an_instance_that_is_refused_does_not_harm_the_one_that_runs() {
    let world = world("unharmed", 50);
    let file = config(&world, 100, FAST);
    let mut healthy = world.start(&["run", &file]);
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    tail.wait_for(50);
    // The same name for another source: two files that were copied from one another.
    world.fresh_directory();
    let extra = "  resources:\n    - {name: extra, endpoint: {path: /v2/extra, paginator: single_page}}\n";
    let other = std::fs::read_to_string(&file).unwrap().replace(PATH, "/v2/monitors");
    let other = other.replace("  resources:\n", extra);
    let other = world.file("other.yaml", &other);
    world.run_once(&other).exits(2).says(&[&world.name, "/v2/monitors"]);
    assert_eq!(world.api.requests("/v2/monitors"), 0);
    assert_eq!(partitions(world.bootstrap(), &world.topic("extra")), 0, "no topic was created");
    change(&world, 2);
    tail.wait_for(51);
    assert!(healthy.is_running());
    healthy.terminate().exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 51);
}
