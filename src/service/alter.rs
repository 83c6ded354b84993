//! Where the resources of a connector stand, changed from outside: no instance runs, and one that was forgotten is fenced, because
//! the change is a start like any other (`start.rs`) that then writes offsets instead of polling.

use std::collections::BTreeMap;

use super::instance::Instance;
use super::refusals::identity;
use super::start::{Opening, StartError, start};
use crate::kafka::{self, Cluster, Ended, GroupMember, OffsetChange, StoredOffsets, Topic};
use crate::model::{ResourceName, SourceOffset};
use crate::plan::ConnectorPlan;

/// What a change of offsets is decided on.
#[derive(Debug)]
pub struct Situation<'a> {
    pub stored: &'a StoredOffsets,
    /// Each resource's record with no scan begun. A topic that does not exist yet has no id and no partitions.
    pub identities: BTreeMap<ResourceName, SourceOffset>,
}

#[derive(Debug, thiserror::Error)]
pub enum AlterError {
    #[error(
        "connector {connector} is running ({}): stop it first. Offsets are changed while nobody goes by them; an instance that was \
         killed counts for ten seconds more",
        named(members)
    )]
    Running { connector: String, members: Vec<GroupMember> },
    /// The change does not fit what is there.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("the offsets were not changed: {0}")]
    Ended(Ended),
}

fn named(members: &[GroupMember]) -> String {
    members.iter().map(GroupMember::to_string).collect::<Vec<_>>().join(", ")
}

impl AlterError {
    /// Whether only the operator can solve it.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Running { .. } | Self::Refused(_) => true,
            Self::Start(error) => !error.passes(),
            Self::Ended(_) => false,
        }
    }
}

impl From<kafka::Error> for AlterError {
    fn from(error: kafka::Error) -> Self {
        Self::Start(error.into())
    }
}

/// Changes what `decide` says, and gives that back. It is asked twice: before anybody is fenced, so that what is refused harms
/// nobody, and once nobody else can write. `forgets`: resources that will have no offsets any more.
pub async fn alter_offsets(
    plan: &ConnectorPlan,
    cluster: &Cluster,
    forgets: &[ResourceName],
    decide: impl Fn(&Situation<'_>) -> Result<Vec<OffsetChange>, String>,
) -> Result<Vec<OffsetChange>, AlterError> {
    refuse_a_running_one(plan, cluster).await?;
    let (stored, topics) = look(plan, cluster).await?;
    if decide(&situation(plan, &stored, &topics)).map_err(AlterError::Refused)?.is_empty() {
        return Ok(Vec::new());
    }
    let mut instance = Instance { forgets: forgets.to_vec(), ..Instance::of_this_process() };
    let openings = start(plan, cluster.clone(), &mut instance).await?;
    let done = write(plan, &openings, decide).await;
    for Opening { producer, .. } in openings {
        let _ = producer.close().await; // what was committed is, and nothing else is open
    }
    done
}

/// Whoever runs is a member of the connector's group. Without the permission to look there, the fence has to do.
async fn refuse_a_running_one(plan: &ConnectorPlan, cluster: &Cluster) -> Result<(), AlterError> {
    match kafka::running_instances(cluster).await {
        Ok(members) if members.is_empty() => Ok(()),
        Ok(members) => Err(AlterError::Running { connector: plan.name.to_string(), members }),
        Err(error @ kafka::Error::Forbidden { .. }) => {
            tracing::warn!(
                "whether the connector runs elsewhere cannot be seen: {error}; if it does, it stops with exit code 3"
            );
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// What is there, without making anything.
async fn look(
    plan: &ConnectorPlan,
    cluster: &Cluster,
) -> Result<(StoredOffsets, BTreeMap<ResourceName, Topic>), kafka::Error> {
    let mut topics = BTreeMap::new();
    for resource in &plan.resources {
        if let Some(topic) = kafka::look(cluster, &resource.topic.name, resource.topic.usage).await? {
            topics.insert(resource.name.clone(), topic);
        }
    }
    let offsets = &cluster.settings().offsets_topic;
    let stored = match kafka::look(cluster, offsets, kafka::TopicUse::Table).await? {
        Some(topic) => kafka::look_at_offsets(cluster, &topic).await?,
        None => StoredOffsets::default(),
    };
    Ok((stored, topics))
}

fn situation<'a>(
    plan: &ConnectorPlan,
    stored: &'a StoredOffsets,
    topics: &BTreeMap<ResourceName, Topic>,
) -> Situation<'a> {
    let identity = |resource: &crate::plan::ResourcePlan| {
        let missing = || Topic {
            name: resource.topic.name.clone(),
            id: kafka::TopicId::default(),
            partitions: 0,
            max_message_bytes: None,
            delete_retention: None,
        };
        let topic = topics.get(&resource.name).cloned().unwrap_or_else(missing);
        (resource.name.clone(), identity(resource, &topic))
    };
    Situation { stored, identities: plan.resources.iter().map(identity).collect() }
}

/// The first task's producer writes for all: the others' are fenced, too.
async fn write(
    plan: &ConnectorPlan,
    openings: &[Opening],
    decide: impl Fn(&Situation<'_>) -> Result<Vec<OffsetChange>, String>,
) -> Result<Vec<OffsetChange>, AlterError> {
    let Some(first) = openings.first() else { return Ok(Vec::new()) };
    let mut topics = BTreeMap::new();
    for (task, opening) in plan.tasks.iter().zip(openings) {
        let names = task.resources.iter().filter_map(|place| plan.resources.get(*place));
        topics.extend(names.map(|resource| resource.name.clone()).zip(opening.topics.iter().cloned()));
    }
    let changes = decide(&situation(plan, &first.stored, &topics)).map_err(AlterError::Refused)?;
    match first.producer.alter(&changes).await {
        // Committed in both cases; a doubtful commit only asks for a new producer.
        Ok(()) | Err(Ended::Doubtful { .. }) => Ok(changes),
        Err(ended) => Err(AlterError::Ended(ended)),
    }
}
