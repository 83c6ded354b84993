//! A resource that was set aside: each of its polls has a session and a producer of its own, so that what Kafka refuses of it
//! aborts nothing of the others. It comes back when a scan of it was taken.

use std::time::SystemTime;

use tokio::time::Instant;

use super::catch_up::{Patience, catch_up};
use super::connector::Mode;
use super::family::{Next, Placed, Surroundings, look_once_more};
use super::keys::remember;
use super::refusals::identity;
use super::rules::rules;
use super::schemas::values;
use super::session::STOP_GRACE;
use super::start::{Ground, StartError};
use super::tell::tell;
use crate::kafka::{self, Ended, Producer, Topic, Writer};
use crate::plan::Family;
use crate::state::Standing;
use crate::sync::{self, Interrupted, MemberReport, SyncContext};

/// Why a resource's own session came to nothing.
enum Failed {
    Stopped,
    TakenOver,
    /// Kafka, or a contradiction: it stays aside.
    Problem(String),
}

impl From<StartError> for Failed {
    fn from(error: StartError) -> Self {
        match error {
            StartError::TakenOver { .. } => Self::TakenOver,
            StartError::Kafka(_)
            | StartError::Contradiction(_)
            | StartError::Registry { .. }
            | StartError::Unfit { .. } => Self::Problem(error.to_string()),
        }
    }
}

impl From<kafka::Error> for Failed {
    fn from(error: kafka::Error) -> Self {
        Self::from(StartError::from(error))
    }
}

impl From<Ended> for Failed {
    fn from(ended: Ended) -> Self {
        Self::Problem(ended.to_string())
    }
}

/// One poll of a resource that was set aside. An error is one that ends the task's session, too.
pub(super) async fn try_apart(
    family: &Family,
    member: &mut Placed,
    around: &Surroundings,
) -> Result<(), Interrupted> {
    let turn = around.over.run_until_cancelled(around.apart.lock());
    let _turn = turn.await.ok_or(Interrupted::Stopped)?;
    let started = Instant::now();
    member.errand.iter().for_each(|errand| around.office.desk.begun(errand));
    match attempt(family, member, around).await {
        Ok(reports) => {
            for report in reports {
                if let Some(until) = report.not_before() {
                    around.office.desk.hold(&[member.resource.place()], until);
                    member.resource.due = member.resource.due.max(until);
                }
                let next = Next::of_all(std::slice::from_ref(&report), started, family.interval);
                member.after_scan(&report, next, around);
                taken(&report, member, around);
                tell(&report, around);
                if report.report.published > 0 {
                    look_once_more(member, around).await?;
                }
            }
            Ok(())
        }
        Err(Failed::Problem(problem)) => {
            still_aside(&problem, member, around);
            let due = Instant::now() + family.interval;
            match member.errand.take() {
                Some(errand) => around.office.desk.postpone(member.resource.place(), &errand, due),
                None => member.resource.fail(family.interval),
            }
            Ok(())
        }
        Err(Failed::Stopped) => Err(Interrupted::Stopped),
        Err(Failed::TakenOver) => {
            let transactional_id =
                around.cluster.settings().transactional_id(Writer::Apart(around.task.number));
            Err(Interrupted::Ended(Ended::Fenced { transactional_id }))
        }
    }
}

/// Kafka took what the scan had for it. One that failed before it had anything says nothing about that.
fn taken(report: &MemberReport, member: &mut Placed, around: &Surroundings) {
    if report.outcome.is_err() && report.report.published == 0 {
        return;
    }
    let Some(since) = member.resource.aside.take() else { return };
    let plan = around.resource(member.slot);
    if let Some(plan) = plan {
        let largest = around.cluster.settings().largest_message(&plan.name, &member.topic);
        around.producer.takes_now(member.slot, largest);
    }
    let name = plan.map(|plan| plan.name.to_string());
    tracing::info!(
        connector = %around.plan.name, resource = name, aside_s = since.elapsed().as_secs(),
        "kafka takes the resource's data: it shares transactions with the others again"
    );
}

fn still_aside(problem: &str, member: &Placed, around: &Surroundings) {
    let name = around.resource(member.slot).map(|plan| plan.name.to_string());
    let since = member.resource.aside.map(|since| since.elapsed().as_secs());
    tracing::error!(
        connector = %around.plan.name, resource = name, aside_s = since,
        "{problem}; the resource is set aside, and tried again at its next poll in a transaction of its own, while the others go on"
    );
}

async fn attempt(
    family: &Family,
    member: &mut Placed,
    around: &Surroundings,
) -> Result<Vec<MemberReport>, Failed> {
    member.resource.cache.abort();
    let beginning = begin(member, around);
    let producer = around.over.run_until_cancelled(beginning).await.ok_or(Failed::Stopped)??;
    let (reports, interrupted) = scan(family, member, (&producer, around)).await;
    let closed = producer.close().await;
    match interrupted {
        Err(Interrupted::Stopped) => Err(Failed::Stopped),
        Err(Interrupted::Ended(Ended::Discarded)) => Ok(reports), // the scan failed, and nothing of it was sent
        Err(Interrupted::Ended(ended)) => Err(ended.into()),
        Err(error @ Interrupted::State(_)) => Err(Failed::Problem(error.to_string())),
        Ok(()) => {
            closed?;
            Ok(reports)
        }
    }
}

/// The start order, for this one resource: what refuses it, then the producer, which fences its predecessor, then what the
/// topics say.
async fn begin(member: &mut Placed, around: &Surroundings) -> Result<Producer, Failed> {
    if around.mode == Mode::Rehearsal {
        return Err(Failed::Problem("it could be tried only in a session of its own".to_owned())); // which fences
    }
    let missing = || Failed::Problem("the resource is not in the plan".to_owned());
    let (place, cluster) = (member.resource.place(), &around.cluster);
    let (ground, _) = Ground::prepare(&around.plan, &[place], cluster.clone(), &around.instance).await?;
    let topic = ground.topics.get(&place).ok_or_else(missing)?;
    let writer = (Writer::Apart(around.task.number), around.task.boundary);
    let targets = targets(member.slot, topic, around);
    let producer = Producer::start(cluster, writer, &targets, &ground.offsets).await?;
    // Who takes over fences the task first, and then this: if the task is not fenced yet, this one will be.
    around.producer.beat().await.map_err(|_| Failed::Stopped)?; // the session's end is told by itself
    let stored = ground.read(&around.instance).await?;
    let plan = around.resource(member.slot).ok_or_else(missing)?;
    let (offset, parents) = (stored.resources.get(&plan.name), stored.parents.get(&plan.name));
    member.standing = Standing::new(identity(plan, topic), offset, parents);
    member.resource.rules = rules(plan, &stored, &member.resource.rules);
    member.resource.values = values(plan, &stored)?;
    remember(plan, &stored);
    (member.topic, member.letters) = (topic.clone(), ground.letters.get(&place).cloned());
    if plan.upkeep.compares() {
        let patience = match around.mode {
            Mode::Once | Mode::Rehearsal | Mode::Repair => Patience::Long, // there is no next poll
            Mode::Forever => Patience::Brief,
        };
        let reading = (&plan.name, topic, patience);
        catch_up(cluster, reading, &mut member.resource, &around.observer).await?;
    }
    Ok(producer)
}

/// The task's resources, so that the resource keeps its place among them; the others send nothing here.
fn targets(slot: usize, topic: &Topic, around: &Surroundings) -> Vec<(crate::model::ResourceName, Topic)> {
    let name = |place: &usize| around.plan.resources.get(*place).map(|resource| resource.name.clone());
    let names = around.task.resources.iter().filter_map(name);
    let mut targets: Vec<_> = names.zip(around.topics.iter().cloned()).collect();
    if let Some((_, own)) = targets.get_mut(slot) {
        *own = topic.clone();
    }
    targets
}

/// Scans; a session that is over, or a stop, ends the wait for a commit that does not come.
async fn scan(
    family: &Family,
    member: &mut Placed,
    (producer, around): (&Producer, &Surroundings),
) -> (Vec<MemberReport>, Result<(), Interrupted>) {
    let members = member.scanning(around).into_iter().collect();
    let (poller, stop, now) = (&around.poller, &around.over, SystemTime::now());
    let context = SyncContext { poller, producer, members, stop, now };
    let mut scanning = std::pin::pin!(sync::scan(&around.plan, family, context));
    let closing = async {
        around.over.cancelled().await;
        tokio::time::sleep(STOP_GRACE).await;
        drop(producer.close().await);
    };
    tokio::select! {
        scanned = &mut scanning => return scanned,
        () = closing => {}
    }
    scanning.await
}
