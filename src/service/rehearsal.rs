//! `krest plan`: a `run --once` of which nothing is published. The same start without its effects, the same sessions and scans;
//! only the producer shows what it is given, and the caches are thrown away.

mod before;
mod tally;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::connector::{Broker, Connector, Mode, Outcome, begin, resources_of};
use super::event::{Event, Observer};
use super::instance::Instance;
use super::resource::{Reads, Resource};
use super::session::{self, Session, poll_until_it_ends};
use super::shown::Shown;
use super::signals::{Desk, Office, Site};
use super::start::{Opening, StartError, survey};
use super::tell::left_undone;
use crate::encode::Layout;
use crate::kafka::{self, Cluster, Paused, Producer, Topic, TopicPlan, Writer};
use crate::model::ResourceName;
use crate::plan::{ConnectorPlan, FormatPlan, ResourcePlan, TaskPlan};
use crate::poll::Poller;
use crate::state::LocalState;
use crate::sync::{Registrar, ScanReport};
use tally::{Expected, Tallies};

/// What is rehearsed.
pub struct Rehearsal {
    pub plan: ConnectorPlan,
    pub poller: Poller,
    pub stop: CancellationToken,
    pub observer: Observer,
    /// Whether the changes are wanted, and not their number alone.
    pub changes: bool,
}

/// What a run would do to one resource.
#[derive(Clone, Debug)]
pub struct Foreseen {
    pub resource: ResourceName,
    pub upserts: u64,
    pub tombstones: u64,
    pub unchanged: u64,
    pub dead_letters: u64,
    /// Why its scan failed. What was read before it counts as far as a run would have published it.
    pub error: Option<String>,
    /// What a scan that went well would yet leave undone, and why.
    pub undone: Option<String>,
    /// It would not be scanned at all.
    pub paused: bool,
    /// In the order in which they would be published; only where they are wanted.
    pub changes: Vec<ForeseenChange>,
    /// Changes beyond those that are kept.
    pub left_out: u64,
}

/// One message that a run would publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForeseenChange {
    pub key: Option<Bytes>,
    /// What the topic, or an earlier change, has under the key.
    pub before: Option<Bytes>,
    /// `None`: a tombstone.
    pub after: Option<Bytes>,
}

/// What a rehearsal cannot know: the disk belongs to the instance that runs.
const GRACE: &str = "deletes.grace counts here from this scan: in how many scans rows were missing before is known to a run alone, which may \
                     delete more";

const ORPHANS: &str = "rows under deleted parents are among the tombstones: a run keeps them until it has read all parents whole, unless it knows \
                       from its disk that no row has two parents";

type Reports = Arc<Mutex<HashMap<ResourceName, (ScanReport, Option<String>)>>>;

/// What a `run --once` would do now, by resource, in the order of the plan; those whose task has no family are left out.
/// Publishes, creates, fences and locks nothing. `Err`: it cannot be said, and the log has said why.
pub async fn rehearse(rehearsal: Rehearsal) -> Result<Vec<Foreseen>, Outcome> {
    let reports = Reports::default();
    let Rehearsal { plan, poller, stop, observer, changes } = rehearsal;
    let connector = Arc::new(Connector {
        broker: Broker::Real(plan.kafka.clone()),
        registrar: Registrar::of_rehearsal(plan.registry.as_ref()),
        plan: Arc::new(plan),
        poller,
        mode: Mode::Rehearsal,
        allow_deletes: HashSet::new(),
        stop: stop.child_token(),
        observer: keeping(&reports, observer),
        state: LocalState::of_rehearsal(),
    });
    let mut instance = Instance::of_this_process();
    let preparing = begin(&connector, &mut instance, |connector, cluster, instance| {
        Box::pin(prepare(connector, instance, cluster, changes))
    });
    let (cluster, scenes) = preparing.await?;
    let mut foreseen = play(&connector, &instance, (&cluster, scenes), &reports).await?;
    foreseen.sort_by_key(|(place, _)| *place);
    Ok(foreseen.into_iter().map(|(_, foreseen)| foreseen).collect())
}

/// A task whose caches know what the topics hold, and whose producer publishes nothing.
struct Scene {
    task: TaskPlan,
    session: Session,
    resources: Vec<Resource>,
    tallies: Arc<Mutex<Tallies>>,
    /// A run would leave these out.
    paused: Paused,
}

/// What a start does before it has any effect.
async fn prepare(
    connector: &Connector,
    instance: &Instance,
    cluster: Cluster,
    changes: bool,
) -> Result<(Cluster, Vec<Scene>), StartError> {
    let plan = &connector.plan;
    let all: Vec<usize> = plan.tasks.iter().flat_map(|task| task.resources.iter().copied()).collect();
    let stored = Arc::new(survey(plan, &all, &cluster, instance).await?);
    let offsets = kafka::foresee(&cluster, &TopicPlan::offsets(&cluster.settings().offsets_topic)).await?;
    let mut scenes = Vec::new();
    for task in plan.tasks.iter().filter(|task| !task.families.is_empty()) {
        let mut resources = resources_of(connector, task);
        let (mut topics, mut letters) = (Vec::new(), Vec::new());
        for resource in &mut resources {
            let Some(plan) = plan.resources.get(resource.place()) else { continue };
            let found = kafka::look(&cluster, &plan.topic.name, plan.topic.usage).await?;
            resource.reads = if found.is_some() { Reads::WhatIsCommitted } else { Reads::Nothing };
            topics.push(match found {
                Some(topic) => topic,
                None => kafka::foresee(&cluster, &plan.topic).await?,
            });
            letters.push(match &plan.letters {
                Some(letters) => Some(kafka::foresee(&cluster, &letters.topic).await?),
                None => None,
            });
        }
        let tallies = Arc::new(Mutex::new(Tallies::new(changes)));
        let producer = producer(plan, task, (&cluster, &topics), Arc::clone(&tallies));
        let (stored, cluster, offsets) = (Arc::clone(&stored), cluster.clone(), offsets.clone());
        let paused = stored.paused.clone();
        let opening = Opening { cluster, producer, offsets, topics, letters, stored, unfit: Vec::new() };
        let session = session::begin(connector, opening, &mut resources).await?;
        scenes.push(Scene { task: task.clone(), session, resources, tallies, paused });
    }
    Ok((cluster, scenes))
}

fn producer(
    plan: &ConnectorPlan,
    task: &TaskPlan,
    (cluster, topics): (&Cluster, &[Topic]),
    tallies: Arc<Mutex<Tallies>>,
) -> Producer {
    let names = task.resources.iter().filter_map(|place| Some(plan.resources.get(*place)?.name.clone()));
    let targets: Vec<_> = names.zip(topics.iter().cloned()).collect();
    Producer::rehearse(cluster, (Writer::Task(task.number), task.boundary), &targets, move |rehearsed| {
        tallies.lock().unwrap_or_else(PoisonError::into_inner).take(rehearsed);
    })
}

/// Scans every family of every task once. Gives what would come of it with the resources' places in the plan.
async fn play(
    connector: &Arc<Connector>,
    instance: &Instance,
    (cluster, scenes): (&Cluster, Vec<Scene>),
    reports: &Reports,
) -> Result<Vec<(usize, Foreseen)>, Outcome> {
    let mut playing = JoinSet::new();
    let paused = scenes.first().map(|scene| scene.paused.clone()).unwrap_or_default();
    // Nobody hears of a rehearsal, and no signal reaches it.
    let site = Site { plan: &connector.plan, kafka: None, host: "", reads: false };
    let (office, staff) = Office::open(&site, &paused);
    for Scene { task, session, resources, tallies, .. } in scenes {
        let (connector, instance, office) = (Arc::clone(connector), instance.clone(), office.clone());
        playing.spawn(async move {
            let topics = session.topics.clone();
            let reads: Vec<Reads> = resources.iter().map(|resource| resource.reads).collect();
            let around = (&task, &instance, &office);
            let (_, lost) = poll_until_it_ends(&connector, around, session, resources).await;
            (task, topics.into_iter().zip(reads), tallies, lost)
        });
    }
    let desk = Arc::clone(&office.desk);
    drop(office); // the tasks have it
    let mut foreseen = Vec::new();
    while let Some(joined) = playing.join_next().await {
        let (task, topics, tallies, lost) =
            joined.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()));
        if let Some(lost) = lost.filter(|_| !connector.stop.is_cancelled()) {
            tracing::error!(connector = %connector.plan.name, "{lost}");
            return Err(Outcome::Failed);
        }
        let tallied = (tallies, topics.collect());
        foreseen.extend(sum_up(connector, (cluster, &desk), tallied, (&task, reports)).await?);
    }
    staff.close().await;
    Ok(foreseen)
}

/// What came of one task, with the resources' places in the plan.
async fn sum_up(
    connector: &Connector,
    (cluster, desk): (&Cluster, &Desk),
    (tallies, topics): (Arc<Mutex<Tallies>>, Vec<(Topic, Reads)>),
    (task, reports): (&TaskPlan, &Reports),
) -> Result<Vec<(usize, Foreseen)>, Outcome> {
    let mut foreseen = Vec::new();
    let mut expected = tallies.lock().unwrap_or_else(PoisonError::into_inner).take_all();
    for (slot, (place, (topic, reads))) in (0..).zip(task.resources.iter().zip(topics)) {
        let expected = expected.remove(&slot).unwrap_or_default();
        let known = match reads {
            Reads::Nothing => HashMap::new(),
            Reads::WhatIsCommitted | Reads::ToItsEnd | Reads::Doubting => {
                before::values(cluster, &topic, &expected).await.map_err(|error| failed(connector, &error))?
            }
        };
        let concluded = if desk.is_paused(*place) {
            left_out(connector, *place)
        } else {
            conclude(connector, *place, (expected, known), reports).await
        };
        let one = concluded.ok_or(Outcome::Failed)?;
        foreseen.push((*place, one));
    }
    Ok(foreseen)
}

fn failed(connector: &Connector, error: &kafka::Error) -> Outcome {
    tracing::error!(connector = %connector.plan.name, "{error}");
    Outcome::Failed
}

/// A run does nothing with it, either.
fn left_out(connector: &Connector, place: usize) -> Option<Foreseen> {
    let resource = connector.plan.resources.get(place)?.name.clone();
    let undone = "it is paused, and a run leaves it out; krest signal FILE resume ends that".to_owned();
    Some(Foreseen {
        resource,
        upserts: 0,
        tombstones: 0,
        unchanged: 0,
        dead_letters: 0,
        error: None,
        undone: Some(undone),
        paused: true,
        changes: Vec::new(),
        left_out: 0,
    })
}

/// `None`: the scan did not come to its end, because krest was stopped.
async fn conclude(
    connector: &Connector,
    place: usize,
    (mut expected, known): (Expected, HashMap<Bytes, Bytes>),
    reports: &Reports,
) -> Option<Foreseen> {
    let plan = connector.plan.resources.get(place)?;
    let (report, error) = reports.lock().unwrap_or_else(PoisonError::into_inner).remove(&plan.name)?;
    let changes = before::chained(std::mem::take(&mut expected.changes), known);
    let changes = shown(changes, &plan.format, &connector.registrar).await;
    let undone = match &error {
        None => left_undone(plan, &report).or_else(|| unknown(connector, plan, &report, &expected)),
        Some(_) => None,
    };
    Some(Foreseen {
        resource: plan.name.clone(),
        upserts: expected.upserts,
        tombstones: expected.tombstones,
        unchanged: report.unchanged,
        dead_letters: expected.letters,
        error: expected.refused.or(error),
        undone,
        paused: false,
        changes,
        left_out: expected.left_out,
    })
}

/// What the disk may tell a run otherwise.
fn unknown(
    connector: &Connector,
    plan: &ResourcePlan,
    report: &ScanReport,
    expected: &Expected,
) -> Option<String> {
    let listings = &connector.plan.listings;
    let parent = |listing: &usize| listings.get(*listing).and_then(|listing| listing.parent);
    let mut above =
        std::iter::successors(parent(&plan.listing), parent).filter_map(|above| listings.get(above));
    let by_parents = parent(&plan.listing).is_some() && plan.remembers_rows && expected.tombstones > 0;
    let in_part = match plan.upkeep.of_missing() {
        Some(_) => !report.settled,
        None => above.any(|listing| listing.incremental.is_some()),
    };
    if plan.upkeep.of_missing().is_some_and(|guards| guards.grace > 0) {
        Some(GRACE.to_owned())
    } else if by_parents && in_part {
        Some(ORPHANS.to_owned())
    } else {
        None
    }
}

/// Keys as their texts, and of values what the records are.
async fn shown(
    mut changes: Vec<ForeseenChange>,
    format: &FormatPlan,
    registrar: &Registrar,
) -> Vec<ForeseenChange> {
    if format.keys.is_text() && format.layout() == Layout::default() {
        return changes;
    }
    let mut reader = Shown::new(format.layout(), registrar);
    for change in &mut changes {
        change.key = change.key.as_deref().map(|key| Bytes::copy_from_slice(&format.keys.read(key)));
        for value in [&mut change.before, &mut change.after].into_iter().flatten() {
            *value = reader.value(value).await;
        }
    }
    changes
}

/// Keeps how each resource's scan ended, and tells it on.
fn keeping(reports: &Reports, observer: Observer) -> Observer {
    let reports = Arc::clone(reports);
    Observer::new(move |event| {
        let ended = match event {
            Event::ScanFinished { resource, report } => Some((resource, report, None)),
            Event::ScanFailed { resource, report, error } => Some((resource, report, Some(error.clone()))),
            Event::Restoring { .. }
            | Event::Restored { .. }
            | Event::Started { .. }
            | Event::ScanStarted { .. }
            | Event::Reconnecting { .. } => None,
        };
        if let Some((resource, report, error)) = ended {
            let mut reports = reports.lock().unwrap_or_else(PoisonError::into_inner);
            let before = reports.get(resource).map_or(u64::MAX, |(report, _)| report.unchanged);
            // A scan that confirms another one finds its changes unchanged.
            let report = ScanReport { unchanged: report.unchanged.min(before), ..report.clone() };
            reports.insert(resource.clone(), (report, error));
        }
        observer.tell(event);
    })
}
