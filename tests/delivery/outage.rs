//! A broker that is away at the start, or goes away later.

use std::time::Duration;

use super::seed::{PATH, config, world};
use crate::support::api::generated;
use crate::support::broker::Broker;
use crate::support::checker::Tail;
use crate::support::{Running, World, free_port, until};

const LONG: Duration = Duration::from_secs(60);

#[test]
fn run_once_gives_up_after_thirty_seconds_without_kafka() {
    let nowhere = format!("127.0.0.1:{}", free_port());
    let world = world("gives_up", 5).on_broker(&nowhere);
    let file = config(&world, 100, "");
    let finished = world.run_once(&file).exits(1).says(&["kafka", &nowhere]);
    let took = finished.took.as_secs();
    assert!((28..45).contains(&took), "{took} s");
    assert_eq!(world.api.requests(PATH), 0);
}

#[test]
fn a_broker_that_goes_away_and_comes_back_costs_nothing_but_time() {
    let mut broker = Broker::start_private();
    let bootstrap = broker.bootstrap().to_owned();
    let world = world("outage", 250).on_broker(&bootstrap);
    let file = config(&world, 100, "poll: {interval: 200ms}");
    let running = world.start(&["run", &file]);
    Tail::new(&bootstrap, &world.topic("monitors")).wait_for(250);
    until("the first scan to be recorded", LONG, || world.is_recorded("monitors").then_some(()));
    world.checked("monitors", PATH);

    broker.kill();
    let (key, text) = generated(7, 2, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
    running.says(&format!("kafka at {bootstrap} is away"));
    broker.restart();
    running.says("kafka answers again");
    Tail::new(&bootstrap, &world.topic("monitors")).wait_for(251);
    running.terminate().exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 251);
}

#[test]
fn a_broker_that_comes_late_is_waited_for() {
    let mut broker = Broker::start_private();
    let bootstrap = broker.bootstrap().to_owned();
    broker.kill();
    let world = world("late", 50).on_broker(&bootstrap);
    let file = config(&world, 100, "");
    let mut running = world.start(&["run", &file, "--once"]);
    running.says(&bootstrap);
    broker.restart();
    running.finish(LONG).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 50);
}

#[test]
fn a_broker_that_restarts_during_the_only_scan_costs_nothing_but_time() {
    let mut broker = Broker::start_private();
    let bootstrap = broker.bootstrap().to_owned();
    let world = world("restarted", 250).on_broker(&bootstrap);
    let file = config(&world, 100, "poll: {interval: 1h}");
    let mut running = first_page_committed(&world, &file);
    broker.kill();
    running.says("refused");
    world.api.open_gates();
    until("page 3", LONG, || (world.api.requests(PATH) >= 3).then_some(()));
    broker.restart();
    running.finish(LONG).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 250);
}

#[test]
fn after_a_lost_session_the_scan_goes_on_at_once() {
    let mut broker = Broker::start_private();
    let bootstrap = broker.bootstrap().to_owned();
    let world = world("at_once", 250).on_broker(&bootstrap);
    let file = config(&world, 100, "poll: {interval: 1h}");
    let impatient = "kafka: {transaction.timeout.ms: 4000, ";
    let text = std::fs::read_to_string(&file).unwrap().replace("kafka: {", impatient);
    let file = world.file("impatient.yaml", &text);
    let mut running = first_page_committed(&world, &file);
    broker.pause();
    world.api.open_gates();
    running.says("starting a new producer");
    broker.resume();
    running.finish(LONG).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 250);
}

/// `run --once` up to page 2, whose answer is held; no transaction is open or being ended.
fn first_page_committed(world: &World, file: &str) -> Running {
    std::mem::forget(world.api.hold(PATH, 100));
    let running = world.start(&["run", file, "--once"]);
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(100);
    // Read to the end, markers included.
    until("the position to be recorded", LONG, || (!world.positions("monitors").is_empty()).then_some(()));
    running
}

#[test]
fn a_dead_server_among_the_bootstrap_servers_is_no_obstacle() {
    let world = world("half_dead", 250);
    let file = config(&world, 100, "");
    let (good, dead) = (world.bootstrap().to_owned(), free_port());
    let text = std::fs::read_to_string(&file).unwrap();
    let list = text.replace(&format!("\"{good}\""), &format!("\"127.0.0.1:{dead},{good}\""));
    assert_ne!(list, text);
    let file = world.file("list.yaml", &list);
    // Which of them is asked first is chance.
    for version in 1..=4 {
        let (key, text) = generated(7, version, 120);
        world.api.change(PATH, |all| all.put(&key, &text));
        world.run_once(&file).exits(0);
        assert_eq!(world.checked("monitors", PATH).len(), 249 + version);
    }
}
