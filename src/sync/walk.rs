//! The order of a family's pages: a page of the root, then, record by record, the pages of the resources that depend on it,
//! and so on downwards; then the root's next page.
//!
//! One sequence of pages has one request in flight, and the page after the one in hand is asked for while that is processed
//! (`poll`). Of the parents on a page a few are walked at the same time, and their pages are handed out in the parents' order.

use std::collections::{HashMap, VecDeque};

use crate::model::{Cursor, DeadRecord, Page, Parent, Position, Window};
use crate::plan::Listing;
use crate::poll::{Coverage, Pages, Poller, Walk};
use crate::records::{Deleted, Progress, RecordError};

use super::read_error::ReadError;

/// After so many parents in a row whose pages cannot be read, the resource is given up for this scan.
const FAILURES_IN_A_ROW: u32 = 10;

/// A walk over a root and everything that depends on it.
pub struct FamilyWalk<'p> {
    listings: &'p [Listing],
    poller: &'p Poller,
    stack: Vec<Frame>,
    /// By listing.
    states: HashMap<usize, State>,
    /// By listing: the key of the only parent whose pages are read.
    only: HashMap<usize, String>,
}

/// Where the pages of one resource, or of one of its parents, begin.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// What the last scan that ended had reached.
    pub cursor: Option<Cursor>,
    /// What the pages of a scan that goes on had reached.
    pub running: Option<Cursor>,
    pub resume: Option<Position>,
    /// A scan without the cursor, which shows everything that any scan does.
    pub whole: bool,
}

/// What comes next in a walk.
#[derive(Debug)]
pub enum Step {
    Page(Box<PageRead>),
    /// A parent lacks what the requests for its children need, and that is tolerated.
    Lacking(Lacking),
    End(WalkEnd),
    Failed(WalkFailed),
}

/// A page after its resource's steps and its incremental filter.
#[derive(Debug)]
pub struct PageRead {
    pub listing: usize,
    /// The parent's key, if it has one.
    pub parent: Option<String>,
    /// What the parent's cursor is kept under.
    pub under: Option<String>,
    pub page: Page,
    /// Which of its records are deleted.
    pub deleted: Deleted,
    /// Records that are no longer on the page because they cannot be used.
    pub dead: Vec<DeadRecord>,
    /// The keys of its records before the steps, where steps may hide that one of them is gone.
    pub keys: Vec<String>,
    /// How far the walk has reached with this page.
    pub reached: Option<Cursor>,
}

/// A parent whose children are not asked for.
#[derive(Debug)]
pub struct Lacking {
    /// The resource that depends on it.
    pub listing: usize,
    pub dead: DeadRecord,
}

/// All pages of a resource, or of one parent, are read, and those of all that depends on them.
#[derive(Debug)]
pub struct WalkEnd {
    pub listing: usize,
    /// The parent's key.
    pub parent: Option<String>,
    pub coverage: Coverage,
    /// Only a part of the records was asked for.
    pub of_range: bool,
    pub reached: Option<Cursor>,
}

/// The pages of a resource, or of one parent, cannot be read any further. The walk goes on with what does not need them.
#[derive(Debug)]
pub struct WalkFailed {
    pub listing: usize,
    pub parent: Option<String>,
    pub error: ReadError,
}

impl WalkFailed {
    pub(super) fn of(listing: usize, error: impl Into<ReadError>) -> Self {
        Self { listing, parent: None, error: error.into() }
    }
}

enum Frame {
    Pages(Box<Reading>),
    Parents(Parents),
}

/// One resource and the parents whose pages are still to be read.
struct Parents {
    listing: usize,
    waiting: VecDeque<Parent>,
    started: VecDeque<(Parent, Result<Box<Reading>, ReadError>)>,
}

/// Pages that are being read.
struct Reading {
    listing: usize,
    parent: Option<Parent>,
    whole: bool,
    pages: Pages,
    window: Option<Window>,
    progress: Progress,
}

#[derive(Clone, Copy, Default)]
struct State {
    failures_in_a_row: u32,
    /// Not read any more in this walk.
    over: bool,
}

impl<'p> FamilyWalk<'p> {
    /// Begins with the root. `start`: where each resource, or each of its parents, begins.
    pub fn new(
        listings: &'p [Listing],
        poller: &'p Poller,
        root: usize,
        start: Start,
    ) -> Result<Self, ReadError> {
        let mut walk =
            Self { listings, poller, stack: Vec::new(), states: HashMap::new(), only: HashMap::new() };
        if let Some(plan) = listings.get(root) {
            let reading = walk.begin((root, plan), None, start)?;
            walk.stack.push(Frame::Pages(reading));
        }
        Ok(walk)
    }

    /// The next page, end or failure; `None` once everything is read. `start` tells where the pages of a parent begin.
    pub async fn next(&mut self, start: impl Fn(usize, &str) -> Start) -> Option<Step> {
        loop {
            match self.stack.last_mut()? {
                Frame::Pages(reading)
                    if self.states.get(&reading.listing).is_some_and(|state| state.over) =>
                {
                    self.stack.pop();
                }
                Frame::Pages(_) => return self.read().await,
                Frame::Parents(_) => {
                    if let Some(step) = self.next_parent(&start) {
                        return Some(step);
                    }
                }
            }
        }
    }

    /// What a page that was handed out holds cannot be used: its sequence of pages ends here. Counts like a failure to read.
    pub fn give_up(&mut self, listing: usize) {
        while let Some(frame) = self.stack.pop() {
            if matches!(frame, Frame::Pages(reading) if reading.listing == listing) {
                break;
            }
        }
        self.count_failure(listing, false);
    }

    /// No further pages of this resource are needed.
    pub fn enough(&mut self, listing: usize) {
        self.states.entry(listing).or_default().over = true;
    }

    /// Of this resource, only the pages of this parent are needed.
    pub fn only(&mut self, listing: usize, parent: String) {
        self.only.insert(listing, parent);
    }

    fn begin(
        &self,
        (listing, plan): (usize, &Listing),
        parent: Option<Parent>,
        start: Start,
    ) -> Result<Box<Reading>, ReadError> {
        if let Some(parent) = &parent {
            plan.steps.check_parent(parent)?;
        }
        let window = plan.incremental.as_ref().map(|incremental| incremental.window(start.cursor.as_ref()));
        let window = window.transpose()?;
        let walk =
            Walk { parent: parent.clone(), window: window.clone(), whole: start.whole, resume: start.resume };
        let pages = self.poller.scan(plan.source.clone(), &walk);
        let whole = start.whole;
        let (cursor, running) = (start.cursor.as_ref(), start.running.as_ref());
        let progress = plan.incremental.as_ref().map(|incremental| incremental.progress(cursor, running));
        Ok(Box::new(Reading {
            listing,
            parent,
            whole,
            pages,
            window,
            progress: progress.unwrap_or_default(),
        }))
    }

    /// Puts the next parent's pages on top; `Some` if they cannot even be asked for.
    fn next_parent(&mut self, start: &impl Fn(usize, &str) -> Start) -> Option<Step> {
        let Some(Frame::Parents(mut parents)) = self.stack.pop() else { return None };
        let listing = parents.listing;
        if self.states.get(&listing).is_some_and(|state| state.over) {
            return None;
        }
        let plan = self.listings.get(listing)?;
        while parents.started.len() < plan.parents_ahead()
            && let Some(parent) = parents.waiting.pop_front()
        {
            let begun = self.begin((listing, plan), Some(parent.clone()), start(listing, parent.key()));
            parents.started.push_back((parent, begun));
        }
        let (parent, begun) = parents.started.pop_front()?;
        self.stack.push(Frame::Parents(parents));
        match begun {
            Ok(reading) => {
                self.stack.push(Frame::Pages(reading));
                None
            }
            Err(ReadError::Parent(lacks)) if plan.tolerates => {
                Some(Step::Lacking(Lacking { listing, dead: lacks.into_dead_record(&parent) }))
            }
            Err(error) => {
                self.count_failure(listing, false);
                let parent = Some(parent.key().to_owned());
                Some(Step::Failed(WalkFailed { listing, parent, error }))
            }
        }
    }

    /// The next page of the sequence on top, which comes off when it has ended.
    async fn read(&mut self) -> Option<Step> {
        let Some(Frame::Pages(reading)) = self.stack.last_mut() else { return None };
        let listing = reading.listing;
        let plan = self.listings.get(listing)?;
        let read = match reading.pages.next().await {
            Ok(Some(page)) => reading.refine(plan, page).map_err(ReadError::from),
            Ok(None) => return self.end(),
            Err(error) => Err(ReadError::from(error)),
        };
        match read {
            Ok(Refined { page, deleted, dead, keys }) => {
                let reached = reading.reached();
                let above = reading.parent.as_ref();
                let under = above.map(|parent| parent.key().to_owned());
                let parent = above.and_then(Parent::name).map(str::to_owned);
                self.descend(listing, &page, &deleted);
                Some(Step::Page(Box::new(PageRead {
                    listing,
                    parent,
                    under,
                    page,
                    deleted,
                    dead,
                    keys,
                    reached,
                })))
            }
            Err(error) => {
                let parent = reading.parent.as_ref().map(|parent| parent.key().to_owned());
                self.stack.pop();
                let outage = matches!(&error, ReadError::Poll(error) if error.is_outage());
                self.count_failure(listing, outage);
                Some(Step::Failed(WalkFailed { listing, parent, error }))
            }
        }
    }

    fn end(&mut self) -> Option<Step> {
        let Some(Frame::Pages(reading)) = self.stack.pop() else { return None };
        if let Some(state) = self.states.get_mut(&reading.listing) {
            state.failures_in_a_row = 0;
        }
        Some(Step::End(WalkEnd {
            listing: reading.listing,
            parent: reading.parent.as_ref().map(|parent| parent.key().to_owned()),
            reached: reading.reached(),
            of_range: !reading.whole && reading.window.as_ref().is_some_and(|window| !window.range.is_open()),
            coverage: reading.pages.finish(),
        }))
    }

    /// What depends on the records of this page comes before the page after it; nothing depends on a deleted one.
    fn descend(&mut self, listing: usize, page: &Page, deleted: &Deleted) {
        let Some(plan) = self.listings.get(listing) else { return };
        if plan.children.is_empty() {
            return;
        }
        let parents: VecDeque<Parent> = plan.parents(page, deleted).into();
        for child in plan.children.iter().rev() {
            let mut waiting = parents.clone();
            if let Some(only) = self.only.get(child) {
                waiting.retain(|parent| parent.key() == only);
            }
            let frame = Parents { listing: *child, waiting, started: VecDeque::new() };
            self.stack.push(Frame::Parents(frame));
        }
    }

    fn count_failure(&mut self, listing: usize, outage: bool) {
        let state = self.states.entry(listing).or_default();
        state.failures_in_a_row += 1;
        state.over |= outage || state.failures_in_a_row >= FAILURES_IN_A_ROW;
    }
}

/// A page after its steps.
struct Refined {
    page: Page,
    deleted: Deleted,
    dead: Vec<DeadRecord>,
    keys: Vec<String>,
}

impl Reading {
    /// The page after its steps and its filter, and the records that did not get through them.
    fn refine(&mut self, plan: &Listing, page: Page) -> Result<Refined, RecordError> {
        let mut aside = plan.aside();
        let keys = plan.keys_before_steps(&page);
        let page = plan.steps.apply(page, self.parent.as_ref(), &mut aside)?;
        let page = match (&plan.incremental, &self.window) {
            (Some(incremental), Some(window)) => {
                incremental.filter(page, window, &mut self.progress, &mut aside)?
            }
            (Some(_) | None, _) => page,
        };
        let (page, deleted) = plan.deletion.find(page, &mut aside)?;
        Ok(Refined { page, deleted, dead: aside.into_records(), keys })
    }

    /// With a configured end nothing is remembered.
    fn reached(&self) -> Option<Cursor> {
        let remembers = self.window.as_ref().is_some_and(|window| window.end.is_none());
        remembers.then(|| self.progress.cursor()).flatten()
    }
}
