//! A connector while it runs: session after session, each polling its resources until the producer's life ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::event::{Event, Observer};
use super::resource::{Resource, ResourceEnd, Surroundings, keep_polling};
use super::schedule::reconnect_wait;
use super::session::{self, Instance, Session, StartError};
use crate::kafka::{Cluster, Disposition, Ended, Settings};
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

/// How long a stop waits for the open transaction; the whole stop takes at most ten seconds.
const STOP_PATIENCE: Duration = Duration::from_secs(7);

pub struct Connector {
    pub plan: Arc<ConnectorPlan>,
    pub poller: Poller,
    pub broker: Broker,
    pub mode: Mode,
    pub stop: CancellationToken,
    pub observer: Observer,
}

/// What happens after a session, or after it did not start.
enum Next {
    End(Outcome),
    Again,
    /// Kafka is away.
    Wait(String),
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
    let mut instance = Instance::of_this_process();
    let mut resources: Vec<Resource> = (0..connector.plan.resources.len()).map(Resource::new).collect();
    let mut away: Option<(Instant, u32)> = None;
    loop {
        let next = match begin(&connector, &mut instance, &mut resources).await {
            None => Next::End(stopped(&connector, &resources)),
            Some(Ok(session)) => {
                away = None;
                poll_until_it_ends(&connector, session, &mut resources).await
            }
            Some(Err(error)) => after_failed_start(&connector, &error),
        };
        match next {
            Next::End(outcome) => return outcome,
            Next::Again => {}
            Next::Wait(reason) => {
                let (since, attempt) = away.unwrap_or((Instant::now(), 0));
                if connector.mode == Mode::Once && since.elapsed() >= PATIENCE_ONCE {
                    tracing::error!(connector = %connector.plan.name, "{reason}; gave up after 30 s (--once)");
                    return Outcome::Failed;
                }
                away = Some((since, attempt + 1));
                wait_for_kafka(&connector, reason, attempt).await;
            }
        }
    }
}

/// `None`: stopped meanwhile.
async fn begin(
    connector: &Connector,
    instance: &mut Instance,
    resources: &mut [Resource],
) -> Option<Result<Session, StartError>> {
    let starting = async {
        let cluster = match &connector.broker {
            Broker::Real(settings) => Cluster::connect(settings.clone()).await?,
            Broker::Connected(cluster) => cluster.clone(),
        };
        session::start(&connector.plan, cluster, instance, resources, &connector.observer).await
    };
    connector.stop.run_until_cancelled(starting).await
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

async fn wait_for_kafka(connector: &Connector, reason: String, attempt: u32) {
    let wait = reconnect_wait(attempt);
    tracing::warn!(connector = %connector.plan.name, "{reason}; trying again in {:.1} s", wait.as_secs_f64());
    connector.observer.tell(&Event::Reconnecting { reason, wait });
    connector.stop.run_until_cancelled(tokio::time::sleep(wait)).await;
}

/// Polls every resource on a task of its own until all are done, the session ends, or krest is stopped.
async fn poll_until_it_ends(connector: &Connector, session: Session, resources: &mut Vec<Resource>) -> Next {
    let over = connector.stop.child_token();
    let producer = session.producer.clone();
    let surroundings = Arc::new(Surroundings::new(connector, &session, over.clone()));
    connector
        .observer
        .tell(&Event::Started { connector: connector.plan.name.to_string(), resources: resources.len() });

    let mut tasks = JoinSet::new();
    for (resource, standing) in resources.drain(..).zip(session.standings) {
        tasks.spawn(keep_polling(resource, standing, surroundings.clone()));
    }
    let mut lost: Option<Ended> = None;
    while !tasks.is_empty() {
        tokio::select! {
            Some(joined) = tasks.join_next() => match joined {
                Ok((resource, end)) => {
                    resources.push(resource);
                    if let ResourceEnd::Lost(ended) = end {
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
        }
    }
    resources.sort_by_key(Resource::place);
    if let Some(ended) = lost {
        return after_lost_session(connector, resources, &ended);
    }
    if tokio::time::timeout(STOP_PATIENCE, producer.close()).await.is_err() {
        tracing::warn!(connector = %connector.plan.name, "kafka did not answer in time: the open transaction is left to be aborted");
    }
    Next::End(if connector.stop.is_cancelled() { stopped(connector, resources) } else { finished(resources) })
}

/// The caches drop what was pending; the next session reads what the topics say.
fn after_lost_session(connector: &Connector, resources: &mut [Resource], ended: &Ended) -> Next {
    for resource in resources {
        resource.cache.abort();
    }
    if connector.stop.is_cancelled() {
        return Next::End(stopped(connector, &[]));
    }
    tracing::warn!(connector = %connector.plan.name, "{ended}; starting a new producer and reading what the topics say");
    Next::Again
}

/// Under `--once` a stop before the end is a failure; otherwise it is what was asked for.
fn stopped(connector: &Connector, resources: &[Resource]) -> Outcome {
    let complete = !resources.is_empty() && resources.iter().all(|resource| resource.scanned == Some(true));
    match connector.mode {
        Mode::Once if !complete => Outcome::Failed,
        Mode::Once | Mode::Forever => Outcome::Done,
    }
}

fn finished(resources: &[Resource]) -> Outcome {
    if resources.iter().any(|resource| resource.scanned == Some(false)) {
        Outcome::Failed
    } else {
        Outcome::Done
    }
}
