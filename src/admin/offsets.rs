//! Source offsets in the form of Kafka Connect's REST API: `{"offsets":[{"partition":{…},"offset":{…}}]}`.

use std::collections::BTreeMap;

use super::error::AdminError;
use super::topics::find;
use crate::kafka::{self, Cluster, SourcePartition, StoredPartition};
use crate::model::{SchemaMemory, SchemaOf};

/// Where a resource, or one parent of it, stands.
pub type Partition = SourcePartition;

/// Everything that the offsets topic holds of the connector; `None`: there is no such topic.
pub async fn stored_offsets(
    cluster: &Cluster,
) -> Result<Option<BTreeMap<Partition, StoredPartition>>, AdminError> {
    let Some(topic) = find(cluster, &cluster.settings().offsets_topic).await? else { return Ok(None) };
    Ok(Some(kafka::look_at_partitions(cluster, &topic).await?))
}

/// What the values of the connector's resources are known to look like, by the resources' names.
pub async fn remembered_schemas(cluster: &Cluster) -> Result<BTreeMap<String, SchemaMemory>, AdminError> {
    let Some(topic) = find(cluster, &cluster.settings().offsets_topic).await? else {
        return Ok(BTreeMap::new());
    };
    let stored = kafka::look_at_offsets(cluster, &topic).await?;
    let values = stored.schemas.into_iter().filter(|((_, of), _)| *of == SchemaOf::Value);
    Ok(values.map(|((name, _), schema)| (name.to_string(), schema)).collect())
}
