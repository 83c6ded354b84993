//! `krest run`: connectors that keep polling, or scan once.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::args::RunArgs;
use super::check::load;
use super::progress::Progress;
use super::report::{self, Exit};
use crate::model::{Redactor, ResourceName};
use crate::plan::ConnectorPlan;
use crate::poll::Poller;
use crate::service::{self, Broker, Connector, Mode, Observer, Outcome};
use crate::state::{Directory, DirectoryError, LocalState};
use crate::sync::Registrar;

pub(super) async fn run(args: &RunArgs, redactor: &Redactor, progress: &Progress) -> anyhow::Result<Exit> {
    let Some(plans) = load_all(&args.files, redactor) else {
        return Ok(Exit::Usage);
    };
    if !are_allowed(&args.allow_deletes, &plans) {
        return Ok(Exit::Usage);
    }
    let stop = service::on_signals()?;
    let mode = if args.once { Mode::Once } else { Mode::Forever };
    let poller = watched_poller(redactor, progress);
    let states = match open_states(&plans) {
        Ok(states) => states,
        Err(exit) => return Ok(exit),
    };
    let connectors = plans.into_iter().zip(states).map(|(plan, state)| Connector {
        state,
        broker: Broker::Real(plan.kafka.clone()),
        registrar: Registrar::new(plan.registry.as_ref()),
        plan: Arc::new(plan),
        poller: poller.clone(),
        mode,
        stop: stop.clone(),
        observer: observer(progress),
        allow_deletes: args.allow_deletes.iter().map(|name| ResourceName::new(name)).collect(),
    });
    let worst = service::run_all(connectors.collect()).await;
    Ok(exit(worst))
}

/// Whether what `--allow-deletes` names is published by any of the files, and has deletes that could be refused.
fn are_allowed(names: &[String], plans: &[ConnectorPlan]) -> bool {
    let refused = names.iter().find_map(|name| {
        let resources = plans.iter().flat_map(|plan| &plan.resources);
        let mut named = resources.filter(|resource| resource.name.as_str() == name).peekable();
        if named.peek().is_none() {
            return Some(anyhow::anyhow!("--allow-deletes: there is no resource {name:?} that is published"));
        }
        let guarded = named.any(|resource| resource.upkeep.of_missing().is_some());
        (!guarded).then(|| {
            anyhow::anyhow!(
                "--allow-deletes: the resource {name} deletes nothing that could be allowed (deletes.mode)"
            )
        })
    });
    refused.iter().for_each(report::error);
    refused.is_none()
}

/// What is kept on this machine, locked for this process: of all connectors, or of none. Before anything touches Kafka.
fn open_states(plans: &[ConnectorPlan]) -> Result<Vec<LocalState>, Exit> {
    let mut directories = Vec::with_capacity(plans.len());
    let mut refused = None;
    for plan in plans {
        match Directory::claim(&plan.state.dir, &plan.name) {
            Ok(directory) => directories.push((directory, plan)),
            Err(error) => {
                let exit = match &error {
                    DirectoryError::InUse { .. } => Exit::InUse,
                    DirectoryError::Unusable { .. } => Exit::Usage,
                };
                report::error(&error.into());
                refused = refused.max(Some(exit));
            }
        }
    }
    if let Some(exit) = refused {
        return Err(exit);
    }
    let open = |(directory, plan): (Directory, &ConnectorPlan)| {
        let state = LocalState::open(directory, plan.state.memory);
        state.keep_only(plan.resources.iter().map(|resource| &resource.name));
        state
    };
    Ok(directories.into_iter().map(open).collect())
}

/// The plans of all files, or `None` with everything that is wrong with any of them on stderr.
fn load_all(files: &[PathBuf], redactor: &Redactor) -> Option<Vec<ConnectorPlan>> {
    let mut plans = Vec::new();
    let mut names = HashSet::new();
    for file in files {
        let Some(plan) = load(file, redactor) else { continue };
        for note in &plan.notes {
            tracing::info!("{note}");
        }
        match plan.into_connector() {
            Ok(plan) if names.insert(plan.name.clone()) => match taken_topic(&plans, &plan) {
                None => plans.push(plan),
                Some(topic) => report::error(&anyhow::anyhow!(
                    "{}: the topic {topic} is filled by another of these files; one topic has one source",
                    file.display()
                )),
            },
            Ok(plan) => report::error(&anyhow::anyhow!(
                "{}: another of these files has the connector name {} too; give one of them another `name:`",
                file.display(),
                plan.name
            )),
            Err(problem) => report::error(&anyhow::anyhow!("{}: {problem}", file.display())),
        }
    }
    (plans.len() == files.len()).then_some(plans)
}

/// A topic of this plan that a plan before it fills on the same Kafka.
fn taken_topic(plans: &[ConnectorPlan], plan: &ConnectorPlan) -> Option<String> {
    let others = plans.iter().filter(|other| other.kafka.servers() == plan.kafka.servers());
    let taken: HashSet<&str> =
        others.flat_map(|other| &other.resources).map(|resource| resource.topic.name.as_str()).collect();
    let topics = plan.resources.iter().map(|resource| resource.topic.name.as_str());
    topics.into_iter().find(|topic| taken.contains(topic)).map(str::to_owned)
}

/// A poller whose waits and pages move the progress bars.
pub(super) fn watched_poller(redactor: &Redactor, progress: &Progress) -> Poller {
    let progress = progress.clone();
    Poller::with_observer(redactor.clone(), Arc::new(move |event| progress.poll_event(event)))
}

pub(super) fn observer(progress: &Progress) -> Observer {
    let progress = progress.clone();
    Observer::new(move |event| progress.service_event(event))
}

pub(super) fn exit(outcome: Outcome) -> Exit {
    match outcome {
        Outcome::Done => Exit::Done,
        Outcome::Failed => Exit::Failed,
        Outcome::Refused => Exit::Usage,
        Outcome::Fenced => Exit::Fenced,
    }
}
