//! What reaches the broker late: the proxy between the producer and a real broker.

use std::time::{Duration, Instant};

use krest::kafka::{Boundary, CommitPolicy, Disposition, Producer, Writer};
use krest::model::{Batch, ResourceName};

use super::world::{Stage, batch, bootstrap, high_watermarks, settings};
use crate::support::proxy::{ApiKey, Proxy};
use crate::support::{unique, within};

const LONG: Duration = Duration::from_secs(30);

/// A stage whose producers commit when they are told to, behind a proxy.
async fn stage(stem: &str, transaction_timeout: Duration) -> (Proxy, Stage) {
    let broker = bootstrap().await;
    let proxy = Proxy::before(&broker);
    let mut settings = settings(&unique(stem), &proxy.address());
    let never = Duration::from_secs(600);
    settings.commit = CommitPolicy { linger: never, interval: never, ..CommitPolicy::default() };
    settings.transaction_timeout = transaction_timeout;
    (proxy, Stage::with(settings).await)
}

/// Sends a batch and waits until some of it is on its way to the broker; its transaction stays open.
async fn open(proxy: &Proxy, stage: &Stage, producer: &Producer, keys: std::ops::Range<usize>) {
    let before = proxy.count(ApiKey::Produce);
    drop(producer.send(batch(&stage.topic, 1, keys)).await.unwrap());
    let there = within(LONG, || (proxy.count(ApiKey::Produce) > before).then_some(()));
    assert!(there.is_some(), "{:?}", proxy.passed());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abort_that_arrives_late_finds_its_producer_gone() {
    let (proxy, stage) = stage("lateabort", Duration::from_secs(60)).await;
    let producer = stage.producer(1).await;
    let late = proxy.hold(|request| request.commit == Some(false));
    open(&proxy, &stage, &producer, 0..30).await;
    drop(producer);
    late.cut();

    let next = stage.producer(2).await;
    open(&proxy, &stage, &next, 100..130).await;
    assert_ne!(late.release().expect("the broker answers"), 0, "it ended the transaction in progress");
    next.flush().await.unwrap();
    let (keys, _) = stage.read(std::collections::BTreeMap::new()).await;
    assert!(keys.len() == 30 && keys.iter().all(|key| key.len() == "key-100".len()), "{keys:?}");
    next.close().await.unwrap();
}

/// The broker fences a producer whose transaction is too old, as it does for a rival. krest tells them apart by the owner record.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_outlives_its_time_out_ends_as_if_fenced() {
    let (proxy, stage) = stage("tooold", Duration::from_secs(4)).await;
    let producer = stage.producer(1).await;
    open(&proxy, &stage, &producer, 0..30).await;
    let (servers, topic) = (stage.cluster.servers().to_owned(), stage.topic.clone());
    // Until nothing is open there any more: the broker has aborted it.
    tokio::task::spawn_blocking(move || high_watermarks(&servers, &topic)).await.unwrap();
    let ended = producer.flush().await.unwrap_err();
    assert_eq!(ended.disposition(), Disposition::Fenced, "{ended}");

    let next = stage.producer(2).await;
    let ticket = next.send(stage.batch(1, 0..3)).await.unwrap();
    next.flush().await.unwrap();
    ticket.await.unwrap();
    assert_eq!(stage.read(std::collections::BTreeMap::new()).await.0.len(), 3);
    next.close().await.unwrap();
}

/// Each look at a topic takes its time while Kafka hangs: one is enough to know that nothing can be seen.
#[tokio::test(flavor = "multi_thread")]
async fn a_kafka_that_hangs_is_not_asked_about_every_topic_in_turn() {
    let (proxy, stage) = stage("hangs", Duration::from_secs(3)).await;
    let mut resources = Vec::new();
    for number in 0..20 {
        let name = format!("r{number}");
        resources.push((ResourceName::new(&name), stage.another(&name, &[]).await));
    }
    let place = (Writer::Task(0), Boundary::Interval);
    let producer = Producer::start(&stage.cluster, place, &resources, &stage.offsets).await.unwrap();
    producer.beat().await.unwrap();
    proxy.freeze();
    let start = Instant::now();
    let mut tickets = Vec::new();
    for (resource, (_, topic)) in resources.iter().enumerate() {
        tickets.push(producer.send(Batch { resource, ..batch(topic, 1, 0..1) }).await.unwrap());
    }
    producer.flush().await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(15), "it was deaf for {:?}", start.elapsed());
    proxy.thaw();
}
