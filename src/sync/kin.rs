//! Who depends on whom in a scan, and what that makes of it.

use std::collections::HashSet;

use super::member::Scanning;
use super::{FamilyScan, Member, SyncContext};
use crate::plan::{ConnectorPlan, Family};

impl FamilyScan<'_> {
    pub(super) fn has_failed(&self, listing: usize) -> bool {
        self.left_out.contains(&listing) || self.seen.get(&listing).is_some_and(|seen| seen.failed)
    }

    /// Whether pages are lost. Where deletes alone are held back, the rest of the scan is as good as any.
    pub(super) fn lost_pages(&self) -> bool {
        let lost = |member: &Scanning<'_>| member.has_failed() && !member.holds_back_deletes();
        self.seen.values().any(|seen| seen.failed) || self.members.iter().any(lost)
    }

    pub(super) fn is_member(&self, listing: usize) -> bool {
        self.members.iter().any(|member| member.member.plan.listing == listing)
    }

    pub(super) fn is_partial(&self, listing: usize) -> bool {
        self.seen.get(&listing).is_some_and(|seen| seen.partial || seen.failed)
    }

    pub(super) fn saw_a_part(&self, listing: usize) -> bool {
        self.seen.get(&listing).is_some_and(|seen| seen.of_range || seen.failed)
    }

    /// The listing and all that it depends on.
    pub(super) fn above(&self, listing: usize) -> impl Iterator<Item = usize> {
        let parent = |listing: &usize| self.plan.listings.get(*listing).and_then(|listing| listing.parent);
        std::iter::successors(Some(listing), parent)
    }

    /// All that depend on the listing.
    pub(super) fn below(&self, listing: usize) -> Vec<usize> {
        let children = |listing: usize| self.plan.listings.get(listing).map(|plan| plan.children.as_slice());
        let mut below = children(listing).unwrap_or_default().to_vec();
        let mut at = 0;
        while let Some(next) = below.get(at) {
            let further = children(*next).unwrap_or_default().to_vec();
            below.extend(further);
            at += 1;
        }
        below
    }
}

pub(super) fn left_out(plan: &ConnectorPlan, family: &Family, members: &[Member<'_>]) -> HashSet<usize> {
    let published = family.resources.iter().filter_map(|place| plan.resources.get(*place));
    let listings = published.map(|resource| resource.listing);
    listings.filter(|listing| !members.iter().any(|member| member.plan.listing == *listing)).collect()
}

/// What `deletes.every` asks to be scanned without a cursor now: the resources that are due, or whose refused deletes are allowed now,
/// and all that they depend on. Not in the middle of a log's scan: that has to go on where it is.
pub(super) fn uncut(plan: &ConnectorPlan, cx: &SyncContext<'_>) -> HashSet<usize> {
    let parent = |listing: &usize| plan.listings.get(*listing).and_then(|listing| listing.parent);
    let is_due = |member: &&Member<'_>| {
        let every = member.plan.upkeep.of_missing().and_then(|guards| guards.every);
        let standing = &member.standing;
        let is_allowed = member.allow_deletes && standing.owes_whole();
        let wants = every.is_some_and(|every| is_allowed || standing.wants_whole(every, cx.now));
        wants && member.wish.is_usual()
    };
    if cx.members.iter().any(|member| !member.plan.upkeep.compares() && member.standing.is_within()) {
        return HashSet::new();
    }
    let due = cx.members.iter().filter(is_due).map(|member| member.plan.listing);
    due.flat_map(|listing| std::iter::successors(Some(listing), parent)).collect()
}
