//! The schemas of Avro keys at a start: an id is part of every row's key, so it is the one that was remembered, or the start is refused.

use std::collections::{BTreeSet, HashMap};

use super::start::StartError;
use crate::encode::AvroKeys;
use crate::kafka::{self, Checkpoint, Cluster, Reading, StoredOffsets, Topic};
use crate::model::{HEADER_BYTES, KnownId, SchemaId, SchemaMemory, SchemaOf};
use crate::plan::{ConnectorPlan, ResourcePlan};
use crate::registry::{Registered, Registry};

/// What the offsets topic says of a resource's keys counts from here on. Whether it says what can be believed.
pub(super) fn remember(plan: &ResourcePlan, stored: &StoredOffsets) -> bool {
    let Some(keys) = plan.format.keys.avro() else { return true };
    match stored.schemas.get(&(plan.name.clone(), SchemaOf::Key)) {
        Some(memory) => keys.remember(memory).is_ok(),
        None => {
            keys.tell_again(); // what this process knows is not written down yet
            keys.id().is_some()
        }
    }
}

/// Finds out by which schema the keys of the rows are written, before anything of the topic is compared. Nothing is asked where that
/// is remembered, or where there are no rows.
pub(super) async fn recall(
    (plan, cluster): (&ConnectorPlan, &Cluster),
    (place, topic): (usize, Option<&Topic>),
    stored: &StoredOffsets,
) -> Result<(), StartError> {
    let Some(resource) = plan.resources.get(place) else { return Ok(()) };
    let (Some(keys), Some(topic)) = (resource.format.keys.avro(), topic) else { return Ok(()) };
    if remember(resource, stored) {
        return Ok(());
    }
    let ids = ids_in(cluster, topic).await?;
    if ids.is_empty() {
        return Ok(()); // the first record decides
    }
    let memory = stored.schemas.get(&(resource.name.clone(), SchemaOf::Key));
    let lost = Lost { plan, resource, topic, keys, ids: &ids };
    let found = lost.newest().await?;
    let problem = match (memory.and_then(elsewhere(keys)), found) {
        (_, Some(found)) if lost.is_of_the_rows(&found) => {
            return lost.take(&found).map_err(|problem| StartError::Unfit { place, problem });
        }
        (Some(known), found) => lost.in_another_registry(known, found.as_ref()),
        (None, found) => lost.forgotten(found.as_ref()),
    };
    Err(StartError::Unfit { place, problem })
}

/// What is remembered of another registry.
fn elsewhere(keys: &AvroKeys) -> impl Fn(&SchemaMemory) -> Option<&KnownId> {
    move |memory| memory.registered.as_ref().filter(|known| known.registry != keys.home().registry)
}

/// Rows whose key's schema is not known.
struct Lost<'a> {
    plan: &'a ConnectorPlan,
    resource: &'a ResourcePlan,
    topic: &'a Topic,
    keys: &'a AvroKeys,
    /// Of the schemas that their keys name.
    ids: &'a BTreeSet<u32>,
}

impl Lost<'_> {
    /// What the registry has of the keys' schema. It asks and registers nothing.
    async fn newest(&self) -> Result<Option<Registered>, StartError> {
        let Some(settings) = &self.plan.registry else { return Ok(None) };
        let asked = async { Registry::new(settings.clone())?.latest(&self.keys.subject()).await };
        asked.await.map_err(|error| StartError::Registry {
            resource: self.resource.name.to_string(),
            topic: self.topic.name.clone(),
            error: Box::new(error),
        })
    }

    fn is_of_the_rows(&self, found: &Registered) -> bool {
        self.ids.iter().eq([&found.id.0])
    }

    fn take(&self, found: &Registered) -> Result<(), String> {
        let Registered { id, schema, .. } = found;
        self.keys.freeze(&schema.text, *id).map_err(|error| {
            format!(
                "{}the registry's schema with that id cannot be theirs: {error}; {}",
                self.intro(),
                self.way_out()
            )
        })?;
        tracing::info!(
            connector = %self.plan.name, resource = %self.resource.name,
            "the keys of topic {} are written by the schema with the id {id}, which the registry knows under {:?}: it is remembered",
            self.topic.name, self.keys.subject()
        );
        Ok(())
    }

    fn in_another_registry(&self, known: &KnownId, found: Option<&Registered>) -> String {
        let (registry, now) = (&known.registry, &self.keys.home().registry);
        format!(
            "{}{registry} gave it, and the registry is now {now}, which has {}: every row would get a second key, and the first one would stay \
             for ever; go back to that registry, or bring the schema over with its id (Confluent's mode IMPORT), or {}",
            self.intro(),
            self.told(found),
            self.way_out()
        )
    }

    fn forgotten(&self, found: Option<&Registered>) -> String {
        format!(
            "{}what the offsets topic {} remembered of it is gone, and the registry {} has {}: every row would get a second key, and the \
             first one would stay for ever; {}",
            self.intro(),
            self.plan.kafka.offsets_topic,
            self.keys.home().registry,
            self.told(found),
            self.way_out()
        )
    }

    fn intro(&self) -> String {
        let ids: Vec<String> = self.ids.iter().map(|id| SchemaId(*id).to_string()).collect();
        let of = if ids.len() == 1 { "the schema with the id" } else { "schemas with the ids" };
        format!(
            "connector {}, resource {}: topic {} has rows whose Avro keys name {of} {}; ",
            self.plan.name,
            self.resource.name,
            self.topic.name,
            ids.join(", ")
        )
    }

    fn told(&self, found: Option<&Registered>) -> String {
        match found {
            None => format!("nothing under the subject {:?}", self.keys.subject()),
            Some(found) => format!("the id {} under the subject {:?}", found.id, self.keys.subject()),
        }
    }

    fn way_out(&self) -> String {
        format!(
            "delete the topic {} to have it filled anew, or rename the resource and its topic",
            self.topic.name
        )
    }
}

/// The ids that the keys of a topic's rows name, as far as they are committed. Whoever wrote them: a second key is one for all.
async fn ids_in(cluster: &Cluster, topic: &Topic) -> Result<BTreeSet<u32>, kafka::Error> {
    let reading = Reading::new(topic, Checkpoint::new()).without_waiting();
    let rows: HashMap<Box<[u8]>, u32> = HashMap::new();
    let (rows, end) = kafka::read_raw(cluster, reading, rows, |rows, record| {
        let Some((key, id)) = record.key.and_then(|key| Some((key, id_of(key)?))) else { return };
        match record.value {
            Some(_) => drop(rows.insert(key.into(), id)),
            None => drop(rows.remove(key)),
        }
    })
    .await;
    end.map(|_| rows.into_values().collect())
}

/// Of Confluent's wire format.
fn id_of(key: &[u8]) -> Option<u32> {
    let [0, a, b, c, d] = *key.first_chunk::<HEADER_BYTES>()? else { return None };
    Some(u32::from_be_bytes([a, b, c, d]))
}
