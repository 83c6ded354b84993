//! A broker that forgets an idle producer: its transactional id, or its id in a partition.

use std::time::Duration;

use super::proxied::{LONG, Proxied};
use crate::support::broker::Broker;
use crate::support::checker::read;
use crate::support::until;

/// Whether the broker has forgotten the connector's transactional id: the last word on it is a tombstone.
fn is_forgotten(broker: &Broker, connector: &str) -> bool {
    let id = format!("krest-{connector}-0");
    let words = read(broker.bootstrap(), "__transaction_state");
    let of_it = |key: &[u8]| key.ends_with(id.as_bytes());
    let last = words.iter().rev().find(|word| word.key.as_deref().is_some_and(of_it));
    last.is_some_and(|word| word.value.is_none())
}

#[test]
fn an_id_that_expired_while_krest_was_idle_is_had_again_without_a_restart() {
    let broker = Broker::start_with(&[
        ("transactional.id.expiration.ms", "2000"),
        ("transaction.remove.expired.transaction.cleanup.interval.ms", "500"),
        ("producer.id.expiration.ms", "1000"),
        ("producer.id.expiration.check.interval.ms", "500"),
    ]);
    let stage = Proxied::on(&broker, "expired", 50, "");
    let running = stage.started(50);
    for version in 2..4 {
        until("the id to be forgotten", Duration::from_secs(60), || {
            is_forgotten(&broker, &stage.world.name).then_some(())
        });
        stage.change(7, version);
        stage.shows(49 + version);
        running.says_again("starting a new producer", version - 1);
        until("the scan to be recorded", LONG, || stage.world.is_recorded("monitors").then_some(()));
    }
    stage.is_whole(running, 52);
}
