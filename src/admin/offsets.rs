//! Source offsets in the form of Kafka Connect's REST API: `{"offsets":[{"partition":{…},"offset":{…}}]}`.

use std::collections::BTreeMap;

use super::error::AdminError;
use super::topics::find;
use crate::kafka::{self, Cluster, SourcePartition, StoredPartition};
use crate::model::{ResourceName, SchemaMemory, SchemaOf};

/// Where a resource, or one parent of it, stands.
pub type Partition = SourcePartition;

/// Everything that the offsets topic holds of the connector; `None`: there is no such topic.
pub async fn stored_offsets(
    cluster: &Cluster,
) -> Result<Option<BTreeMap<Partition, StoredPartition>>, AdminError> {
    let Some(topic) = find(cluster, &cluster.settings().offsets_topic).await? else { return Ok(None) };
    Ok(Some(kafka::look_at_partitions(cluster, &topic).await?))
}

/// What keys and values of the connector's resources are known to look like.
pub async fn remembered_schemas(
    cluster: &Cluster,
) -> Result<BTreeMap<(ResourceName, SchemaOf), SchemaMemory>, AdminError> {
    let Some(topic) = find(cluster, &cluster.settings().offsets_topic).await? else {
        return Ok(BTreeMap::new());
    };
    Ok(kafka::look_at_offsets(cluster, &topic).await?.schemas)
}
