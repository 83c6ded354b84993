//! `krest plan`: what a `run --once` would do, without doing it.

mod changes;
mod json;
mod table;

use super::args::{Output, PlanArgs};
use super::check::load;
use super::progress::Progress;
use super::report::{self, Exit};
use super::run::{exit, observer, watched_poller};
use crate::model::Redactor;
use crate::plan::ConnectorPlan;
use crate::service::{self, Foreseen, Rehearsal};

pub(super) async fn plan(args: &PlanArgs, redactor: &Redactor, progress: &Progress) -> anyhow::Result<Exit> {
    let Some(mut plan) = connector(&args.file, &args.resources, redactor) else {
        return Ok(Exit::Usage);
    };
    if !args.resources.is_empty() {
        plan.keep_families_of(&args.resources);
    }
    let rehearsal = Rehearsal {
        plan,
        poller: watched_poller(redactor, progress),
        stop: service::on_signals()?,
        observer: observer(progress),
        changes: args.verbose,
    };
    let mut foreseen = match service::rehearse(rehearsal).await {
        Ok(foreseen) => foreseen,
        Err(outcome) => return Ok(exit(outcome)),
    };
    let wanted = |one: &Foreseen| args.resources.iter().any(|name| name == one.resource.as_str());
    foreseen.retain(|one| args.resources.is_empty() || wanted(one));
    match args.output {
        Some(Output::Json) => report::line(format_args!("{}", json::document(&foreseen, args.verbose)))?,
        None => table::print(&foreseen, args.verbose)?,
    }
    let failed = foreseen.iter().any(|one| one.error.is_some());
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// The file's plan, if it can be run and has these resources; or what is wrong on stderr.
pub(super) fn connector(
    file: &std::path::Path,
    resources: &[String],
    redactor: &Redactor,
) -> Option<ConnectorPlan> {
    let plan = match load(file, redactor)?.into_connector() {
        Ok(plan) => plan,
        Err(problem) => {
            report::error(&anyhow::anyhow!("{}: {problem}", file.display()));
            return None;
        }
    };
    let known: Vec<&str> = plan.resources.iter().map(|resource| resource.name.as_str()).collect();
    if let Some(unknown) = resources.iter().find(|name| !known.contains(&name.as_str())) {
        let (file, known) = (file.display(), known.join(", "));
        report::error(&anyhow::anyhow!("no resource {unknown:?} is published; {file} has {known}"));
        return None;
    }
    Some(plan)
}
