//! `krest audit`: the API read whole, the topic read to its end and what is on this machine, compared key by key. Writes nothing.
//!
//! What differs is looked at once more, with the API and the topic read anew: a row that changes meanwhile is no difference.

mod judge;
mod kept;
mod listing;
mod parents;
mod table;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use super::event::{Event, Observer};
use super::instance::Instance;
use super::metadata::metadata_plan;
use super::rules::rules;
use super::schemas::values;
use super::start::{StartError, survey};
use crate::encode::{MetadataPlan, Values};
use crate::kafka::{self, Cluster, StoredOffsets, Topic};
use crate::model::{Redactor, ResourceName};
use crate::plan::{ConnectorPlan, Family, Listing, ResourcePlan};
use crate::poll::Poller;
use crate::records::Rules;
use crate::state::LocalState;
use crate::sync::{Registrar, ScanReport};
use judge::{Finding, find, judge};
use listing::Listed;
use parents::Above;
use table::Table;

pub(super) use table::made;

/// What is compared.
pub struct Audit<'a> {
    pub plan: &'a ConnectorPlan,
    pub poller: &'a Poller,
    /// What is kept on this machine; `None`: nothing, or another process has it.
    pub state: Option<&'a LocalState>,
    pub stop: &'a CancellationToken,
    pub observer: &'a Observer,
    pub redactor: &'a Redactor,
    /// None: all.
    pub wanted: &'a [String],
}

/// What an audit has found of one resource.
#[derive(Clone, Debug)]
pub struct Audited {
    pub resource: ResourceName,
    /// Rows of the API.
    pub api: u64,
    /// Rows of the topic.
    pub topic: u64,
    /// Keys of the cache on this machine; `None`: it was not compared.
    pub cache: Option<u64>,
    /// The first of what differs, by key.
    pub differences: Vec<Deviation>,
    /// How many differ in all.
    pub different: u64,
    /// Rows that the API does not show and that are to stay.
    pub kept: u64,
    /// Rows that changed while they were looked at, and were not judged.
    pub changing: u64,
    /// Records of the API that a run would set aside.
    pub dead_letters: u64,
    /// No run does anything with it.
    pub paused: bool,
    /// Why it could not be compared.
    pub error: Option<String>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// One key that is not the same everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// Keys of the cache alone may be known by their hash only: then it is empty.
    pub key: Bytes,
    pub how: How,
    /// The topic's value and the API's, where there are such.
    pub topic: Option<Bytes>,
    pub api: Option<Bytes>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    Missing,
    Differs,
    /// The API does not show it.
    OnlyInTopic,
    /// The API says that it is deleted.
    Deleted,
    /// The message's fingerprint is not that of its value, or is missing.
    Header,
    /// The cache has something else than the topic.
    Cache,
}

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Kafka(#[from] kafka::Error),
    /// Another instance.
    #[error("{0}")]
    Running(String),
    #[error("stopped")]
    Stopped,
}

impl From<StartError> for AuditError {
    fn from(error: StartError) -> Self {
        let passes = error.passes();
        match error {
            StartError::Kafka(error) if passes => Self::Kafka(error),
            StartError::Kafka(_)
            | StartError::Contradiction(_)
            | StartError::Unfit { .. }
            | StartError::Registry { .. }
            | StartError::TakenOver { .. } => Self::Refused(error.to_string()),
        }
    }
}

/// So many differences of a resource are named.
pub(super) const MOST: usize = 1000;

/// Compares the published resources that are wanted, in the order of the plan.
pub async fn audit(audit: &Audit<'_>) -> Result<Vec<Audited>, AuditError> {
    let auditing = async {
        let cluster = Cluster::connect(audit.plan.kafka.clone()).await?;
        let all: Vec<usize> = (0..audit.plan.resources.len()).collect();
        let stored = survey(audit.plan, &all, &cluster, &Instance::of_this_process()).await?;
        let mut audited = BTreeMap::new();
        for family in &audit.plan.families {
            let members = Members::of(audit, family, (&cluster, &stored)).await?;
            members.compare(&mut audited).await?;
        }
        Ok(audited.into_values().collect())
    };
    audit.stop.run_until_cancelled(auditing).await.ok_or(AuditError::Stopped)?
}

/// Refuses where an instance of the connector runs, wherever that is.
pub async fn refuse_beside_another(plan: &ConnectorPlan) -> Result<(), AuditError> {
    let cluster = Cluster::connect(plan.kafka.clone()).await?;
    let running = kafka::running_instances(&cluster).await?;
    let Some(one) = running.first() else { return Ok(()) };
    Err(AuditError::Running(format!(
        "connector {} is running ({one}): a repair is an instance of it, and two would take it from each other; stop that one first, or \
         leave the repair to it (its next scan publishes what a plan shows)",
        plan.name
    )))
}

impl Audit<'_> {
    fn wants(&self, plan: &ResourcePlan) -> bool {
        self.wanted.is_empty() || self.wanted.iter().any(|name| name == plan.name.as_str())
    }
}

/// Whether a resource that is wanted depends on this one.
fn has_wanted_below(audit: &Audit<'_>, family: &Family, plan: &ResourcePlan) -> bool {
    let parent = |listing: &usize| audit.plan.listings.get(*listing).and_then(|listing| listing.parent);
    let is_below =
        |listing: usize| std::iter::successors(Some(listing), parent).any(|above| above == plan.listing);
    let others = family.resources.iter().filter_map(|place| audit.plan.resources.get(*place));
    others.into_iter().any(|other| audit.wants(other) && is_below(other.listing))
}

/// How many others it depends on.
fn depth(listings: &[Listing], listing: usize) -> usize {
    let parent = |listing: &usize| listings.get(*listing).and_then(|listing| listing.parent);
    std::iter::successors(Some(listing), parent).count()
}

/// The resources of one family that are compared, and those that they depend on.
struct Members<'a> {
    audit: &'a Audit<'a>,
    cluster: &'a Cluster,
    family: &'a Family,
    /// By their places in the plan.
    members: BTreeMap<usize, Member<'a>>,
}

struct Member<'a> {
    plan: &'a ResourcePlan,
    /// `None`: there is none yet.
    topic: Option<Topic>,
    rules: Arc<Rules>,
    values: Values,
    /// The most bytes that key and value of a message may come to.
    largest: usize,
    metadata_plan: Option<MetadataPlan>,
    paused: bool,
    /// Else it is there for what depends on it.
    wanted: bool,
}

/// What one look at a resource showed.
#[derive(Debug)]
struct Look {
    table: Table,
    /// What a scan would make the values with.
    values: Values,
    listed: Listed,
}

impl<'a> Members<'a> {
    async fn of(
        audit: &'a Audit<'a>,
        family: &'a Family,
        (cluster, stored): (&'a Cluster, &StoredOffsets),
    ) -> Result<Self, AuditError> {
        let mut members = BTreeMap::new();
        for place in &family.resources {
            let Some(plan) = audit.plan.resources.get(*place) else { continue };
            let wanted = audit.wants(plan);
            if !wanted && !has_wanted_below(audit, family, plan) {
                continue;
            }
            let topic = kafka::look(cluster, &plan.topic.name, plan.topic.usage).await?;
            let to_be = match &topic {
                Some(topic) => topic.clone(),
                None => kafka::foresee(cluster, &plan.topic).await?,
            };
            let largest = cluster.settings().largest_message(&plan.name, &to_be);
            let metadata_plan = metadata_plan(audit.plan, plan, (largest, audit.redactor));
            let rules = Arc::new(rules(plan, stored, &Rules::default()));
            let paused = stored.paused.holds(plan.name.as_str());
            let values = values(plan, stored).map_err(kafka::Error::from)?;
            let member = Member { plan, topic, rules, values, largest, metadata_plan, paused, wanted };
            members.insert(*place, member);
        }
        Ok(Self { audit, cluster, family, members })
    }

    async fn compare(self, audited: &mut BTreeMap<usize, Audited>) -> Result<(), AuditError> {
        for (place, member) in
            self.members.iter().filter(|(_, member)| member.wanted && !member.plan.upkeep.is_table())
        {
            let note = "every record of it is published once (write_disposition: append): there is no table to compare";
            let one =
                Audited { notes: vec![note.to_owned()], paused: member.paused, ..Audited::of(member.plan) };
            audited.insert(*place, one);
        }
        if !self.members.values().any(|member| member.plan.upkeep.is_table()) {
            return Ok(());
        }
        let mut first = self.look(&BTreeMap::new()).await?;
        let mut found = self.find(&first);
        let mut again = None;
        if found.values().any(|found| !found.is_empty()) {
            let named =
                found.iter().map(|(place, found)| (*place, found.keys().take(MOST).cloned().collect()));
            first = self.look(&named.collect()).await?;
            again = Some(self.find(&first));
        }
        for (place, look) in first {
            let Some(member) = self.members.get(&place).filter(|member| member.wanted) else { continue };
            let before = found.remove(&place).unwrap_or_default();
            let after = again.as_mut().map(|again| again.remove(&place).unwrap_or_default());
            let mut one = judge(member.plan, &look, (before, after));
            if let (Some(state), Some(topic)) = (self.audit.state, &member.topic) {
                kept::compare(state, (member.plan, topic), &look.table, &mut one);
            }
            audited.insert(place, self.as_told(one, member));
        }
        Ok(())
    }

    /// Quotes of the API pass the redactor.
    fn as_told(&self, one: Audited, member: &Member<'_>) -> Audited {
        let scrub = |text: String| self.audit.redactor.scrub(&text).into_owned();
        let notes = one.notes.into_iter().map(scrub).collect();
        Audited { error: one.error.map(scrub), notes, paused: member.paused, ..one }
    }

    /// The topics first: what the API shows is compared with them as it comes. `named`: the keys whose values are kept.
    async fn look(
        &self,
        named: &BTreeMap<usize, HashSet<Bytes>>,
    ) -> Result<BTreeMap<usize, Look>, AuditError> {
        let registrar = Registrar::of_rehearsal(self.audit.plan.registry.as_ref());
        let mut looks = BTreeMap::new();
        for (place, member) in self.members.iter().filter(|(_, member)| member.plan.upkeep.is_table()) {
            let named = named.get(place).cloned().unwrap_or_default();
            self.tell(&Event::ScanStarted { resource: member.plan.name.clone() });
            let table = match &member.topic {
                Some(topic) => {
                    let rules = (&member.rules, named.clone());
                    table::read((self.cluster, &registrar), topic, rules, member.plan).await?
                }
                None => Table::default(),
            };
            looks.insert(*place, Look { table, values: member.values.clone(), listed: Listed::new(named) });
        }
        let open = listing::read(self, &mut looks).await;
        let found = if open.is_empty() { BTreeMap::new() } else { self.find(&looks) };
        listing::look_behind(self, &mut looks, (open, found)).await;
        for member in self.members.values() {
            let (resource, report) = (member.plan.name.clone(), ScanReport::default());
            self.tell(&Event::ScanFinished { resource, report });
        }
        Ok(looks)
    }

    /// Parents first: what becomes of their rows decides over the rows under them.
    fn find(&self, looks: &BTreeMap<usize, Look>) -> BTreeMap<usize, Finding> {
        let listings = &self.audit.plan.listings;
        let depth =
            |place: &usize| self.members.get(place).map(|member| depth(listings, member.plan.listing));
        let mut places: Vec<usize> = looks.keys().copied().collect();
        places.sort_by_key(depth);
        let mut found = BTreeMap::new();
        for place in places {
            let Some((look, member)) = looks.get(&place).zip(self.members.get(&place)) else { continue };
            let one = find(member.plan, look, &self.above(member.plan, looks, &found));
            found.insert(place, one);
        }
        found
    }

    fn above<'l>(
        &self,
        plan: &ResourcePlan,
        looks: &'l BTreeMap<usize, Look>,
        found: &BTreeMap<usize, Finding>,
    ) -> Above<'l> {
        let parent = self.audit.plan.listings.get(plan.listing).and_then(|listing| listing.parent);
        let is_it = |member: &Member<'_>| Some(member.plan.listing) == parent;
        let Some((place, member)) = self.members.iter().find(|(_, member)| is_it(member)) else {
            return Above::Nothing;
        };
        let Some((look, found)) = looks.get(place).zip(found.get(place)) else { return Above::Nothing };
        if member.paused {
            return Above::Paused;
        }
        let finds_missing = member.plan.upkeep.of_missing().is_some();
        Above::Rows { look, gone: found.gone(look), finds_missing }
    }

    fn tell(&self, event: &Event) {
        self.audit.observer.tell(event);
    }
}

impl Audited {
    fn of(plan: &ResourcePlan) -> Self {
        Self {
            resource: plan.name.clone(),
            api: 0,
            topic: 0,
            cache: None,
            differences: Vec::new(),
            different: 0,
            kept: 0,
            changing: 0,
            dead_letters: 0,
            paused: false,
            error: None,
            notes: Vec::new(),
        }
    }

    pub fn is_clean(&self) -> bool {
        self.different == 0 && self.error.is_none()
    }
}
