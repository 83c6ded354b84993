//! Dead letters: a record that cannot be published, and the message that tells of it.

use bytes::Bytes;

use super::{Fingerprint, RedactedUrl};

/// Where on its way a record failed, in Kafka Connect's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its cursor value decides whether it is asked for again.
    TaskPoll,
    Transformation,
    KeyConverter,
    ValueConverter,
    KafkaProduce,
}

impl Stage {
    /// Connect's own spelling (`org.apache.kafka.connect.runtime.errors.Stage`).
    pub fn name(self) -> &'static str {
        match self {
            Self::TaskPoll => "TASK_POLL",
            Self::Transformation => "TRANSFORMATION",
            Self::KeyConverter => "KEY_CONVERTER",
            Self::ValueConverter => "VALUE_CONVERTER",
            Self::KafkaProduce => "KAFKA_PRODUCE",
        }
    }
}

/// What kind of fault it is: the same for all records with the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub stage: Stage,
    /// The word of the configuration that decides over it: `primary_key`.
    pub part: &'static str,
    /// `KeyMissing`.
    pub name: &'static str,
}

/// What is known of the key of a record that cannot be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeadKey {
    Unknown,
    /// Read from a record that steps would have changed: its row may have another key.
    Likely(String),
    /// The key of its row.
    Row(String),
}

impl DeadKey {
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Unknown => None,
            Self::Likely(key) | Self::Row(key) => Some(key),
        }
    }
}

/// A record that cannot be published. It is set aside, and the scan goes on.
#[derive(Clone, Debug)]
pub struct DeadRecord {
    pub fault: Fault,
    /// What is wrong, where, and what to do; not scrubbed of secrets.
    pub message: String,
    /// Where it stood; `None` for a parent that lacks what the requests for its children need.
    pub spot: Option<DeadSpot>,
    pub key: DeadKey,
    /// The record as it was when it failed.
    pub value: Bytes,
    /// Tells it from others: of its content, or of its bytes where the content cannot be compared.
    pub identity: Fingerprint,
}

/// The place of a record in its scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadSpot {
    /// Counted from 1 in this scan.
    pub page: u64,
    /// Counted from 1 on the page.
    pub record: usize,
    pub url: RedactedUrl,
}

/// A dead letter, encoded and scrubbed of secrets. It goes with the messages of its page, in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub topic: String,
    pub partition: i32,
    pub key: Option<Bytes>,
    pub value: Bytes,
    /// In the order in which they are written.
    pub headers: Vec<(&'static str, String)>,
}

impl Letter {
    /// Bytes of key, value and headers.
    pub fn size(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        self.key.as_ref().map_or(0, Bytes::len) + self.value.len() + headers
    }
}
