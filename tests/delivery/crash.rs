//! `kill -9` in the middle of a first scan.

use std::time::Duration;

use super::seed::{PATH, config, world};
use crate::support::checker::Tail;
use crate::support::{Running, World, until};

const LONG: Duration = Duration::from_secs(30);

fn asked_for(world: &World, offset: usize) {
    let asked = || world.api.log().iter().any(|asked| asked.offset() == Some(offset)).then_some(());
    until(&format!("the request for offset {offset}"), LONG, asked);
}

/// Runs until the page at `offset` is asked for, and holds its answer.
fn run_up_to(world: &World, file: &str, offset: usize) -> Running {
    world.api.forget_requests();
    let gate = world.api.hold(PATH, offset);
    let running = world.start(&["run", file, "--once"]);
    asked_for(world, offset);
    // Released only when krest is gone: the gate lives as long as the process.
    std::mem::forget(gate);
    running
}

#[test]
fn killed_between_pages_again_and_again_nothing_is_lost_and_nothing_comes_twice() {
    let world = world("killed", 1000);
    let file = config(&world, 100, "");
    for offset in [0, 100, 300, 600, 900] {
        run_up_to(&world, &file, offset).kill_9();
        world.api.open_gates();
        if offset == 300 {
            world.fresh_directory();
        }
    }
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 1000);
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 1000);
}

#[test]
fn killed_after_a_commit_the_scan_goes_on_where_it_was() {
    let world = world("resumed", 1000);
    let file = config(&world, 100, "");
    let running = run_up_to(&world, &file, 600);
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(600);
    running.kill_9();
    world.api.open_gates();
    world.api.forget_requests();
    world.run_once(&file).exits(0);
    let offsets: Vec<_> = world.api.log().iter().filter_map(crate::support::api::Asked::offset).collect();
    assert_eq!(offsets, [600, 700, 800, 900]);
    assert_eq!(world.checked("monitors", PATH).len(), 1000);
}

#[test]
fn killed_while_it_publishes_nothing_is_lost_and_nothing_comes_twice() {
    let world = world("publishing", 5000);
    let file = config(&world, 500, "");
    // Not at a page, but while messages are on their way: as soon as the topic begins to fill. The last page is held,
    // so that a fast machine cannot end the scan before the kill.
    let gate = world.api.hold(PATH, 4500);
    let running = world.start(&["run", &file, "--once"]);
    until("the topic to fill", LONG, || {
        (world.end_offsets("monitors").values().sum::<i64>() > 0).then_some(())
    });
    running.kill_9();
    drop(gate);
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 5000);
}
