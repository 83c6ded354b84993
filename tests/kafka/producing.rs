//! Transactions: what a receipt proves, what a transaction holds, and how a session ends.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use krest::kafka::{
    Boundary, CommitPolicy, Disposition, Ended, Owner, Producer, Receipt, Writer, fence, read_offsets,
};
use krest::model::{ConnectorName, ResourceName};
use rdkafka::consumer::Consumer;
use rdkafka::message::{Headers, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::world::{Stage, batch, bootstrap, consumer, high_watermarks, message, offset, settings, text};
use crate::support::unique;

struct Seen {
    partition: i32,
    offset: i64,
    /// When it was sent.
    millis: i64,
    key: String,
    value: String,
    headers: BTreeMap<String, String>,
}

/// By partition, the next offset after what the receipt's commit wrote.
fn nexts(receipt: &Receipt) -> BTreeMap<i32, i64> {
    receipt.reached().iter().map(|reached| (reached.partition, reached.next)).collect()
}

/// Everything committed in a topic, read by a foreign client.
fn committed(servers: &str, topic: &str, partitions: i32) -> Vec<Seen> {
    let consumer = consumer(servers, "read_committed");
    let mut list = TopicPartitionList::new();
    for partition in 0..partitions {
        list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
    }
    consumer.assign(&list).unwrap();
    let mut seen = Vec::new();
    let mut ended = 0;
    while ended < partitions {
        match consumer.poll(Duration::from_secs(10)).expect("an answer") {
            Ok(message) => {
                let headers = message.headers().into_iter().flat_map(Headers::iter);
                let headers = headers.map(|header| (header.key.to_owned(), text(header.value))).collect();
                let (key, value) = (text(message.key()), text(message.payload()));
                let (partition, offset) = (message.partition(), message.offset());
                let millis = message.timestamp().to_millis().unwrap();
                seen.push(Seen { partition, offset, millis, key, value, headers });
            }
            Err(rdkafka::error::KafkaError::PartitionEOF(_)) => ended += 1,
            Err(error) => panic!("{error}"),
        }
    }
    seen
}

#[tokio::test]
async fn a_receipt_names_the_offsets_that_a_committed_reader_sees() {
    let stage = Stage::new("receipt").await;
    let producer = stage.producer(1).await;
    let first = producer.send(stage.batch(1, 0..100)).await.unwrap();
    let second = producer.send(stage.batch(2, 100..200)).await.unwrap();
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_eq!((first.resource(), first.sequence(), second.sequence()), (0, 1, 2));

    let seen = committed(stage.cluster.servers(), &stage.topic.name, 3);
    assert_eq!(seen.len(), 200);
    let mut next: BTreeMap<i32, i64> = BTreeMap::new();
    for Seen { partition, offset, .. } in &seen {
        let newest = next.entry(*partition).or_default();
        *newest = (*newest).max(offset + 1);
    }
    assert_eq!(nexts(&second), next);

    let Seen { key, value, headers, .. } = &seen[0];
    let number = key.strip_prefix("key-").unwrap();
    assert_eq!(value, &format!("{{\"id\":{number}}}"));
    let connector = &stage.cluster.settings().connector;
    let source = format!("[\"{connector}\",{{\"resource\":\"users\"}}]");
    let fingerprint = "00000000000000070000000000000009".to_owned();
    let expected = [("krest.fingerprint".to_owned(), fingerprint), ("krest.source".to_owned(), source)];
    assert_eq!(headers, &BTreeMap::from(expected));
    producer.close().await.unwrap();
}

#[tokio::test]
async fn keys_stand_in_the_partitions_that_were_computed_for_them() {
    let stage = Stage::new("partitions").await;
    let producer = stage.producer(1).await;
    producer.send(stage.batch(1, 0..60)).await.unwrap().await.unwrap();
    for Seen { partition, key, .. } in committed(stage.cluster.servers(), &stage.topic.name, 3) {
        assert_eq!(partition, krest::model::partition_for(key.as_bytes(), 3), "{key}");
    }
    producer.close().await.unwrap();
}

#[tokio::test]
async fn owner_and_offsets_are_read_back_and_the_newest_offset_of_a_transaction_counts() {
    let stage = Stage::new("offsets").await;
    let producer = stage.producer(7).await;
    let mut tickets = Vec::new();
    for sequence in 1..=5 {
        tickets.push(producer.send(stage.batch(sequence, 0..10)).await.unwrap());
    }
    for ticket in tickets {
        ticket.await.unwrap();
    }
    producer.close().await.unwrap();
    let stored = read_offsets(&stage.cluster, &stage.offsets).await.unwrap();
    let owner = stored.owner.unwrap();
    assert_eq!((owner.instance.as_str(), owner.generation, owner.tasks), ("instance", 7, 1));
    assert_eq!(stored.resources, BTreeMap::from([(ResourceName::new("users"), offset(&stage.topic, 5))]));
    let connector = stage.cluster.settings().connector.clone();
    assert_eq!(stored.topics.get(&stage.topic.name), Some(&connector));

    let name = unique("other");
    let mut other = settings(&name, stage.cluster.servers());
    other.connector = ConnectorName::new(&name);
    let other = krest::kafka::Cluster::connect(other).await.unwrap();
    let stored = read_offsets(&other, &stage.offsets).await.unwrap();
    assert_eq!(
        (stored.owner, stored.resources),
        (None, BTreeMap::new()),
        "another connector's records are not ours"
    );
    assert_eq!(stored.topics.get(&stage.topic.name), Some(&connector), "whose a topic is concerns everyone");
}

#[tokio::test]
async fn one_transaction_carries_many_batches_and_one_offset_record_sent_last() {
    let mut settings = settings(&unique("group"), &bootstrap().await);
    settings.commit = CommitPolicy { linger: Duration::from_millis(300), ..CommitPolicy::default() };
    let stage = Stage::with(settings).await;
    let producer = stage.producer(1).await;
    let before = high_watermarks(stage.cluster.servers(), &stage.offsets);
    let mut tickets = Vec::new();
    for sequence in 1..=20 {
        tickets.push(producer.send(stage.batch(sequence, 0..10)).await.unwrap());
    }
    for ticket in tickets {
        ticket.await.unwrap();
    }
    let after = high_watermarks(stage.cluster.servers(), &stage.offsets);
    let grown: i64 = after.iter().zip(&before).map(|(after, before)| after - before).sum();
    assert_eq!(grown, 2, "one offset record and one marker for twenty batches");
    let records = committed(stage.cluster.servers(), &stage.offsets.name, stage.offsets.partitions);
    let newest = records.iter().find(|seen| seen.key.contains("resource")).unwrap();
    assert!(newest.value.contains("\"scan\":20"), "{}", newest.value);
    let messages = committed(stage.cluster.servers(), &stage.topic.name, stage.topic.partitions);
    assert!(messages.iter().all(|message| newest.millis >= message.millis + 200), "300 ms lie between them");
    producer.close().await.unwrap();
}

#[tokio::test]
async fn the_offsets_of_a_commit_come_with_its_last_receipt_alone() {
    let mut settings = settings(&unique("last"), &bootstrap().await);
    let long = Duration::from_secs(60);
    settings.commit = CommitPolicy { linger: long, interval: long, ..CommitPolicy::default() };
    let stage = Stage::with(settings).await;
    let producer = stage.producer(1).await;
    let mut tickets = Vec::new();
    for sequence in 1..=5 {
        let first = 10 * usize::try_from(sequence).unwrap();
        tickets.push(producer.send(stage.batch(sequence, first..first + 10)).await.unwrap());
    }
    producer.flush().await.unwrap();
    let mut receipts = Vec::new();
    for ticket in tickets {
        receipts.push(ticket.await.unwrap());
    }
    let last = receipts.pop().unwrap();
    for receipt in receipts {
        assert_eq!(receipt.reached(), [], "batch {} is not the commit's last", receipt.sequence());
    }
    let mut next: BTreeMap<i32, i64> = BTreeMap::new();
    for seen in committed(stage.cluster.servers(), &stage.topic.name, 3) {
        let newest = next.entry(seen.partition).or_default();
        *newest = (*newest).max(seen.offset + 1);
    }
    assert_eq!(nexts(&last), next);
    producer.close().await.unwrap();
}

#[tokio::test]
async fn nothing_that_moved_is_no_transaction_at_all() {
    let stage = Stage::new("still").await;
    let producer = stage.producer(1).await;
    let topics = || {
        let servers = stage.cluster.servers();
        (high_watermarks(servers, &stage.topic), high_watermarks(servers, &stage.offsets))
    };
    let before = topics();
    for sequence in 1..=3 {
        let mut batch = stage.batch(sequence, 0..0);
        batch.offset_moved = false;
        let receipt = producer.send(batch).await.unwrap().await.unwrap();
        assert_eq!((receipt.sequence(), receipt.reached()), (sequence, &[][..]));
    }
    producer.flush().await.unwrap();
    producer.close().await.unwrap();
    assert_eq!(topics(), before);
}

#[tokio::test]
async fn offsets_alone_are_committed_at_most_once_a_second() {
    let stage = Stage::new("alone").await;
    let producer = stage.producer(1).await;
    let before: i64 = high_watermarks(stage.cluster.servers(), &stage.offsets).iter().sum();
    let start = Instant::now();
    let mut sequence = 0;
    while start.elapsed() < Duration::from_millis(1500) {
        sequence += 1;
        drop(producer.send(stage.batch(sequence, 0..0)).await.unwrap());
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    let receipt = producer.send(stage.batch(sequence + 1, 0..0)).await.unwrap().await.unwrap();
    assert_eq!(receipt.reached(), []);
    let after: i64 = high_watermarks(stage.cluster.servers(), &stage.offsets).iter().sum();
    let transactions = (after - before) / 2;
    assert!((2..=4).contains(&transactions), "{transactions} transactions in {:?}", start.elapsed());
    producer.close().await.unwrap();
}

#[tokio::test]
async fn a_small_change_is_visible_soon() {
    let stage = Stage::new("soon").await;
    let producer = stage.producer(1).await;
    producer.send(stage.batch(1, 0..1)).await.unwrap().await.unwrap();
    let mut took = Vec::new();
    for sequence in 2..22 {
        let start = Instant::now();
        producer.send(stage.batch(sequence, 0..1)).await.unwrap().await.unwrap();
        took.push(start.elapsed());
    }
    // On an idle machine all are; under a test's load one is.
    let fastest = took.iter().min().unwrap();
    assert!(*fastest < Duration::from_millis(80), "the fastest of 20 took {fastest:?}");
    producer.close().await.unwrap();
}

#[tokio::test]
async fn a_second_producer_fences_the_first_and_what_it_had_open_is_gone() {
    let mut settings = settings(&unique("fenced"), &bootstrap().await);
    settings.commit = CommitPolicy {
        linger: Duration::from_secs(60),
        interval: Duration::from_secs(60),
        ..CommitPolicy::default()
    };
    let stage = Stage::with(settings).await;
    let first = stage.producer(1).await;
    let open = first.send(stage.batch(1, 0..50)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let second = stage.producer(2).await;
    let ended = first.flush().await.unwrap_err();
    assert!(
        matches!(&ended, Ended::Fenced { transactional_id } if transactional_id.starts_with("krest-fenced")),
        "{ended}"
    );
    assert_eq!(ended.disposition(), Disposition::Fenced);
    assert_eq!(open.await.unwrap_err(), ended);
    assert_eq!(first.send(stage.batch(2, 0..1)).await.unwrap_err(), ended);
    assert_eq!(first.close().await.unwrap_err(), ended);

    let ticket = second.send(stage.batch(1, 0..5)).await.unwrap();
    second.flush().await.unwrap();
    ticket.await.unwrap();
    assert_eq!(stage.read(BTreeMap::new()).await.0.len(), 5);
    second.close().await.unwrap();
    let stored = read_offsets(&stage.cluster, &stage.offsets).await.unwrap();
    assert_eq!(stored.owner.unwrap().generation, 2);
}

#[tokio::test]
async fn an_idle_zombie_notices_that_it_is_one() {
    let mut settings = settings(&unique("zombie"), &bootstrap().await);
    settings.commit.heartbeat = Duration::from_millis(300);
    let stage = Stage::with(settings).await;
    let zombie = stage.producer(1).await;
    assert!(
        tokio::time::timeout(Duration::from_secs(2), zombie.ended()).await.is_err(),
        "it is well while it is alone"
    );
    let rival = stage.producer(2).await;
    let ended = tokio::time::timeout(Duration::from_secs(5), zombie.ended()).await.unwrap();
    assert_eq!(ended.disposition(), Disposition::Fenced);
    rival.close().await.unwrap();
    let stored = read_offsets(&stage.cluster, &stage.offsets).await.unwrap();
    assert_eq!(stored.owner.unwrap().generation, 2);
}

#[tokio::test]
async fn an_idle_task_writes_a_record_of_its_own_until_it_is_fenced() {
    let mut settings = settings(&unique("pulse"), &bootstrap().await);
    settings.commit.heartbeat = Duration::from_millis(300);
    let stage = Stage::with(settings).await;
    let resources = [(ResourceName::new("users"), stage.topic.clone())];
    let second =
        Producer::start(&stage.cluster, (Writer::Task(1), Boundary::Interval), &resources, &stage.offsets)
            .await
            .unwrap();
    second.keep_alive(&Owner::new("old", 1, 2, "here"));
    let rival = stage.producer(2).await;
    // Not fenced itself, it goes on: what it writes must not pass for the owner's.
    let ended = tokio::time::timeout(Duration::from_secs(2), second.ended()).await;
    assert!(ended.is_err(), "{ended:?}");
    let stored = read_offsets(&stage.cluster, &stage.offsets).await.unwrap();
    assert_eq!(stored.owner.unwrap().generation, 2);
    let key = format!("[\"{}\",{{\"krest\":\"task-1\"}}]", stage.cluster.settings().connector);
    let seen = committed(stage.cluster.servers(), &stage.offsets.name, stage.offsets.partitions);
    assert!(seen.iter().filter(|record| record.key == key).count() > 1, "{key}");

    second.beat().await.unwrap();
    fence(&stage.cluster, Writer::Task(1)).await.unwrap();
    assert_eq!(second.beat().await.unwrap_err().disposition(), Disposition::Fenced);
    let ended = tokio::time::timeout(Duration::from_secs(5), second.ended()).await.unwrap();
    assert!(
        matches!(&ended, Ended::Fenced { transactional_id } if transactional_id.ends_with("-1")),
        "{ended:?}"
    );
    rival.close().await.unwrap();
}

#[tokio::test]
async fn what_a_fenced_transactional_id_had_open_is_gone() {
    let mut settings = settings(&unique("retired"), &bootstrap().await);
    settings.commit.linger = Duration::from_secs(60);
    settings.commit.interval = Duration::from_secs(60);
    let stage = Stage::with(settings).await;
    let resources = [(ResourceName::new("users"), stage.topic.clone())];
    let retired =
        Producer::start(&stage.cluster, (Writer::Task(4), Boundary::Interval), &resources, &stage.offsets)
            .await
            .unwrap();
    let ticket = retired.send(stage.batch(1, 0..10)).await.unwrap();
    fence(&stage.cluster, Writer::Task(4)).await.unwrap();
    assert_eq!(retired.flush().await.unwrap_err().disposition(), Disposition::Fenced);
    assert!(ticket.await.is_err());
    assert_eq!(stage.read(BTreeMap::new()).await.0, Vec::<String>::new());
}

#[tokio::test]
async fn closing_commits_what_is_open_and_dropping_does_not() {
    let mut settings = settings(&unique("close"), &bootstrap().await);
    settings.commit = CommitPolicy {
        linger: Duration::from_secs(60),
        interval: Duration::from_secs(60),
        ..CommitPolicy::default()
    };
    let stage = Stage::with(settings).await;
    let producer = stage.producer(1).await;
    let kept = producer.send(stage.batch(1, 0..10)).await.unwrap();
    producer.close().await.unwrap();
    kept.await.unwrap();

    let producer = stage.producer(2).await;
    let lost = producer.send(stage.batch(2, 10..20)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(producer);
    assert_eq!(lost.await.unwrap_err(), Ended::Closed);
    assert_eq!(stage.read(BTreeMap::new()).await.0.len(), 10);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_named_with_what_to_change() {
    let stage = Stage::new("large").await;
    let producer = stage.producer(1).await;
    let mut batch = batch(&stage.topic, 1, 0..3);
    batch.messages.push(message(&stage.topic, "the-key", &"x".repeat(2_000_000)));
    let ended = match producer.send(batch).await {
        Ok(ticket) => ticket.await.unwrap_err(),
        Err(ended) => ended,
    };
    let text = ended.to_string();
    assert!(matches!(ended, Ended::Rejected { resource: Some(0), .. }), "{text}");
    for part in ["users", "2000007 bytes", "its key: 7", &stage.topic.name, "max.message.bytes"] {
        assert!(text.contains(part), "{part} is missing in: {text}");
    }
    assert_eq!(stage.read(BTreeMap::new()).await.0, Vec::<String>::new(), "nothing of the batch is visible");
}

#[tokio::test]
async fn a_producer_with_a_transaction_time_out_beyond_the_brokers_is_refused() {
    let mut settings = settings(&unique("timeout"), &bootstrap().await);
    settings.transaction_timeout = Duration::from_secs(3600);
    let stage = Stage::with(settings).await;
    let resources = [(ResourceName::new("users"), stage.topic.clone())];
    let place = (Writer::Task(0), Boundary::Interval);
    let error = Producer::start(&stage.cluster, place, &resources, &stage.offsets).await.unwrap_err();
    assert_eq!(error.disposition(), Disposition::Refuse, "{error}");
    assert!(error.to_string().contains("transaction.max.timeout.ms"), "{error}");
}
