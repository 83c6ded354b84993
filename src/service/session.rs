//! The start order (DELIVERY, Owner and transactions): checks that harm nobody, then the producer, which fences the
//! predecessor, then what the topics say, and only then the API.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::connector::Connector;
use super::event::{Event, Observer};
use super::family::Resource;
use crate::kafka::{
    self, Boundary, Claim, Cluster, Ended, Owner, Producer, Reading, StoredOffsets, Topic, TopicPlan,
    TopicUse, Writer,
};
use crate::model::SourceOffset;
use crate::plan::{ConnectorPlan, ResourcePlan};
use crate::state::Standing;

/// One life of a producer and what was read when it began.
pub(super) struct Session {
    pub cluster: Cluster,
    pub producer: Arc<Producer>,
    /// In the order of the plan's resources, as are the standings.
    pub topics: Vec<Topic>,
    pub standings: Vec<Standing>,
}

/// Why a session did not start.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error(transparent)]
    Kafka(#[from] kafka::Error),
    #[error("{0}")]
    Contradiction(String),
    #[error(
        "another instance has taken over connector {connector}: {instance}{} (generation {generation}); this one stops and does not fight. \
         If both are to run, give them different names (`name:`)",
        at_host(host)
    )]
    TakenOver { connector: String, instance: String, host: String, generation: u64 },
}

fn at_host(host: &str) -> String {
    if host.is_empty() { String::new() } else { format!(" on {host}") }
}

/// Who this process is to the offsets topic. `generation` is set by the first claim.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub id: String,
    pub host: String,
    pub generation: Option<u64>,
}

impl Instance {
    pub(super) fn of_this_process() -> Self {
        let host = std::env::var("HOSTNAME").unwrap_or_default();
        Self { id: uuid::Uuid::new_v4().to_string(), host, generation: None }
    }
}

/// Runs the start order. `caches` are brought up to the ends of their topics.
pub(super) async fn start(
    connector: &Connector,
    cluster: Cluster,
    instance: &mut Instance,
    resources: &mut [Resource],
) -> Result<Session, StartError> {
    let plan = &connector.plan;
    let offsets_name = cluster.settings().offsets_topic.clone();
    refuse_what_exists(plan, &cluster, instance, &offsets_name).await?;

    let offsets_topic = kafka::ensure(&cluster, &TopicPlan::offsets(&offsets_name)).await?;
    let mut topics = Vec::with_capacity(plan.resources.len());
    for resource in &plan.resources {
        topics.push(kafka::ensure(&cluster, &resource.topic).await?);
    }
    let targets: Vec<_> =
        plan.resources.iter().map(|resource| resource.name.clone()).zip(topics.clone()).collect();
    let producer =
        Producer::start(&cluster, (Writer::Task(0), Boundary::Interval), &targets, &offsets_topic).await?; // fences the predecessor

    let mut stored = kafka::read_offsets(&cluster, &offsets_topic).await?;
    refuse_contradictions(plan, topics.iter().map(Some), &stored)?;
    refuse_takeover(plan, instance, stored.owner.as_ref())?;
    if claim(&producer, instance, &stored, &topics).await? {
        // Another connector may have claimed a topic at the same moment.
        stored = kafka::read_offsets(&cluster, &offsets_topic).await?;
        refuse_contradictions(plan, topics.iter().map(Some), &stored)?;
    }

    let standings = plan.resources.iter().zip(&topics).map(|(resource, topic)| {
        let (offset, parents) = (stored.resources.get(&resource.name), stored.parents.get(&resource.name));
        Standing::new(configured_offset(resource, topic), offset, parents)
    });
    let standings = standings.collect();
    for ((topic, resource), plan) in topics.iter().zip(resources).zip(&plan.resources) {
        if !plan.upkeep.compares() {
            continue;
        }
        catch_up(&cluster, topic, resource, &connector.observer).await?;
    }
    Ok(Session { cluster, producer: Arc::new(producer), topics, standings })
}

/// The first transaction of a start: from here on a rebuilt producer of the predecessor reads that it was replaced.
/// A producer rebuilt by the same instance keeps its generation.
/// Whether topics were claimed that had no owner.
async fn claim(
    producer: &Producer,
    instance: &mut Instance,
    stored: &StoredOffsets,
    topics: &[Topic],
) -> Result<bool, kafka::Error> {
    let newest = stored.owner.as_ref().map_or(0, |owner| owner.generation);
    let generation = instance.generation.unwrap_or(newest + 1);
    let owner = Owner::new(&instance.id, generation, &instance.host);
    let unowned: Vec<String> = topics
        .iter()
        .map(|topic| topic.name.clone())
        .filter(|topic| !stored.topics.contains_key(topic))
        .collect();
    let claimed = !unowned.is_empty();
    let outcome = producer.claim(&Claim { owner, topics: unowned }).await;
    if matches!(outcome, Ok(()) | Err(Ended::Doubtful { .. })) {
        // Committed in both cases; a doubtful commit only asks for a new producer.
        instance.generation = Some(generation);
    }
    outcome?;
    Ok(claimed)
}

/// Brings a cache up to the end of its topic, from its checkpoint if that is of this very topic, else from the beginning.
async fn catch_up(
    cluster: &Cluster,
    topic: &Topic,
    resource: &mut Resource,
    observer: &Observer,
) -> Result<(), kafka::Error> {
    let started = Instant::now();
    let mut cache = std::mem::take(&mut resource.cache);
    if cache.checkpoint().topic_id != topic.id.as_str() {
        cache.wipe(topic.id.as_str());
    }
    let reading =
        Reading::new(topic, cache.checkpoint().offsets.clone()).reporting(reporter(topic, observer));
    let (mut cache, end) =
        kafka::restore(cluster, reading, cache, |cache, message| cache.restore(&message)).await;
    match end {
        Ok(checkpoint) => cache.restored(checkpoint),
        Err(error) => {
            // The next session reads everything again.
            cache.wipe("");
            resource.cache = cache;
            return Err(error);
        }
    }
    let (keys, took) = (cache.keys(), started.elapsed());
    resource.cache = cache;
    tracing::debug!(
        topic = topic.name,
        keys,
        took_ms = took.as_millis() as u64,
        "the cache is at the end of the topic"
    );
    observer.tell(&Event::Restored { topic: topic.name.clone(), keys, took });
    Ok(())
}

fn reporter(topic: &Topic, observer: &Observer) -> impl FnMut(kafka::Progress) + Send + 'static {
    let (topic, observer) = (topic.name.clone(), observer.clone());
    move |progress| {
        observer.tell(&Event::Restoring { topic: topic.clone(), done: progress.done, total: progress.total });
    }
}

/// What a resource's offset record says of who it is, with no scan begun.
fn configured_offset(resource: &ResourcePlan, topic: &Topic) -> SourceOffset {
    SourceOffset {
        version: SourceOffset::VERSION,
        topic: topic.name.clone(),
        topic_id: topic.id.as_str().to_owned(),
        partitions: topic.partitions,
        key_fields: resource.key_fields.clone(),
        key_format: "string".to_owned(),
        source: resource.source_identity.clone(),
        request: resource.request_hash.clone(),
        scan: 0,
        position: None,
        cursor: None,
        running: None,
    }
}

/// DELIVERY 2: a rebuilt producer that is no longer the owner stops.
fn refuse_takeover(
    plan: &ConnectorPlan,
    instance: &Instance,
    owner: Option<&Owner>,
) -> Result<(), StartError> {
    match (instance.generation, owner) {
        (Some(generation), Some(owner))
            if owner.instance != instance.id || owner.generation != generation =>
        {
            Err(StartError::TakenOver {
                connector: plan.name.to_string(),
                instance: owner.instance.clone(),
                host: owner.host.clone(),
                generation: owner.generation,
            })
        }
        _ => Ok(()),
    }
}

/// DELIVERY 6 and 15: what is configured now must be what the offsets topic knows, or the table in the topic would get
/// two rows for one key, or two sources. Before anything is fenced, so that a healthy instance is not harmed.
fn refuse_contradictions<'t>(
    plan: &ConnectorPlan,
    topics: impl Iterator<Item = Option<&'t Topic>>,
    stored: &StoredOffsets,
) -> Result<(), StartError> {
    if let Some(sources) = nothing_in_common(plan, stored) {
        return Err(StartError::Contradiction(format!(
            "connector {}: its name is that of a connector that reads {sources}; two configurations need two names (`name:`; the \
             default is the file's name)",
            plan.name
        )));
    }
    for (resource, topic) in plan.resources.iter().zip(topics) {
        let name = &resource.topic.name;
        if let Some(owner) = stored.topics.get(name).filter(|owner| **owner != plan.name) {
            return Err(StartError::Contradiction(format!(
                "resource {}: topic {name} belongs to connector {owner}: one topic has one source; choose another `topics.name`, or write \
                 a null value under its key on the offsets topic if that connector is gone",
                resource.name
            )));
        }
        // A topic that is not there (any more) is filled anew.
        let Some(topic) = topic else { continue };
        let configured = configured_offset(resource, topic);
        // By name, and by topic: a resource that was renamed still writes to the same table.
        let related = stored
            .resources
            .iter()
            .filter(|(name, offset)| **name == resource.name || offset.topic == topic.name);
        for (name, offset) in related {
            if let Some(difference) = difference(&configured, offset) {
                return Err(StartError::Contradiction(format!(
                    "connector {}, resource {name}: {difference}; either undo the change, or rename the connector or the resource \
                     and its topic, or delete the topic {} to have it filled anew",
                    plan.name, offset.topic
                )));
            }
        }
    }
    Ok(())
}

/// Everything that can refuse this start, before anything is created or fenced: a start that is refused leaves no trace and
/// harms no healthy instance (DELIVERY 4).
async fn refuse_what_exists(
    plan: &ConnectorPlan,
    cluster: &Cluster,
    instance: &Instance,
    offsets_topic: &str,
) -> Result<(), StartError> {
    let mut topics = Vec::with_capacity(plan.resources.len());
    for resource in &plan.resources {
        topics.push(kafka::look(cluster, &resource.topic.name, resource.topic.usage).await?);
    }
    let Some(offsets_topic) = kafka::look(cluster, offsets_topic, TopicUse::Table).await? else {
        return Ok(());
    };
    let stored = kafka::look_at_offsets(cluster, &offsets_topic).await?;
    refuse_contradictions(plan, topics.iter().map(Option::as_ref), &stored)?;
    refuse_takeover(plan, instance, stored.owner.as_ref())
}

/// DELIVERY 4: two files called config.yaml have one default name. If neither a resource nor a source is the same, they are
/// not one connector that was changed, but two.
fn nothing_in_common(plan: &ConnectorPlan, stored: &StoredOffsets) -> Option<String> {
    let known: BTreeSet<&str> = stored.resources.values().map(|offset| offset.source.as_str()).collect();
    let common = plan.resources.iter().any(|resource| {
        stored.resources.contains_key(&resource.name) || known.contains(resource.source_identity.as_str())
    });
    let apart = !known.is_empty() && !plan.resources.is_empty() && !common;
    apart.then(|| known.into_iter().collect::<Vec<_>>().join(", "))
}

/// What must not change under a topic that exists. Another topic id means that the topic is new: nothing is compared.
fn difference(configured: &SourceOffset, stored: &SourceOffset) -> Option<String> {
    if stored.topic == configured.topic && stored.topic_id != configured.topic_id {
        return None;
    }
    if stored.source != configured.source {
        return Some(format!(
            "it was filled from {} and is now configured for {}",
            stored.source, configured.source
        ));
    }
    if stored.topic != configured.topic {
        return None; // a new topic is filled from the beginning
    }
    if stored.key_fields != configured.key_fields || stored.key_format != configured.key_format {
        return Some(format!(
            "its messages are keyed by {} ({}) and primary_key is now {} ({})",
            stored.key_fields.join(", "),
            stored.key_format,
            configured.key_fields.join(", "),
            configured.key_format
        ));
    }
    (stored.partitions != configured.partitions).then(|| {
        format!(
            "topic {} had {} partitions and now has {}: keys would move to other partitions and leave their old rows behind",
            stored.topic, stored.partitions, configured.partitions
        )
    })
}
