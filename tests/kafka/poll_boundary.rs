//! Transactions that are a whole scan.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use krest::kafka::{Boundary, Ended, Owner, Producer, Topic, Writer};
use krest::model::ResourceName;
use rdkafka::consumer::Consumer as _;

use super::world::{Stage, bootstrap, consumer, settings};
use crate::support::unique;

async fn producer(stage: &Stage) -> Producer {
    let resources = [(ResourceName::new("users"), stage.topic.clone())];
    let place = (Writer::Task(0), Boundary::Poll);
    Producer::start(&stage.cluster, place, &resources, &stage.offsets).await.unwrap()
}

async fn visible(stage: &Stage) -> usize {
    stage.read(BTreeMap::new()).await.0.len()
}

#[tokio::test]
async fn nothing_is_visible_before_the_scan_asks_for_it() {
    let stage = Stage::new("poll").await;
    let producer = producer(&stage).await;
    let first = producer.send(stage.batch(1, 0..10)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await; // longer than transaction.boundary.interval.ms
    let second = producer.send(stage.batch(2, 10..20)).await.unwrap();
    let servers = stage.cluster.servers();
    let there = || ends(servers, "read_uncommitted", &stage.topic);
    let start = Instant::now();
    while there() < 20 {
        assert!(start.elapsed() < Duration::from_secs(10), "the records are not sent");
    }
    assert_eq!(ends(servers, "read_committed", &stage.topic), 0);
    producer.flush().await.unwrap();
    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(visible(&stage).await, 20);
}

/// How far a reader can read, over all partitions.
fn ends(servers: &str, isolation: &str, topic: &Topic) -> i64 {
    let consumer = consumer(servers, isolation);
    let end =
        |partition| consumer.fetch_watermarks(&topic.name, partition, Duration::from_secs(10)).unwrap().1;
    (0..topic.partitions).map(end).sum()
}

/// Who asks whether the transactional id is still ours is told when the scan has ended.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_for_the_owner_makes_nothing_of_an_open_scan_visible() {
    let stage = Stage::new("beat").await;
    let producer = std::sync::Arc::new(producer(&stage).await);
    producer.keep_alive(&Owner::new("instance", 1, 1, "here"));
    producer.beat().await.unwrap();
    let ticket = producer.send(stage.batch(1, 0..10)).await.unwrap();
    let asking = tokio::spawn({
        let producer = std::sync::Arc::clone(&producer);
        async move { producer.beat().await }
    });
    tokio::time::sleep(Duration::from_millis(1000)).await;
    assert_eq!(ends(stage.cluster.servers(), "read_committed", &stage.topic), 0);
    assert!(!asking.is_finished());
    producer.flush().await.unwrap();
    ticket.await.unwrap();
    asking.await.unwrap().unwrap();
    assert_eq!(visible(&stage).await, 10);

    drop(producer.send(stage.batch(2, 10..20)).await.unwrap());
    let (asked, discarded) = tokio::join!(producer.beat(), producer.discard());
    assert_eq!((asked, discarded), (Err(Ended::Discarded), Err(Ended::Discarded)));
    assert_eq!(visible(&stage).await, 10);
}

#[tokio::test]
async fn a_scan_that_is_discarded_or_cut_off_leaves_nothing() {
    let stage = Stage::new("discard").await;
    let first = producer(&stage).await;
    first.discard().await.expect("nothing was sent");
    let ticket = first.send(stage.batch(1, 0..10)).await.unwrap();
    assert_eq!(first.discard().await, Err(Ended::Discarded));
    assert_eq!(ticket.await.unwrap_err(), Ended::Discarded);

    let second = producer(&stage).await;
    drop(second.send(stage.batch(1, 0..10)).await.unwrap());
    second.close().await.unwrap();
    assert_eq!(visible(&stage).await, 0);
}

#[tokio::test]
async fn a_scan_that_takes_half_of_the_time_out_is_told_which_setting_to_change() {
    let mut settings = settings(&unique("overdue"), &bootstrap().await);
    settings.transaction_timeout = Duration::from_secs(2);
    let stage = Stage::with(settings).await;
    let producer = producer(&stage).await;
    let start = Instant::now();
    let ticket = producer.send(stage.batch(1, 0..10)).await.unwrap();
    let ended = ticket.await.unwrap_err();
    assert!((900..1900).contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
    assert!(matches!(&ended, Ended::Overdue { resources, .. } if resources == &[0]), "{ended}");
    let text = ended.to_string();
    for part in ["transaction.timeout.ms (2000 ms)", "transaction.boundary: interval"] {
        assert!(text.contains(part), "{text}");
    }
    assert_eq!(visible(&stage).await, 0);
}
