//! Who is a member of a connector's group runs; and what a member reads are signals, from where the group has come to.

use std::time::{Duration, Instant};

use krest::kafka::{Cluster, Membership, RawSignal, Settings, SignalPlace, Signals, running_instances};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::world::{Stage, bootstrap, settings};
use crate::support::{create_topic, send_message, unique};

const LONG: Duration = Duration::from_secs(30);

async fn waits_for_members(cluster: &Cluster, count: usize) -> Vec<String> {
    let start = Instant::now();
    loop {
        let members = running_instances(cluster).await.unwrap();
        if members.len() == count {
            return members.iter().map(ToString::to_string).collect();
        }
        assert!(start.elapsed() < LONG, "{count} members were expected: {members:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn reading(settings: &Settings, topic: &str) -> (Membership, UnboundedReceiver<RawSignal>) {
    let (inbox, read) = unbounded_channel();
    let signals = Signals { topic: topic.to_owned(), inbox };
    (Membership::join(settings, "here", Some(signals)), read)
}

#[tokio::test]
async fn whoever_runs_is_a_member_and_whoever_has_left_is_none() {
    let Stage { cluster, .. } = Stage::new("member").await;
    assert_eq!(running_instances(&cluster).await.unwrap(), []);
    let seat = Membership::join(cluster.settings(), "my-host", None);
    let members = waits_for_members(&cluster, 1).await;
    let expected = format!("krest-{}@my-host at ", cluster.settings().connector);
    assert!(members[0].starts_with(&expected), "{members:?}");
    let start = Instant::now();
    seat.leave().await;
    assert!(start.elapsed() < Duration::from_secs(2), "leaving took {:?}", start.elapsed());
    waits_for_members(&cluster, 0).await;
    assert!(start.elapsed() < Duration::from_secs(5), "it left by itself, not by a time-out");
}

#[tokio::test]
async fn one_that_leaves_while_it_joins_keeps_nobody_waiting() {
    let Stage { cluster, .. } = Stage::new("hasty").await;
    for pause in [0, 30, 300, 1500] {
        let seat = Membership::join(cluster.settings(), "", None);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let start = Instant::now();
        seat.leave().await;
        assert!(start.elapsed() < Duration::from_secs(2), "after {pause} ms: {:?}", start.elapsed());
    }
    waits_for_members(&cluster, 0).await;
}

#[tokio::test]
async fn signals_are_read_from_where_the_group_has_come_to_also_on_a_topic_that_appears_later() {
    let Stage { cluster, .. } = Stage::new("inbox").await;
    let topic = unique("signals");
    let (seat, mut read) = reading(cluster.settings(), &topic);
    waits_for_members(&cluster, 1).await;
    let (servers, name) = (bootstrap().await, topic.clone());
    let sending = tokio::task::spawn_blocking(move || {
        create_topic(&servers, &name, 1, &[("cleanup.policy", "delete")]);
        send_message(&servers, &name, Some("shop"), "one");
        send_message(&servers, &name, Some("shop"), "two");
    });
    sending.await.unwrap();
    let mut values = Vec::new();
    while values.len() < 2 {
        let signal = tokio::time::timeout(LONG, read.recv()).await.expect("a signal").expect("a member");
        assert_eq!(signal.key.as_deref(), Some(&b"shop"[..]));
        values.push((signal.place.offset, signal.value.unwrap()));
    }
    assert_eq!(values, [(0, b"one".to_vec()), (1, b"two".to_vec())]);
    seat.commit(SignalPlace { partition: 0, offset: 1 });
    tokio::time::sleep(Duration::from_millis(300)).await;
    seat.leave().await;
    let (_seat, mut read) = reading(cluster.settings(), &topic);
    let again = tokio::time::timeout(LONG, read.recv()).await.expect("a signal").expect("a member");
    assert_eq!(again.value.as_deref(), Some(&b"two"[..]), "what took effect is not read again");
}

#[tokio::test]
async fn a_member_without_a_broker_keeps_nobody_waiting() {
    let dead = settings(&unique("dead"), "127.0.0.1:9");
    let seat = Membership::join(&dead, "", None);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let start = Instant::now();
    seat.leave().await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
