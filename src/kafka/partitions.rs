//! A connector's source offsets as they stand on the offsets topic: text for text, whatever wrote them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::browse::{Browsed, browse};
use super::cluster::Cluster;
use super::error::Error;
use super::offsets::{parent_key, parse_key, resource_key};
use super::reader::{Checkpoint, Reading};
use super::topics::Topic;
use crate::model::{ConnectorName, ResourceName};

/// What Kafka Connect calls a source partition: a resource, or one parent of a dependent one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourcePartition {
    pub resource: ResourceName,
    pub parent: Option<String>,
}

/// What stands under a source partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPartition {
    /// JSON, if it was written by krest.
    pub offset: String,
    /// When it was written, in milliseconds since 1970.
    pub timestamp: Option<i64>,
}

/// What is to stand under a source partition from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetChange {
    pub partition: SourcePartition,
    /// JSON; `None`: nothing.
    pub offset: Option<String>,
}

impl OffsetChange {
    /// Key and value of its record.
    pub(super) fn record(&self, connector: &ConnectorName) -> (String, Option<String>) {
        let SourcePartition { resource, parent } = &self.partition;
        let key = match parent {
            None => resource_key(connector, resource),
            Some(parent) => parent_key(connector, (resource, parent)),
        };
        (key, self.offset.clone())
    }
}

/// Reads what is committed now, and does not wait for transactions that are open.
pub async fn look_at_partitions(
    cluster: &Cluster,
    topic: &Topic,
) -> Result<BTreeMap<SourcePartition, StoredPartition>, Error> {
    let connector = cluster.settings().connector.clone();
    let reading = Reading::new(topic, Checkpoint::new()).without_waiting();
    let (found, end) = browse(cluster, reading, BTreeMap::new(), move |found, message| {
        let Some(partition) = message.key().and_then(|key| read_key(&connector, key)) else { return };
        match stored(message) {
            Some(stored) => drop(found.insert(partition, stored)),
            None => drop(found.remove(&partition)),
        }
    })
    .await;
    end.map(|_| found)
}

fn stored(message: &Browsed<'_>) -> Option<StoredPartition> {
    let offset = String::from_utf8_lossy(message.value()?).into_owned();
    Some(StoredPartition { offset, timestamp: message.timestamp() })
}

/// `None`: another connector's, or none of the records that say where a resource stands.
fn read_key(connector: &ConnectorName, key: &[u8]) -> Option<SourcePartition> {
    let (_, source) = parse_key(key).filter(|(group, _)| group == connector.as_str())?;
    let resource = ResourceName::new(source.get("resource")?.as_str()?);
    let parent = source.get("parent").map(Value::as_str);
    match (parent, source.len()) {
        (None, 1) => Some(SourcePartition { resource, parent: None }),
        (Some(Some(parent)), 2) => Some(SourcePartition { resource, parent: Some(parent.to_owned()) }),
        (None | Some(_), _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_connectors_resources_and_parents_are_source_partitions() {
        let read = |key: &str| {
            let partition = read_key(&ConnectorName::new("shop"), key.as_bytes())?;
            Some((partition.resource.to_string(), partition.parent))
        };
        assert_eq!(read(r#"["shop",{"resource":"users"}]"#), Some(("users".to_owned(), None)));
        let parent = read(r#"["shop",{"parent":"7","resource":"users"}]"#);
        assert_eq!(parent, Some(("users".to_owned(), Some("7".to_owned()))));
        for key in [
            r#"["crm",{"resource":"users"}]"#,
            r#"["shop",{"krest":"owner"}]"#,
            r#"["shop",{"resource":"users","rule":"1"}]"#,
            r#"["shop",{"resource":"users","schema":"value"}]"#,
            r#"["shop",{"resource":"users","parent":7}]"#,
            r#"["krest:topics",{"topic":"t"}]"#,
            "plain",
        ] {
            assert_eq!(read(key), None, "{key}");
        }
    }
}
