//! The topics of a connector, as they are: looked at, and neither judged nor made.

use super::error::AdminError;
use super::newest::{Backwards, Wanted};
use crate::kafka::{self, Cluster, Settings, Topic, TopicUse};
use crate::plan::ResourcePlan;

/// Connects, or fails within ten seconds.
pub async fn connect(settings: &Settings) -> Result<Cluster, AdminError> {
    Ok(Cluster::connect(settings.clone()).await?)
}

/// What a reader of a resource's topic has once it has read it; `None`: there is no such topic. (`wanted.by_key` does not hold
/// for a topic of which every message counts.)
pub async fn rows_of(
    cluster: &Cluster,
    resource: &ResourcePlan,
    wanted: Wanted,
) -> Result<Option<Backwards>, AdminError> {
    let Some(topic) = find(cluster, &resource.topic.name).await? else { return Ok(None) };
    let by_key = match resource.topic.usage {
        TopicUse::Table => wanted.by_key,
        TopicUse::Log | TopicUse::Letters | TopicUse::Events => false,
    };
    Backwards::new(cluster, topic, Wanted { by_key, ..wanted }).await.map(Some)
}

/// A topic that is only read needs no settings.
pub(super) async fn find(cluster: &Cluster, name: &str) -> Result<Option<Topic>, AdminError> {
    let found = kafka::identity(cluster, name).await?;
    Ok(found.map(|(id, partitions)| Topic {
        name: name.to_owned(),
        id,
        partitions,
        max_message_bytes: None,
        delete_retention: None,
    }))
}
