//! The plan's types: what can be previewed, and what can be run.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::deletes::{Deletes, Guards};
use super::format::FormatPlan;
use super::probe::Probe;
use super::signals::SignalsPlan;
use super::tasks::{TaskPlan, tasks};
use crate::kafka::{Boundary, Settings, TopicPlan, TopicUse};
use crate::model::{ConnectorName, Page, Parent, ResourceName};
use crate::poll::Source;
use crate::records::{Aside, Deleted, DeletionRule, Incremental, Reader, Rule, Steps};
use crate::registry;

/// One configuration file, compiled: enough for `check` and `preview`.
#[derive(Debug)]
pub struct FilePlan {
    pub name: ConnectorName,
    pub resources: Vec<Listing>,
    /// What the operator may want to know, each with its place in the file.
    pub notes: Vec<String>,
    pub(super) tasks_max: u32,
    pub(super) kafka: Option<Settings>,
    pub(super) state: StatePlan,
    pub(super) registry: Option<registry::Settings>,
    pub(super) signals: SignalsPlan,
}

/// What of the topics is kept on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatePlan {
    pub dir: PathBuf,
    /// In bytes.
    pub memory: u64,
}

/// One resource as the API lists it.
#[derive(Debug)]
pub struct Listing {
    pub name: ResourceName,
    pub source: Arc<Source>,
    pub steps: Steps,
    pub incremental: Option<Incremental>,
    pub reader: Reader,
    /// What its messages look like, or would if it were published.
    pub format: FormatPlan,
    /// Which of its records are deleted.
    pub deletion: DeletionRule,
    /// Where its rows are asked for one by one, if they are.
    pub probe: Option<Probe>,
    /// The resource that its requests are filled from, by its place in the file.
    pub parent: Option<usize>,
    /// The resources whose requests are filled from this one.
    pub children: Vec<usize>,
    /// `None`: read for those that depend on it, and not published.
    pub(super) publication: Option<Publication>,
    /// Whether records that cannot be used are set aside, and the scan goes on.
    pub tolerates: bool,
    pub(super) interval: Duration,
    /// `None`: the connector's.
    pub(super) boundary: Option<Boundary>,
}

/// What a resource is to Kafka.
#[derive(Clone, Debug)]
pub(super) struct Publication {
    pub source_identity: String,
    pub request_hash: String,
    pub key_fields: Vec<String>,
    pub upkeep: Upkeep,
    pub rule: Rule,
    pub shrink: ShrinkRule,
    pub topic: TopicPlan,
    pub letters: Option<LettersPlan>,
}

/// What becomes of a resource's records that cannot be published.
#[derive(Clone, Debug)]
pub struct LettersPlan {
    pub topic: TopicPlan,
    /// Whether dead letters have Kafka Connect's headers.
    pub context_headers: bool,
    pub most: MostLetters,
}

/// How many dead letters a scan may make before it stops.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MostLetters {
    /// Of the records read; judged from ten dead letters on.
    Share(f64),
    Count(u64),
}

impl MostLetters {
    /// So few dead letters are no share of anything.
    const LEAST: u64 = 10;

    /// Whether so many of the records read are too many.
    pub fn is_exceeded(self, dead: u64, records: u64) -> bool {
        match self {
            Self::Share(share) => dead >= Self::LEAST && dead as f64 > share * records as f64,
            Self::Count(most) => dead > most,
        }
    }
}

impl std::fmt::Display for MostLetters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Share(share) => share.fmt(f),
            Self::Count(most) => most.fmt(f),
        }
    }
}

/// A connector that can be run: Kafka is known.
#[derive(Debug)]
pub struct ConnectorPlan {
    pub name: ConnectorName,
    pub kafka: Settings,
    pub state: StatePlan,
    /// `None`: no format asks for one.
    pub registry: Option<registry::Settings>,
    pub signals: SignalsPlan,
    /// Everything that is read, in the order of the file.
    pub listings: Vec<Listing>,
    /// What is published.
    pub resources: Vec<ResourcePlan>,
    pub families: Vec<Family>,
    /// At least one, numbered from 0.
    pub tasks: Vec<TaskPlan>,
}

/// A resource that depends on no other, and all that depend on it: they are scanned together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// By its place in the listings.
    pub root: usize,
    /// Its published resources, by their places in the plan.
    pub resources: Vec<usize>,
    /// From the start of one scan to the start of the next: the root's.
    pub interval: Duration,
    /// What a transaction with its data holds: the root's.
    pub boundary: Boundary,
}

/// One resource and its topic.
#[derive(Debug)]
pub struct ResourcePlan {
    pub name: ResourceName,
    /// Its place in the listings.
    pub listing: usize,
    pub key_fields: Vec<String>,
    pub format: FormatPlan,
    pub upkeep: Upkeep,
    /// The keys of its rows have to be known: what a scan does not show may be deleted, or what depends on a deleted row.
    pub remembers_rows: bool,
    /// What of a record counts when it is compared.
    pub rule: Rule,
    pub shrink: ShrinkRule,
    pub topic: TopicPlan,
    /// `None`: a record that cannot be published fails the scan.
    pub letters: Option<LettersPlan>,
    /// Base URL and path: what the topic is filled from.
    pub source_identity: String,
    /// Of everything that decides which record stands on which page.
    pub request_hash: String,
}

/// When a scan that was to show everything is not believed, and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShrinkRule {
    /// Of the records of the last such scan, the largest share that may be missing.
    pub max_share: f64,
    /// The scan fails; else it deletes nothing, moves no cursor, and is believed if the next one says the same.
    pub fails: bool,
}

/// What a scan does to the topic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Upkeep {
    /// Changed records are published by their key; those that are gone may be deleted.
    Table(Deletes),
    /// Every record is published as it comes; if it can be told from the others by a key, only once.
    Append { by_key: bool },
}

/// Why a file that has no mistakes cannot be run.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotRunnable {
    #[error("there is no `kafka:` block; this command needs one, with at least `bootstrap.servers`")]
    NoKafka,
}

impl FilePlan {
    pub fn resource(&self, name: &str) -> Option<&Listing> {
        self.resources.iter().find(|resource| resource.name.as_str() == name)
    }

    /// What Kafka is asked with, if the file says so.
    pub fn kafka(&self) -> Option<&Settings> {
        self.kafka.as_ref()
    }

    /// The same of the schema registry.
    pub fn registry(&self) -> Option<&registry::Settings> {
        self.registry.as_ref()
    }

    /// The resource at the top of the family that this one belongs to.
    pub fn root_of(&self, resource: usize) -> usize {
        root(&self.resources, resource)
    }

    /// The poll interval of the resource that is polled most often.
    pub fn shortest_interval(&self) -> Duration {
        self.resources.iter().map(|resource| resource.interval).min().unwrap_or_default()
    }

    /// The same with Kafka: by the file's own `kafka:` block.
    pub fn into_connector(mut self) -> Result<ConnectorPlan, NotRunnable> {
        let settings = self.kafka.take().ok_or(NotRunnable::NoKafka)?;
        Ok(self.with_kafka(settings))
    }

    /// The same with other Kafka settings than the file's (the demo's).
    pub fn with_kafka(self, kafka: Settings) -> ConnectorPlan {
        let resources: Vec<ResourcePlan> = self
            .resources
            .iter()
            .enumerate()
            .filter_map(|(place, listing)| listing.resource(place))
            .collect();
        let families = families(&self.resources, &resources, kafka.boundary);
        let tasks = tasks(&self.resources, &families, (self.tasks_max, kafka.boundary));
        let (name, state, listings) = (self.name, self.state, self.resources);
        let (registry, signals) = (self.registry, self.signals);
        ConnectorPlan { name, kafka, state, registry, signals, listings, resources, families, tasks }
    }
}

impl ConnectorPlan {
    /// The poll interval of a published resource: its family's.
    pub fn interval_of(&self, resource: usize) -> Duration {
        let family = self.families.iter().find(|family| family.resources.contains(&resource));
        family.map(|family| family.interval).unwrap_or_default()
    }
}

fn root(listings: &[Listing], place: usize) -> usize {
    let parent = |place: &usize| listings.get(*place).and_then(|listing| listing.parent);
    // Configuration has refused cycles; the bound is for the type.
    std::iter::successors(Some(place), parent).take(listings.len()).last().unwrap_or(place)
}

/// In the order of their roots; one without a published resource is left out.
fn families(listings: &[Listing], resources: &[ResourcePlan], boundary: Boundary) -> Vec<Family> {
    let mut families: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, resource) in resources.iter().enumerate() {
        families.entry(root(listings, resource.listing)).or_default().push(place);
    }
    let interval = |root| listings.get(root).map(|listing: &Listing| listing.interval).unwrap_or_default();
    let boundary =
        |root| listings.get(root).and_then(|listing: &Listing| listing.boundary).unwrap_or(boundary);
    families
        .into_iter()
        .map(|(root, resources)| Family {
            root,
            resources,
            interval: interval(root),
            boundary: boundary(root),
        })
        .collect()
}

impl Listing {
    /// Whether its records become messages.
    pub fn is_published(&self) -> bool {
        self.publication.is_some()
    }

    /// Takes the records of a page that cannot be used, or refuses the first of them.
    pub fn aside(&self) -> Aside<'_> {
        if self.tolerates { Aside::keeping(&self.reader) } else { Aside::refusing() }
    }

    /// How many parents' pages are asked for at the same time.
    pub fn parents_ahead(&self) -> usize {
        self.source.limits.in_flight.max(1)
    }

    /// The records of a page, as the resources that depend on this one see them: those whose rows the page leaves undeleted.
    pub fn parents(&self, page: &Page, deleted: &Deleted) -> Vec<Parent> {
        let parent = |index| Some((deleted.contains(index), self.as_parent(page, index)?));
        let mut parents: Vec<(bool, Parent)> = (0..page.records.len()).filter_map(parent).collect();
        if !deleted.is_empty() {
            let last = parents.iter().map(|(deleted, parent)| (parent.key().to_owned(), *deleted));
            let last: HashMap<String, bool> = last.collect(); // of one key the last wins
            parents.retain(|(_, parent)| last.get(parent.key()) != Some(&true));
        }
        parents.into_iter().filter(|(deleted, _)| !deleted).map(|(_, parent)| parent).collect()
    }

    /// One record of a page; `None` if there is no such record.
    fn as_parent(&self, page: &Page, index: usize) -> Option<Parent> {
        let span = *page.records.get(index)?;
        let parent = |key| Parent::new(self.name.clone(), page.body.clone(), span, key);
        Some(match self.reader.record(page, index) {
            Ok(record) => parent(record.key.into_owned()),
            // The resource's own scan fails over it; those that depend on it can still be asked for.
            Err(_) => parent(format!("#{}", index + 1)).unnamed(),
        })
    }

    fn resource(&self, place: usize) -> Option<ResourcePlan> {
        let publication = self.publication.clone()?;
        Some(ResourcePlan {
            name: self.name.clone(),
            listing: place,
            request_hash: publication.request_hash,
            source_identity: publication.source_identity,
            key_fields: publication.key_fields,
            format: self.format.clone(),
            remembers_rows: publication.upkeep.remembers_rows(self.parent.is_some()),
            upkeep: publication.upkeep,
            rule: publication.rule,
            shrink: publication.shrink,
            topic: publication.topic,
            letters: publication.letters,
        })
    }
}

impl ResourcePlan {
    /// Whether its messages have keys.
    pub fn has_keys(&self) -> bool {
        match self.upkeep {
            Upkeep::Table(_) => true,
            Upkeep::Append { .. } => !self.key_fields.is_empty(),
        }
    }
}

impl Upkeep {
    /// Nothing has to be done once the last page is published.
    pub fn ends_with_its_last_page(self) -> bool {
        self.of_missing().is_none()
    }

    /// Whether the newest message of each key is its row.
    pub fn is_table(&self) -> bool {
        match self {
            Self::Table(_) => true,
            Self::Append { .. } => false,
        }
    }

    /// Whether records are compared with what the topic holds.
    pub fn compares(self) -> bool {
        match self {
            Self::Table(_) => true,
            Self::Append { by_key } => by_key,
        }
    }

    /// The guards, if what whole scans do not show is taken for gone.
    pub fn of_missing(&self) -> Option<&Guards> {
        match self {
            Self::Table(deletes) => deletes.of_missing(),
            Self::Append { .. } => None,
        }
    }

    fn remembers_rows(&self, has_parent: bool) -> bool {
        match self {
            Self::Table(Deletes::Snapshot(_) | Deletes::Probe(_)) => true,
            Self::Table(Deletes::Soft) => has_parent,
            Self::Table(Deletes::None) | Self::Append { .. } => false,
        }
    }

    pub fn topic_use(self) -> TopicUse {
        match self {
            Self::Table(_) => TopicUse::Table,
            Self::Append { .. } => TopicUse::Log,
        }
    }
}
