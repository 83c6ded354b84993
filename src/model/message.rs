//! What goes to Kafka and what comes back from the topic.

use std::sync::Arc;

use bytes::Bytes;

use super::{Cursor, Letter, SchemaMemory, SchemaOf, SourceOffset, Stamp};

/// One message, encoded, with the partition that krest computed itself.
#[derive(Clone, Debug)]
pub struct Message {
    pub partition: i32,
    /// `None` where records have no key (`append` without a primary key).
    pub key: Option<Bytes>,
    /// `None`: a tombstone.
    pub value: Option<Bytes>,
    /// Of the record; a tombstone has none, and that of a delete event is nobody's ([`Stamp::GONE`]).
    pub fingerprint: Option<Stamp>,
    /// The key of the record that the row depends on.
    pub parent: Option<Bytes>,
    /// The value tells that the row is deleted. The message behind it is the tombstone that deletes it.
    pub delete_event: bool,
    /// Those that were asked for.
    pub headers: Option<Arc<Headers>>,
}

impl Message {
    /// Bytes of key, value, the parent's key and the headers that were asked for.
    pub fn size(&self) -> usize {
        let bytes: usize = [&self.key, &self.value, &self.parent].into_iter().flatten().map(Bytes::len).sum();
        bytes + self.headers.as_ref().map_or(0, |headers| headers.size())
    }

    /// Whether it changes a row; a delete event only tells of what the tombstone behind it does.
    pub fn is_change(&self) -> bool {
        !self.delete_event
    }
}

/// Headers of krest's own that the messages of a page share, in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(&'static str, String)>);

impl Headers {
    /// What a header takes besides its name and value, at most.
    const OVERHEAD: usize = 10;

    /// The most bytes that they take in a message.
    pub fn size(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + value.len() + Self::OVERHEAD).sum()
    }
}

/// What one page makes of a resource's topic, and where the resource then stands. A batch enters a transaction whole.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The resource, by its place in its task.
    pub resource: usize,
    /// The number that `state` gave the changes; its receipt names it again.
    pub sequence: u64,
    pub messages: Vec<Message>,
    /// Of records that cannot be published; they go to a topic of their own.
    pub letters: Vec<Letter>,
    /// Written in the same transaction, as one of its last sends; of several in one transaction, the newest.
    pub offset: SourceOffset,
    /// Whether the offset has to be written even if no message is: only then does a batch without messages open a transaction.
    pub offset_moved: bool,
    /// The cursors of parents whose walk has ended, by the parent's key; `None`: it is forgotten.
    pub parents: Vec<(String, Option<Cursor>)>,
    /// What the messages are the first to need of the resource's schemas, if anything: remembered in the same transaction.
    pub schemas: Vec<(SchemaOf, SchemaMemory)>,
}

impl Batch {
    /// How much there is to send, besides offsets: the number of messages and letters, and their bytes.
    pub fn load(&self) -> (usize, usize) {
        let bytes =
            self.messages.iter().map(Message::size).chain(self.letters.iter().map(Letter::size)).sum();
        (self.messages.len() + self.letters.len(), bytes)
    }
}

/// A message read back from an output topic, as the cache sees it.
#[derive(Clone, Copy, Debug)]
pub struct StoredRecord<'m> {
    pub partition: i32,
    pub offset: i64,
    pub key: &'m [u8],
    /// From the header `krest.fingerprint`; `None` where another tool wrote the message: it counts as changed once.
    pub fingerprint: Option<Stamp>,
    /// The value was null: a tombstone. (A row whose tombstone is lost, and whose delete event is not, is there: as [`Stamp::GONE`].)
    pub deleted: bool,
    /// The header `krest.source` names another source, or there is none. False where nobody asked.
    pub foreign: bool,
    /// From the header `krest.parent`: the key of the record that the row depends on.
    pub parent: Option<&'m [u8]>,
    pub value: Option<&'m [u8]>,
    /// The row's own text, if somebody has taken it from the value and knows that it is the fingerprint's.
    pub row: Option<&'m str>,
}
