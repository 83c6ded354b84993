//! A connector while it runs: one start, then its tasks side by side until each has ended, or one of them ends all.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::event::Observer;
use super::instance::Instance;
use super::resource::Resource;
use super::signals::{Office, Site, Staff};
use super::start::{Opening, StartError, start};
use super::task::Task;
use super::trouble::Trouble;
use crate::kafka::{self, Cluster, Settings};
use crate::model::ResourceName;
use crate::plan::{ConnectorPlan, TaskPlan};
use crate::poll::Poller;
use crate::state::LocalState;
use crate::sync::Registrar;

/// Which Kafka.
#[derive(Clone, Debug)]
pub enum Broker {
    /// To be connected to, again for each start and each lost session: `run`.
    Real(Settings),
    /// A cluster that someone else holds, too: `demo`.
    Connected(Cluster),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One scan of each resource.
    Once,
    Forever,
    /// The same as `Once`, and nothing of it is published (`rehearse`).
    Rehearsal,
    /// One scan of each table, from the very beginning, whatever a cursor says; and what the topic has under a fingerprint that is
    /// not its value's is published anew (`audit --repair`).
    Repair,
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

pub struct Connector {
    pub plan: Arc<ConnectorPlan>,
    pub poller: Poller,
    pub broker: Broker,
    pub mode: Mode,
    pub stop: CancellationToken,
    pub observer: Observer,
    /// Who gives the schemas of its messages their ids.
    pub registrar: Registrar,
    /// What is known of the topics on this machine.
    pub state: LocalState,
    /// One scan of each of these may delete more than its guards allow.
    pub allow_deletes: HashSet<ResourceName>,
}

impl Connector {
    fn open_office(&self, instance: &Instance, openings: &[Opening]) -> (Office, Staff) {
        let opening = openings.first();
        let kafka = match &self.broker {
            Broker::Real(settings) => opening.map(|opening| (settings, &opening.offsets)),
            Broker::Connected(_) => None, // the demonstration's broker has no groups
        };
        let reads = self.mode == Mode::Forever;
        let paused = opening.map(|opening| opening.stored.paused.clone()).unwrap_or_default();
        let site = Site { plan: &self.plan, kafka, host: &instance.host, reads };
        Office::open(&site, &paused)
    }

    /// Connects, and does not wait beyond the deadline. (Another writer's open transaction is waited for as long as it may live:
    /// that comes later, and is not "away".)
    pub(super) async fn cluster(&self, deadline: Option<Instant>) -> Result<Cluster, kafka::Error> {
        let settings = match &self.broker {
            Broker::Real(settings) => settings,
            Broker::Connected(cluster) => return Ok(cluster.clone()),
        };
        let connecting = Cluster::connect(settings.clone());
        let Some(deadline) = deadline else { return connecting.await };
        tokio::time::timeout_at(deadline, connecting).await.unwrap_or_else(|_| {
            let reason = "no broker answered".to_owned();
            Err(kafka::Error::Away { servers: settings.servers().to_owned(), reason })
        })
    }
}

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
    // What ends one task for good ends them all.
    let connector = Arc::new(Connector { stop: connector.stop.child_token(), ..connector });
    let resources = connector.plan.tasks.iter().map(|task| resources_of(&connector, task)).collect();
    let mut instance = Instance::of_this_process();
    let begun = begin(&connector, &mut instance, |connector, cluster, instance| {
        Box::pin(start(&connector.plan, cluster, instance))
    });
    match begun.await {
        Ok(openings) => {
            let (office, staff) = connector.open_office(&instance, &openings);
            let outcome = run_tasks(&connector, (&instance, office), openings, resources).await;
            staff.close().await;
            outcome
        }
        Err(outcome) => outcome,
    }
}

pub(super) fn resources_of(connector: &Connector, task: &TaskPlan) -> Vec<Resource> {
    let Connector { plan, state, allow_deletes, .. } = connector;
    let resource = |place: &usize| {
        let plan = plan.resources.get(*place)?;
        let mut resource = Resource::new(*place, plan, state);
        resource.allow_deletes = allow_deletes.contains(&plan.name);
        Some(if connector.mode == Mode::Repair { resource.doubting() } else { resource })
    };
    task.resources.iter().filter_map(resource).collect()
}

/// One attempt to start.
type Starting<'a, T> = Pin<Box<dyn Future<Output = Result<T, StartError>> + Send + 'a>>;

/// Tries to start until it works, or cannot, or for as long as `--once` waits for Kafka. `state`: what an attempt leaves to the next.
pub(super) async fn begin<S, T>(
    connector: &Connector,
    state: &mut S,
    start: impl for<'a> Fn(&'a Connector, Cluster, &'a mut S) -> Starting<'a, T>,
) -> Result<T, Outcome> {
    let mut trouble = Trouble::none();
    loop {
        trouble.attempt();
        let deadline = trouble.deadline(connector.mode);
        let starting = async {
            let cluster = connector.cluster(deadline).await?;
            start(connector, cluster, state).await
        };
        let attempt = connector.stop.run_until_cancelled(starting).await;
        if let Some(begun) = judge(connector, &mut trouble, attempt).await {
            return begun;
        }
    }
}

/// What an attempt to start means; `None`: it has waited, and the next one may do better.
async fn judge<T>(
    connector: &Connector,
    trouble: &mut Trouble,
    attempt: Option<Result<T, StartError>>,
) -> Option<Result<T, Outcome>> {
    let reason = match attempt {
        None => return Some(Err(stopped(connector))),
        Some(Ok(started)) => return Some(Ok(started)),
        Some(Err(error)) if error.passes() => error.to_string(),
        Some(Err(error)) => return Some(Err(end(connector, &error))),
    };
    if connector.stop.is_cancelled() {
        return Some(Err(stopped(connector)));
    }
    let again = trouble.wait(connector, reason).await;
    if again { None } else { Some(Err(Outcome::Failed)) }
}

/// Under `--once` nothing was scanned, which is a failure.
fn stopped(connector: &Connector) -> Outcome {
    match connector.mode {
        Mode::Once | Mode::Rehearsal | Mode::Repair => Outcome::Failed,
        Mode::Forever => Outcome::Done,
    }
}

/// Runs the tasks side by side. Returns how the worst of them ended.
async fn run_tasks(
    connector: &Arc<Connector>,
    (instance, office): (&Instance, Office),
    openings: Vec<Opening>,
    resources: Vec<Vec<Resource>>,
) -> Outcome {
    let mut running = JoinSet::new();
    for ((plan, opening), resources) in connector.plan.tasks.iter().zip(openings).zip(resources) {
        let (connector, plan, instance) = (Arc::clone(connector), plan.clone(), instance.clone());
        let office = office.clone();
        running.spawn(Task { connector, plan, instance, office, resources }.run(opening));
    }
    drop(office); // the tasks have it
    let mut worst = Outcome::Done;
    while let Some(joined) = running.join_next().await {
        let outcome = match joined {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => end(connector, &error),
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        };
        worst = worst.max(outcome);
    }
    worst
}

/// The connector ends for this reason: a contradiction, or another instance.
fn end(connector: &Connector, error: &StartError) -> Outcome {
    // Several tasks may notice at the same time.
    if !connector.stop.is_cancelled() {
        tracing::error!(connector = %connector.plan.name, "{error}");
    }
    connector.stop.cancel();
    match error {
        StartError::TakenOver { .. } => Outcome::Fenced,
        StartError::Kafka(_)
        | StartError::Contradiction(_)
        | StartError::Registry { .. }
        | StartError::Unfit { .. } => Outcome::Refused,
    }
}
