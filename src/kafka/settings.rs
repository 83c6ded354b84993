//! Settings of the Kafka side, and what they make of librdkafka's four kinds of clients.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;

use super::offsets::source_header;
use super::topics::Topic;
use crate::model::{ConnectorName, Redactor, ResourceName, Secret};

/// Everything about Kafka that the operator decides.
#[derive(Clone, Debug)]
pub struct Settings {
    pub connector: ConnectorName,
    /// librdkafka's own names, `bootstrap.servers` among them. What krest owns is left out in silence: `plan` has refused it.
    pub properties: Vec<(String, String)>,
    /// Properties whose values are secrets.
    pub secrets: Vec<(String, Secret)>,
    pub offsets_topic: String,
    pub transaction_timeout: Duration,
    pub commit: CommitPolicy,
    pub delivery: Delivery,
    /// Of the resources that have none of their own.
    pub boundary: Boundary,
    /// Every line of librdkafka passes it.
    pub redactor: Redactor,
}

/// What a reader gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Delivery {
    /// Records and positions become visible together.
    #[default]
    ExactlyOnce,
    /// No transactions, for brokers that have none: positions follow their records, and nobody is fenced.
    AtLeastOnce,
}

/// What a transaction holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Boundary {
    /// Whatever has come together.
    #[default]
    Interval,
    /// A whole scan: it is committed when the scan asks for it, and not before.
    Poll,
}

/// When the open transaction is committed: at the first of its limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommitPolicy {
    pub records: usize,
    pub bytes: usize,
    /// Since the transaction's first batch.
    pub interval: Duration,
    /// Since its newest batch: a small change is visible at once.
    pub linger: Duration,
    /// An idle session writes a record this often: so a zombie notices that it is one, and the broker does not
    /// forget the transactional id.
    pub heartbeat: Duration,
}

impl Default for CommitPolicy {
    fn default() -> Self {
        Self {
            records: 20_000,
            bytes: 32 << 20,
            interval: Duration::from_secs(1),
            linger: Duration::from_millis(20),
            heartbeat: Duration::from_secs(3600),
        }
    }
}

/// One of a connector's producers. Each has a transactional id of its own, and fences the one that had it before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Writer {
    /// The producer that the resources of a task share.
    Task(u32),
    /// The one that tries the resources which were set aside, each in transactions of its own.
    Apart(u32),
}

/// What the topics of a producer take: the smallest and the largest `max.message.bytes`, as far as known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) smallest: Option<usize>,
    pub(super) largest: Option<usize>,
}

/// What exactly once depends on: nobody else sets these.
const OWNED: [&str; 14] = [
    "transactional.id",
    "transaction.timeout.ms",
    "enable.idempotence",
    "enable.gapless.guarantee",
    "acks",
    "request.required.acks",
    "partitioner",
    "isolation.level",
    "auto.offset.reset",
    "enable.partition.eof",
    "enable.auto.commit",
    "enable.auto.offset.store",
    "group.id",
    "delivery.report.only.error",
];

/// Below this librdkafka refuses `transaction.timeout.ms`.
const SHORTEST_TRANSACTION: Duration = Duration::from_secs(1);

/// Room for what a record batch adds to its records (61 bytes, and up to 21 per record, and header counts).
const BATCH_OVERHEAD: usize = 512;

/// A topic may come to take larger messages while its producer lives.
const ROOM_TO_GROW: usize = 16 << 20;

/// librdkafka's default of `message.max.bytes`.
const LIBRDKAFKAS_LIMIT: usize = 1_000_000;

/// The largest message for a topic with this `max.message.bytes`.
fn message_limit(topic: usize) -> usize {
    topic.saturating_sub(BATCH_OVERHEAD).max(1000)
}

impl Settings {
    /// Defaults, and no broker yet.
    pub fn new(connector: ConnectorName, redactor: Redactor) -> Self {
        Self {
            connector,
            properties: Vec::new(),
            secrets: Vec::new(),
            offsets_topic: "krest-offsets".to_owned(),
            transaction_timeout: Duration::from_secs(60),
            commit: CommitPolicy::default(),
            delivery: Delivery::default(),
            boundary: Boundary::default(),
            redactor,
        }
    }

    /// Whether a property is krest's own business.
    pub fn owns(property: &str) -> bool {
        OWNED.contains(&property)
    }

    pub fn servers(&self) -> &str {
        self.property("bootstrap.servers").unwrap_or("?")
    }

    pub fn transactional_id(&self, writer: Writer) -> String {
        match writer {
            Writer::Task(task) => format!("krest-{}-{task}", self.connector),
            Writer::Apart(task) => format!("krest-{}-{task}-apart", self.connector),
        }
    }

    /// The value of a property as the operator gave it (the last one wins), unless it is a secret.
    pub(super) fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn transaction_timeout(&self) -> Duration {
        self.transaction_timeout.max(SHORTEST_TRANSACTION)
    }

    /// How long a message may wait for its acknowledgement: less than a transaction may live, or librdkafka refuses.
    pub(super) fn message_timeout(&self) -> Duration {
        let longest = self.transaction_timeout() * 3 / 4;
        let asked = ["message.timeout.ms", "delivery.timeout.ms"].into_iter().find_map(|name| {
            let millis = self.property(name)?.parse().ok()?;
            Some(Duration::from_millis(millis))
        });
        asked.filter(|asked| !asked.is_zero()).map_or(longest, |asked| asked.min(longest))
    }

    /// For the transactional producer. No batch is larger than its smallest topic takes: a broker refuses whole batches. Whether
    /// a message is too large for its own topic is looked at before it is sent.
    pub(super) fn producer(&self, writer: Writer, sizes: Sizes) -> ClientConfig {
        let mut config = self.base(&[
            // Long: a commit sends at once what lingers, and librdkafka's threads spin while a request is on its way and a
            // queued message has waited for longer than this (measured: half of all CPU time at 5 ms).
            ("linger.ms", "250"),
            ("batch.size", "1000000"),
            ("queue.buffering.max.messages", "100000"),
            ("queue.buffering.max.kbytes", "65536"),
        ]);
        if let Some(limit) = sizes.largest {
            self.cap(&mut config, "message.max.bytes", limit.max(ROOM_TO_GROW));
        }
        if let Some(limit) = sizes.smallest {
            self.cap(&mut config, "batch.size", limit);
        }
        config.remove("delivery.timeout.ms");
        set(&mut config, "message.timeout.ms", &self.message_timeout().as_millis());
        match self.delivery {
            Delivery::ExactlyOnce => {
                set(&mut config, "transaction.timeout.ms", &self.transaction_timeout().as_millis());
                set(&mut config, "transactional.id", &self.transactional_id(writer));
            }
            Delivery::AtLeastOnce => {}
        }
        set(&mut config, "enable.idempotence", &true);
        set(&mut config, "acks", "all");
        set(&mut config, "partitioner", "murmur2_random");
        config
    }

    /// The most bytes that key and value of a resource's message may come to, beside its headers.
    pub fn largest_message(&self, resource: &ResourceName, topic: &Topic) -> usize {
        self.largest_with_headers(topic.max_message_bytes)
            .saturating_sub(source_header(&self.connector, resource).len())
    }

    /// What the header `krest.source` of a resource's messages says.
    pub fn source_of(&self, resource: &ResourceName) -> String {
        source_header(&self.connector, resource)
    }

    /// The most bytes that key, value and further headers of a message come to on a topic with this `max.message.bytes`.
    pub fn largest_with_headers(&self, topic: Option<usize>) -> usize {
        let asked = self.property("message.max.bytes").and_then(|value| value.parse().ok());
        asked.into_iter().chain(topic.map(message_limit)).min().unwrap_or(LIBRDKAFKAS_LIMIT)
    }

    /// For reading what is committed. A group id is what librdkafka needs to read at all; the group is never joined.
    pub(super) fn committed_reader(&self) -> ClientConfig {
        let mut config = self.base(&[
            ("fetch.message.max.bytes", "4000000"),
            ("queued.min.messages", "200000"),
            ("queued.max.messages.kbytes", "65536"),
            ("fetch.wait.max.ms", "100"),
            ("fetch.queue.backoff.ms", "5"),
        ]);
        set(&mut config, "group.id", &self.group());
        set(&mut config, "isolation.level", "read_committed");
        set(&mut config, "auto.offset.reset", "error");
        set(&mut config, "enable.partition.eof", &true);
        set(&mut config, "enable.auto.commit", &false);
        set(&mut config, "enable.auto.offset.store", &false);
        config
    }

    /// For looking at the cluster and at high watermarks, open transactions included. It reads no messages.
    pub(super) fn uncommitted_looker(&self) -> ClientConfig {
        let mut config = self.base(&[]);
        set(&mut config, "isolation.level", "read_uncommitted");
        set(&mut config, "enable.auto.commit", &false);
        config
    }

    /// For creating topics and reading their settings. Its log lines have nobody who takes them from the queue.
    pub(super) fn admin(&self) -> ClientConfig {
        let mut config = self.base(&[]);
        config.set_log_level(RDKafkaLogLevel::Emerg);
        config
    }

    pub(super) fn base(&self, defaults: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Info);
        set(&mut config, "client.id", &format!("krest-{}", self.connector));
        for (name, value) in defaults {
            config.set(*name, *value);
        }
        let given = self.properties.iter().map(|(name, value)| (name, value.as_str()));
        let secret = self.secrets.iter().map(|(name, value)| (name, value.expose()));
        for (name, value) in given.chain(secret).filter(|(name, _)| !Self::owns(name)) {
            config.set(name.as_str(), value);
        }
        config
    }

    /// Lowers a size to `limit`; what the operator asked for stays if it is lower still.
    fn cap(&self, config: &mut ClientConfig, name: &str, limit: usize) {
        let asked = self.property(name).and_then(|value| value.parse().ok()).unwrap_or(usize::MAX);
        let own = if name == "batch.size" { 1_000_000 } else { usize::MAX };
        set(config, name, &limit.min(asked.min(own)));
    }
}

fn set<V: ToString + ?Sized>(config: &mut ClientConfig, name: &str, value: &V) {
    config.set(name, value.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(properties: &[(&str, &str)]) -> Settings {
        Settings {
            connector: ConnectorName::new("shop"),
            properties: properties.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
            secrets: vec![("sasl.password".to_owned(), Secret::new("hush-hush"))],
            offsets_topic: "krest-offsets".to_owned(),
            transaction_timeout: Duration::from_secs(60),
            commit: CommitPolicy::default(),
            delivery: Delivery::default(),
            boundary: Boundary::default(),
            redactor: Redactor::default(),
        }
    }

    #[test]
    fn what_the_operator_says_wins_except_where_exactly_once_depends_on_it() {
        let config = settings(&[
            ("linger.ms", "50"),
            ("acks", "1"),
            ("transactional.id", "mine"),
            ("client.id", "custom"),
            ("partitioner", "random"),
        ])
        .producer(Writer::Task(0), Sizes::default());
        let shown: Vec<_> = ["linger.ms", "acks", "transactional.id", "client.id", "partitioner"]
            .map(|name| config.get(name))
            .into();
        let expected = ["50", "all", "krest-shop-0", "custom", "murmur2_random"].map(Some);
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_message_never_waits_as_long_as_a_transaction_may_live() {
        for (asked, expected) in [("0", 45_000), ("10000", 10_000), ("300000", 45_000)] {
            let config =
                settings(&[("delivery.timeout.ms", asked)]).producer(Writer::Task(0), Sizes::default());
            assert_eq!(config.get("message.timeout.ms"), Some(expected.to_string().as_str()), "{asked}");
            assert_eq!(config.get("delivery.timeout.ms"), None);
        }
    }

    #[test]
    fn no_batch_is_larger_than_the_smallest_topic_allows_and_no_message_than_the_operator_does() {
        let sizes = Sizes { smallest: Some(100_000), largest: Some(300_000) };
        let config = settings(&[("message.max.bytes", "9000000")]).producer(Writer::Task(0), sizes);
        assert_eq!(config.get("message.max.bytes"), Some("9000000"));
        assert_eq!(config.get("batch.size"), Some("100000"));
        let largest = |asked: &[(&str, &str)], topic| settings(asked).largest_with_headers(topic);
        assert_eq!(largest(&[("message.max.bytes", "9000000")], Some(100_000)), 99_488);
        assert_eq!(largest(&[("message.max.bytes", "5000")], Some(100_000)), 5_000);
        assert_eq!((largest(&[], Some(3_000_000)), largest(&[], None)), (2_999_488, 1_000_000));
        let sizes = Sizes { smallest: Some(2_000_000), largest: None };
        let lower = settings(&[("batch.size", "5000")]).producer(Writer::Task(0), sizes);
        assert_eq!(lower.get("batch.size"), Some("5000"));
    }

    #[test]
    fn librdkafka_accepts_every_kind_of_client() {
        let settings = settings(&[("bootstrap.servers", "127.0.0.1:1"), ("compression.type", "lz4")]);
        for config in [
            settings
                .producer(Writer::Apart(3), Sizes { smallest: Some(1_048_588), largest: Some(1_048_588) }),
            settings.committed_reader(),
            settings.uncommitted_looker(),
            settings.admin(),
        ] {
            config.create_native_config().unwrap();
        }
        settings
            .producer(Writer::Task(0), Sizes::default())
            .create::<rdkafka::producer::BaseProducer>()
            .unwrap();
    }

    #[test]
    fn a_secret_reaches_librdkafka_and_no_debug_text() {
        let settings = settings(&[]);
        assert_eq!(settings.admin().get("sasl.password"), Some("hush-hush"));
        assert!(!format!("{settings:?}").contains("hush"));
    }
}
