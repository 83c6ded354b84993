//! The end of a transaction that arrives late, or whose answer never comes.

use super::proxied::{LONG, Proxied, ends};
use crate::support::proxy::{Held, Then};
use crate::support::until;

/// The late end arrives in the middle of the next transaction: its producer must be gone.
fn arrives_too_late(stage: &Proxied, late: Held) {
    let halfway = stage.proxy.hold(stage.writes());
    stage.change(8, 2);
    halfway.arrived();
    let error = late.release().expect("the broker answers");
    assert_ne!(error, 0, "the broker took a late end for that of a transaction in progress");
    halfway.release();
}

#[test]
fn a_commit_that_arrives_late_finds_its_producer_gone() {
    // The connection is lost, or the request is given up after a second.
    for (test, cut) in [("late_cut", true), ("late_timeout", false)] {
        let stage = Proxied::new(test, 50, "socket.timeout.ms: 1000,");
        let running = stage.started(50);
        let late = stage.proxy.hold(ends(true));
        stage.change(7, 2);
        if cut {
            late.cut();
        }
        stage.shows(51);
        running.says("not cleanly");
        arrives_too_late(&stage, late);
        stage.shows(52);
        stage.is_whole(running, 52);
    }
}

/// krest cannot know whether it has committed, and does not guess: the topics say it.
#[test]
fn a_commit_whose_outcome_nobody_tells_is_looked_up_in_the_topics() {
    let stage = Proxied::new("unknown", 50, "transaction.timeout.ms: 2000,");
    let running = stage.started(50);
    // It has happened.
    let swallowed = stage.proxy.swallow(Then::Silence, ends(true));
    stage.change(7, 2);
    assert_eq!(swallowed.happened(), Some(0));
    stage.proxy.refuse();
    running.says("whether the transaction was committed is unknown");
    stage.change(8, 2);
    stage.proxy.admit();
    stage.shows(52);
    // It has not.
    until("the scan to be recorded", LONG, || stage.world.is_recorded("monitors").then_some(()));
    let lost = stage.proxy.hold(ends(true));
    stage.change(9, 2);
    lost.arrived();
    stage.proxy.refuse();
    drop(lost);
    running.says_again("whether the transaction was committed is unknown", 2);
    stage.proxy.admit();
    stage.shows(53);
    stage.is_whole(running, 53);
}

#[test]
fn a_commit_whose_answer_is_lost_with_its_connection_is_no_loss_and_no_duplicate() {
    let stage = Proxied::new("answer_lost", 50, "");
    let running = stage.started(50);
    for version in 2..5 {
        let before = stage.producers();
        let swallowed = stage.proxy.swallow(Then::Cut, ends(true));
        stage.change(7, version);
        assert_eq!(swallowed.happened(), Some(0));
        stage.shows(49 + version);
        running.says_again("not cleanly", version - 1);
        until("a new producer", LONG, || (stage.producers() > before).then_some(()));
    }
    stage.is_whole(running, 53);
}
