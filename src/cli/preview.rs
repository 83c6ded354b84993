//! `krest preview`: the first records of each resource as JSON lines, without Kafka.

use std::io::{self, Write as _};

use tokio_util::sync::CancellationToken;

use super::args::PreviewArgs;
use super::check::load;
use super::progress::Progress;
use super::report::{self, Exit};
use super::run::watched_poller;
use crate::model::{Json, Page, Redactor};
use crate::plan::{FilePlan, Listing};
use crate::poll::{Poller, Walk};
use crate::service;

pub(super) async fn preview(
    args: &PreviewArgs,
    redactor: &Redactor,
    progress: &Progress,
) -> anyhow::Result<Exit> {
    let Some(plan) = load(&args.file, redactor) else {
        return Ok(Exit::Usage);
    };
    if let Some(unknown) = args.resources.iter().find(|name| plan.resource(name).is_none()) {
        let known: Vec<&str> = plan.resources.iter().map(|resource| resource.name.as_str()).collect();
        let problem = anyhow::anyhow!(
            "there is no resource {unknown:?}; {} has {}",
            args.file.display(),
            known.join(", ")
        );
        report::error(&problem);
        return Ok(Exit::Usage);
    }
    let poller = watched_poller(redactor, progress);
    let stop = service::on_signals()?;
    let mut exit = Exit::Done;
    for resource in chosen(&plan, &args.resources) {
        let shown = show(resource, &poller, args.records, &stop).await;
        exit = exit.max(after(shown, redactor));
        if stop.is_cancelled() {
            return Ok(Exit::Failed);
        }
    }
    Ok(exit)
}

fn chosen<'p>(plan: &'p FilePlan, names: &'p [String]) -> impl Iterator<Item = &'p Listing> {
    let all = names.is_empty();
    plan.resources
        .iter()
        .filter(move |resource| all || names.iter().any(|name| name == resource.name.as_str()))
}

/// What went wrong with a resource whose records are shown.
enum Trouble {
    Scan(crate::poll::PollError),
    /// What was read cannot be written; if nobody reads any more (`| head`), that is all right.
    Output(io::Error),
    Stopped,
}

/// Prints up to `limit` records (0: all). `Ok(false)`: a record had no usable key.
async fn show(
    resource: &Listing,
    poller: &Poller,
    limit: usize,
    stop: &CancellationToken,
) -> Result<bool, Trouble> {
    let mut pages = poller.scan(resource.source.clone(), &Walk::default());
    let mut left = if limit == 0 { usize::MAX } else { limit };
    let mut keyed = true;
    while left > 0 {
        let next = stop.run_until_cancelled(pages.next()).await.ok_or(Trouble::Stopped)?;
        let Some(page) = next.map_err(Trouble::Scan)? else { break };
        let count = page.records.len().min(left);
        left -= count;
        keyed &= print(resource, &page, count)?;
    }
    Ok(keyed)
}

#[expect(clippy::print_stderr, reason = "the command's own output")]
fn print(resource: &Listing, page: &Page, count: usize) -> Result<bool, Trouble> {
    let mut out = io::stdout().lock();
    let mut keyed = true;
    for (index, span) in page.records.iter().take(count).enumerate() {
        let key = match resource.reader.as_ref().map(|reader| reader.record(page, index)) {
            None => None,
            Some(Ok(record)) => Some(record.key),
            Some(Err(error)) => {
                eprintln!("krest: {error}");
                keyed = false;
                None
            }
        };
        let name = serde_json::Value::from(resource.name.as_str());
        let key = key.map_or(serde_json::Value::Null, |key| key.into_owned().into());
        let value = Json::trusted(page.text(*span)).compact();
        writeln!(out, r#"{{"resource":{name},"key":{key},"value":{value}}}"#).map_err(Trouble::Output)?;
    }
    out.flush().map_err(Trouble::Output)?;
    Ok(keyed)
}

fn after(shown: Result<bool, Trouble>, redactor: &Redactor) -> Exit {
    match shown {
        Ok(true) => Exit::Done,
        Err(Trouble::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(Trouble::Output(error)) => {
            report::error(&anyhow::Error::new(error).context("cannot write to stdout"));
            Exit::Failed
        }
        Ok(false) | Err(Trouble::Stopped) => Exit::Failed,
        Err(Trouble::Scan(error)) => {
            let text = error.to_string();
            report::error(&anyhow::anyhow!("{}", redactor.scrub(&text)));
            Exit::Failed
        }
    }
}
