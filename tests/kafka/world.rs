//! A connector's Kafka side for one test: its own topics and offsets topic, and a foreign client to look at them with.

use std::time::{Duration, Instant};

use bytes::Bytes;
use krest::kafka::{
    Boundary, Checkpoint, Claim, Cluster, CommitPolicy, Delivery, Owner, Producer, Reading, Settings, Topic,
    TopicPlan, Writer, ensure, read_raw,
};
use krest::model::{
    Batch, ConnectorName, Fingerprint, Message, Redactor, ResourceName, SourceOffset, Stamp, partition_for,
};
use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::support::unique;

pub async fn bootstrap() -> String {
    tokio::task::spawn_blocking(crate::support::broker::bootstrap).await.unwrap()
}

/// One resource, `users`, unless a test asks for more.
pub struct Stage {
    pub cluster: Cluster,
    pub topic: Topic,
    pub offsets: Topic,
}

impl Stage {
    pub async fn new(stem: &str) -> Self {
        Self::with(settings(&unique(stem), &bootstrap().await)).await
    }

    pub async fn with(settings: Settings) -> Self {
        let name = settings.connector.to_string();
        let offsets = TopicPlan::offsets(&settings.offsets_topic);
        let cluster = Cluster::connect(settings).await.unwrap();
        let topic = ensure(&cluster, &plan(&format!("{name}.users"), 3)).await.unwrap();
        let offsets = ensure(&cluster, &offsets).await.unwrap();
        Self { cluster, topic, offsets }
    }

    /// A producer that has claimed the connector.
    pub async fn producer(&self, generation: u64) -> Producer {
        let resources = [(ResourceName::new("users"), self.topic.clone())];
        let producer =
            Producer::start(&self.cluster, (Writer::Task(0), Boundary::Interval), &resources, &self.offsets)
                .await
                .unwrap();
        let owner = Owner::new("instance", generation, 1, "here");
        producer
            .claim(&Claim {
                owner,
                topics: vec![self.topic.name.clone()],
                rules: Vec::new(),
                partitions: None,
            })
            .await
            .unwrap();
        producer
    }

    /// A second topic of one partition.
    pub async fn another(&self, name: &str, configs: &[(&str, &str)]) -> Topic {
        let name = format!("{}.{name}", self.cluster.settings().connector);
        let mut plan = plan(&name, 1);
        plan.configs = configs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        ensure(&self.cluster, &plan).await.unwrap()
    }

    /// A producer of `users` and a second resource, `others`.
    pub async fn pair(&self, others: &Topic, boundary: Boundary) -> Producer {
        let resources =
            [(ResourceName::new("users"), self.topic.clone()), (ResourceName::new("others"), others.clone())];
        Producer::start(&self.cluster, (Writer::Task(0), boundary), &resources, &self.offsets).await.unwrap()
    }

    pub fn batch(&self, sequence: u64, keys: std::ops::Range<usize>) -> Batch {
        batch(&self.topic, sequence, keys)
    }

    /// Reads the output topic to its end with the stage's own reader: the keys, and the checkpoint.
    pub async fn read(&self, from: Checkpoint) -> (Vec<String>, Checkpoint) {
        let reading = Reading::new(&self.topic, from);
        let (keys, end) = read_raw(&self.cluster, reading, Vec::new(), |keys, record| {
            keys.push(text(record.key));
        })
        .await;
        (keys, end.unwrap())
    }
}

pub fn settings(name: &str, servers: &str) -> Settings {
    Settings {
        connector: ConnectorName::new(name),
        properties: vec![("bootstrap.servers".to_owned(), servers.to_owned())],
        secrets: Vec::new(),
        offsets_topic: format!("{name}-offsets"),
        transaction_timeout: Duration::from_secs(60),
        commit: CommitPolicy::default(),
        delivery: Delivery::default(),
        boundary: Boundary::default(),
        redactor: Redactor::default(),
    }
}

pub fn plan(name: &str, partitions: i32) -> TopicPlan {
    TopicPlan { name: name.to_owned(), partitions: Some(partitions), ..TopicPlan::default() }
}

pub fn batch(topic: &Topic, sequence: u64, keys: std::ops::Range<usize>) -> Batch {
    let messages = keys.map(|n| message(topic, &format!("key-{n}"), &format!("{{\"id\":{n}}}"))).collect();
    Batch {
        resource: 0,
        sequence,
        messages,
        letters: Vec::new(),
        offset: offset(topic, sequence),
        offset_moved: true,
        parents: Vec::new(),
        schemas: Vec::new(),
    }
}

pub fn message(topic: &Topic, key: &str, value: &str) -> Message {
    Message {
        partition: partition_for(key.as_bytes(), topic.partitions),
        key: Some(Bytes::copy_from_slice(key.as_bytes())),
        value: Some(Bytes::copy_from_slice(value.as_bytes())),
        parent: None,
        fingerprint: Some(Stamp::whole(Fingerprint([7, 9]))),
        delete_event: false,
        headers: None,
    }
}

pub fn offset(topic: &Topic, scan: u64) -> SourceOffset {
    SourceOffset {
        version: SourceOffset::VERSION,
        topic: topic.name.clone(),
        topic_id: topic.id.as_str().to_owned(),
        partitions: topic.partitions,
        key_fields: vec!["id".to_owned()],
        key_format: "string".to_owned(),
        source: "https://api.example.com/users".to_owned(),
        request: "0f".to_owned(),
        scan,
        ..SourceOffset::default()
    }
}

pub fn text(bytes: Option<&[u8]>) -> String {
    String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned()
}

/// A foreign consumer of everything in a topic.
pub fn consumer(servers: &str, isolation: &str) -> BaseConsumer {
    ClientConfig::new()
        .set("bootstrap.servers", servers)
        .set("group.id", unique("looker"))
        .set("isolation.level", isolation)
        .set("auto.offset.reset", "earliest")
        .set("enable.partition.eof", "true")
        .create()
        .unwrap()
}

/// The ends of a topic's partitions, once no transaction is open in them (markers are written after a commit has returned).
pub fn high_watermarks(servers: &str, topic: &Topic) -> Vec<i64> {
    let (all, committed) = (consumer(servers, "read_uncommitted"), consumer(servers, "read_committed"));
    let end = |consumer: &BaseConsumer, partition| {
        // A topic that was just made is not led at once, whatever the metadata says.
        until("an end of the partition", || {
            Some(consumer.fetch_watermarks(&topic.name, partition, Duration::from_secs(10)).ok()?.1)
        })
    };
    until("open transactions to end", || {
        let mut ends =
            (0..topic.partitions).map(|partition| (end(&all, partition), end(&committed, partition)));
        ends.try_fold(Vec::new(), |mut high, (all, committed)| {
            high.push(all);
            (all == committed).then_some(high)
        })
    })
}

fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        match ask() {
            Some(answer) => return answer,
            None => assert!(start.elapsed() < Duration::from_secs(20), "waited in vain for {what}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn admin(servers: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", servers).create().unwrap()
}

/// A topic as another tool makes it.
pub async fn foreign_topic(servers: &str, name: &str, configs: &[(&str, &str)]) {
    let mut topic = NewTopic::new(name, 1, TopicReplication::Fixed(-1));
    for (key, value) in configs {
        topic = topic.set(key, value);
    }
    let made = admin(servers).create_topics(&[topic], &AdminOptions::new()).await.unwrap();
    made.into_iter().next().unwrap().unwrap();
}

pub async fn delete_topic(servers: &str, name: &str) {
    let (servers, name) = (servers.to_owned(), name.to_owned());
    tokio::task::spawn_blocking(move || crate::support::delete_topic(&servers, &name)).await.unwrap();
}

/// Everything below `offset` goes, as retention would take it (a broker refuses that of a topic that is compacted alone).
pub async fn delete_records(servers: &str, topic: &str, partition: i32, offset: i64) {
    let admin = admin(servers);
    let deletable = AlterConfig::new(ResourceSpecifier::Topic(topic)).set("cleanup.policy", "delete");
    let altered = admin.alter_configs([&deletable], &AdminOptions::new()).await.unwrap();
    altered.into_iter().next().unwrap().unwrap();
    let mut list = TopicPartitionList::new();
    list.add_partition_offset(topic, partition, Offset::Offset(offset)).unwrap();
    // The setting takes a moment to reach the broker's log.
    let start = Instant::now();
    while admin.delete_records(&list, &AdminOptions::new()).await.unwrap().elements()[0].error().is_err() {
        assert!(start.elapsed() < Duration::from_secs(20), "the records are not deleted");
    }
}

/// A tombstone of another tool, with a header of its own.
pub fn foreign_tombstone(servers: &str, topic: &str, key: &str) {
    let producer: BaseProducer = ClientConfig::new().set("bootstrap.servers", servers).create().unwrap();
    let headers = OwnedHeaders::new().insert(Header { key: "krest.fingerprint", value: Some("not hex") });
    let record = BaseRecord::<str, str>::to(topic).partition(0).key(key).headers(headers);
    producer.send(record).unwrap();
    producer.flush(Duration::from_secs(10)).unwrap();
}
