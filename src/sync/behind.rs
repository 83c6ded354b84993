//! Listings that a total ended: what they do not show is only gone if the page behind is empty. It is asked for where rows are
//! missing, and nowhere else.

use std::collections::HashSet;

use super::FamilyScan;
use super::report::Interrupted;
use crate::kafka::Boundary;
use crate::poll::{CompleteScan, NotProven, PartialScan, UpToTotal};
use crate::state::{Missing, Walked};

/// So many walks of one resource are remembered that way: each takes a request, and what tells its pages apart.
const MOST: usize = 100_000;

/// A walk that a total ended.
#[derive(Debug)]
pub(super) struct Open {
    /// The parent's key.
    parent: Option<String>,
    end: UpToTotal,
}

/// How sure of a scan one has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// As it is.
    Proven,
    /// As it would be if all totals were right.
    Totals,
}

impl FamilyScan<'_> {
    /// A walk has ended at a total. Where nothing may be deleted that is its end.
    pub(super) fn note_total(&mut self, listing: usize, (parent, end): (Option<String>, UpToTotal)) {
        let mut concerned = self.below(listing);
        concerned.push(listing);
        let deletes = self.members.iter().any(|member| {
            member.member.plan.remembers_rows && concerned.contains(&member.member.plan.listing)
        });
        let seen = self.seen.entry(listing).or_default();
        if deletes && seen.open.len() < MOST {
            seen.open.push(Open { parent, end });
            return;
        }
        seen.partial = true;
        let member = self.members.iter_mut().find(|member| member.member.plan.listing == listing);
        if let Some(member) = member {
            member.report.partial.get_or_insert(PartialScan::EndedByTotal);
        }
    }

    pub(super) fn is_open(&self, listing: usize) -> bool {
        self.seen.get(&listing).is_some_and(|seen| !seen.open.is_empty())
    }

    /// Rows that the scan did not show and says something about, once it has been looked behind the totals that they hang on: first
    /// those of their own parents, and where that does not settle it, all.
    pub(super) async fn missing(
        &mut self,
        (index, listing): (usize, usize),
        deleted: &HashSet<Box<[u8]>>,
    ) -> Result<Vec<Missing>, Interrupted> {
        let may_ask = self.producer.boundary() == Boundary::Interval || !self.lost_pages();
        if !may_ask || !self.above(listing).any(|above| self.is_open(above)) {
            return self.judged((index, listing), deleted, Trust::Proven);
        }
        let hoped = self.judged((index, listing), deleted, Trust::Totals)?;
        if hoped.is_empty() {
            return Ok(hoped);
        }
        let mut sure = self.judged((index, listing), deleted, Trust::Proven)?;
        let parents: HashSet<&[u8]> = (lacking(&hoped, &sure).filter(|one| one.walked == Walked::ToTotal))
            .filter_map(|one| one.parent.as_deref())
            .collect();
        let is_theirs =
            |open: &Open| open.parent.as_ref().is_some_and(|parent| parents.contains(parent.as_bytes()));
        if self.look_behind((index, listing), is_theirs).await? {
            sure = self.judged((index, listing), deleted, Trust::Proven)?;
        }
        let mut above: Vec<usize> = self.above(listing).collect();
        while lacking(&hoped, &sure).next().is_some() && self.is_sound(listing) {
            let Some(next) = above.pop() else { break };
            if self.look_behind((index, next), |_| true).await? {
                sure = self.judged((index, listing), deleted, Trust::Proven)?;
            }
        }
        Ok(sure)
    }

    /// Asks for the pages behind these totals, on behalf of a member. Whether there were any.
    async fn look_behind(
        &mut self,
        (index, listing): (usize, usize),
        is_wanted: impl Fn(&Open) -> bool,
    ) -> Result<bool, Interrupted> {
        let Some(seen) = self.seen.get_mut(&listing) else { return Ok(false) };
        let (wanted, open): (Vec<Open>, Vec<Open>) = seen.open.drain(..).partition(is_wanted);
        seen.open = open;
        let (parents, ends): (Vec<_>, Vec<_>) =
            wanted.into_iter().map(|open| (open.parent, open.end)).unzip();
        if ends.is_empty() {
            return Ok(false);
        }
        let looked = self.stop.run_until_cancelled(UpToTotal::look_behind(ends)).await;
        for (parent, looked) in parents.into_iter().zip(looked.ok_or(Interrupted::Stopped)?) {
            match looked {
                Ok(proof) => self.note_proof((listing, parent.as_deref()), proof),
                Err(not) => self.note_doubt((listing, parent.as_deref()), (index, not)),
            }
        }
        Ok(true)
    }

    fn note_proof(&mut self, (listing, parent): (usize, Option<&str>), proof: CompleteScan) {
        self.note_parent((listing, parent), Walked::of(Some(&proof)));
        let seen = self.seen.entry(listing).or_default();
        seen.shifted |= proof.may_have_shifted();
        seen.complete = Some(proof);
    }

    fn note_doubt(&mut self, (listing, parent): (usize, Option<&str>), (index, not): (usize, NotProven)) {
        self.note_parent((listing, parent), Walked::of(None));
        self.seen.entry(listing).or_default().partial = true;
        let Some(member) = self.members.get_mut(index) else { return };
        member.report.not_before = member.report.not_before.max(not.not_before);
        let reason: PartialScan = not.reason;
        member.report.partial.get_or_insert(reason);
    }
}

/// What would be missing if all totals were right, and is not known to be.
fn lacking<'m>(hoped: &'m [Missing], sure: &[Missing]) -> impl Iterator<Item = &'m Missing> {
    let sure: HashSet<Box<[u8]>> = sure.iter().map(|one| one.key.clone()).collect();
    hoped.iter().filter(move |one| !sure.contains(&one.key))
}
