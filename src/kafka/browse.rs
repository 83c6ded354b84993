//! Messages as a person looks at them: with their headers and times, from a part of a topic.

use rdkafka::message::{BorrowedMessage, Message as _};

use super::blocking::blocking;
use super::cluster::Cluster;
use super::describe::all_headers;
use super::error::Error;
use super::reader::{Checkpoint, Reading, read_to_end};

/// A message of a topic, while it is read.
pub struct Browsed<'m>(&'m BorrowedMessage<'m>);

impl Browsed<'_> {
    pub fn partition(&self) -> i32 {
        self.0.partition()
    }

    pub fn offset(&self) -> i64 {
        self.0.offset()
    }

    /// In milliseconds since 1970; `None` for a message from the days before Kafka had times.
    pub fn timestamp(&self) -> Option<i64> {
        self.0.timestamp().to_millis()
    }

    pub fn key(&self) -> Option<&[u8]> {
        self.0.key()
    }

    /// `None`: a tombstone.
    pub fn value(&self) -> Option<&[u8]> {
        self.0.payload()
    }

    /// In their order; `None`: a null value.
    pub fn headers(&self) -> Vec<(String, Option<String>)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        all_headers(self.0).into_iter().map(|(name, value)| (name, value.map(text))).collect()
    }
}

/// Reads and gives each message to `take`; as [`super::read_raw`].
pub async fn browse<S, F>(
    cluster: &Cluster,
    reading: Reading,
    state: S,
    mut take: F,
) -> (S, Result<Checkpoint, Error>)
where
    S: Send + 'static,
    F: FnMut(&mut S, &Browsed<'_>) + Send + 'static,
{
    let cluster = cluster.clone();
    blocking(move |cancelled| {
        let mut state = state;
        let end =
            read_to_end(&cluster, reading, cancelled, &mut |message| take(&mut state, &Browsed(message)));
        (state, end)
    })
    .await
}
