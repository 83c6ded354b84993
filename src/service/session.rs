//! One life of a task's producer: caches are brought up to the ends of their topics, then families are polled until the producer
//! ends, all are done, or krest stops.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::catch_up::{Patience, catch_up};
use super::connector::{Connector, Mode};
use super::event::Event;
use super::family::{Placed, Surroundings};
use super::instance::Instance;
use super::keys::remember;
use super::polling::{FamilyEnd, keep_polling};
use super::refusals::identity;
use super::resource::{Reads, Resource};
use super::rules::rules;
use super::schemas::values;
use super::signals::Office;
use super::start::Opening;
use crate::kafka::{self, Cluster, Ended, Producer, Topic};
use crate::plan::TaskPlan;
use crate::state::Standing;

/// How long a stop leaves the scans to commit what they have; then the producer is closed, which takes five seconds at most.
/// The whole stop takes at most ten.
pub(super) const STOP_GRACE: Duration = Duration::from_secs(1);

pub(super) struct Session {
    pub cluster: Cluster,
    pub producer: Arc<Producer>,
    /// In the order of the task's resources, as are the standings.
    pub topics: Vec<Topic>,
    /// Of dead letters; `None` where a record that cannot be published fails the scan.
    pub letters: Vec<Option<Topic>>,
    standings: Vec<Standing>,
}

/// Brings the resources' caches up to the ends of their topics. One whose topic is not fit, or hidden behind another writer's open
/// transaction, is set aside: the others do not wait for it.
pub(super) async fn begin(
    connector: &Connector,
    opening: Opening,
    resources: &mut [Resource],
) -> Result<Session, kafka::Error> {
    let Opening { cluster, producer, topics, letters, stored, unfit, .. } = opening;
    for (place, problem) in unfit {
        let resource = resources.iter_mut().find(|resource| resource.place() == place);
        resource.into_iter().for_each(|resource| leave_aside(connector, resource, &problem));
    }
    let mut standings = Vec::with_capacity(topics.len());
    for (topic, resource) in topics.iter().zip(resources) {
        let Some(plan) = connector.plan.resources.get(resource.place()) else { continue };
        let (offset, parents) = (stored.resources.get(&plan.name), stored.parents.get(&plan.name));
        let mut standing = Standing::new(identity(plan, topic), offset, parents);
        if connector.mode == Mode::Repair && plan.upkeep.is_table() {
            standing.forget_cursors();
        }
        standings.push(standing);
        resource.rules = rules(plan, &stored, &resource.rules);
        resource.values = values(plan, &stored)?;
        remember(plan, &stored);
        if !plan.upkeep.compares() || resource.aside.is_some() || resource.reads == Reads::Nothing {
            continue; // what is aside is brought up there
        }
        let reading = (&plan.name, topic, Patience::Brief);
        match catch_up(&cluster, reading, resource, &connector.observer).await {
            Err(error @ kafka::Error::OpenTransaction { .. }) => {
                leave_aside(connector, resource, &error.to_string());
            }
            caught_up => caught_up?,
        }
    }
    Ok(Session { cluster, producer: Arc::new(producer), topics, letters, standings })
}

fn leave_aside(connector: &Connector, resource: &mut Resource, problem: &str) {
    let plan = &connector.plan;
    let name = plan.resources.get(resource.place()).map(|resource| resource.name.to_string());
    if resource.set_aside() {
        tracing::warn!(connector = %plan.name, resource = name, "{problem}; the resource is tried in a session of its own, while the others go on");
    }
}

/// Polls every family on a tokio task of its own until all are done, the session ends, or krest is stopped. Gives the resources
/// back, and why the session was lost if it was.
pub(super) async fn poll_until_it_ends(
    connector: &Connector,
    (task, instance, office): (&TaskPlan, &Instance, &Office),
    mut session: Session,
    resources: Vec<Resource>,
) -> (Vec<Resource>, Option<Ended>) {
    let over = connector.stop.child_token();
    let standings = std::mem::take(&mut session.standings);
    let count = resources.len();
    let topics = session.topics.iter().cloned().zip(std::mem::take(&mut session.letters));
    let known = standings.into_iter().zip(topics);
    let mut placed: Vec<Option<Placed>> = (0..)
        .zip(resources.into_iter().zip(known))
        .map(|(slot, (resource, (standing, (topic, letters))))| {
            Some(Placed { slot, resource, standing, topic, letters, errand: None })
        })
        .collect();
    let around = Arc::new(Surroundings::new(connector, (task, instance, office), &session, over.clone()));
    connector.observer.tell(&Event::Started { connector: connector.plan.name.to_string(), resources: count });
    let mut polling = JoinSet::new();
    for family in &task.families {
        let slots = family.resources.iter().filter_map(|place| task.place_of(*place));
        let members = slots.filter_map(|slot| placed.get_mut(slot)?.take()).collect();
        polling.spawn(keep_polling(family.clone(), members, around.clone()));
    }
    let (mut resources, lost) =
        Polling { connector, producer: &session.producer, polling, over }.watch().await;
    resources.sort_by_key(Resource::place);
    (resources, lost)
}

/// The families of a session while they are polled.
struct Polling<'s> {
    connector: &'s Connector,
    producer: &'s Producer,
    polling: JoinSet<(Vec<Resource>, FamilyEnd)>,
    over: CancellationToken,
}

impl Polling<'_> {
    async fn watch(mut self) -> (Vec<Resource>, Option<Ended>) {
        let Self { connector, producer, .. } = self;
        let mut resources = Vec::new();
        let mut lost: Option<Ended> = None;
        let mut closing = std::pin::pin!(close_when_stopped(connector, producer));
        let mut closed = false;
        while !self.polling.is_empty() {
            tokio::select! {
                Some(joined) = self.polling.join_next() => match joined {
                    Ok((members, end)) => {
                        resources.extend(members);
                        if let FamilyEnd::Lost(ended) = end {
                            lost.get_or_insert(ended);
                            self.over.cancel();
                        }
                    }
                    Err(error) => std::panic::resume_unwind(error.into_panic()),
                },
                ended = producer.ended(), if lost.is_none() => {
                    lost = Some(ended);
                    self.over.cancel();
                }
                () = &mut closing, if !closed => closed = true,
            }
        }
        if lost.is_none() && !closed {
            close(connector, producer).await;
        }
        (resources, lost)
    }
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
