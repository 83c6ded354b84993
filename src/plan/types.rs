//! The plan's types: what can be previewed, and what can be run.

use std::sync::Arc;
use std::time::Duration;

use super::identity::request_hash;
use crate::kafka::{Settings, TopicPlan};
use crate::model::{ConnectorName, ResourceName};
use crate::poll::Source;
use crate::records::{KeySpec, Reader};

/// One configuration file, compiled: enough for `check` and `preview`.
#[derive(Debug)]
pub struct FilePlan {
    pub name: ConnectorName,
    pub resources: Vec<Listing>,
    /// What the operator may want to know, each with its place in the file.
    pub notes: Vec<String>,
    pub(super) kafka: Option<Settings>,
}

/// One resource as the API lists it.
#[derive(Debug)]
pub struct Listing {
    pub name: ResourceName,
    pub source: Arc<Source>,
    /// `None`: the resource has no primary key.
    pub reader: Option<Reader>,
    pub(super) source_identity: String,
    pub(super) key_fields: Vec<String>,
    pub(super) topic: TopicPlan,
    pub(super) interval: Duration,
}

/// A connector that can be run: Kafka is known, and every resource has a key.
#[derive(Debug)]
pub struct ConnectorPlan {
    pub name: ConnectorName,
    pub kafka: Settings,
    pub resources: Vec<ResourcePlan>,
}

/// One resource and its topic.
#[derive(Debug)]
pub struct ResourcePlan {
    pub name: ResourceName,
    pub source: Arc<Source>,
    pub reader: Reader,
    pub key_fields: Vec<String>,
    pub topic: TopicPlan,
    /// From the start of one scan to the start of the next.
    pub interval: Duration,
    /// Base URL and path: what the topic is filled from.
    pub source_identity: String,
    /// Of everything that decides which record stands on which page.
    pub request_hash: String,
}

/// Why a file that has no mistakes cannot be run.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRunnable {
    #[error("there is no `kafka:` block; this command needs one, with at least `bootstrap.servers`")]
    NoKafka,
    #[error(
        "resource {0} has no primary_key, so its write disposition is append, which is not supported yet; name the field that \
         identifies a record (`primary_key: id`)"
    )]
    NoKey(ResourceName),
}

impl FilePlan {
    pub fn resource(&self, name: &str) -> Option<&Listing> {
        self.resources.iter().find(|resource| resource.name.as_str() == name)
    }

    /// The poll interval of the resource that is polled most often.
    pub fn shortest_interval(&self) -> Duration {
        self.resources.iter().map(|resource| resource.interval).min().unwrap_or_default()
    }

    /// The same with Kafka: by the file's own `kafka:` block.
    pub fn into_connector(mut self) -> Result<ConnectorPlan, NotRunnable> {
        let settings = self.kafka.take().ok_or(NotRunnable::NoKafka)?;
        self.with_kafka(settings)
    }

    /// The same with other Kafka settings than the file's (the demo's).
    pub fn with_kafka(self, kafka: Settings) -> Result<ConnectorPlan, NotRunnable> {
        let resources = self.resources.into_iter().map(Listing::into_resource).collect::<Result<_, _>>()?;
        Ok(ConnectorPlan { name: self.name, kafka, resources })
    }
}

impl Listing {
    pub(super) fn reader(name: &ResourceName, keys: Option<KeySpec>) -> Option<Reader> {
        keys.map(|keys| Reader::new(name.clone(), keys))
    }

    fn into_resource(self) -> Result<ResourcePlan, NotRunnable> {
        let Some(reader) = self.reader else {
            return Err(NotRunnable::NoKey(self.name));
        };
        Ok(ResourcePlan {
            source_identity: self.source_identity,
            request_hash: request_hash(&self.source),
            name: self.name,
            source: self.source,
            reader,
            key_fields: self.key_fields,
            topic: self.topic,
            interval: self.interval,
        })
    }
}
