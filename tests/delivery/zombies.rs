//! An instance that was stopped in the middle of its work and wakes up: after a takeover it commits nothing and ends, and
//! without one it goes on.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use krest::config::Config;
use krest::model::Redactor;
use krest::plan::FilePlan;
use krest::poll::Poller;
use krest::service::{Broker, Connector, Mode, Observer, Outcome, run_all};
use krest::sync::Registrar;
use nix::sys::signal::Signal;
use tokio_util::sync::CancellationToken;

use super::seed::{PATH, config, connector, world, world_of};
use crate::support::api::generated;
use crate::support::checker::{Marks, Tail};
use crate::support::{Running, World, until, within};

const LONG: Duration = Duration::from_secs(60);
const MANY: usize = 10_000;

fn change(world: &World, key: usize, version: usize) {
    let (key, text) = generated(key, version, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
}

/// Starts krest and stops it while it has a transaction open: its first scan is under way.
fn stopped_in_mid_transaction(world: &World, file: &str) -> Running {
    let running = world.start(&["run", file]);
    let marks = Marks::new(world.bootstrap(), &world.topic("monitors"));
    let opened = within(LONG, || {
        until("messages", LONG, || marks.is_open().then_some(()));
        running.signal(Signal::SIGSTOP);
        // What is on its way may still arrive, a commit too.
        std::thread::sleep(Duration::from_millis(200));
        let open = marks.is_open();
        if !open {
            running.signal(Signal::SIGCONT);
        }
        open.then_some(())
    });
    assert!(opened.is_some(), "no transaction was open whenever krest was stopped");
    running
}

#[test]
fn an_instance_that_slept_through_a_takeover_publishes_nothing() {
    let world = world("slept", 50);
    let file = config(&world, 100, "poll: {interval: 100ms}");
    let mut zombie = world.start(&["run", &file]);
    until("the first scan", LONG, || world.is_recorded("monitors").then_some(()));
    zombie.signal(Signal::SIGSTOP);
    world.fresh_directory();
    let newer = world.start(&["run", &file]);
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    change(&world, 7, 2);
    tail.wait_for(51);
    let before = world.end_offsets("monitors");
    zombie.signal(Signal::SIGCONT);
    zombie.finish(LONG).exits(3).says(&["another instance has taken over"]);
    assert_eq!(world.end_offsets("monitors"), before, "nothing came, not even something to be aborted");
    change(&world, 8, 2);
    tail.wait_for(52);
    newer.terminate().exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 52);
}

#[test]
fn a_transaction_that_slept_through_a_takeover_is_never_committed() {
    let world = world("slept_open", MANY);
    let file = config(&world, 500, "poll: {interval: 100ms}");
    let mut zombie = stopped_in_mid_transaction(&world, &file);
    world.fresh_directory();
    let newer = world.start(&["run", &file]);
    until("the scan to be recorded", LONG, || world.is_recorded("monitors").then_some(()));
    let messages = world.read("monitors").len();
    let before = world.end_offsets("monitors");
    zombie.signal(Signal::SIGCONT);
    zombie.finish(LONG).exits(3).says(&["another instance has taken over"]);
    assert_eq!(world.end_offsets("monitors"), before, "nothing came, not even something to be aborted");
    change(&world, 8, 2);
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(messages + 1);
    newer.terminate().exits(0);
    world.checked("monitors", PATH);
}

#[test]
fn a_transaction_that_outlived_its_time_out_is_no_takeover() {
    let world = world("too_slow", MANY);
    let file = config(&world, 500, "poll: {interval: 100ms}");
    let impatient = "kafka: {transaction.timeout.ms: 2000, ";
    let text = std::fs::read_to_string(&file).unwrap().replace("kafka: {", impatient);
    let file = world.file("impatient.yaml", &text);
    let running = stopped_in_mid_transaction(&world, &file);
    let marks = Marks::new(world.bootstrap(), &world.topic("monitors"));
    until("the broker to abort the transaction", LONG, || (!marks.is_open()).then_some(()));
    running.signal(Signal::SIGCONT);
    running.says("starting a new producer");
    until("the scan to be recorded", LONG, || world.is_recorded("monitors").then_some(()));
    let messages = world.checked("monitors", PATH).len();
    change(&world, 7, 2);
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(messages + 1);
    let finished = running.terminate().exits(0).says(&["outlived transaction.timeout.ms"]);
    assert!(!finished.stderr.contains("another instance has"), "{}", finished.stderr);
    assert_eq!(world.checked("monitors", PATH).len(), MANY + 1);
}

/// A connector in this process, whose idle tasks write this often.
fn instance(world: &World, file: &str, heartbeat: Duration) -> (Connector, CancellationToken) {
    let redactor = Redactor::default();
    let environment = |name: &str| (name == "API_KEY").then(|| world.canary.clone());
    let text = std::fs::read(file).unwrap();
    let config = Config::parse(&text, Path::new(file), &environment, &redactor).unwrap();
    let mut plan = FilePlan::compile(file, &config, &redactor).unwrap().into_connector().unwrap();
    plan.kafka.commit.heartbeat = heartbeat;
    let stop = CancellationToken::new();
    let connector = Connector {
        registrar: Registrar::new(None),
        allow_deletes: std::collections::HashSet::new(),
        state: krest::state::LocalState::in_memory(),
        broker: Broker::Real(plan.kafka.clone()),
        plan: Arc::new(plan),
        poller: Poller::new(redactor),
        mode: Mode::Forever,
        stop: stop.clone(),
        observer: Observer::default(),
    };
    (connector, stop)
}

#[test]
fn an_idle_instance_notices_that_it_was_replaced() {
    let world = world_of("idle_zombie", &[("/ants", 5), ("/bees", 5)]);
    let more = "tasks.max: 2\npoll: {interval: 1h}";
    let file = connector(&world, &world.name, &[("ants", "/ants"), ("bees", "/bees")], more);
    let recorded = || {
        let all = || ["ants", "bees"].iter().all(|name| world.is_recorded(name)).then_some(());
        until("the first scans", LONG, all);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (older, _) = instance(&world, &file, Duration::from_millis(300));
    let older = runtime.spawn(run_all(vec![older]));
    recorded();
    std::thread::sleep(Duration::from_secs(2));
    assert!(!older.is_finished(), "it is well while it is alone");
    let (newer, stop) = instance(&world, &file, Duration::from_secs(3600));
    let newer = runtime.spawn(run_all(vec![newer]));
    let outcome = runtime.block_on(async { tokio::time::timeout(LONG, older).await });
    assert_eq!(outcome.expect("it notices").unwrap(), Outcome::Fenced);
    stop.cancel();
    assert_eq!(runtime.block_on(newer).unwrap(), Outcome::Done);
    for (name, path) in [("ants", "/ants"), ("bees", "/bees")] {
        assert_eq!(world.checked(name, path).len(), 5);
    }
}
