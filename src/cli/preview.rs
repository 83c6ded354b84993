//! `krest preview`: the first records of each resource as JSON lines, without Kafka.

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use super::args::PreviewArgs;
use super::check::load;
use super::progress::Progress;
use super::report::Exit;
use super::tour::{Seen, Tour, chosen, roots};
use crate::model::{Json, Redactor};
use crate::poll::{PollEvent, Poller, Unread};
use crate::service;

pub(super) async fn preview(
    args: &PreviewArgs,
    redactor: &Redactor,
    progress: &Progress,
) -> anyhow::Result<Exit> {
    let Some(plan) = load(&args.file, redactor) else {
        return Ok(Exit::Usage);
    };
    let Some(wanted) = chosen(&args.file, &args.resources, &plan) else {
        return Ok(Exit::Usage);
    };
    let unread = Arc::default();
    let poller = watching(redactor, progress, Arc::clone(&unread));
    let stop = service::on_signals()?;
    let mut exit = Exit::Done;
    for root in roots(&plan) {
        let mut tour = Tour::new(&plan, root, (&wanted, args.records));
        exit = exit.max(tour.go(&poller, &stop, &mut print).await);
        if stop.is_cancelled() {
            return Ok(Exit::Failed);
        }
    }
    propose(&unread);
    Ok(exit)
}

type UnreadPages = Arc<Mutex<Vec<Unread>>>;

/// A poller whose doubts are kept until the records are shown.
fn watching(redactor: &Redactor, progress: &Progress, unread: UnreadPages) -> Poller {
    let progress = progress.clone();
    let observe = move |event: &PollEvent| {
        if let PollEvent::MoreLikely(more) = event {
            unread.lock().unwrap_or_else(PoisonError::into_inner).push(more.clone());
        }
        progress.poll_event(event);
    };
    Poller::with_observer(redactor.clone(), Arc::new(observe))
}

/// The lines to write where an API seems to have more than was read.
#[expect(clippy::print_stderr, reason = "the command's own output")]
fn propose(unread: &UnreadPages) {
    for more in unread.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let lines = more.proposal.to_string();
        if !lines.is_empty() {
            let lines = lines.replace('\n', "\n      ");
            eprintln!(
                "\n{}: if the API has more than these {} records, its endpoint needs these lines:\n      {lines}",
                more.resource, more.read
            );
        }
    }
}

#[expect(clippy::print_stderr, reason = "the command's own output")]
fn print(seen: &Seen<'_>) -> io::Result<bool> {
    let Seen { listing, read, count } = seen;
    let mut good = true;
    let mut out = io::stdout().lock();
    for (index, span) in read.page.records.iter().take(*count).enumerate() {
        let key = match listing.reader.is_keyed().then(|| listing.reader.record(&read.page, index)) {
            None => None,
            Some(Ok(record)) => Some(record.key),
            Some(Err(error)) => {
                eprintln!("krest: {error}");
                good = false;
                None
            }
        };
        let name = serde_json::Value::from(listing.name.as_str());
        let key = key.map_or(serde_json::Value::Null, |key| key.into_owned().into());
        let value = Json::trusted(read.page.text(*span)).compact();
        writeln!(out, r#"{{"resource":{name},"key":{key},"value":{value}}}"#)?;
    }
    out.flush()?;
    Ok(good)
}
