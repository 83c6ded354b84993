//! Source offsets in the form of Kafka Connect's REST API: `{"offsets":[{"partition":{…},"offset":{…}}]}`.

use std::collections::BTreeMap;

use super::error::AdminError;
use super::topics::find;
use crate::kafka::{self, Cluster, SourcePartition, StoredPartition};

/// Where a resource, or one parent of it, stands.
pub type Partition = SourcePartition;

/// Everything that the offsets topic holds of the connector; `None`: there is no such topic.
pub async fn stored_offsets(
    cluster: &Cluster,
) -> Result<Option<BTreeMap<Partition, StoredPartition>>, AdminError> {
    let Some(topic) = find(cluster, &cluster.settings().offsets_topic).await? else { return Ok(None) };
    Ok(Some(kafka::look_at_partitions(cluster, &topic).await?))
}

/// What the connector's resources are known to look like, by their names; only `schema` can read it.
pub async fn remembered_schemas(cluster: &Cluster) -> Result<BTreeMap<String, String>, AdminError> {
    let Some(topic) = find(cluster, &cluster.settings().offsets_topic).await? else {
        return Ok(BTreeMap::new());
    };
    let stored = kafka::look_at_offsets(cluster, &topic).await?;
    Ok(stored.schemas.into_iter().map(|(name, schema)| (name.to_string(), schema)).collect())
}
