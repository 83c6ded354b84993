//! A connector while it runs: session after session, each polling its resources until the producer's life ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::event::{Event, Observer};
use super::family::{FamilyEnd, Placed, Resource, Surroundings, keep_polling};
use super::schedule::reconnect_wait;
use super::session::{self, Instance, Session, StartError};
use crate::kafka::{self, Cluster, Disposition, Ended, Producer, Settings};
use crate::plan::ConnectorPlan;
use crate::poll::Poller;

/// Which Kafka.
#[derive(Clone, Debug)]
pub enum Broker {
    /// To be connected to, again for each session: `run`.
    Real(Settings),
    /// A cluster that someone else holds, too: `demo`.
    Connected(Cluster),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One scan of each resource.
    Once,
    Forever,
}

/// How a connector ended. Ordered: the last is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Stopped on request, or everything was scanned once.
    Done,
    /// A scan failed, or Kafka was away, under `Mode::Once`.
    Failed,
    /// A contradiction that only the operator can solve.
    Refused,
    /// Another instance has taken over.
    Fenced,
}

/// Under `Mode::Once`, how long Kafka may be away before krest gives up.
const PATIENCE_ONCE: Duration = Duration::from_secs(30);

/// How long a stop leaves the scans to commit what they have; then the producer is closed, which takes five seconds at most.
/// The whole stop takes at most ten.
const STOP_GRACE: Duration = Duration::from_secs(1);

pub struct Connector {
    pub plan: Arc<ConnectorPlan>,
    pub poller: Poller,
    pub broker: Broker,
    pub mode: Mode,
    pub stop: CancellationToken,
    pub observer: Observer,
}

impl Connector {
    /// When a run gives up that does not get a session.
    fn deadline(&self, trouble: Trouble) -> Option<Instant> {
        match self.mode {
            Mode::Once if trouble.attempts == 0 => Some(Instant::now() + PATIENCE_ONCE),
            Mode::Once => Some(trouble.since + PATIENCE_ONCE),
            Mode::Forever => None,
        }
    }
}

/// What happens after a session did not start.
enum Next {
    End(Outcome),
    /// Kafka is away, or something is in the way that passes.
    Wait(String),
}

/// Sessions that did not start, or ended early, one after the other.
#[derive(Clone, Copy)]
struct Trouble {
    since: Instant,
    attempts: u32,
}

/// A session that lived this long was a good one.
const GOOD_SESSION: Duration = Duration::from_secs(60);

/// Runs connectors side by side; one that fails does not stop the others. Returns how the worst of them ended.
pub async fn run_all(connectors: Vec<Connector>) -> Outcome {
    let mut running: JoinSet<Outcome> = connectors.into_iter().map(run).collect();
    let mut worst = Outcome::Done;
    while let Some(joined) = running.join_next().await {
        match joined {
            Ok(outcome) => worst = worst.max(outcome),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
    worst
}

/// Runs a connector to its end: until `stop`, until it is fenced or refused, or under `Mode::Once` until every resource was
/// scanned.
async fn run(connector: Connector) -> Outcome {
    let mut instance = Instance::of_this_process();
    let mut resources: Vec<Resource> = resources_of(&connector.plan);
    let mut trouble = Trouble { since: Instant::now(), attempts: 0 };
    loop {
        let attempted = Instant::now();
        let deadline = connector.deadline(trouble);
        let began = begin(&connector, deadline, &mut instance, &mut resources).await;
        let reason = match began {
            None => return stopped(&connector, &resources),
            Some(Ok(session)) => {
                let started = Instant::now();
                let Some(ended) = poll_until_it_ends(&connector, session, &mut resources).await else {
                    return ended_well(&connector, &resources);
                };
                after_lost_session(&connector, &mut resources, &ended);
                if connector.mode == Mode::Once && resources.iter().all(|resource| resource.scanned.is_some())
                {
                    return ended_well(&connector, &resources);
                }
                if started.elapsed() > GOOD_SESSION || trouble.attempts == 0 {
                    trouble = Trouble { since: Instant::now(), attempts: 1 };
                    continue; // at once
                }
                ended.to_string()
            }
            Some(Err(error)) => match after_failed_start(&connector, &error) {
                Next::End(outcome) => return outcome,
                Next::Wait(reason) => reason,
            },
        };
        if connector.stop.is_cancelled() {
            return stopped(&connector, &resources);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            tracing::error!(connector = %connector.plan.name, "{reason}; gave up after 30 s (--once)");
            return Outcome::Failed;
        }
        wait_for_kafka(&connector, deadline, reason, trouble.attempts).await;
        if trouble.attempts == 0 {
            trouble.since = attempted;
        }
        trouble.attempts += 1;
    }
}

/// `None`: stopped meanwhile.
async fn begin(
    connector: &Connector,
    deadline: Option<Instant>,
    instance: &mut Instance,
    resources: &mut [Resource],
) -> Option<Result<Session, StartError>> {
    let starting = async {
        let cluster = match &connector.broker {
            Broker::Real(settings) => connect(settings, deadline).await?,
            Broker::Connected(cluster) => cluster.clone(),
        };
        session::start(connector, cluster, instance, resources).await
    };
    connector.stop.run_until_cancelled(starting).await
}

fn resources_of(plan: &ConnectorPlan) -> Vec<Resource> {
    plan.resources.iter().enumerate().map(|(place, resource)| Resource::new(place, resource.upkeep)).collect()
}

/// Connects, and does not wait beyond the deadline. (Another writer's open transaction is waited for as long as it may live:
/// that comes later, and is not "away".)
async fn connect(settings: &Settings, deadline: Option<Instant>) -> Result<Cluster, kafka::Error> {
    let connecting = Cluster::connect(settings.clone());
    let Some(deadline) = deadline else { return connecting.await };
    tokio::time::timeout_at(deadline, connecting).await.unwrap_or_else(|_| {
        let reason = "no broker answered".to_owned();
        Err(kafka::Error::Away { servers: settings.servers().to_owned(), reason })
    })
}

fn after_failed_start(connector: &Connector, error: &StartError) -> Next {
    let disposition = match error {
        StartError::Kafka(error) => error.disposition(),
        StartError::Contradiction(_) => Disposition::Refuse,
        StartError::TakenOver { .. } => {
            tracing::error!(connector = %connector.plan.name, "{error}");
            return Next::End(Outcome::Fenced);
        }
    };
    match disposition {
        Disposition::Refuse => {
            tracing::error!(connector = %connector.plan.name, "{error}");
            Next::End(Outcome::Refused)
        }
        Disposition::Retry | Disposition::Rebuild | Disposition::Fenced => Next::Wait(error.to_string()),
    }
}

async fn wait_for_kafka(connector: &Connector, deadline: Option<Instant>, reason: String, attempt: u32) {
    let left = deadline.map_or(Duration::MAX, |deadline| deadline.duration_since(Instant::now()));
    let wait = reconnect_wait(attempt).min(left);
    tracing::warn!(connector = %connector.plan.name, "{reason}; trying again in {:.1} s", wait.as_secs_f64());
    connector.observer.tell(&Event::Reconnecting { reason, wait });
    connector.stop.run_until_cancelled(tokio::time::sleep(wait)).await;
}

/// Polls every family on a task of its own until all are done, the session ends, or krest is stopped.
async fn poll_until_it_ends(
    connector: &Connector,
    session: Session,
    resources: &mut Vec<Resource>,
) -> Option<Ended> {
    let over = connector.stop.child_token();
    let producer = session.producer.clone();
    let surroundings = Arc::new(Surroundings::new(connector, &session, over.clone()));
    let count = resources.len();
    connector.observer.tell(&Event::Started { connector: connector.plan.name.to_string(), resources: count });

    let mut tasks = JoinSet::new();
    let placed = resources.drain(..).zip(session.standings);
    let mut placed: Vec<Option<Placed>> =
        placed.map(|(resource, standing)| Some(Placed { resource, standing })).collect();
    for family in &connector.plan.families {
        let ours = family.resources.iter().filter_map(|place| placed.get_mut(*place)?.take());
        let members = ours.collect();
        tasks.spawn(keep_polling(family.clone(), members, surroundings.clone()));
    }
    let mut lost: Option<Ended> = None;
    let mut closing = std::pin::pin!(close_when_stopped(connector, &producer));
    let mut closed = false;
    while !tasks.is_empty() {
        tokio::select! {
            Some(joined) = tasks.join_next() => match joined {
                Ok((members, end)) => {
                    resources.extend(members);
                    if let FamilyEnd::Lost(ended) = end {
                        lost.get_or_insert(ended);
                        over.cancel();
                    }
                }
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            },
            ended = producer.ended(), if lost.is_none() => {
                lost = Some(ended);
                over.cancel();
            }
            () = &mut closing, if !closed => closed = true,
        }
    }
    resources.sort_by_key(Resource::place);
    if lost.is_none() && !closed {
        close(connector, &producer).await;
    }
    lost
}

/// A stop may find Kafka away, and a scan waiting for a commit that does not come: closing the producer ends that wait.
async fn close_when_stopped(connector: &Connector, producer: &Producer) {
    connector.stop.cancelled().await;
    tokio::time::sleep(STOP_GRACE).await;
    close(connector, producer).await;
}

async fn close(connector: &Connector, producer: &Producer) {
    failpoint!("service::before_close");
    if let Err(ended) = producer.close().await {
        tracing::warn!(connector = %connector.plan.name, "{ended}; what was not committed is read again at the next start");
    }
}

/// The caches drop what was pending; the next session reads what the topics say. Data that Kafka refuses ends its resource's
/// scan, or the same page would be refused for ever.
fn after_lost_session(connector: &Connector, resources: &mut [Resource], ended: &Ended) {
    failpoint!("service::between_sessions");
    for resource in resources.iter_mut() {
        resource.cache.abort();
    }
    if connector.stop.is_cancelled() {
        return;
    }
    if let Ended::Rejected { resource: Some(place), .. } = ended
        && let Some((resource, plan)) = resources.get_mut(*place).zip(connector.plan.resources.get(*place))
    {
        resource.fail(connector.plan.interval_of(*place));
        tracing::error!(connector = %connector.plan.name, resource = %plan.name, "{ended}; the resource is tried again at its next poll");
    } else {
        tracing::warn!(connector = %connector.plan.name, "{ended}; starting a new producer and reading what the topics say");
    }
}

/// Under `--once` a stop before the end is a failure; otherwise it is what was asked for.
fn stopped(connector: &Connector, resources: &[Resource]) -> Outcome {
    let complete = !resources.is_empty() && resources.iter().all(|resource| resource.scanned == Some(true));
    match connector.mode {
        Mode::Once if !complete => Outcome::Failed,
        Mode::Once | Mode::Forever => Outcome::Done,
    }
}

fn ended_well(connector: &Connector, resources: &[Resource]) -> Outcome {
    if connector.stop.is_cancelled() {
        stopped(connector, resources)
    } else if resources.iter().any(|resource| resource.scanned == Some(false)) {
        Outcome::Failed
    } else {
        Outcome::Done
    }
}
