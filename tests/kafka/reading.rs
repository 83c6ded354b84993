//! Reading to the end: all of it, not more than once, and never past what is still open.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use krest::kafka::{Disposition, Error, Reading, TopicPlan, ensure, read_offsets, restore};
use krest::model::{Fingerprint, Stamp, StoredRecord};
use rdkafka::producer::Producer as _;

use super::world::{Stage, message};
use crate::support::foreign_transaction;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn what_was_written_is_restored_and_the_checkpoint_goes_on_from_there() {
    let stage = Stage::new("restore").await;
    let producer = stage.producer(1).await;
    producer.send(stage.batch(1, 0..5000)).await.unwrap().await.unwrap();
    let reading = Reading::new(&stage.topic, BTreeMap::new());
    let take = |seen: &mut Vec<(String, Option<Stamp>, bool)>, record: StoredRecord<'_>| {
        seen.push((String::from_utf8_lossy(record.key).into_owned(), record.fingerprint, record.deleted));
    };
    let (seen, end) = restore(&stage.cluster, reading, Vec::new(), take).await;
    let checkpoint = end.unwrap();
    assert!(
        seen.iter()
            .all(|(_, fingerprint, deleted)| *fingerprint == Some(Stamp::whole(Fingerprint([7, 9])))
                && !deleted)
    );
    let keys: BTreeSet<_> = seen.iter().map(|(key, ..)| key).collect();
    assert_eq!((seen.len(), keys.len()), (5000, 5000));

    assert!(stage.read(checkpoint.clone()).await.0.is_empty(), "nothing new");
    producer.send(stage.batch(2, 7000..7003)).await.unwrap().await.unwrap();
    let (mut keys, _) = stage.read(checkpoint).await;
    keys.sort();
    assert_eq!(keys, ["key-7000", "key-7001", "key-7002"]);
    producer.close().await.unwrap();
}

#[tokio::test]
async fn an_empty_topic_is_read_at_once() {
    let stage = Stage::new("empty").await;
    let (keys, checkpoint) = stage.read(BTreeMap::new()).await;
    assert_eq!((keys.len(), checkpoint), (0, BTreeMap::from([(0, 0), (1, 0), (2, 0)])));
}

#[tokio::test]
async fn an_open_transaction_of_another_writer_is_waited_for_until_it_commits() {
    let stage = Stage::new("open").await;
    let foreigner = foreign_transaction(stage.cluster.servers(), &stage.topic.name, "theirs", MINUTE);
    let reading = stage.read(BTreeMap::new());
    tokio::pin!(reading);
    let early = tokio::time::timeout(Duration::from_millis(1500), &mut reading).await;
    assert!(early.is_err(), "the end was reported while a transaction was open below it");
    tokio::task::spawn_blocking(move || foreigner.commit_transaction(Duration::from_secs(10)))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(reading.await.0, ["theirs"]);
}

#[tokio::test]
async fn what_was_committed_behind_an_open_transaction_is_not_missed() {
    let stage = Stage::new("behind").await;
    let foreigner = foreign_transaction(stage.cluster.servers(), &stage.topic.name, "theirs", MINUTE);
    let producer = stage.producer(1).await;
    let mut batch = stage.batch(1, 0..0);
    batch.messages = vec![message(&stage.topic, "ours", "{}")];
    batch.messages[0].partition = 0;
    producer.send(batch).await.unwrap().await.unwrap();
    let aborting = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let abort = move || foreigner.abort_transaction(Duration::from_secs(10));
        tokio::task::spawn_blocking(abort).await.unwrap().unwrap();
    };
    let ((keys, checkpoint), ()) = tokio::join!(stage.read(BTreeMap::new()), aborting);
    assert_eq!(keys, ["ours"], "ours, and nothing of what was aborted");
    assert!(stage.read(checkpoint).await.0.is_empty());
    producer.close().await.unwrap();
}

#[tokio::test]
async fn offsets_are_not_read_past_an_open_transaction_either() {
    let stage = Stage::new("openoffsets").await;
    let foreigner = foreign_transaction(
        stage.cluster.servers(),
        &stage.offsets.name,
        "[\"x\",{\"resource\":\"y\"}]",
        MINUTE,
    );
    let reading = read_offsets(&stage.cluster, &stage.offsets);
    tokio::pin!(reading);
    assert!(tokio::time::timeout(Duration::from_millis(800), &mut reading).await.is_err());
    tokio::task::spawn_blocking(move || foreigner.abort_transaction(Duration::from_secs(10)))
        .await
        .unwrap()
        .unwrap();
    assert!(reading.await.unwrap().resources.is_empty());
}

#[tokio::test]
async fn waiting_for_an_open_transaction_can_be_given_up() {
    let stage = Stage::new("giveup").await;
    let _open = foreign_transaction(stage.cluster.servers(), &stage.topic.name, "theirs", MINUTE);
    let start = Instant::now();
    let _ = tokio::time::timeout(Duration::from_millis(300), stage.read(BTreeMap::new())).await;
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_checkpoint_beyond_the_end_is_refused() {
    let stage = Stage::new("beyond").await;
    let reading = Reading::new(&stage.topic, BTreeMap::from([(1, 5)]));
    let ((), end) = restore(&stage.cluster, reading, (), |(), _| ()).await;
    let error = end.unwrap_err();
    assert_eq!(error, Error::CheckpointGone { topic: stage.topic.name.clone(), partition: 1, offset: 5 });
    assert_eq!(error.disposition(), Disposition::Rebuild);
}

#[tokio::test]
async fn a_checkpoint_below_the_logs_start_is_refused() {
    let stage = Stage::new("below").await;
    let producer = stage.producer(1).await;
    let mut batch = stage.batch(1, 0..0);
    batch.messages = (0..10).map(|n| message(&stage.topic, "one", &n.to_string())).collect();
    let receipt = producer.send(batch).await.unwrap().await.unwrap();
    let (partition, end) = (receipt.reached()[0].partition, receipt.reached()[0].next);
    producer.close().await.unwrap();
    super::world::delete_records(stage.cluster.servers(), &stage.topic.name, partition, end - 2).await;

    let reading = Reading::new(&stage.topic, BTreeMap::from([(partition, 3)]));
    let ((), end) = restore(&stage.cluster, reading, (), |(), _| ()).await;
    assert_eq!(
        end.unwrap_err(),
        Error::CheckpointGone { topic: stage.topic.name.clone(), partition, offset: 3 }
    );
    assert_eq!(
        stage.read(BTreeMap::new()).await.0,
        ["one", "one"],
        "without a checkpoint the log's start is the beginning"
    );
}

#[tokio::test]
async fn foreign_headers_and_tombstones_are_read_as_they_are() {
    let stage = Stage::new("foreign").await;
    super::world::foreign_tombstone(stage.cluster.servers(), &stage.topic.name, "gone");
    let reading = Reading::new(&stage.topic, BTreeMap::new());
    let (seen, end) = restore(&stage.cluster, reading, Vec::new(), |seen, record: StoredRecord<'_>| {
        seen.push((record.key.to_vec(), record.fingerprint, record.deleted));
    })
    .await;
    end.unwrap();
    assert_eq!(seen, [(b"gone".to_vec(), None, true)]);
}

#[tokio::test]
async fn a_topic_that_is_gone_is_said_to_be_gone() {
    let stage = Stage::new("deleted").await;
    let topic = ensure(
        &stage.cluster,
        &TopicPlan { name: format!("{}-x", stage.topic.name), ..TopicPlan::default() },
    )
    .await
    .unwrap();
    super::world::delete_topic(stage.cluster.servers(), &topic.name).await;
    let ((), end) = restore(&stage.cluster, Reading::new(&topic, BTreeMap::new()), (), |(), _| ()).await;
    assert_eq!(end, Err(Error::TopicMissing { topic: topic.name }));
}
