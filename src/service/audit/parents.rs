//! What is to become of rows that the API does not show, their own deletes mode and their parents' rows considered: what the end of a
//! scan would make of them. Decides on what was read; no I/O.

use std::collections::HashSet;

use bytes::Bytes;

use super::Look;
use super::listing::Listed;
use super::table::Row;
use crate::plan::{Deletes, ResourcePlan, Upkeep};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Goes,
    Stays,
    StaysWithItsParent,
}

/// The resource that another one depends on.
#[derive(Debug)]
pub(super) enum Above<'l> {
    /// There is none, or it has no rows of its own.
    Nothing,
    /// It is paused: as long as no scan judges its rows, nothing under them goes.
    Paused,
    Rows {
        look: &'l Look,
        /// Rows that go, or have gone by their own word.
        gone: HashSet<Bytes>,
        /// Its own scans find out what is missing.
        finds_missing: bool,
    },
}

/// Of a row that no page showed.
pub(super) fn fate((plan, listed): (&ResourcePlan, &Listed), row: &Row, above: &Above<'_>) -> Fate {
    if row.foreign || listed.partial.is_some() {
        return Fate::Stays;
    }
    match row.parent.as_ref().filter(|parent| !listed.parents.contains(*parent)) {
        None => by_its_mode(plan),
        Some(parent) => with_its_parent(plan, parent, above),
    }
}

/// Its parent was not asked for its rows.
fn with_its_parent(plan: &ResourcePlan, parent: &Bytes, above: &Above<'_>) -> Fate {
    match above {
        Above::Nothing => by_its_mode(plan),
        Above::Paused => Fate::StaysWithItsParent,
        Above::Rows { look, gone, finds_missing } => {
            let is_there = look.table.rows.contains_key(parent);
            let goes = gone.contains(parent) || (*finds_missing && !is_there);
            match (goes, is_there) {
                (true, _) if plan.remembers_rows => Fate::Goes,
                (true, _) => Fate::Stays, // mode: none
                (false, true) => Fate::StaysWithItsParent,
                (false, false) => by_its_mode(plan),
            }
        }
    }
}

fn by_its_mode(plan: &ResourcePlan) -> Fate {
    match &plan.upkeep {
        Upkeep::Table(Deletes::Snapshot(_)) => Fate::Goes,
        Upkeep::Table(Deletes::None | Deletes::Soft | Deletes::Probe(_)) | Upkeep::Append { .. } => {
            Fate::Stays
        }
    }
}
