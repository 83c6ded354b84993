//! A broker that is away at the start, or goes away later.

use std::time::Duration;

use super::seed::{PATH, config, world};
use crate::support::api::generated;
use crate::support::broker::Broker;
use crate::support::checker::Tail;
use crate::support::{free_port, until};

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
    running.says("refused");
    broker.restart();
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
