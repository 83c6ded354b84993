//! The source offset: where a resource stands, as it is written to the offsets topic.

use serde::{Deserialize, Serialize};

use super::{Cursor, Fingerprint, hex};

/// Where a scan goes on: the paginator's own small JSON object (`{"offset":300}`), opaque to everyone else.
/// Links in it carry no credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub serde_json::Value);

impl Position {
    /// An empty one: nothing could be stored, and a scan that goes on there is a new one.
    pub fn is_beginning(&self) -> bool {
        self.0.as_object().is_some_and(serde_json::Map::is_empty)
    }
}

/// The value of a source-offset record. Its key is Connect's: `["<connector>",{"resource":"<name>"}]`. By default no scan has begun,
/// and nothing is said of who it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceOffset {
    /// Of this record's form; readers refuse a higher one.
    pub version: u32,
    pub topic: String,
    /// Kafka's topic id: another id voids cache, cursor and position. Empty where the broker tells none (the in-process one).
    pub topic_id: String,
    pub partitions: i32,
    pub key_fields: Vec<String>,
    pub key_format: String,
    /// Base URL and path, without credentials: another source is refused.
    pub source: String,
    /// Hash of the request (params, selector, paginator): another one voids the position.
    pub request: String,
    /// The scan that wrote this record, counted over the life of the resource.
    pub scan: u64,
    /// No scan has ended since the topic was new: what is published is what was there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub initial: bool,
    /// In the middle of a scan: its next page. Null once the scan has ended.
    pub position: Option<Position>,
    /// Where the last scan that ended had got to; moves only when a scan ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<Cursor>,
    /// Of a log whose cursor waits for resources that depend on it: how far it is published. What comes again is not appended again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appended: Option<Cursor>,
    /// In the middle of a scan: how far its pages have reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub running: Option<Cursor>,
    /// Of a log, in the middle of a scan: what it has published and a scan that goes on at the position is shown once more. What comes
    /// again is not appended again. Of one that depends on another resource: under parents whose cursors stand before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "hex")]
    pub published: Vec<Fingerprint>,
    /// In the middle of a scan: something that depends on the resource has missed pages of it, and the cursor stays at its end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missed: bool,
    /// How many records the last scan had that was to show all of them. Written with what is written anyway.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<u64>,
    /// The last scan had suspiciously few, this many: a second one that says the same is believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shrunk: Option<u64>,
    /// When a resource with a cursor was last scanned whole (`deletes.every`); in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full: Option<u64>,
    /// When that was last tried since, and came to no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<u64>,
}

impl SourceOffset {
    pub const VERSION: u32 = 1;
}

/// The cursor of one parent of a dependent resource, under `["<connector>",{"resource":"<name>","parent":"<key>"}]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentOffset {
    /// As [`SourceOffset::version`].
    pub version: u32,
    /// As [`SourceOffset::topic_id`].
    pub topic_id: String,
    pub cursor: Cursor,
}
