//! The records of a file's resources, read without Kafka and shown to whoever asks: `preview` and `schema infer`.

use std::io;
use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::report::{self, Exit};
use crate::model::DeadRecord;
use crate::plan::{FilePlan, Listing};
use crate::poll::Poller;
use crate::sync::{FamilyWalk, PageRead, Start, Step};

/// Which resources are asked for, by their places; `None` after an unknown one was named. Not named: all that are published.
pub(super) fn chosen(file: &Path, names: &[String], plan: &FilePlan) -> Option<Vec<bool>> {
    if let Some(unknown) = names.iter().find(|name| plan.resource(name).is_none()) {
        let known: Vec<&str> = plan.resources.iter().map(|resource| resource.name.as_str()).collect();
        let problem =
            anyhow::anyhow!("there is no resource {unknown:?}; {} has {}", file.display(), known.join(", "));
        report::error(&problem);
        return None;
    }
    let wanted = |listing: &Listing| match names {
        [] => listing.is_published(),
        names => names.iter().any(|name| name == listing.name.as_str()),
    };
    Some(plan.resources.iter().map(wanted).collect())
}

/// The resources that depend on no other, in the order of the file.
pub(super) fn roots(plan: &FilePlan) -> impl Iterator<Item = usize> {
    plan.resources.iter().enumerate().filter(|(_, listing)| listing.parent.is_none()).map(|(place, _)| place)
}

/// The first records of a page, as many as are still wanted.
pub(super) struct Seen<'s> {
    pub listing: &'s Listing,
    pub read: &'s PageRead,
    pub count: usize,
}

impl Seen<'_> {
    /// One of its records.
    pub(super) fn text(&self, record: usize) -> &str {
        self.read.page.records.get(record).map_or("null", |span| self.read.page.text(*span))
    }
}

/// What went wrong with a family.
enum Trouble {
    /// Said already.
    Scan,
    /// What was read cannot be written; if nobody reads any more (`| head`), that is all right.
    Output(io::Error),
    Stopped,
}

/// A family while its records are shown.
pub(super) struct Tour<'p> {
    plan: &'p FilePlan,
    root: usize,
    /// By resource: how many records are still to be shown.
    left: Vec<usize>,
    /// Every page was read, and every record was good.
    good: bool,
}

impl<'p> Tour<'p> {
    /// `most`: so many records of each resource that is wanted; 0 for all.
    pub(super) fn new(plan: &'p FilePlan, root: usize, (wanted, most): (&[bool], usize)) -> Self {
        let limit = if most == 0 { usize::MAX } else { most };
        let ours = |place: usize| plan.root_of(place) == root;
        let left = wanted.iter().enumerate();
        let left = left.map(|(place, wanted)| if ours(place) && *wanted { limit } else { 0 });
        Self { plan, root, left: left.collect(), good: true }
    }

    /// Reads until enough was shown. `show` says whether all of it was good.
    pub(super) async fn go(
        &mut self,
        poller: &Poller,
        stop: &CancellationToken,
        show: &mut dyn FnMut(&Seen<'_>) -> io::Result<bool>,
    ) -> Exit {
        if self.is_satisfied() {
            return Exit::Done; // nothing of this family is asked for
        }
        match self.read(poller, stop, show).await {
            Ok(()) if self.good => Exit::Done,
            Err(Trouble::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Err(Trouble::Output(error)) => {
                report::error(&anyhow::Error::new(error).context("cannot write to stdout"));
                Exit::Failed
            }
            Ok(()) | Err(Trouble::Scan | Trouble::Stopped) => Exit::Failed,
        }
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

    async fn read(
        &mut self,
        poller: &Poller,
        stop: &CancellationToken,
        show: &mut dyn FnMut(&Seen<'_>) -> io::Result<bool>,
    ) -> Result<(), Trouble> {
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
                    self.show(&read, show)?;
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
        Ok(())
    }

    fn show(
        &mut self,
        read: &PageRead,
        show: &mut dyn FnMut(&Seen<'_>) -> io::Result<bool>,
    ) -> Result<(), Trouble> {
        let plan = self.plan.resources.get(read.listing).zip(self.left.get_mut(read.listing));
        let Some((listing, left)) = plan else { return Ok(()) };
        let count = read.page.records.len().min(*left);
        *left -= count;
        self.good &= show(&Seen { listing, read, count }).map_err(Trouble::Output)?;
        Ok(())
    }

    /// What would be a dead letter is no record to show.
    #[expect(clippy::print_stderr, reason = "the command's own output")]
    fn name(&mut self, dead: &[DeadRecord]) {
        for record in dead {
            eprintln!("krest: {}", record.message);
            self.good = false;
        }
    }
}
