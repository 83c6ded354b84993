//! One family's life in a session: wait until it is due, scan, report, again.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::connector::{Connector, Mode};
use super::event::{Event, Observer};
use super::schedule::next_scan;
use super::session::Session;
use crate::encode::Encoder;
use crate::kafka::{self, Cluster, Ended, Producer, Topic};
use crate::model::{Redactor, ResourceName};
use crate::plan::{ConnectorPlan, Family, ResourcePlan, TaskPlan, Upkeep};
use crate::poll::Poller;
use crate::state::{Cache, LocalState, Standing, StateError};
use crate::sync::{self, Interrupted, Member, MemberReport, ReadError, ScanReport, SyncContext, SyncError};

/// What outlives a session.
pub(super) struct Resource {
    /// Its place in the plan.
    place: usize,
    pub cache: Cache,
    due: Instant,
    /// Under `Mode::Once`: whether its one scan succeeded.
    pub scanned: Option<bool>,
}

impl Resource {
    pub(super) fn new(place: usize, plan: &ResourcePlan, state: &LocalState) -> Self {
        let cache = match plan.upkeep {
            Upkeep::Replace { .. } => state.cache(&plan.name, true),
            upkeep if upkeep.compares() => state.cache(&plan.name, false),
            Upkeep::Merge | Upkeep::Append { .. } => Cache::default(),
        };
        Self { place, cache, due: Instant::now(), scanned: None }
    }

    /// Its scan cannot succeed now: the next one begins an interval from now.
    pub(super) fn fail(&mut self, interval: Duration) {
        self.scanned = Some(false);
        self.due = Instant::now() + interval;
    }

    pub(super) fn place(&self) -> usize {
        self.place
    }
}

/// A published resource of a family, with where it stands.
pub(super) struct Placed {
    /// Its place in the task.
    pub slot: usize,
    pub resource: Resource,
    pub standing: Standing,
}

/// Why a family is no longer polled in this session.
#[derive(Debug)]
pub(super) enum FamilyEnd {
    /// Scanned once, or stopped.
    Done,
    Lost(Lost),
}

/// Why a session is over: the next one reads what the topics say.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    #[error(transparent)]
    Producer(#[from] Ended),
    #[error("resource {resource}: {error}")]
    State { resource: ResourceName, error: StateError },
}

/// What the families of a session share.
pub(super) struct Surroundings {
    plan: Arc<ConnectorPlan>,
    poller: Poller,
    cluster: Cluster,
    producer: Arc<Producer>,
    /// The task's resources, by their places in the plan, and their topics.
    places: Vec<usize>,
    topics: Vec<Topic>,
    mode: Mode,
    /// The session is over, or krest stops.
    over: CancellationToken,
    observer: Observer,
    redactor: Redactor,
}

impl Surroundings {
    pub(super) fn new(
        connector: &Connector,
        task: &TaskPlan,
        session: &Session,
        over: CancellationToken,
    ) -> Self {
        Self {
            plan: connector.plan.clone(),
            poller: connector.poller.clone(),
            cluster: session.cluster.clone(),
            producer: session.producer.clone(),
            places: task.resources.clone(),
            topics: session.topics.clone(),
            mode: connector.mode,
            over,
            observer: connector.observer.clone(),
            redactor: session.cluster.settings().redactor.clone(),
        }
    }

    /// By its place in the task.
    fn resource(&self, slot: usize) -> Option<(&ResourcePlan, &Topic)> {
        self.plan.resources.get(*self.places.get(slot)?).zip(self.topics.get(slot))
    }
}

/// Polls one family until it is done or the session is over. Gives the resources back for the next session.
pub(super) async fn keep_polling(
    family: Family,
    mut members: Vec<Placed>,
    around: Arc<Surroundings>,
) -> (Vec<Resource>, FamilyEnd) {
    let end = loop {
        let done = |member: &Placed| member.resource.scanned.is_some();
        if around.mode == Mode::Once && members.iter().all(done) {
            break FamilyEnd::Done;
        }
        let due = members.iter().map(|member| member.resource.due).max().unwrap_or_else(Instant::now);
        if around.over.run_until_cancelled(tokio::time::sleep_until(due)).await.is_none() {
            break FamilyEnd::Done;
        }
        match scan_once(&family, &mut members, &around).await {
            Ok(()) => {}
            Err(Interrupted::Stopped) => break FamilyEnd::Done,
            Err(Interrupted::Ended(ended)) => break FamilyEnd::Lost(ended.into()),
            Err(Interrupted::State { resource, error }) => {
                break FamilyEnd::Lost(Lost::State { resource, error });
            }
        }
    };
    (members.into_iter().map(|member| member.resource).collect(), end)
}

async fn scan_once(
    family: &Family,
    members: &mut [Placed],
    around: &Surroundings,
) -> Result<(), Interrupted> {
    let started = Instant::now();
    let mut scanning = Vec::with_capacity(members.len());
    for Placed { slot, resource, standing } in members.iter_mut() {
        let Some((plan, topic)) = around.resource(*slot) else { continue };
        refuse_another_topic(plan, topic, around).await?;
        confirm(plan, topic, &mut resource.cache, around).await?;
        around.observer.tell(&Event::ScanStarted { resource: plan.name.clone() });
        let encoder = Encoder { partitions: topic.partitions, keyed: plan.has_keys() };
        scanning.push(Member { plan, resource: *slot, encoder, cache: &mut resource.cache, standing });
    }
    let context = SyncContext {
        poller: &around.poller,
        producer: &around.producer,
        members: scanning,
        stop: &around.over,
    };
    let (reports, interrupted) = sync::scan(&around.plan, family, context).await;
    // After a lost session the scan goes on in the next one, at once.
    interrupted?;
    let not_before = reports.iter().filter_map(|report| not_before(&report.outcome)).max();
    let due = next_scan(started, family.interval, not_before);
    for report in reports {
        if let Some(member) = members.iter_mut().find(|member| member.slot == report.resource) {
            member.resource.due = due;
            member.resource.scanned = Some(report.outcome.is_ok());
        }
        tell(&report, around);
    }
    Ok(())
}

/// What the API asked for in `Retry-After`.
fn not_before(outcome: &Result<(), SyncError>) -> Option<Instant> {
    match outcome {
        Err(
            SyncError::Read(ReadError::Poll(error))
            | SyncError::Parents { error: ReadError::Poll(error), .. },
        ) => error.not_before(),
        Ok(()) | Err(_) => None,
    }
}

/// DELIVERY 6: a topic deleted and created again takes messages happily, but holds nothing of what the cache says.
/// Looked up before each scan; the next session restores from what is there.
async fn refuse_another_topic(
    plan: &ResourcePlan,
    topic: &Topic,
    around: &Surroundings,
) -> Result<(), Interrupted> {
    let asked = around.over.run_until_cancelled(kafka::identity(&around.cluster, &topic.name)).await;
    let Ok(found) = asked.ok_or(Interrupted::Stopped)? else {
        return Ok(()); // A broker that is away for a moment: the producer will tell if it stays away.
    };
    if found.as_ref().is_some_and(|(id, partitions)| *id == topic.id && *partitions == topic.partitions) {
        return Ok(());
    }
    let reason = format!(
        "resource {}: topic {} was deleted, re-created or given more partitions",
        plan.name, topic.name
    );
    Err(Interrupted::Ended(Ended::Aborted { reason }))
}

/// DELIVERY 10 and 11: now and then a cache is told where its topic ends. So one that nothing changes for days does not grow
/// too old to be believed, and what another writer put there is read before anything is compared with it.
async fn confirm(
    plan: &ResourcePlan,
    topic: &Topic,
    cache: &mut Cache,
    around: &Surroundings,
) -> Result<(), Interrupted> {
    let now = SystemTime::now();
    if !cache.wants_confirmation(now) {
        return Ok(());
    }
    let asked = around.over.run_until_cancelled(kafka::topic_ends(&around.cluster, topic)).await;
    let Ok(ends) = asked.ok_or(Interrupted::Stopped)? else {
        return Ok(()); // asked again before the next scan
    };
    let confirmed = cache.confirm(&ends, now);
    confirmed.map_err(|error| Interrupted::State { resource: plan.name.clone(), error })
}

fn tell(MemberReport { resource, report, outcome }: &MemberReport, around: &Surroundings) {
    let Some((plan, _)) = around.resource(*resource) else { return };
    match outcome {
        Ok(()) => tell_success(plan, report, around),
        Err(error) => tell_failure(plan, report, &around.redactor.scrub(&error.to_string()), around),
    }
}

fn tell_success(plan: &ResourcePlan, report: &ScanReport, around: &Surroundings) {
    let took_ms = u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX);
    let mut summary = report.summary();
    if let (Upkeep::Replace { .. }, Some(reason)) = (plan.upkeep, report.partial) {
        summary.push_str(&format!("; nothing was deleted, because the scan is no complete one: {reason}"));
    }
    // An unchanged scan every few seconds is no news.
    if report.published > 0 || report.resumed || around.mode == Mode::Once {
        tracing::info!(
            connector = %around.plan.name, resource = %plan.name, scan = report.scan, pages = report.pages,
            records = report.records, published = report.published, unchanged = report.unchanged, took_ms, "{summary}"
        );
    } else {
        tracing::debug!(connector = %around.plan.name, resource = %plan.name, scan = report.scan, took_ms, "{summary}");
    }
    around.observer.tell(&Event::ScanFinished { resource: plan.name.clone(), report: report.clone() });
}

fn tell_failure(plan: &ResourcePlan, report: &ScanReport, error: &str, around: &Surroundings) {
    tracing::error!(
        connector = %around.plan.name, resource = %plan.name, scan = report.scan, pages = report.pages,
        records = report.records, published = report.published,
        "scan {} failed: {error}; what was read before is published, and the next scan goes on from there", report.scan
    );
    around.observer.tell(&Event::ScanFailed {
        resource: plan.name.clone(),
        report: report.clone(),
        error: error.to_owned(),
    });
}
