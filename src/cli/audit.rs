//! `krest audit`: what is not the same in API, topic and cache; and with `--repair` its mending.

mod json;
mod table;

use std::collections::HashSet;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::admin::{chosen, plan_of, say};
use super::args::AuditArgs;
use super::args_admin::Output;
use super::progress::Progress;
use super::report::{self, Exit};
use super::run::{exit, observer, watched_poller};
use crate::model::Redactor;
use crate::plan::ConnectorPlan;
use crate::poll::Poller;
use crate::service::{self, Audit, AuditError, Audited, Broker, Connector, Mode, Observer, Outcome};
use crate::state::{Directory, DirectoryError, LocalState};
use crate::sync::Registrar;

pub(super) async fn audit(
    args: &AuditArgs,
    redactor: &Redactor,
    progress: &Progress,
) -> anyhow::Result<Exit> {
    let auditing = async {
        let plan = plan_of(&args.which, redactor)?;
        chosen(&args.which, &plan)?;
        let stop = service::on_signals().map_err(|error| said(&error.into()))?;
        let (poller, observer) = (watched_poller(redactor, progress), observer(progress));
        let auditor = Auditor { args, redactor, plan, poller, observer, stop };
        if args.repair { auditor.repair().await } else { auditor.look().await }
    };
    match auditing.await {
        Ok(found) => {
            match args.output {
                Output::Json => report::line(format_args!("{}", json::document(&found)))?,
                Output::Table => table::print(&found)?,
            }
            let last = found.after.as_ref().unwrap_or(&found.found);
            let clean = last.iter().all(Audited::is_clean);
            Ok(if clean { Exit::Done } else { Exit::Failed })
        }
        Err(exit) => Ok(exit),
    }
}

/// What an audit found, and what another one found after the repair, if there was one.
struct Found {
    found: Vec<Audited>,
    after: Option<Vec<Audited>>,
}

struct Auditor<'a> {
    args: &'a AuditArgs,
    redactor: &'a Redactor,
    plan: ConnectorPlan,
    poller: Poller,
    observer: Observer,
    stop: CancellationToken,
}

impl Auditor<'_> {
    async fn look(&self) -> Result<Found, Exit> {
        let state = match Directory::claim_to_look(&self.plan.state.dir, &self.plan.name) {
            Ok(directory) => directory.map(|directory| LocalState::open(directory, self.plan.state.memory)),
            Err(error) => {
                say(&format!("the cache on this machine is left out: {error}"));
                None
            }
        };
        Ok(Found { found: self.audit(state.as_ref()).await?, after: None })
    }

    /// Finds what differs, has an instance of the connector mend it, and looks again.
    async fn repair(&self) -> Result<Found, Exit> {
        let directory = Directory::claim(&self.plan.state.dir, &self.plan.name).map_err(|error| {
            let exit = match &error {
                DirectoryError::InUse { .. } => Exit::InUse,
                DirectoryError::Unusable { .. } => Exit::Usage,
            };
            said(&error.into());
            exit
        })?;
        service::refuse_beside_another(&self.plan).await.map_err(|error| self.failed(&error))?;
        let state = LocalState::open(directory, self.plan.state.memory);
        let found = self.audit(Some(&state)).await?;
        let (paused, differing): (Vec<&Audited>, Vec<&Audited>) =
            found.iter().filter(|one| one.different > 0).partition(|one| one.paused);
        for one in paused {
            say(&format!(
                "{0} is paused and is not mended: no scan publishes anything of it; krest signal {1} resume -r {0} ends that, once krest \
                 run {1} is there to hear it",
                one.resource,
                self.args.which.file.display()
            ));
        }
        if differing.is_empty() {
            return Ok(Found { found, after: None });
        }
        for one in &differing {
            if let Err(error) = state.discard(&one.resource) {
                tracing::warn!(resource = %one.resource, "{error}"); // a start finds out for itself
            }
        }
        let differing: Vec<String> = differing.iter().map(|one| one.resource.to_string()).collect();
        match self.mend(state, &differing).await? {
            Outcome::Done | Outcome::Failed => {} // what failed was said, and shows in what is found now
            worse @ (Outcome::Refused | Outcome::Fenced) => return Err(exit(worse)),
        }
        let after = Self {
            args: self.args,
            redactor: self.redactor,
            plan: self.again()?,
            poller: self.poller.clone(),
            observer: self.observer.clone(),
            stop: self.stop.clone(),
        };
        let after = after.look().await?.found;
        Ok(Found { found, after: Some(after) })
    }

    /// One scan of these tables, and of their families, as an ordinary instance.
    async fn mend(&self, state: LocalState, differing: &[String]) -> Result<Outcome, Exit> {
        say(&format!("mending {}", differing.join(", ")));
        let mut plan = self.again()?;
        plan.keep_families_of(differing);
        let connector = Connector {
            state,
            broker: Broker::Real(plan.kafka.clone()),
            registrar: Registrar::new(plan.registry.as_ref()),
            plan: Arc::new(plan),
            poller: self.poller.clone(),
            mode: Mode::Repair,
            allow_deletes: HashSet::new(),
            stop: self.stop.clone(),
            observer: self.observer.clone(),
        };
        Ok(service::run_all(vec![connector]).await)
    }

    fn again(&self) -> Result<ConnectorPlan, Exit> {
        plan_of(&self.args.which, self.redactor)
    }

    async fn audit(&self, state: Option<&LocalState>) -> Result<Vec<Audited>, Exit> {
        let audit = Audit {
            plan: &self.plan,
            poller: &self.poller,
            state,
            stop: &self.stop,
            observer: &self.observer,
            redactor: self.redactor,
            wanted: &self.args.which.resources,
        };
        service::audit(&audit).await.map_err(|error| self.failed(&error))
    }

    fn failed(&self, error: &AuditError) -> Exit {
        report::error(&anyhow::anyhow!("{}", self.redactor.scrub(&error.to_string())));
        match error {
            AuditError::Refused(_) => Exit::Usage,
            AuditError::Kafka(_) | AuditError::Running(_) | AuditError::Stopped => Exit::Failed,
        }
    }
}

fn said(error: &anyhow::Error) -> Exit {
    report::error(error);
    Exit::Failed
}
