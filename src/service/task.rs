//! One task's life: session after session. One that is lost is followed by a new one, while the other tasks go on.

use std::sync::Arc;

use tokio::time::Instant;

use super::connector::{Connector, Mode, Outcome};
use super::family::{Lost, Resource};
use super::instance::Instance;
use super::session::{self, Session, poll_until_it_ends};
use super::start::{Opening, StartError, restart};
use super::trouble::Trouble;
use crate::kafka::Ended;
use crate::plan::TaskPlan;

pub(super) struct Task {
    pub connector: Arc<Connector>,
    pub plan: TaskPlan,
    /// The one that claimed the connector.
    pub instance: Instance,
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
                    self.after_lost_session(&ended);
                    let all_scanned = self.resources.iter().all(|resource| resource.scanned.is_some());
                    if connector.mode == Mode::Once && all_scanned {
                        return Ok(self.ended_well());
                    }
                    if trouble.forgives(started.elapsed()) {
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
        let Self { connector, plan, instance, resources } = self;
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
    async fn poll(&mut self, session: Session) -> Option<Lost> {
        let resources = std::mem::take(&mut self.resources);
        let (resources, lost) = poll_until_it_ends(&self.connector, &self.plan, session, resources).await;
        self.resources = resources;
        lost
    }

    /// The caches drop what was pending; the next session reads what the topics say. Data that Kafka refuses ends its resource's
    /// scan, or the same page would be refused for ever.
    fn after_lost_session(&mut self, lost: &Lost) {
        self.resources.iter_mut().for_each(|resource| resource.cache.abort());
        let Connector { plan, stop, .. } = &*self.connector;
        if stop.is_cancelled() {
            return;
        }
        if let Lost::Producer(Ended::Rejected { resource: Some(place), .. }) = lost
            && let Some(resource) = self.resources.get_mut(*place)
            && let Some(resource_plan) = plan.resources.get(resource.place())
        {
            resource.fail(plan.interval_of(resource.place()));
            tracing::error!(connector = %plan.name, resource = %resource_plan.name, "{lost}; the resource is tried again at its next poll");
        } else {
            tracing::warn!(connector = %plan.name, task = self.plan.number, "{lost}; starting a new producer and reading what the topics say");
        }
    }

    /// Under `--once` a stop before the end is a failure; otherwise it is what was asked for.
    fn stopped(&self) -> Outcome {
        let complete = self.resources.iter().all(|resource| resource.scanned == Some(true));
        match self.connector.mode {
            Mode::Once if !complete || self.resources.is_empty() => Outcome::Failed,
            Mode::Once | Mode::Forever => Outcome::Done,
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
