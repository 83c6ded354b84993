//! The offsets topic: source offsets in Kafka Connect's own form, and who owns a connector and a topic.
//!
//! | key | value |
//! |---|---|
//! | `["<connector>",{"resource":"<name>"}]` | [`SourceOffset`] |
//! | `["<connector>",{"parent":"<key>","resource":"<name>"}]` | [`ParentOffset`] |
//! | `["<connector>",{"resource":"<name>","rule":"<n>"}]` | `{"version":1,"only_fields":[…],"ignore_fields":[…]}` |
//! | `["<connector>",{"resource":"<name>","schema":"value"}]` | `{"version":1,"shape":{…},"registered":{…}}`; of keys: `"key"` |
//! | `["<connector>",{"krest":"owner"}]` | [`Owner`] |
//! | `["<connector>",{"krest":"task-<n>"}]` | [`Owner`]: written by an idle task, and read by nobody |
//! | `["<connector>",{"krest":"paused"}]` | [`Paused`] |
//! | `["krest:topics",{"topic":"<topic>"}]` | `{"version":1,"connector":"<connector>"}` |
//! | `["krest:topics",{"krest":"partitions"}]` | `{"version":1,"partitions":25}`, in partition 0 |
//!
//! A connector's name has no colon, so the last two forms are no connector's. A null value resets its key.
//!
//! Between two partitions there is no order. So krest goes on with the partitions that the topic had when it was first used:
//! later ones hold nothing of it, and each key stands where it always did.

#[cfg(test)]
mod fuzz;
mod rules;
mod schemas;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cluster::Cluster;
use super::error::Error;
use super::paused::{PAUSED, Paused};
use super::reader::{Checkpoint, RawRecord, Reading, read_raw};
use super::topics::Topic;
use crate::model::{
    ConnectorName, Cursor, ParentOffset, ResourceName, RuleId, RuleText, SchemaMemory, SchemaOf,
    SourceOffset, partition_for,
};

pub use rules::NewRule;
pub(super) use rules::rule_record;
pub(super) use schemas::schema_record;

/// The first element of the keys that say which connector a topic belongs to.
const TOPICS: &str = "krest:topics";

/// Of the owner records' form; readers refuse a higher one.
const VERSION: u32 = 1;

/// Who writes for a connector: the newest start wrote it in its first transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    pub version: u32,
    /// A random id of the process.
    pub instance: String,
    /// Counted up by each start.
    pub generation: u64,
    /// Transactional ids below this number may have been used since the last start that had fewer.
    pub tasks: u32,
    /// For people: where it ran.
    #[serde(default)]
    pub host: String,
}

impl Owner {
    pub fn new(instance: &str, generation: u64, tasks: u32, host: &str) -> Self {
        Self { version: VERSION, instance: instance.to_owned(), generation, tasks, host: host.to_owned() }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Partitions {
    version: u32,
    partitions: i32,
}

#[derive(Debug, Serialize, Deserialize)]
struct TopicOwner {
    version: u32,
    connector: String,
}

/// What the offsets topic says, read to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredOffsets {
    /// The connector's newest owner; `None` if it never ran.
    pub owner: Option<Owner>,
    /// Where the connector's resources stand.
    pub resources: BTreeMap<ResourceName, SourceOffset>,
    /// The cursors of dependent resources, by the parent's key.
    pub parents: BTreeMap<ResourceName, HashMap<String, ParentOffset>>,
    /// What of the connector is not polled.
    pub paused: Paused,
    /// The rules by which records of the connector's resources were compared, now or once.
    pub rules: BTreeMap<ResourceName, BTreeMap<RuleId, RuleText>>,
    /// What keys and values of the connector's resources are known to look like; only `encode` can read it.
    pub schemas: BTreeMap<(ResourceName, SchemaOf), SchemaMemory>,
    /// Output topics of all connectors, with the connector that each belongs to.
    pub topics: HashMap<String, ConnectorName>,
    /// How many partitions of the offsets topic are used; `None`: nobody has said so yet.
    pub partitions: Option<i32>,
}

/// Reads the offsets topic to its end, read_committed. Other connectors' records are ignored, unreadable ones of ours refused.
/// Waits, and says so, while another writer's transaction is open there.
pub async fn read_offsets(cluster: &Cluster, topic: &Topic) -> Result<StoredOffsets, Error> {
    read_as(cluster, topic, |topic| Reading::new(topic, Checkpoint::new())).await
}

/// The same as far as it is committed now. A predecessor that was killed may have left a transaction open: only a producer
/// with its transactional id ends that at once, and before there is one, a look is enough to refuse what has to be refused.
pub async fn look_at_offsets(cluster: &Cluster, topic: &Topic) -> Result<StoredOffsets, Error> {
    read_as(cluster, topic, |topic| Reading::new(topic, Checkpoint::new()).without_waiting()).await
}

async fn read_as(
    cluster: &Cluster,
    topic: &Topic,
    reading: impl Fn(&Topic) -> Reading,
) -> Result<StoredOffsets, Error> {
    let mut read = read_into(cluster, reading(topic), Reader::default()).await?;
    if let Some(used) = read.stored.partitions.filter(|used| *used < topic.partitions) {
        // What does not stand at its place is in no order with what does: krest has not written it.
        let first = Topic { partitions: used, ..topic.clone() };
        let reader = Reader { used: Some(used), ..Reader::default() };
        read = read_into(cluster, reading(&first), reader).await?;
    }
    match read.unreadable.into_iter().next() {
        Some((key, problem)) => Err(Error::Record {
            topic: topic.name.clone(),
            key: String::from_utf8_lossy(&key).into_owned(),
            problem,
        }),
        None => Ok(read.stored),
    }
}

async fn read_into(cluster: &Cluster, reading: Reading, reader: Reader) -> Result<Reader, Error> {
    let connector = cluster.settings().connector.clone();
    let (read, end) = read_raw(cluster, reading, reader, move |reader, record| {
        reader.take(&connector, &record);
    })
    .await;
    end.map(|_| read)
}

/// An unreadable record is forgiven if a newer one has its key.
#[derive(Default)]
struct Reader {
    stored: StoredOffsets,
    unreadable: BTreeMap<Vec<u8>, String>,
    /// How many partitions are used, once that is known: a record that stands elsewhere than it would is left out.
    used: Option<i32>,
}

impl Reader {
    fn take(&mut self, connector: &ConnectorName, record: &RawRecord<'_>) {
        let key = record.key.unwrap_or_default();
        if self.used.is_some_and(|used| home(key, used) != record.partition) {
            return;
        }
        match self.stored.take(connector, record) {
            Ok(()) => drop(self.unreadable.remove(key)),
            Err(problem) => drop(self.unreadable.insert(key.to_owned(), problem)),
        }
    }
}

/// A record of the offsets topic, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OffsetRecord {
    pub(super) key: String,
    pub(super) value: String,
}

impl OffsetRecord {
    pub(super) fn parts(&self) -> (&str, Option<&str>) {
        (&self.key, Some(&self.value))
    }
}

pub(super) fn resource_key(connector: &ConnectorName, resource: &ResourceName) -> String {
    key(connector.as_str(), "resource", resource.as_str())
}

/// The cursor of one parent of a dependent resource, as key and value; `topic_id` is that of the resource's topic.
pub(super) fn parent_record(
    connector: &ConnectorName,
    (resource, parent): (&ResourceName, &str),
    (topic_id, cursor): (&str, Option<&Cursor>),
) -> (String, Option<String>) {
    let topic_id = topic_id.to_owned();
    let offset = cursor.cloned().map(|cursor| ParentOffset { version: VERSION, topic_id, cursor });
    (parent_key(connector, (resource, parent)), offset.as_ref().map(json))
}

pub(super) fn parent_key(connector: &ConnectorName, (resource, parent): (&ResourceName, &str)) -> String {
    let source = BTreeMap::from([("resource", resource.as_str()), ("parent", parent)]);
    json(&(connector.as_str(), source))
}

pub(super) fn offset_value(offset: &SourceOffset) -> String {
    json(offset)
}

pub(super) fn owner_record(connector: &ConnectorName, owner: &Owner) -> OffsetRecord {
    OffsetRecord { key: key(connector.as_str(), "krest", "owner"), value: json(owner) }
}

/// What an idle task other than the first writes. It is not the owner record: a predecessor could write that behind a newer one.
pub(super) fn pulse_record(connector: &ConnectorName, task: u32, owner: &Owner) -> OffsetRecord {
    OffsetRecord { key: key(connector.as_str(), "krest", &format!("task-{task}")), value: json(owner) }
}

pub(super) fn topic_owner_record(connector: &ConnectorName, topic: &str) -> OffsetRecord {
    let owner = TopicOwner { version: VERSION, connector: connector.to_string() };
    OffsetRecord { key: key(TOPICS, "topic", topic), value: json(&owner) }
}

pub(super) fn partitions_record(partitions: i32) -> OffsetRecord {
    OffsetRecord { key: partitions_key(), value: json(&Partitions { version: VERSION, partitions }) }
}

fn partitions_key() -> String {
    key(TOPICS, "krest", "partitions")
}

/// Where a record of the offsets topic stands, if so many of its partitions are used. How many is told where it can be found
/// without knowing it.
pub(super) fn home(key: &[u8], used: i32) -> i32 {
    if key == partitions_key().as_bytes() { 0 } else { partition_for(key, used) }
}

/// The text of the header `krest.source`: the connector and the resource, in the form of the offset's key.
pub(super) fn source_header(connector: &ConnectorName, resource: &ResourceName) -> String {
    resource_key(connector, resource)
}

pub(super) fn key(connector: &str, kind: &str, name: &str) -> String {
    json(&(connector, BTreeMap::from([(kind, name)])))
}

/// These types have string keys and no floats: serialising them cannot fail.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl StoredOffsets {
    fn take(&mut self, connector: &ConnectorName, record: &RawRecord<'_>) -> Result<(), String> {
        let Some((group, source)) = record.key.and_then(parse_key) else {
            return Ok(()); // Another tool's.
        };
        let mine = group == connector.as_str();
        if let Some(name) = text_of(&source, "resource").filter(|_| mine) {
            self.take_resource(ResourceName::new(name), record.value)
        } else if let Some((resource, parent)) = parent_of(&source).filter(|_| mine) {
            self.take_parent((resource, parent), record.value)
        } else if let Some(rule) = rules::rule_of(&source).filter(|_| mine) {
            self.take_rule(rule, record.value)
        } else if let Some(schema) = schemas::schema_of(&source).filter(|_| mine) {
            self.take_schema(schema, record.value)
        } else if text_of(&source, "krest") == Some("owner") && mine {
            self.owner = record.value.map(read).transpose()?;
            Ok(())
        } else if text_of(&source, "krest") == Some(PAUSED) && mine {
            self.paused = record.value.map(read).transpose()?.unwrap_or_default();
            Ok(())
        } else if let Some(topic) = text_of(&source, "topic").filter(|_| group == TOPICS) {
            self.take_topic(topic, record.value)
        } else if text_of(&source, "krest") == Some("partitions") && group == TOPICS {
            self.take_partitions(record.value)
        } else {
            Ok(())
        }
    }

    fn take_resource(&mut self, resource: ResourceName, value: Option<&[u8]>) -> Result<(), String> {
        match value {
            None => drop(self.resources.remove(&resource)),
            Some(value) => {
                let offset = read(value)?;
                self.resources.insert(resource, offset);
            }
        }
        Ok(())
    }

    fn take_parent(
        &mut self,
        (resource, parent): (ResourceName, String),
        value: Option<&[u8]>,
    ) -> Result<(), String> {
        let parents = self.parents.entry(resource).or_default();
        match value {
            None => drop(parents.remove(&parent)),
            Some(value) => drop(parents.insert(parent, read(value)?)),
        }
        Ok(())
    }

    fn take_topic(&mut self, topic: &str, value: Option<&[u8]>) -> Result<(), String> {
        match value {
            None => drop(self.topics.remove(topic)),
            Some(value) => {
                let owner: TopicOwner = read(value)?;
                // Of two that claimed it at the same moment the first has it; the other finds that out when it reads again.
                self.topics.entry(topic.to_owned()).or_insert_with(|| ConnectorName::new(&owner.connector));
            }
        }
        Ok(())
    }
}

impl StoredOffsets {
    fn take_partitions(&mut self, value: Option<&[u8]>) -> Result<(), String> {
        let said = value.map(read::<Partitions>).transpose()?.map(|said| said.partitions.max(1));
        // Of two starts at the same moment the first has said it; the other one finds that out when it reads again.
        self.partitions = said.map(|said| self.partitions.unwrap_or(said));
        Ok(())
    }
}

/// Connect's form: an array of the connector's name and the source partition.
pub(super) fn parse_key(key: &[u8]) -> Option<(String, BTreeMap<String, Value>)> {
    serde_json::from_slice(key).ok()
}

fn text_of<'s>(source: &'s BTreeMap<String, Value>, name: &str) -> Option<&'s str> {
    source.get(name).filter(|_| source.len() == 1).and_then(Value::as_str)
}

fn parent_of(source: &BTreeMap<String, Value>) -> Option<(ResourceName, String)> {
    let text = |name: &str| source.get(name).filter(|_| source.len() == 2).and_then(Value::as_str);
    Some((ResourceName::new(text("resource")?), text("parent")?.to_owned()))
}

fn read<'v, T: Deserialize<'v>>(value: &'v [u8]) -> Result<T, String> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    // The version first: what a later krest wrote may not fit this one's type.
    let stated = serde_json::from_slice::<Versioned>(value).map_err(|error| error.to_string())?.version;
    if stated > VERSION {
        return Err(format!("it was written by a newer krest (version {stated}, this one knows {VERSION})"));
    }
    serde_json::from_slice(value).map_err(|error| error.to_string())
}
