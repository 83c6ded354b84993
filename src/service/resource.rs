//! One resource's life in a session: wait until it is due, scan, report, again.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::connector::{Connector, Mode};
use super::event::{Event, Observer};
use super::schedule::next_scan;
use super::session::Session;
use crate::encode::Encoder;
use crate::kafka::{self, Cluster, Ended, Producer, Topic};
use crate::model::Redactor;
use crate::plan::{ConnectorPlan, ResourcePlan};
use crate::poll::Poller;
use crate::state::{Cache, Standing};
use crate::sync::{self, ScanReport, SyncContext, SyncError};

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
    pub(super) fn new(place: usize) -> Self {
        Self { place, cache: Cache::default(), due: Instant::now(), scanned: None }
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

/// Why a resource is no longer polled in this session.
#[derive(Debug)]
pub(super) enum ResourceEnd {
    /// Scanned once, or stopped.
    Done,
    Lost(Ended),
}

/// What the resources of a session share.
pub(super) struct Surroundings {
    plan: Arc<ConnectorPlan>,
    poller: Poller,
    cluster: Cluster,
    producer: Arc<Producer>,
    topics: Vec<Topic>,
    mode: Mode,
    /// The session is over, or krest stops.
    over: CancellationToken,
    observer: Observer,
    redactor: Redactor,
}

impl Surroundings {
    pub(super) fn new(connector: &Connector, session: &Session, over: CancellationToken) -> Self {
        Self {
            plan: connector.plan.clone(),
            poller: connector.poller.clone(),
            cluster: session.cluster.clone(),
            producer: session.producer.clone(),
            topics: session.topics.clone(),
            mode: connector.mode,
            over,
            observer: connector.observer.clone(),
            redactor: session.cluster.settings().redactor.clone(),
        }
    }
}

/// Polls one resource until it is done or the session is over. Gives the resource back for the next session.
pub(super) async fn keep_polling(
    mut resource: Resource,
    mut standing: Standing,
    around: Arc<Surroundings>,
) -> (Resource, ResourceEnd) {
    let (Some(plan), Some(topic)) =
        (around.plan.resources.get(resource.place), around.topics.get(resource.place))
    else {
        return (resource, ResourceEnd::Done);
    };
    let end = loop {
        if around.mode == Mode::Once && resource.scanned.is_some() {
            break ResourceEnd::Done;
        }
        if around.over.run_until_cancelled(tokio::time::sleep_until(resource.due)).await.is_none() {
            break ResourceEnd::Done;
        }
        match scan_once((plan, topic), &mut resource, &mut standing, &around).await {
            Ok(()) => {}
            Err(SyncError::Stopped) => break ResourceEnd::Done,
            Err(SyncError::Ended(ended)) => break ResourceEnd::Lost(ended),
            Err(SyncError::Poll(_) | SyncError::Record(_)) => {}
        }
    };
    (resource, end)
}

async fn scan_once(
    (plan, topic): (&ResourcePlan, &Topic),
    resource: &mut Resource,
    standing: &mut Standing,
    around: &Surroundings,
) -> Result<(), SyncError> {
    let started = Instant::now();
    refuse_another_topic(plan, topic, around).await?;
    around.observer.tell(&Event::ScanStarted { resource: plan.name.clone() });
    let encoder = Encoder { partitions: topic.partitions };
    let context = SyncContext {
        poller: &around.poller,
        producer: &around.producer,
        encoder: &encoder,
        cache: &mut resource.cache,
        standing,
        resource: resource.place,
        stop: &around.over,
    };
    let (report, outcome) = sync::scan(plan, context).await;

    // After a lost session the scan goes on in the next one, at once.
    match &outcome {
        Err(SyncError::Poll(error)) => resource.due = next_scan(started, plan.interval, error.not_before()),
        Ok(()) | Err(SyncError::Record(_)) => resource.due = next_scan(started, plan.interval, None),
        Err(SyncError::Ended(_) | SyncError::Stopped) => {}
    }
    match &outcome {
        Ok(()) => {
            resource.scanned = Some(true);
            tell_success(plan, &report, around);
        }
        Err(error @ (SyncError::Poll(_) | SyncError::Record(_))) => {
            resource.scanned = Some(false);
            tell_failure(plan, &report, &around.redactor.scrub(&error.to_string()), around);
        }
        Err(SyncError::Ended(_) | SyncError::Stopped) => {}
    }
    outcome
}

/// DELIVERY 6: a topic deleted and created again takes messages happily, but holds nothing of what the cache says.
/// Looked up before each scan; the next session restores from what is there.
async fn refuse_another_topic(
    plan: &ResourcePlan,
    topic: &Topic,
    around: &Surroundings,
) -> Result<(), SyncError> {
    let asked = around.over.run_until_cancelled(kafka::identity(&around.cluster, &topic.name)).await;
    let Ok(found) = asked.ok_or(SyncError::Stopped)? else {
        return Ok(()); // A broker that is away for a moment: the producer will tell if it stays away.
    };
    if found.as_ref().is_some_and(|(id, partitions)| *id == topic.id && *partitions == topic.partitions) {
        return Ok(());
    }
    let reason = format!(
        "resource {}: topic {} was deleted, re-created or given more partitions",
        plan.name, topic.name
    );
    Err(SyncError::Ended(Ended::Aborted { reason }))
}

fn tell_success(plan: &ResourcePlan, report: &ScanReport, around: &Surroundings) {
    let took_ms = u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX);
    let summary = report.summary();
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
