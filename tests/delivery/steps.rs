//! A broker that dies, hangs or loses its coordinator at each step of a transaction.

use nix::sys::signal::Signal;

use super::proxied::{LONG, Proxied, ends};
use super::seed::PATH;
use crate::support::broker::Broker;
use crate::support::proxy::{ApiKey, Held, Request, Swallowed, Then};
use crate::support::{Running, until};

/// What the broker has when it dies.
enum Step {
    /// All but this request.
    Before(Held),
    /// This request, too; krest was not told. Of a commit that is the decision, and perhaps markers.
    After(Swallowed),
    /// The commit and all of its markers; krest was not told.
    Ended(Swallowed),
}

/// Kills the broker there, and starts it again.
fn dies(stage: &Proxied, broker: &mut Broker, step: Step) {
    match &step {
        Step::Before(held) => held.arrived(),
        Step::After(swallowed) => assert_eq!(swallowed.happened().unwrap_or(0), 0),
        Step::Ended(swallowed) => {
            assert_eq!(swallowed.happened(), Some(0));
            // They are read to the end, markers included.
            stage.world.read("monitors");
            stage.world.positions("monitors");
        }
    }
    broker.kill();
    stage.proxy.refuse();
    drop(step);
    broker.restart();
    stage.proxy.admit();
}

fn claims(offsets: String) -> impl FnMut(&Request) -> bool + Send + 'static {
    move |request| request.is(ApiKey::AddPartitionsToTxn) && request.mentions(&offsets)
}

#[test]
fn a_broker_that_dies_at_any_step_of_a_transaction_costs_nothing_but_time() {
    // A broker that was killed is let in again when its session is over.
    let soon = [("broker.session.timeout.ms", "3000"), ("broker.heartbeat.interval.ms", "500")];
    let mut broker = Broker::start_with(&soon);
    let stage = Proxied::on(&broker, "dies", 50, "reconnect.backoff.max.ms: 200,");
    let proxy = &stage.proxy;
    // The producer has its id, and has not claimed the connector.
    let claim = proxy.hold(claims(stage.world.offsets_topic()));
    let running = stage.world.start(&["run", &stage.file]);
    dies(&stage, &mut broker, Step::Before(claim));
    stage.shows(50);
    let topic = stage.world.topic("monitors");
    let adds = move |request: &Request| request.is(ApiKey::AddPartitionsToTxn) && request.mentions(&topic);
    let steps: [(&str, &dyn Fn() -> Step); 6] = [
        ("the transaction has its partitions", &|| Step::After(proxy.swallow(Then::Silence, adds.clone()))),
        ("nothing is written", &|| Step::Before(proxy.hold(stage.writes()))),
        ("all is written", &|| Step::After(proxy.swallow(Then::Silence, stage.writes()))),
        ("the commit has not arrived", &|| Step::Before(proxy.hold(ends(true)))),
        ("the commit is decided", &|| Step::After(proxy.swallow(Then::Silence, ends(true)))),
        ("the commit is complete", &|| Step::Ended(proxy.swallow(Then::Silence, ends(true)))),
    ];
    for (version, (what, step)) in (2..).zip(&steps) {
        until("the scan to be recorded", LONG, || stage.world.is_recorded("monitors").then_some(()));
        eprintln!("the broker dies when {what}");
        let step = step();
        stage.change(7, version);
        dies(&stage, &mut broker, step);
        stage.shows(49 + version);
        assert_eq!(stage.world.checked("monitors", PATH).len(), 49 + version, "{what}");
    }
    stage.is_whole(running, 56);
}

/// Longer than a transaction may live: what the broker finds when it wakes up is too old.
#[test]
fn a_broker_that_hangs_for_longer_than_a_transaction_may_live_costs_nothing_but_time() {
    let mut broker = Broker::start_private();
    let stage = Proxied::on(&broker, "hangs", 50, "transaction.timeout.ms: 1500,");
    let running = stage.started(50);
    for (version, commit) in [(2, false), (3, true)] {
        until("the scan to be recorded", LONG, || stage.world.is_recorded("monitors").then_some(()));
        let held = if commit { stage.proxy.hold(ends(true)) } else { stage.proxy.hold(stage.writes()) };
        stage.change(7, version);
        held.arrived();
        broker.pause();
        std::thread::scope(|scope| {
            // It lies in the broker's socket until it wakes up.
            scope.spawn(|| held.release());
            running.says_again("starting a new producer", version - 1);
            broker.resume();
        });
        stage.shows(49 + version);
    }
    stage.is_whole(running, 52);
}

/// krest itself stands still with a transaction open, until the broker has aborted that: no rival, and no reason to end.
#[test]
fn a_krest_that_was_stopped_for_too_long_goes_on() {
    let stage = Proxied::new("stopped", 50, "transaction.timeout.ms: 1000,");
    let mut running = stage.started(50);
    for version in 2..4 {
        let held = stage.proxy.hold(ends(true));
        stage.change(7, version);
        held.arrived();
        running.signal(Signal::SIGSTOP);
        // The checker's reader waits until no transaction is open.
        assert_eq!(stage.world.read("monitors").len(), 48 + version);
        assert_ne!(held.release(), Some(0), "the broker has aborted it");
        running.signal(Signal::SIGCONT);
        stage.shows(49 + version);
        assert!(running.is_running());
    }
    stage.is_whole(running, 52);
}

#[test]
fn a_coordinator_that_is_not_found_is_waited_for() {
    let stage = Proxied::new("coordinator", 50, "");
    let finding = || stage.proxy.hold(|request| request.is(ApiKey::FindCoordinator));
    let held = finding();
    let running = stage.world.start(&["run", &stage.file]);
    held.arrived();
    running.terminate().exits(0);
    drop(held);
    assert_eq!(stage.world.api.requests(PATH), 0);

    let held = finding();
    let running = stage.world.start(&["run", &stage.file]);
    held.arrived();
    assert_eq!(held.release(), Some(0));
    stage.shows(50);
    // It is gone in the middle of a transaction, and cannot be looked for either.
    let (held, lost) = (finding(), stage.proxy.hold(ends(true)));
    stage.change(7, 2);
    lost.cut();
    held.arrived();
    drop(lost);
    drop(held);
    stage.shows(51);
    stage.is_whole(running, 51);
}

#[test]
fn connections_that_break_again_and_again_cost_nothing_but_time() {
    let stage = Proxied::new("cuts", 50, "");
    let running = stage.started(50);
    for version in 2..12 {
        stage.change(version, 2);
        // At whatever step it is.
        let asked = stage.proxy.passed().len();
        until("some requests", LONG, || (stage.proxy.passed().len() > asked + version).then_some(()));
        stage.proxy.cut();
    }
    stage.shows(60);
    stage.is_whole(running, 60);
}

/// A stop is a stop, also while krest waits for an answer that does not come.
#[test]
fn a_stop_while_the_answer_to_a_commit_is_awaited_ends_in_time() {
    let stage = Proxied::new("awaited", 50, "");
    let running: Running = stage.started(50);
    let swallowed = stage.proxy.swallow(Then::Silence, ends(true));
    stage.change(7, 2);
    assert_eq!(swallowed.happened(), Some(0));
    running.terminate().exits(0);
    stage.world.run_once(&stage.file).exits(0);
    assert_eq!(stage.world.checked("monitors", PATH).len(), 51);
}
