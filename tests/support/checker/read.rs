//! Reading a topic as a read_committed consumer of its own, to the end.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Headers as _, Message as _};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};

use crate::support::until;

const ASK: Duration = Duration::from_secs(10);
/// Longer than any transaction of these tests may stay open.
const TRANSACTIONS_END: Duration = Duration::from_secs(75);

/// A message as it stands in the topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub headers: Vec<(String, Vec<u8>)>,
}

impl Seen {
    /// The key; what is no text is shown as such, and is equal to no key.
    pub fn key_text(&self) -> &str {
        self.key.as_deref().map_or("(none)", |key| std::str::from_utf8(key).unwrap_or("(not text)"))
    }

    pub fn value_text(&self) -> Option<&str> {
        self.value.as_deref().map(|value| std::str::from_utf8(value).unwrap_or("(not text)"))
    }

    pub fn place(&self) -> String {
        format!("partition {} offset {}", self.partition, self.offset)
    }

    fn from(message: &BorrowedMessage<'_>) -> Self {
        let header = |header: rdkafka::message::Header<'_, &[u8]>| {
            (header.key.to_owned(), header.value.unwrap_or_default().to_vec())
        };
        Self {
            partition: message.partition(),
            offset: message.offset(),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers: message.headers().map(|all| all.iter().map(header).collect()).unwrap_or_default(),
        }
    }
}

/// All committed messages up to the high watermark of this moment, in order within each partition. Waits for transactions
/// that are still open below it. A topic that is not there is empty.
pub fn read(bootstrap: &str, topic: &str) -> Vec<Seen> {
    read_as(bootstrap, topic, "read_committed")
}

/// The same with the messages of transactions that were aborted: the proof that there were some.
pub fn read_uncommitted(bootstrap: &str, topic: &str) -> Vec<Seen> {
    read_as(bootstrap, topic, "read_uncommitted")
}

fn read_as(bootstrap: &str, topic: &str, isolation: &str) -> Vec<Seen> {
    let ends = end_offsets(bootstrap, topic);
    let consumer = consumer(bootstrap, isolation);
    // On a read_committed handle the upper mark is the last stable offset.
    until(&format!("the transactions on {topic} to end"), TRANSACTIONS_END, || {
        let stable = |(partition, end): (&i32, &i64)| marks(&consumer, topic, *partition).1 >= *end;
        ends.iter().all(stable).then_some(())
    });
    assign(&consumer, topic, ends.keys().copied());
    let mut open: Vec<i32> = ends.keys().copied().collect();
    let mut seen = Vec::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !open.is_empty() {
        assert!(Instant::now() < deadline, "the end of {topic} was not reached, partitions {open:?}");
        match consumer.poll(Duration::from_millis(200)) {
            Some(Ok(message)) => seen.push(Seen::from(&message)),
            Some(Err(KafkaError::PartitionEOF(partition))) => open.retain(|other| *other != partition),
            // A connection that was lost comes back by itself; the deadline holds all the same.
            Some(Err(error)) if is_passing(&error) => {}
            Some(Err(error)) => panic!("reading {topic}: {error}"),
            None => {}
        }
    }
    seen.sort_by_key(|message| (message.partition, message.offset));
    seen
}

fn is_passing(error: &KafkaError) -> bool {
    use rdkafka::error::RDKafkaErrorCode::{AllBrokersDown, BrokerTransportFailure, OperationTimedOut};
    matches!(error.rdkafka_error_code(), Some(AllBrokersDown | BrokerTransportFailure | OperationTimedOut))
}

/// Partition → high watermark, control records and aborted messages included: whatever happened to a topic moves it.
pub fn end_offsets(bootstrap: &str, topic: &str) -> BTreeMap<i32, i64> {
    let handle = consumer(bootstrap, "read_uncommitted");
    let all = 0..count(&handle, topic);
    all.map(|partition| (partition, marks(&handle, topic, partition).1)).collect()
}

/// The number of partitions; 0 if there is no such topic.
pub fn partitions(bootstrap: &str, topic: &str) -> i32 {
    count(&consumer(bootstrap, "read_uncommitted"), topic)
}

/// A reader that stays at the end of a topic while something writes to it.
pub struct Tail {
    consumer: BaseConsumer,
    topic: String,
    seen: Vec<Seen>,
}

impl Tail {
    /// From the topic's beginning. The topic must be there.
    pub fn new(bootstrap: &str, topic: &str) -> Self {
        let consumer = consumer(bootstrap, "read_committed");
        let partitions = until(&format!("topic {topic}"), Duration::from_secs(30), || {
            Some(count(&consumer, topic)).filter(|partitions| *partitions > 0)
        });
        assign(&consumer, topic, 0..partitions);
        Self { consumer, topic: topic.to_owned(), seen: Vec::new() }
    }

    /// Waits until so many messages are visible, and returns them all.
    pub fn wait_for(&mut self, messages: usize) -> &[Seen] {
        let deadline = Instant::now() + Duration::from_secs(90);
        while self.seen.len() < messages {
            let count = self.seen.len();
            assert!(Instant::now() < deadline, "{}: {count} messages, waited for {messages}", self.topic);
            if let Some(Ok(message)) = self.consumer.poll(Duration::from_millis(50)) {
                self.seen.push(Seen::from(&message));
            }
        }
        &self.seen
    }
}

/// Looks at the ends of a topic's partitions again and again.
pub struct Marks {
    all: BaseConsumer,
    committed: BaseConsumer,
    topic: String,
    partitions: i32,
}

impl Marks {
    /// Waits for the topic.
    pub fn new(bootstrap: &str, topic: &str) -> Self {
        let [all, committed] = ["read_uncommitted", "read_committed"].map(|level| consumer(bootstrap, level));
        let partitions = until(&format!("topic {topic}"), Duration::from_secs(30), || {
            Some(count(&all, topic)).filter(|partitions| *partitions > 0)
        });
        Self { all, committed, topic: topic.to_owned(), partitions }
    }

    /// Whether messages are there that no committed reader sees yet.
    pub fn is_open(&self) -> bool {
        let end = |consumer, partition| marks(consumer, &self.topic, partition).1;
        (0..self.partitions).any(|partition| end(&self.committed, partition) < end(&self.all, partition))
    }
}

fn consumer(bootstrap: &str, isolation: &str) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", "krest-test-checker")
        .set("isolation.level", isolation)
        .set("enable.auto.commit", "false")
        .set("enable.partition.eof", "true")
        .set("auto.offset.reset", "error")
        .set("fetch.wait.max.ms", "20")
        .set("allow.auto.create.topics", "false")
        .create()
        .expect("a consumer")
}

fn assign(consumer: &BaseConsumer, topic: &str, partitions: impl Iterator<Item = i32>) {
    let mut list = TopicPartitionList::new();
    for partition in partitions {
        list.add_partition_offset(topic, partition, Offset::Beginning).expect("a partition");
    }
    consumer.assign(&list).expect("an assignment");
}

/// A topic that was made a moment ago has partitions whose leader does not know of it yet.
fn marks(consumer: &BaseConsumer, topic: &str, partition: i32) -> (i64, i64) {
    let without_leader =
        [RDKafkaErrorCode::NotLeaderForPartition, RDKafkaErrorCode::LeaderNotAvailable].map(Some);
    until(&format!("a leader of {topic} {partition}"), ASK, || {
        match consumer.fetch_watermarks(topic, partition, ASK) {
            Ok(marks) => Some(marks),
            Err(error) if without_leader.contains(&error.rdkafka_error_code()) => None,
            Err(error) => panic!("{topic} {partition}: {error}"),
        }
    })
}

fn count(consumer: &BaseConsumer, topic: &str) -> i32 {
    let metadata =
        consumer.fetch_metadata(Some(topic), ASK).unwrap_or_else(|error| panic!("{topic}: {error}"));
    let found = metadata.topics().iter().find(|found| found.name() == topic && found.error().is_none());
    found.map_or(0, |found| i32::try_from(found.partitions().len()).unwrap_or(0))
}
