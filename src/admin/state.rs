//! What is known of a resource: on this machine, in its topic, on the offsets topic.

use std::collections::BTreeMap;
use std::path::Path;

use super::error::AdminError;
use super::offsets::{Partition, stored_offsets};
use super::topics::find;
use crate::kafka::{self, Cluster, StoredPartition, Topic};
use crate::model::{ConnectorName, ResourceName};
use crate::plan::{ConnectorPlan, ResourcePlan};
use crate::service::present;
use crate::state::{Directory, DirectoryError, Kept, LocalState, NotKept};

/// A topic as it is, and where its partitions end.
#[derive(Clone, Debug)]
pub struct TopicEnds {
    pub topic: Topic,
    pub ends: BTreeMap<i32, i64>,
}

/// Where a resource stands, as the offsets topic says.
#[derive(Clone, Debug)]
pub struct Stands {
    /// As it is stored: JSON, number for number.
    pub offset: String,
    /// In milliseconds since 1970.
    pub recorded: Option<i64>,
    /// How many of its parents have cursors of their own.
    pub parents: usize,
}

/// What Kafka says of the resources, by name.
#[derive(Debug, Default)]
pub struct InKafka {
    pub topics: BTreeMap<ResourceName, TopicEnds>,
    pub stands: BTreeMap<ResourceName, Stands>,
}

/// Asks Kafka about these resources.
pub async fn in_kafka(cluster: &Cluster, resources: &[&ResourcePlan]) -> Result<InKafka, AdminError> {
    let mut known = InKafka::default();
    for resource in resources {
        let Some(topic) = look(cluster, resource).await? else { continue };
        let ends = kafka::topic_ends(cluster, &topic).await?;
        known.topics.insert(resource.name.clone(), TopicEnds { topic, ends });
    }
    let stored = stored_offsets(cluster).await?.unwrap_or_default();
    for resource in resources {
        let partition = Partition { resource: resource.name.clone(), parent: None };
        let of_it = |one: &&Partition| one.resource == resource.name && one.parent.is_some();
        let parents = stored.keys().filter(of_it).count();
        if let Some(stored) = stored.get(&partition) {
            known.stands.insert(resource.name.clone(), stands(stored, parents));
        }
    }
    Ok(known)
}

/// With its settings, as far as krest may see them; one that a run would refuse is shown all the same.
async fn look(cluster: &Cluster, resource: &ResourcePlan) -> Result<Option<Topic>, AdminError> {
    match kafka::look(cluster, &resource.topic.name, resource.topic.usage).await {
        Ok(topic) => Ok(topic),
        Err(kafka::Error::Topic { .. }) => find(cluster, &resource.topic.name).await,
        Err(error) => Err(error.into()),
    }
}

fn stands(stored: &StoredPartition, parents: usize) -> Stands {
    Stands { offset: stored.offset.clone(), recorded: stored.timestamp, parents }
}

/// What is kept on this machine.
#[derive(Debug)]
pub enum OnDisk {
    /// Nothing ever was.
    Nothing,
    /// Another process has it, and tells no more than that: what the error says.
    InUse(DirectoryError),
    Open(LocalState),
}

/// Looks at the connector's directory; makes nothing.
pub fn on_disk(plan: &ConnectorPlan) -> Result<OnDisk, DirectoryError> {
    match Directory::claim_to_look(&plan.state.dir, &plan.name) {
        Ok(None) => Ok(OnDisk::Nothing),
        Ok(Some(directory)) => Ok(OnDisk::Open(LocalState::open(directory, 0))),
        Err(error @ DirectoryError::InUse { .. }) => Ok(OnDisk::InUse(error)),
        Err(error @ DirectoryError::Unusable { .. }) => Err(error),
    }
}

impl OnDisk {
    /// What is kept of a resource; its topic tells whether that is still of use.
    pub fn kept(&self, resource: &ResourcePlan, topic: Option<&TopicEnds>) -> Result<Option<Kept>, NotKept> {
        let Self::Open(state) = self else { return Ok(None) };
        let key_format = resource.format.keys.identity(resource.format.key);
        let present = topic.map(|known| present(&known.topic, &key_format));
        state.kept(&resource.name, present.as_ref())
    }
}

/// How many offsets of a topic the cache does not know. The end of a transaction, which follows its last message and takes an
/// offset too, is nothing to be known.
pub fn behind(kept: &Kept, ends: &BTreeMap<i32, i64>) -> u64 {
    let of = |(partition, end): (&i32, &i64)| end - kept.offsets.get(partition).copied().unwrap_or(0);
    ends.iter().map(of).filter(|left| *left > 1).sum::<i64>().unsigned_abs()
}

/// Where a connector's directory is, and what its cache takes up there.
pub fn taken(base: &Path, connector: &ConnectorName) -> (String, u64) {
    (Directory::place(base, connector).display().to_string(), Directory::bytes(base, connector))
}
