//! One task's life: session after session. One that is lost is followed by a new one, while the other tasks go on.

use std::sync::Arc;

use tokio::time::Instant;

use super::connector::{Connector, Mode, Outcome};
use super::instance::Instance;
use super::resource::Resource;
use super::session::{self, Session, poll_until_it_ends};
use super::signals::Office;
use super::start::{Opening, StartError, restart};
use super::trouble::Trouble;
use crate::kafka::Ended;
use crate::plan::{Family, TaskPlan};

pub(super) struct Task {
    pub connector: Arc<Connector>,
    pub plan: TaskPlan,
    /// The one that claimed the connector.
    pub instance: Instance,
    /// What signals ask of the families.
    pub office: Office,
    /// Those of the task, in its order.
    pub resources: Vec<Resource>,
}

impl Task {
    /// Runs to its end: until `stop`, or under `Mode::Once` until every resource was scanned. An error is one that trying again
    /// does not cure: it concerns the whole connector.
    pub(super) async fn run(mut self, opening: Opening) -> Result<Outcome, StartError> {
        let connector = Arc::clone(&self.connector);
        let mut opening = Some(opening);
        let mut trouble = Trouble::none();
        loop {
            trouble.attempt();
            let deadline = trouble.deadline(connector.mode);
            let reason = match self.begin(opening.take(), deadline).await {
                None => return Ok(self.stopped()),
                Some(Ok(session)) => {
                    let started = Instant::now();
                    let Some(ended) = self.poll(session).await else { return Ok(self.ended_well()) };
                    let went_on = self.after_lost_session(&ended);
                    let all_scanned = self.resources.iter().all(|resource| self.is_done(resource, false));
                    if connector.mode != Mode::Forever && all_scanned {
                        return Ok(self.ended_well());
                    }
                    if went_on || trouble.forgives(started.elapsed()) {
                        continue;
                    }
                    ended.to_string()
                }
                Some(Err(error)) if error.passes() => error.to_string(),
                Some(Err(error)) => return Err(error),
            };
            if connector.stop.is_cancelled() {
                return Ok(self.stopped());
            }
            if !trouble.wait(&connector, reason).await {
                return Ok(Outcome::Failed);
            }
        }
    }

    /// The next session, from its opening if it has one. `None`: stopped meanwhile.
    async fn begin(
        &mut self,
        opening: Option<Opening>,
        deadline: Option<Instant>,
    ) -> Option<Result<Session, StartError>> {
        let Self { connector, plan, instance, resources, .. } = self;
        let starting = async {
            let opening = match opening {
                Some(opening) => opening,
                None => restart(&connector.plan, plan, connector.cluster(deadline).await?, instance).await?,
            };
            Ok(session::begin(connector, opening, resources).await?)
        };
        connector.stop.run_until_cancelled(starting).await
    }

    /// Why the session was lost, if it was.
    async fn poll(&mut self, session: Session) -> Option<Ended> {
        let resources = std::mem::take(&mut self.resources);
        let (resources, lost) = poll_until_it_ends(
            &self.connector,
            (&self.plan, &self.instance, &self.office),
            session,
            resources,
        )
        .await;
        self.resources = resources;
        lost
    }

    /// The caches drop what was pending; the next session reads what the topics say. Whether what was in the way of this session
    /// is not in the way of the next one.
    fn after_lost_session(&mut self, ended: &Ended) -> bool {
        failpoint!("service::between_sessions");
        self.resources.iter_mut().for_each(|resource| resource.cache.abort());
        if self.connector.stop.is_cancelled() {
            return false;
        }
        match ended {
            Ended::Rejected { resource: Some(slot), .. } => self.set_aside(*slot, ended),
            Ended::TopicGone { resource, .. } => self.suspect(&[*resource], ended),
            Ended::Suspected { resources, .. } => self.suspect(resources, ended),
            Ended::Overdue { resources, .. } => self.fail_families(resources, ended),
            Ended::Discarded => true, // the scan has said why
            Ended::Rejected { resource: None, .. }
            | Ended::Fenced { .. }
            | Ended::Aborted { .. }
            | Ended::UnknownOutcome { .. }
            | Ended::Doubtful { .. }
            | Ended::Abandoned { .. }
            | Ended::Closed => {
                let (connector, task) = (&self.connector.plan.name, self.plan.number);
                tracing::warn!(%connector, task, "{ended}; starting a new producer and reading what the topics say");
                false
            }
        }
    }

    /// Data that Kafka refuses must not abort that of the other resources again.
    fn set_aside(&mut self, slot: usize, ended: &Ended) -> bool {
        let Connector { plan, .. } = &*self.connector;
        let Some(resource) = self.resources.get_mut(slot) else { return false };
        let name = plan.resources.get(resource.place()).map(|resource| resource.name.to_string());
        tracing::error!(
            connector = %plan.name, resource = name,
            "{ended}; the resource is set aside, and tried again at its next poll in a transaction of its own, while the others go on"
        );
        resource.fail(plan.interval_of(resource.place()));
        resource.set_aside()
    }

    /// The same for those that may have nothing to do with it: each is tried at once.
    fn suspect(&mut self, slots: &[usize], ended: &Ended) -> bool {
        let connector = &self.connector.plan.name;
        tracing::warn!(%connector, task = self.plan.number, "{ended}; each of them is tried in a transaction of its own, while the others go on");
        let mut moved = false;
        for slot in slots {
            moved |= self.resources.get_mut(*slot).is_some_and(Resource::set_aside);
        }
        moved
    }

    /// A scan that has to be one transaction took too long for one.
    fn fail_families(&mut self, slots: &[usize], ended: &Ended) -> bool {
        let Connector { plan, .. } = &*self.connector;
        let places: Vec<usize> =
            slots.iter().filter_map(|slot| self.resources.get(*slot)).map(Resource::place).collect();
        let of_these = |family: &&Family| family.resources.iter().any(|place| places.contains(place));
        for family in self.plan.families.iter().filter(of_these) {
            let root = plan.listings.get(family.root).map(|listing| listing.name.to_string());
            tracing::error!(connector = %plan.name, resource = root, "{ended}");
            let members = self.resources.iter_mut();
            members
                .filter(|resource| family.resources.contains(&resource.place()))
                .for_each(|resource| resource.fail(family.interval));
        }
        !places.is_empty()
    }

    /// Under `Mode::Once`: it was scanned, or is paused. `well`: and the scan succeeded.
    fn is_done(&self, resource: &Resource, well: bool) -> bool {
        let scanned = resource.scanned.is_some_and(|succeeded| succeeded || !well);
        scanned || self.office.desk.is_paused(resource.place())
    }

    /// Under `--once` a stop before the end is a failure; otherwise it is what was asked for.
    fn stopped(&self) -> Outcome {
        let complete = self.resources.iter().all(|resource| self.is_done(resource, true));
        match self.connector.mode {
            Mode::Once | Mode::Repair if !complete || self.resources.is_empty() => Outcome::Failed,
            Mode::Once | Mode::Forever | Mode::Rehearsal | Mode::Repair => Outcome::Done,
        }
    }

    fn ended_well(&self) -> Outcome {
        if self.connector.stop.is_cancelled() {
            self.stopped()
        } else if self.resources.iter().any(|resource| resource.scanned == Some(false)) {
            Outcome::Failed
        } else {
            Outcome::Done
        }
    }
}
