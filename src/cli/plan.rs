//! `krest plan`: what a `run --once` would do, without doing it.

pub(super) mod changes;
pub(super) mod json;
mod table;

use super::admin::{chosen, plan_of};
use super::args::PlanArgs;
use super::args_admin::Output;
use super::progress::Progress;
use super::report::{self, Exit};
use super::run::{exit, observer, watched_poller};
use crate::model::Redactor;
use crate::service::{self, Foreseen, Rehearsal};

pub(super) async fn plan(args: &PlanArgs, redactor: &Redactor, progress: &Progress) -> anyhow::Result<Exit> {
    let mut plan = match plan_of(&args.which, redactor) {
        Ok(plan) => plan,
        Err(exit) => return Ok(exit),
    };
    if let Err(exit) = chosen(&args.which, &plan) {
        return Ok(exit);
    }
    let wanted = &args.which.resources;
    if !wanted.is_empty() {
        plan.keep_families_of(wanted);
    }
    let rehearsal = Rehearsal {
        plan,
        poller: watched_poller(redactor, progress),
        stop: service::on_signals()?,
        observer: observer(progress),
        changes: args.verbose,
    };
    let mut foreseen = match Box::pin(service::rehearse(rehearsal)).await {
        Ok(foreseen) => foreseen,
        Err(outcome) => return Ok(exit(outcome)),
    };
    let is_wanted = |one: &Foreseen| wanted.iter().any(|name| name == one.resource.as_str());
    foreseen.retain(|one| wanted.is_empty() || is_wanted(one));
    match args.output {
        Output::Json => report::line(format_args!("{}", json::document(&foreseen, args.verbose)))?,
        Output::Table => table::print(&foreseen, args.verbose)?,
    }
    let failed = foreseen.iter().any(|one| one.error.is_some());
    Ok(if failed { Exit::Failed } else { Exit::Done })
}
