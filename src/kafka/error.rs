//! What can go wrong with Kafka, and what has to be done about it.

use std::time::Duration;

use rdkafka::error::RDKafkaErrorCode;

use super::code::{Meaning, meaning};

/// An error of this folder. Texts show broker addresses and topics, never secrets: librdkafka's own words pass the redactor.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("kafka at {servers} is away: {reason}")]
    Away { servers: String, reason: String },
    #[error(
        "kafka at {servers} refuses the connection: {reason}; check kafka: security.protocol, sasl.* and ssl.*"
    )]
    Credentials { servers: String, reason: String },
    #[error("kafka does not allow {action} on {what}: {reason}; ask for that permission (ACL)")]
    Forbidden { action: &'static str, what: String, reason: String },
    #[error("kafka settings were refused: {0}")]
    Settings(String),
    #[error("topic {topic} {problem}; {fix}")]
    Topic { topic: String, problem: String, fix: String },
    #[error("topic {topic} does not exist (any more)")]
    TopicMissing { topic: String },
    #[error(
        "topic {topic} partition {partition} has nothing at offset {offset}: the checkpoint is below the log's start or beyond \
         its end, so the cache cannot be brought up from it; restore it from the beginning"
    )]
    CheckpointGone { topic: String, partition: i32, offset: i64 },
    #[error(
        "topic {topic} partition {partition} has an open transaction of another writer, which hides what comes after it (waited for \
         {} s); Kafka ends it after its writer's transaction.timeout.ms, 15 min at most unless the broker allows more. If it is older, {}",
        waited.as_secs(),
        remedy(servers, topic, *partition)
    )]
    OpenTransaction { servers: String, topic: String, partition: i32, waited: Duration },
    #[error(
        "topic {topic} has a record that krest cannot read under the key {key}: {problem}; if it is not needed, write a null \
         value under that key"
    )]
    Record { topic: String, key: String, problem: String },
    #[error("reading topic {topic} was stopped")]
    Stopped { topic: String },
    #[error(transparent)]
    Ended(#[from] Ended),
}

/// Why a producer's session ended. After each of these the whole start order runs again (or krest stops): nothing may be
/// concluded from what the producer last said.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    #[error(
        "the transactional id {transactional_id} was taken over, by another instance or because a transaction outlived \
         transaction.timeout.ms; nothing more is sent"
    )]
    Fenced { transactional_id: String },
    /// One resource's data was refused: it (by its place in the plan; `None`: no resource's) is to be set aside.
    #[error("{name}: kafka refused the data: {problem}; the transaction was aborted")]
    Rejected { resource: Option<usize>, name: String, problem: String },
    /// A transaction with data of several resources was refused, and nothing says whose data it was.
    #[error("kafka refused a transaction with data of several resources: {reason}; it was aborted")]
    Suspected { resources: Vec<usize>, reason: String },
    /// A topic is gone that data was on its way to.
    #[error("{name}: topic {topic} was deleted while data was on its way to it; the transaction was aborted")]
    TopicGone { resource: usize, name: String, topic: String },
    /// With `transaction.boundary: poll`: a scan has been reading for so long that its transaction could time out.
    #[error(
        "the scan took more than half of transaction.timeout.ms ({} ms), and with transaction.boundary: poll it has to be one \
         transaction: nothing of it is published; raise transaction.timeout.ms, or set transaction.boundary: interval",
        timeout.as_millis()
    )]
    Overdue { resources: Vec<usize>, timeout: Duration },
    /// With `transaction.boundary: poll`: a scan did not come to its end, and what it had sent was taken back.
    #[error("the transaction of a scan that did not come to its end was aborted")]
    Discarded,
    #[error("the transaction was aborted: {reason}")]
    Aborted { reason: String },
    #[error("whether the transaction was committed is unknown: {reason}; what the topics say decides")]
    UnknownOutcome { reason: String },
    /// Committed, and receipts were given; but a delayed request of this commit could still undo part of the next one.
    #[error("the transaction was committed, but not cleanly ({reason}); a new producer goes on")]
    Doubtful { reason: String },
    /// Who uses the producer cannot go on with it.
    #[error("{reason}")]
    Abandoned { reason: String },
    #[error("the producer was closed")]
    Closed,
}

/// What an error asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// Kafka is away: try again later.
    Retry,
    /// A contradiction that only the operator can solve: exit 2.
    Refuse,
    /// Another instance may have taken over: read the owner record; exit 3 if it is not ours.
    Fenced,
    /// Drop the producer and run the start order again.
    Rebuild,
}

/// How the broker's administrator ends a transaction that the broker has forgotten. The second command takes what the first shows.
pub(super) fn remedy(servers: &str, topic: &str, partition: i32) -> String {
    let tool = format!("kafka-transactions.sh --bootstrap-server {servers}");
    let place = format!("--topic {topic} --partition {partition}");
    format!(
        "`{tool} find-hanging {place} --max-transaction-timeout 1` shows its producer and its start offset, and `{tool} abort \
         {place} --start-offset …` ends it"
    )
}

impl Error {
    /// What a code says of one topic; `None`: nothing, or not of that alone.
    pub(super) fn of_topic(code: RDKafkaErrorCode, action: &'static str, topic: &str) -> Option<Self> {
        match meaning(code) {
            Meaning::Forbidden => {
                let what = format!("topic {topic}");
                Some(Self::Forbidden { action, what, reason: code.to_string() })
            }
            Meaning::TopicMissing => Some(Self::TopicMissing { topic: topic.to_owned() }),
            Meaning::Fenced
            | Meaning::Credentials
            | Meaning::TopicExists
            | Meaning::TopicInvalid
            | Meaning::OffsetGone
            | Meaning::TooLarge
            | Meaning::Clock
            | Meaning::BadData
            | Meaning::TransactionTimeout
            | Meaning::Fatal
            | Meaning::Trouble => None,
        }
    }

    /// Whether it speaks of one topic: others may be well.
    pub fn is_of_one_topic(&self) -> bool {
        matches!(self, Self::Topic { .. } | Self::Forbidden { .. })
    }

    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Away { .. } => Disposition::Retry,
            Self::Credentials { .. }
            | Self::Forbidden { .. }
            | Self::Settings(_)
            | Self::Topic { .. }
            | Self::OpenTransaction { .. }
            | Self::Record { .. } => Disposition::Refuse,
            Self::TopicMissing { .. } | Self::CheckpointGone { .. } | Self::Stopped { .. } => {
                Disposition::Rebuild
            }
            Self::Ended(ended) => ended.disposition(),
        }
    }
}

impl Ended {
    pub fn disposition(&self) -> Disposition {
        match self {
            Self::Fenced { .. } => Disposition::Fenced,
            Self::Rejected { .. }
            | Self::Suspected { .. }
            | Self::TopicGone { .. }
            | Self::Overdue { .. }
            | Self::Discarded
            | Self::Aborted { .. }
            | Self::UnknownOutcome { .. }
            | Self::Doubtful { .. }
            | Self::Abandoned { .. }
            | Self::Closed => Disposition::Rebuild,
        }
    }
}
