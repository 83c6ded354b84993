//! What refuses a start: another owner, and what contradicts the offsets topic. Decides on what was read; no I/O.

use std::collections::BTreeSet;

use super::instance::Instance;
use super::start::StartError;
use crate::kafka::{Owner, StoredOffsets, Topic};
use crate::model::SourceOffset;
use crate::plan::{ConnectorPlan, ResourcePlan};

/// A rebuilt producer that is no longer the owner stops.
pub(super) fn refuse_takeover(
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

/// What is configured now must be what the offsets topic knows, or the table in the topic would get
/// two rows for one key, or two sources. Before anything is fenced, so that a healthy instance is not harmed.
/// `topics`: by the resources' places in the plan.
pub(super) fn refuse_contradictions<'t>(
    plan: &ConnectorPlan,
    topics: impl Iterator<Item = (usize, Option<&'t Topic>)>,
    stored: &StoredOffsets,
) -> Result<(), StartError> {
    if let Some(sources) = nothing_in_common(plan, stored) {
        return Err(StartError::Contradiction(format!(
            "connector {}: its name is that of a connector that reads {sources}; two configurations need two names (`name:`; the \
             default is the file's name)",
            plan.name
        )));
    }
    for (place, topic) in topics {
        let Some(resource) = plan.resources.get(place) else { continue };
        let unfit = |problem| Err(StartError::Unfit { place, problem });
        let name = &resource.topic.name;
        if let Some(owner) = stored.topics.get(name).filter(|owner| **owner != plan.name) {
            return unfit(format!(
                "resource {}: topic {name} belongs to connector {owner}: one topic has one source; choose another `topics.name`, or write \
                 a null value under its key on the offsets topic if that connector is gone",
                resource.name
            ));
        }
        // A topic that is not there (any more) is filled anew.
        let Some(topic) = topic else { continue };
        let configured = identity(resource, topic);
        // By name, and by topic: a resource that was renamed still writes to the same table.
        let related = stored
            .resources
            .iter()
            .filter(|(name, offset)| **name == resource.name || offset.topic == topic.name);
        for (name, offset) in related {
            if let Some(difference) = difference(&configured, offset) {
                return unfit(format!(
                    "connector {}, resource {name}: {difference}; either undo the change, or rename the connector or the resource \
                     and its topic, or delete the topic {} to have it filled anew",
                    plan.name, offset.topic
                ));
            }
        }
    }
    Ok(())
}

/// What a resource's offset record says of who it is, with no scan begun.
pub(super) fn identity(resource: &ResourcePlan, topic: &Topic) -> SourceOffset {
    SourceOffset {
        version: SourceOffset::VERSION,
        topic: topic.name.clone(),
        topic_id: topic.id.as_str().to_owned(),
        partitions: topic.partitions,
        key_fields: resource.key_fields.clone(),
        key_format: resource.format.key.to_owned(),
        source: resource.source_identity.clone(),
        request: resource.request_hash.clone(),
        ..SourceOffset::default()
    }
}

/// Two files called config.yaml have one default name. If neither a resource nor a source is the same, they are
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
            "it was filled from {} and is now configured for {} (if that is the same API, krest offsets reset -r RESOURCE lets it go on)",
            stored.source, configured.source
        ));
    }
    if stored.topic != configured.topic {
        return None; // a new topic is filled from the beginning
    }
    if stored.key_fields == configured.key_fields && stored.key_format != configured.key_format {
        return Some(format!(
            "the keys of its messages are written as {} and format.key is now {}: every row would get a second key, and the first one \
             would stay for ever",
            key_format(stored),
            key_format(configured)
        ));
    }
    if stored.key_fields != configured.key_fields || stored.key_format != configured.key_format {
        return Some(format!(
            "its messages are keyed by {} ({}) and primary_key is now {} ({})",
            stored.key_fields.join(", "),
            key_format(stored),
            configured.key_fields.join(", "),
            key_format(configured)
        ));
    }
    (stored.partitions != configured.partitions).then(|| {
        format!(
            "topic {} had {} partitions and now has {}: keys would move to other partitions and leave their old rows behind",
            stored.topic, stored.partitions, configured.partitions
        )
    })
}

/// As it is configured.
fn key_format(offset: &SourceOffset) -> String {
    match offset.key_format.strip_suffix("_struct") {
        Some(format) => format!("{format} under envelope: debezium, whose keys are structs,"),
        None => offset.key_format.clone(),
    }
}
