//! `krest preview`: the first records of each resource as JSON lines, without Kafka.

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

use super::args::PreviewArgs;
use super::check::load;
use super::progress::Progress;
use super::report::{self, Exit};
use crate::model::{DeadRecord, Json, Redactor};
use crate::plan::{FilePlan, Listing};
use crate::poll::{PollEvent, Poller, Unread};
use crate::service;
use crate::sync::{FamilyWalk, PageRead, Start, Step};

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
    let unread = Arc::default();
    let poller = watching(redactor, progress, Arc::clone(&unread));
    let stop = service::on_signals()?;
    let mut exit = Exit::Done;
    for root in roots(&plan) {
        let mut preview = Preview::new(&plan, args, root);
        if preview.is_satisfied() {
            continue; // nothing of this family is asked for
        }
        exit = exit.max(after(preview.show(&poller, &stop).await));
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

/// The resources that depend on no other, in the order of the file.
fn roots(plan: &FilePlan) -> impl Iterator<Item = usize> {
    plan.resources.iter().enumerate().filter(|(_, listing)| listing.parent.is_none()).map(|(place, _)| place)
}

/// What went wrong with a family whose records are shown.
enum Trouble {
    /// Said already.
    Scan,
    /// What was read cannot be written; if nobody reads any more (`| head`), that is all right.
    Output(io::Error),
    Stopped,
}

/// A family while its records are shown.
struct Preview<'p> {
    plan: &'p FilePlan,
    root: usize,
    /// By resource: how many records are still to be shown.
    left: Vec<usize>,
    /// Every page was read, and every record had a usable key.
    good: bool,
}

impl<'p> Preview<'p> {
    fn new(plan: &'p FilePlan, args: &PreviewArgs, root: usize) -> Self {
        let limit = if args.records == 0 { usize::MAX } else { args.records };
        let wanted = |listing: &Listing| match args.resources.as_slice() {
            [] => listing.is_published(),
            names => names.iter().any(|name| name == listing.name.as_str()),
        };
        let ours = |place: usize| plan.root_of(place) == root;
        let left = plan.resources.iter().enumerate();
        let left = left.map(|(place, listing)| if ours(place) && wanted(listing) { limit } else { 0 });
        Self { plan, root, left: left.collect(), good: true }
    }

    fn is_satisfied(&self) -> bool {
        self.left.iter().all(|left| *left == 0)
    }

    /// Whether neither the resource nor anything that depends on it has records to show.
    fn is_enough(&self, listing: usize) -> bool {
        let children =
            self.plan.resources.get(listing).map(|plan| plan.children.as_slice()).unwrap_or_default();
        self.left.get(listing).is_none_or(|left| *left == 0)
            && children.iter().all(|child| self.is_enough(*child))
    }

    /// `Ok(false)`: something could not be read, or had no usable key.
    async fn show(&mut self, poller: &Poller, stop: &CancellationToken) -> Result<bool, Trouble> {
        let mut walk = match FamilyWalk::new(&self.plan.resources, poller, self.root, Start::default()) {
            Ok(walk) => walk,
            Err(error) => {
                report::error(&error.into());
                return Err(Trouble::Scan);
            }
        };
        (0..self.left.len())
            .filter(|listing| self.is_enough(*listing))
            .for_each(|listing| walk.enough(listing));
        while !self.is_satisfied() {
            let next = stop.run_until_cancelled(walk.next(|_, _| Start::default())).await;
            match next.ok_or(Trouble::Stopped)? {
                None => break,
                Some(Step::Page(read)) => {
                    self.name(&read.dead);
                    self.print(&read)?;
                }
                Some(Step::Lacking(lacking)) => self.name(&[lacking.dead]),
                Some(Step::End(_)) => {}
                Some(Step::Failed(failed)) => {
                    report::error(&failed.error.into());
                    self.good = false;
                }
            }
            (0..self.left.len())
                .filter(|listing| self.is_enough(*listing))
                .for_each(|listing| walk.enough(listing));
        }
        Ok(self.good)
    }

    /// What would be a dead letter is no record to show.
    #[expect(clippy::print_stderr, reason = "the command's own output")]
    fn name(&mut self, dead: &[DeadRecord]) {
        for record in dead {
            eprintln!("krest: {}", record.message);
            self.good = false;
        }
    }

    #[expect(clippy::print_stderr, reason = "the command's own output")]
    fn print(&mut self, read: &PageRead) -> Result<(), Trouble> {
        let plan = self.plan.resources.get(read.listing).zip(self.left.get_mut(read.listing));
        let Some((listing, left)) = plan else { return Ok(()) };
        let count = read.page.records.len().min(*left);
        *left -= count;
        let mut out = io::stdout().lock();
        for (index, span) in read.page.records.iter().take(count).enumerate() {
            let key = match listing.reader.is_keyed().then(|| listing.reader.record(&read.page, index)) {
                None => None,
                Some(Ok(record)) => Some(record.key),
                Some(Err(error)) => {
                    eprintln!("krest: {error}");
                    self.good = false;
                    None
                }
            };
            let name = serde_json::Value::from(listing.name.as_str());
            let key = key.map_or(serde_json::Value::Null, |key| key.into_owned().into());
            let value = Json::trusted(read.page.text(*span)).compact();
            writeln!(out, r#"{{"resource":{name},"key":{key},"value":{value}}}"#).map_err(Trouble::Output)?;
        }
        out.flush().map_err(Trouble::Output)
    }
}

fn after(shown: Result<bool, Trouble>) -> Exit {
    match shown {
        Ok(true) => Exit::Done,
        Err(Trouble::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
        Err(Trouble::Output(error)) => {
            report::error(&anyhow::Error::new(error).context("cannot write to stdout"));
            Exit::Failed
        }
        Ok(false) | Err(Trouble::Scan | Trouble::Stopped) => Exit::Failed,
    }
}
