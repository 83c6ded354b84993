//! Data that Kafka refuses, and whose it is.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use krest::kafka::{Boundary, CommitPolicy, Delivery, Ended, Producer, Settings, identity, read_offsets};
use krest::model::Batch;

use super::world::{Stage, batch, bootstrap, delete_topic, message, settings};
use crate::support::unique;

async fn outcome(producer: &Producer, batch: Batch) -> Result<(), Ended> {
    producer.send(batch).await?.await.map(drop)
}

/// The broker's own transaction markers do not wait for so long before they are written, and would be refused as well ...
const TOO_STRICT: (&str, &str) = ("message.timestamp.before.max.ms", "150");
/// ... a record does.
const SLOW: CommitPolicy = CommitPolicy {
    records: 1000,
    bytes: 1 << 20,
    interval: Duration::from_secs(2),
    linger: Duration::from_millis(600),
    heartbeat: Duration::from_secs(3600),
};

/// A batch of the second resource.
fn of_others(topic: &krest::kafka::Topic, sequence: u64) -> Batch {
    Batch { resource: 1, ..batch(topic, sequence, 0..10) }
}

#[tokio::test]
async fn what_came_before_a_message_that_is_too_large_is_committed() {
    let stage = Stage::new("before-large").await;
    let small = stage.another("others", &[("max.message.bytes", "20000")]).await;
    let producer = stage.pair(&small, Boundary::Interval).await;
    let good = producer.send(stage.batch(1, 0..10)).await.unwrap();
    let mut large = of_others(&small, 1);
    large.messages.push(message(&small, "the-key", &"x".repeat(20_000)));
    let ended = outcome(&producer, large).await.unwrap_err();
    assert!(matches!(ended, Ended::Rejected { resource: Some(1), .. }), "{ended}");
    good.await.unwrap();
    assert_eq!(stage.read(BTreeMap::new()).await.0.len(), 10);
}

#[tokio::test]
async fn a_topic_that_takes_large_messages_gets_them_beside_one_that_does_not() {
    let stage = Stage::new("beside-small").await;
    let small = stage.another("others", &[("max.message.bytes", "20000")]).await;
    let producer = stage.pair(&small, Boundary::Interval).await;
    let mut large = stage.batch(1, 0..500);
    large.messages.push(message(&stage.topic, "the-key", &"x".repeat(900_000)));
    large.messages.extend((0..500).map(|n| message(&stage.topic, &format!("more-{n}"), &"y".repeat(100))));
    outcome(&producer, large).await.unwrap();
    outcome(&producer, of_others(&small, 1)).await.unwrap();
    producer.close().await.unwrap();
}

#[tokio::test]
async fn a_topic_that_is_deleted_while_data_is_on_its_way_is_named_within_seconds() {
    let stage = Stage::new("deleted").await;
    let others = stage.another("others", &[]).await;
    let producer = stage.pair(&others, Boundary::Interval).await;
    outcome(&producer, of_others(&others, 1)).await.unwrap();
    delete_topic(stage.cluster.servers(), &others.name).await;
    while identity(&stage.cluster, &others.name).await.unwrap().is_some() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let start = Instant::now();
    let ended = outcome(&producer, of_others(&others, 2)).await.unwrap_err();
    assert!(matches!(ended, Ended::TopicGone { resource: 1, .. }), "{ended}");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_clock_that_the_topic_does_not_take_is_named_as_such() {
    let settings = Settings { commit: SLOW, ..settings(&unique("clock"), &bootstrap().await) };
    let stage = Stage::with(settings).await;
    let others = stage.another("others", &[TOO_STRICT]).await;
    let producer = stage.pair(&others, Boundary::Interval).await;
    let ended = outcome(&producer, of_others(&others, 1)).await.unwrap_err();
    assert!(matches!(ended, Ended::Rejected { resource: Some(1), .. }), "{ended}");
    let text = ended.to_string();
    assert!(text.contains("others") && text.contains("set the clocks right"), "{text}");
}

#[tokio::test]
async fn without_transactions_records_are_there_before_their_position() {
    let mut settings = settings(&unique("atleast"), &bootstrap().await);
    settings.delivery = Delivery::AtLeastOnce;
    let stage = Stage::with(settings).await;
    let producer = stage.producer(1).await;
    let receipt = producer.send(stage.batch(1, 0..100)).await.unwrap().await.unwrap();
    let (keys, checkpoint) = stage.read(BTreeMap::new()).await;
    assert_eq!(keys.len(), 100);
    let reached: BTreeMap<_, _> = receipt.reached().iter().map(|one| (one.partition, one.next)).collect();
    assert_eq!(reached, checkpoint);
    let stored = read_offsets(&stage.cluster, &stage.offsets).await.unwrap();
    assert_eq!((stored.resources.len(), stored.owner.is_some()), (1, true));

    // A second one fences nobody.
    let second = stage.producer(2).await;
    outcome(&second, stage.batch(1, 100..200)).await.unwrap();
    outcome(&producer, stage.batch(2, 200..300)).await.unwrap();
    assert_eq!(stage.read(BTreeMap::new()).await.0.len(), 300);
}

#[tokio::test]
async fn without_transactions_a_refused_message_ends_the_session_and_its_position_is_not_written() {
    let mut settings = settings(&unique("atleast-refused"), &bootstrap().await);
    (settings.delivery, settings.commit) = (Delivery::AtLeastOnce, SLOW);
    let stage = Stage::with(settings).await;
    let others = stage.another("others", &[TOO_STRICT]).await;
    let producer = stage.pair(&others, Boundary::Interval).await;
    let ended = outcome(&producer, of_others(&others, 1)).await.unwrap_err();
    assert!(matches!(ended, Ended::Rejected { resource: Some(1), .. }), "{ended}");
    let stored = read_offsets(&stage.cluster, &stage.offsets).await.unwrap();
    assert!(stored.resources.is_empty(), "{stored:?}");
}
