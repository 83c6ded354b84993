//! What a scan is to do otherwise than usual: it was asked for by a signal.

use super::FamilyScan;
use super::member::{Member, Scanning};
use super::walk::{FamilyWalk, Start};
use crate::model::{Cursor, CursorValue, Position, Reading, Record};
use crate::records::Incremental;

/// What is asked of one resource in one scan. The default: a scan like any other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    pub from: Beginning,
    /// What is read is published, changed or not.
    pub again: bool,
    /// Only the children of the parent with this key.
    pub parent: Option<String>,
    /// Only the record with this key.
    pub key: Option<String>,
}

/// Where a scan begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Beginning {
    /// Where the last one ended.
    #[default]
    Usual,
    Start,
    /// Here, but never beyond where the last one ended: nothing is passed over.
    At(CursorValue),
}

impl Wish {
    /// Whether the scan may go on where an earlier one stopped.
    pub(super) fn is_usual(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the scan does not mean to see all records: what it did not see says nothing.
    pub fn is_narrow(&self) -> bool {
        self.parent.is_some() || self.key.is_some()
    }

    /// The cursor with which the pages of the resource, or of one parent, are asked for.
    fn cursor(&self, usual: Option<&Cursor>, incremental: Option<&Incremental>) -> Option<Cursor> {
        match &self.from {
            Beginning::Usual => usual.cloned(),
            Beginning::Start => None,
            Beginning::At(value) => incremental?.back_to(value, usual),
        }
    }
}

impl Member<'_> {
    /// A scan begins: where an earlier one stopped, or from the beginning.
    pub(super) fn take_up(&mut self, goes_on: bool) -> Option<Position> {
        if goes_on {
            return self.standing.begin();
        }
        if self.plan.upkeep.compares() {
            self.standing.start_over();
        } else {
            self.standing.begin_beside();
        }
        None
    }

    /// For what its pages are read, now that its scan has begun.
    pub(super) fn reading(&self) -> Reading {
        match (self.plan.upkeep.compares(), self.wish.again) {
            (false, _) => Reading::Usual, // each of its records is new
            (true, true) => Reading::Again,
            (true, false) if self.standing.is_initial() => Reading::First,
            (true, false) => Reading::Usual,
        }
    }
}

impl FamilyScan<'_> {
    /// Where the pages of a resource, or of one parent, begin.
    pub(super) fn start(&self, listing: usize, parent: Option<&str>) -> Start {
        if self.uncut.contains(&listing) {
            return Start { whole: true, ..Start::default() };
        }
        let member = self.members.iter().find(|member| member.member.plan.listing == listing);
        let Some(Member { standing, wish, .. }) = member.map(|member| &member.member) else {
            return Start::default();
        };
        let goes_on = parent.is_none() && wish.is_usual();
        let running = if goes_on { standing.running() } else { None };
        let incremental = self.plan.listings.get(listing).and_then(|plan| plan.incremental.as_ref());
        let cursor = wish.cursor(standing.cursor(parent), incremental);
        Start { cursor, running: running.cloned(), ..Start::default() }
    }

    /// Of the parents, only those whose children were asked for.
    pub(super) fn narrow(&self, walk: &mut FamilyWalk<'_>) {
        for member in &self.members {
            if let Some(parent) = &member.member.wish.parent {
                walk.only(member.member.plan.listing, parent.clone());
            }
        }
    }

    /// Nothing more was asked for than has been read.
    pub(super) fn is_satisfied(&self) -> bool {
        !self.members.is_empty() && self.members.iter().all(|member| member.satisfied)
    }

    pub(super) fn is_narrow(&self, listing: usize) -> bool {
        let of_listing = |member: &&Scanning<'_>| member.member.plan.listing == listing;
        self.members.iter().find(of_listing).is_some_and(|member| member.member.wish.is_narrow())
    }
}

impl Scanning<'_> {
    /// The records that were asked for.
    pub(super) fn wished<'p>(&mut self, mut records: Vec<Record<'p>>) -> Vec<Record<'p>> {
        if let Some(key) = &self.member.wish.key {
            records.retain(|record| record.key == key.as_str());
            self.satisfied |= !records.is_empty();
        }
        records
    }
}
