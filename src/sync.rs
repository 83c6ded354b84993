//! One scan of one family, start to finish: the picture of `lib.rs` as a function. A family is a resource and all that depend on
//! it; most are one resource alone.

mod behind;
mod deleted;
mod gone;
mod hold;
mod judge;
mod kin;
mod letters;
mod log;
mod member;
mod probing;
mod publish;
mod read_error;
mod register;
mod registrar;
mod report;
mod size;
mod walk;
mod wish;

pub use letters::{SetAside, TooManyDead};
pub use member::Member;
pub use read_error::ReadError;
pub use register::SchemaError;
pub use registrar::Registrar;
pub use report::{Interrupted, MemberReport, ScanReport, SyncError};
pub use walk::{FamilyWalk, Lacking, PageRead, Start, Step, WalkEnd, WalkFailed};
pub use wish::{Beginning, Wish};

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::kafka::{Boundary, Producer};
use crate::model::{Cursor, Position};
use crate::plan::{ConnectorPlan, Family};
use crate::poll::{CompleteScan, Coverage, PartialScan, Poller};
use behind::Open;
use deleted::DeletedRows;
use kin::{left_out, uncut};
use member::{Kind, Scanning};

/// What a scan works with. The members are the family's resources that are published, in the plan's order; some may be left
/// out: then what they have not seen is not left behind.
pub struct SyncContext<'a> {
    pub poller: &'a Poller,
    pub producer: &'a Producer,
    pub members: Vec<Member<'a>>,
    pub stop: &'a CancellationToken,
    pub now: SystemTime,
}

/// One scan of a family. What was read before a failure is committed too, and counted in the reports; but not if a
/// transaction has to be a whole scan.
pub async fn scan(
    plan: &ConnectorPlan,
    family: &Family,
    cx: SyncContext<'_>,
) -> (Vec<MemberReport>, Result<(), Interrupted>) {
    let started = Instant::now();
    let mut scan = FamilyScan::begin(plan, family, cx);
    let read = scan.read_pages().await;
    let ended = match read {
        Ok(()) => {
            failpoint!("sync::before_end");
            scan.finish().await
        }
        Err(interrupted) => Err(interrupted),
    };
    let ended = match scan.producer.boundary() {
        // Why it is taken back is the greater news ...
        Boundary::Poll if ended.is_err() || scan.lost_pages() => ended.and(scan.discard().await),
        // ... and here, that the session is lost.
        Boundary::Poll | Boundary::Interval => scan.settle().await.and(ended),
    };
    failpoint!("sync::after_scan");
    (scan.into_reports(started), ended)
}

struct FamilyScan<'a> {
    plan: &'a ConnectorPlan,
    family: &'a Family,
    producer: &'a Producer,
    poller: &'a Poller,
    stop: &'a CancellationToken,
    members: Vec<Scanning<'a>>,
    /// By listing; nothing of those that have not ended or failed yet.
    seen: HashMap<usize, Seen>,
    /// The listings of published resources that are no members of this scan.
    left_out: HashSet<usize>,
    /// Where the root's scan goes on.
    resumes: Option<Position>,
    /// The listings that are scanned without their cursors, so that what is missing shows.
    uncut: HashSet<usize>,
    now: SystemTime,
    /// Why it cannot; known once its first page was to be read there.
    refused: Option<ReadError>,
}

/// What a scan has come to know of one listing, published or not.
#[derive(Default)]
struct Seen {
    /// Of the root.
    reached: Option<Cursor>,
    complete: Option<CompleteScan>,
    partial: bool,
    /// The walks that only the API's total has ended.
    open: Vec<Open>,
    failed: bool,
    /// Records were set aside before their children were asked for.
    hides_children: bool,
    /// Only a part of the records was asked for.
    of_range: bool,
    /// The data selector matched nothing on a page.
    unselected: bool,
    /// Of a listing that is not published; the others know themselves.
    deleted: DeletedRows,
    /// It had far fewer records than the last scan, and is not believed.
    shrunk: bool,
    /// A walk had more than one page: rows may have moved past the reader.
    shifted: bool,
    /// The rows that this scan has found gone.
    buried: Vec<Box<[u8]>>,
}

impl<'a> FamilyScan<'a> {
    fn begin(plan: &'a ConnectorPlan, family: &'a Family, cx: SyncContext<'a>) -> Self {
        let uncut = uncut(plan, &cx);
        let SyncContext { poller, producer, members, stop, now } = cx;
        let left_out = left_out(plan, family, &members);
        let boundary = producer.boundary();
        let whole = left_out.is_empty() && members.iter().all(|member| member.wish.is_usual());
        let mut resumes = None;
        let mut scanning = Vec::with_capacity(members.len());
        for member in members {
            let Some(listing) = plan.listings.get(member.plan.listing) else { continue };
            let is_root = member.plan.listing == family.root;
            let uncut = uncut.contains(&member.plan.listing);
            let kind = Kind { whole, boundary, uncut };
            let (member, position) = Scanning::begin(member, listing, kind);
            resumes = if is_root { position } else { resumes };
            scanning.push(member);
        }
        let (seen, refused) = (HashMap::new(), None);
        let mut scan = Self {
            plan,
            family,
            producer,
            poller,
            stop,
            members: scanning,
            seen,
            left_out,
            resumes,
            uncut,
            now,
            refused,
        };
        if !scan.left_out.is_empty() {
            scan.note_missed();
        }
        scan
    }

    /// A scan that cannot go on where it stopped starts over, once: an API forgets tokens and links, and one bad page must not keep
    /// krest away from the others.
    async fn read_pages(&mut self) -> Result<(), Interrupted> {
        let beginning = self.start(self.family.root, None);
        let start = Start { resume: self.resumes.clone(), ..beginning.clone() };
        self.refused = self.walk(start).await?;
        if self.refused.is_some() {
            self.walk(Start { running: None, ..beginning }).await?;
        }
        Ok(())
    }

    /// One walk, to its end; or why the page of the stored position cannot be used, if the walk may start over.
    async fn walk(&mut self, start: Start) -> Result<Option<ReadError>, Interrupted> {
        let mut walk = match FamilyWalk::new(&self.plan.listings, self.poller, self.family.root, start) {
            Ok(walk) => walk,
            Err(error) => {
                self.fail(WalkFailed::of(self.family.root, error));
                return Ok(None);
            }
        };
        for listing in &self.left_out {
            if !self.below(*listing).into_iter().any(|below| self.is_member(below)) {
                walk.enough(*listing);
            }
        }
        self.narrow(&mut walk);
        while let Some(step) = self.next(&mut walk).await? {
            let failed = match step {
                Step::Page(read) => {
                    self.give_up_refused_position();
                    self.publish(&mut walk, &read).await?
                }
                Step::Lacking(lacking) => self.set_parent_aside(&mut walk, lacking).await?,
                Step::End(end) => {
                    self.end_of_walk(end).await?;
                    None
                }
                Step::Failed(failed) => Some(failed),
            };
            match failed.map(|failed| self.at_position(failed)) {
                None => {}
                Some(Refusal::StartOver(error)) => return Ok(Some(error)),
                Some(Refusal::Fail(failed)) => self.fail(failed),
            }
            if self.is_satisfied() {
                break;
            }
        }
        Ok(None)
    }

    /// What a failure means: at the page of a stored position, before anything was read, it may be the position's.
    fn at_position(&self, failed: WalkFailed) -> Refusal {
        let root = self.members.iter().find(|member| member.member.plan.listing == self.family.root);
        let at_position =
            failed.listing == self.family.root && self.resumes.is_some() && self.refused.is_none();
        match root.filter(|root| at_position && root.report.pages == 0 && failed.error.may_be_of_its_page()) {
            None => Refusal::Fail(failed),
            Some(root) if root.must_not_start_over() => {
                let error = ReadError::Position(Box::new(failed.error));
                Refusal::Fail(WalkFailed { error, ..failed })
            }
            Some(_) => Refusal::StartOver(failed.error),
        }
    }

    /// The scan has started over, and its first page is there: the API is not away, and the position is worth nothing. Until then it
    /// is kept.
    fn give_up_refused_position(&mut self) {
        let Some(refused) = self.refused.as_ref().filter(|_| self.resumes.is_some()) else { return };
        self.resumes = None; // only now: a scan that goes on at its position is a resumed one to its end
        let Some(root) = member(&mut self.members, self.family.root) else { return };
        let scan = root.report.scan;
        root.start_over();
        let (resource, status) = (&root.member.plan.name, refused.status());
        tracing::warn!(
            %resource, status,
            "scan {scan} cannot go on where it stopped: {}; the position is given up, and the resource is read from its beginning, as \
             scan {}",
            refused.what(), root.report.scan
        );
    }

    async fn next(&self, walk: &mut FamilyWalk<'_>) -> Result<Option<Step>, Interrupted> {
        let next = walk.next(|listing, parent| self.start(listing, Some(parent)));
        self.stop.run_until_cancelled(next).await.ok_or(Interrupted::Stopped)
    }

    async fn publish(
        &mut self,
        walk: &mut FamilyWalk<'_>,
        read: &PageRead,
    ) -> Result<Option<WalkFailed>, Interrupted> {
        let Some(member) = member(&mut self.members, read.listing) else {
            self.note_deleted(read); // read for what depends on it
            return Ok(None);
        };
        let published = member.publish(read, (self.producer, self.stop)).await?;
        self.seen.entry(read.listing).or_default().hides_children |= !read.dead.is_empty();
        Ok(published.err().map(|error| {
            walk.give_up(read.listing);
            WalkFailed::of(read.listing, error)
        }))
    }

    async fn set_parent_aside(
        &mut self,
        walk: &mut FamilyWalk<'_>,
        Lacking { listing, dead }: Lacking,
    ) -> Result<Option<WalkFailed>, Interrupted> {
        self.seen.entry(listing).or_default().hides_children = true;
        let Some(member) = member(&mut self.members, listing) else { return Ok(None) };
        let told = member.set_parent_aside(dead, self.producer).await?;
        Ok(told.err().map(|error| {
            walk.enough(listing);
            WalkFailed::of(listing, error)
        }))
    }

    async fn end_of_walk(&mut self, end: WalkEnd) -> Result<(), Interrupted> {
        self.note_walk(&end);
        let whole = !self.below(end.listing).into_iter().any(|listing| self.has_failed(listing));
        let moves = match member(&mut self.members, end.listing) {
            Some(member) => member.end_of_walk(&end, self.producer, whole).await?,
            None => false, // not published: it has no cursor
        };
        let seen = self.seen.entry(end.listing).or_default();
        seen.reached = end.reached.filter(|_| moves);
        seen.of_range |= end.of_range;
        match end.coverage {
            Coverage::Complete(proof) => seen.complete = Some(proof),
            Coverage::UpToTotal(total) => self.note_total(end.listing, (end.parent, *total)),
            Coverage::Partial(reason) => {
                seen.partial = true;
                seen.unselected |= reason == PartialScan::SelectorMatchedNothing;
            }
        }
        Ok(())
    }

    fn fail(&mut self, failed: WalkFailed) {
        self.note_failed_walk(&failed);
        self.seen.entry(failed.listing).or_default().failed = true;
        if failed.listing != self.family.root {
            self.note_missed();
        }
        let name = self.plan.listings.get(failed.listing).map(|listing| listing.name.to_string());
        for listing in self.below(failed.listing) {
            if let Some(member) = member(&mut self.members, listing) {
                member.fail_with_parent(name.as_deref().unwrap_or_default());
            }
        }
        if let Some(member) = member(&mut self.members, failed.listing) {
            member.fail(failed);
        } else {
            tracing::error!(resource = name, "{}", failed.error); // read for what depends on it: it has no report of its own
        }
    }

    async fn settle(&mut self) -> Result<(), Interrupted> {
        for member in &mut self.members {
            member.settle(self.producer).await?;
        }
        Ok(())
    }

    /// Nothing of the scan is to be seen.
    async fn discard(&mut self) -> Result<(), Interrupted> {
        let now = self.now;
        self.members.iter_mut().for_each(|member| member.forget(now));
        Ok(self.producer.discard().await?)
    }

    fn into_reports(self, started: Instant) -> Vec<MemberReport> {
        let took = started.elapsed();
        let report = |member: Scanning<'_>| {
            let resource = member.member.resource;
            let (report, outcome) = member.into_outcome();
            MemberReport { resource, report: ScanReport { took, ..report }, outcome }
        };
        self.members.into_iter().map(report).collect()
    }
}

/// What becomes of a failure to read or to use a page.
enum Refusal {
    /// The walk has to start over.
    StartOver(ReadError),
    Fail(WalkFailed),
}

fn member<'m, 'a>(members: &'m mut [Scanning<'a>], listing: usize) -> Option<&'m mut Scanning<'a>> {
    members.iter_mut().find(|member| member.member.plan.listing == listing)
}
