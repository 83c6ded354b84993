//! SIGTERM in whatever krest is doing: it ends within ten seconds, with the contract's code, and nothing is broken.

use std::net::TcpListener;
use std::time::Duration;

use nix::sys::signal::Signal;

use super::seed::{PATH, config, world};
use crate::support::api::Answer;
use crate::support::broker::Broker;
use crate::support::checker::Tail;
use crate::support::{World, free_port, until};

const LONG: Duration = Duration::from_secs(30);

/// `run` ends with 0, `run --once` with 1 because its scan is not complete.
fn both(test: &str, more: &str, prepare: impl Fn(&World)) {
    for (arguments, code) in [(&["run"][..], 0), (&["run", "--once"], 1)] {
        let world = world(test, 250);
        prepare(&world);
        let file = config(&world, 100, more);
        let running = world.start(&[arguments, &[&file]].concat());
        until("page 2", LONG, || {
            world.api.log().iter().any(|asked| asked.offset() == Some(100)).then_some(())
        });
        running.terminate().exits(code);
        world.api.open_gates();
        world.api.answers(Vec::new());
        world.run_once(&file).exits(0);
        assert_eq!(world.checked("monitors", PATH).len(), 250);
    }
}

#[test]
fn while_it_waits_after_a_429() {
    both("waiting", "", |world| {
        let wait = [("retry-after".to_owned(), "120".to_owned())].into();
        world.api.answers(vec![Answer {
            offset: Some(100),
            status: Some(429),
            headers: wait,
            ..Answer::default()
        }]);
    });
}

#[test]
fn while_a_request_hangs() {
    both("hanging", "", |world| {
        world.api.answers(vec![Answer { offset: Some(100), hang: true, ..Answer::default() }]);
    });
}

#[test]
fn while_a_schema_registry_hangs() {
    let registry = TcpListener::bind("127.0.0.1:0").unwrap();
    registry.set_nonblocking(true).unwrap();
    for (arguments, code) in [(&["run"][..], 0), (&["run", "--once"], 1)] {
        let world = world("unregistered", 50);
        let url = format!("http://{}", registry.local_addr().unwrap());
        let more = format!("registry: {{url: '{url}'}}\nformat: {{value: avro}}");
        let file = config(&world, 100, &more);
        let running = world.start(&[arguments, &[&file]].concat());
        let _asked = until("a request that is not answered", LONG, || registry.accept().ok());
        running.terminate().exits(code);
    }
}

#[test]
fn between_two_polls() {
    let world = world("idle", 50);
    let file = config(&world, 100, "poll: {interval: 1h}");
    let running = world.start(&["run", &file]);
    until("the scan to be recorded", LONG, || world.is_recorded("monitors").then_some(()));
    running.terminate().exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 50);
}

#[test]
fn while_kafka_is_away() {
    for (arguments, code) in [(&["run"][..], 0), (&["run", "--once"], 1)] {
        let nowhere = format!("127.0.0.1:{}", free_port());
        let world = world("away", 250).on_broker(&nowhere);
        let file = config(&world, 100, "");
        let running = world.start(&[arguments, &[&file]].concat());
        running.says(&nowhere);
        running.terminate().exits(code);
        assert_eq!(world.api.requests(PATH), 0);
    }
}

#[test]
fn while_a_transaction_is_open_and_kafka_hangs() {
    let mut broker = Broker::start_private();
    let bootstrap = broker.bootstrap().to_owned();
    for (arguments, code) in [(&["run"][..], 0), (&["run", "--once"], 1)] {
        let world = world("frozen", 1000).on_broker(&bootstrap);
        let file = config(&world, 100, "");
        let (second, sixth) = (world.api.hold(PATH, 100), world.api.hold(PATH, 500));
        let running = world.start(&[arguments, &[&file]].concat());
        Tail::new(&bootstrap, &world.topic("monitors")).wait_for(100);
        broker.pause();
        second.release();
        // One page is read ahead, and one waits: the pages before them are with the producer, which cannot commit.
        until("page 6", LONG, || {
            world.api.log().iter().any(|asked| asked.offset() == Some(500)).then_some(())
        });
        running.terminate().exits(code);
        broker.resume();
        sixth.release();
        world.run_once(&file).exits(0);
        assert_eq!(world.checked("monitors", PATH).len(), 1000);
    }
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let world = world("impatient", 250);
    let file = config(&world, 100, "");
    let _gate = world.api.hold(PATH, 100);
    let mut running = world.start(&["run", &file]);
    until("page 2", LONG, || (world.api.requests(PATH) == 2).then_some(()));
    running.signal(Signal::SIGINT);
    running.signal(Signal::SIGINT);
    let finished = running.finish(Duration::from_secs(5));
    assert!(finished.took < LONG, "{finished:?}");
}
