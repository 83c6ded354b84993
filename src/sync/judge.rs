//! The end of a resource's scan: whether what is missing is gone, as far as its guards let it, and its tombstones.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use super::member::Scanning;
use super::report::{Interrupted, SyncError};
use crate::kafka::{Boundary, Producer};
use crate::model::{Batch, Cursor};
use crate::plan::{Deletes, Guards, Upkeep};
use crate::poll::Poller;
use crate::state::{Missing, Walked};

/// So many scans follow a scan at once that found something missing on several pages.
const MOST_CONFIRMING: u8 = 3;
/// So many keys are named in an error.
const NAMED: usize = 5;

/// What the end of a family's scan means for one of its resources.
pub(super) struct Ending<'e> {
    pub producer: &'e Producer,
    pub poller: &'e Poller,
    pub now: SystemTime,
    /// The root's cursor.
    pub reached: Option<Cursor>,
    /// Nothing casts a doubt on what was seen of this resource.
    pub sound: bool,
    /// Not all of it was asked for.
    pub narrow: bool,
    /// Rows may have moved past the reader: of the resource, or of one above.
    pub shifted: bool,
    /// The parents that are deleted.
    pub deleted: HashSet<Box<[u8]>>,
}

impl Scanning<'_> {
    /// Whether nothing that it showed can be used.
    pub(super) fn is_lost(&self) -> bool {
        match self.failure() {
            None | Some(SyncError::Shrunk { .. } | SyncError::Parents { .. } | SyncError::Parent { .. }) => {
                false
            }
            Some(_) => true,
        }
    }

    /// Whether all of its pages were read.
    fn was_read(&self) -> bool {
        matches!(self.failure(), None | Some(SyncError::Shrunk { .. }))
    }

    /// Whether nothing is wrong with what was read, but nothing is deleted of what is missing.
    pub(super) fn holds_back_deletes(&self) -> bool {
        self.failure().is_some_and(SyncError::holds_back_deletes)
    }

    /// How often it is scanned without its cursor.
    pub(super) fn every(&self) -> Option<Duration> {
        self.member.plan.upkeep.of_missing().and_then(|guards| guards.every)
    }

    /// The missing rows that are gone for good; none if there are too many, or if a further scan has to say so.
    pub(super) async fn gone(
        &mut self,
        missing: Vec<Missing>,
        ending: &Ending<'_>,
    ) -> Result<Vec<Missing>, Interrupted> {
        let boundary = ending.producer.boundary();
        if !self.member.plan.remembers_rows || (boundary == Boundary::Poll && self.has_failed()) {
            return Ok(Vec::new());
        }
        if boundary == Boundary::Interval {
            self.settle(ending.producer).await?; // the share of what is gone is one of what is there
        }
        let (mut gone, mut missing): (Vec<_>, Vec<_>) = missing.into_iter().partition(|one| one.orphan);
        let (guards, probes) = match self.member.plan.upkeep {
            Upkeep::Table(Deletes::Snapshot(guards)) => (guards, false),
            Upkeep::Table(Deletes::Probe(guards)) => (guards, true),
            Upkeep::Table(Deletes::None | Deletes::Soft) | Upkeep::Append { .. } => {
                return Ok(self.certain(gone, ending));
            }
        };
        missing = self.member.cache.overdue(missing, guards.grace);
        if self.refuses((&gone, &missing), &guards, ending.sound) {
            return Ok(Vec::new());
        }
        let asked = if probes { std::mem::take(&mut missing) } else { Vec::new() };
        gone.append(&mut missing);
        gone = self.certain(gone, ending);
        gone.extend(self.probed(asked, &guards, ending).await);
        let decided = !self.unconfirmed && !self.has_failed();
        self.report.settled = ending.sound && decided;
        self.report.allowance_used |= ending.sound && self.member.allow_deletes;
        self.report.allowance_used &= decided;
        Ok(gone)
    }

    /// Whether this is more than the operator allows; then the scan has failed. `whole`: it is all that is gone.
    fn refuses(&mut self, (gone, missing): (&[Missing], &[Missing]), guards: &Guards, whole: bool) -> bool {
        let (count, all) = (gone.len() + missing.len(), self.member.cache.keys());
        let setting = if guards.max_count.is_some_and(|most| count as u64 > most) {
            format!("deletes.max_count allows ({})", guards.max_count.unwrap_or_default())
        } else if count as f64 > guards.max_share * all as f64 {
            format!("deletes.max_share allows ({})", guards.max_share)
        } else {
            if whole || count > 0 {
                self.member.cache.forget_refused();
            }
            return false;
        };
        let resource = &self.member.plan.name;
        if self.member.allow_deletes {
            tracing::warn!(%resource, "{count} of {all} records are no longer there, more than {setting}: they are deleted, as was \
                 allowed for one scan");
            self.member.cache.forget_refused();
            self.report.allowance_used = true;
            return false;
        }
        let small = too_small(all, guards);
        let rows = || gone.iter().chain(missing);
        let list = self.member.cache.keep_refused(rows());
        let first = rows().take(NAMED).map(|one| String::from_utf8_lossy(&one.key).into_owned());
        let first = first.collect::<Vec<_>>().join(", ");
        let more = if count > NAMED { ", …" } else { "" };
        let list = list.map(|path| format!(" (all of them: {})", path.display())).unwrap_or_default();
        let resource = resource.to_string();
        let share = (count * 100).div_ceil(all.max(1));
        let keys = format!("{first}{more}{list}");
        self.fail_deletes(SyncError::TooManyGone { gone: count, all, share, setting, keys, small, resource });
        true
    }

    /// Of rows that are missing, those that no shift of pages can have hidden. The others wait for the next scan. A row that may be
    /// another parent's as well may have moved there.
    fn certain(&mut self, missing: Vec<Missing>, ending: &Ending<'_>) -> Vec<Missing> {
        let may_hide = |one: &Missing| match one.walked {
            _ if one.shared => ending.shifted,
            _ if one.orphan => false,
            Walked::Whole => false,
            Walked::Shifting => true,
            Walked::ToTotal | Walked::InPart | Walked::Not => ending.shifted,
        };
        let (doubtful, mut certain): (Vec<_>, Vec<_>) = missing.into_iter().partition(may_hide);
        if doubtful.is_empty() || !ending.sound {
            return certain;
        }
        if self
            .member
            .cache
            .is_confirmed(doubtful.iter().any(|one| one.shared || one.walked != Walked::Shifting))
        {
            certain.extend(doubtful);
            return certain;
        }
        self.unconfirmed = true;
        self.report.confirm = self.member.cache.doubts() < MOST_CONFIRMING;
        let (resource, count) = (&self.member.plan.name, doubtful.len());
        if self.report.confirm {
            tracing::debug!(%resource, missing = count, "{count} records were not shown, on pages that may have shifted: the resource is \
                 scanned once more, at once");
        } else {
            let next = if self.every().is_some() {
                "a later whole scan begins anew"
            } else {
                "the next one goes on"
            };
            tracing::warn!(
                %resource, missing = count,
                "{count} records are no longer shown, but rows moved between the pages of each of {} scans in a row: nothing is \
                 deleted in this poll, and {next}; deletes.mode: probe asks for each of them instead",
                MOST_CONFIRMING + 1
            );
        }
        certain
    }

    /// The scan of the whole family is over.
    pub(super) async fn finish(&mut self, ending: Ending<'_>, gone: &[Missing]) -> Result<(), Interrupted> {
        let tried = self.note_whole(&ending);
        let parents = self.leave(&ending.deleted, gone);
        let (offset, moved) = if self.was_read() || self.holds_back_deletes() {
            self.end_shown();
            self.member.standing.end(ending.reached)
        } else {
            self.publish_last(ending.producer).await?;
            if gone.is_empty() && parents.is_empty() && !tried {
                return Ok(());
            }
            (self.member.standing.within(None, None, true), tried)
        };
        let moved = moved || !parents.is_empty();
        if let Some(last) = self.last.take() {
            return self.send(ending.producer, last.batch(self.batch(offset, moved))).await;
        }
        if gone.is_empty() && !moved {
            return Ok(());
        }
        if !gone.is_empty() {
            failpoint!("sync::before_deletes");
        }
        let messages = self.deletes(gone)?;
        let keys: Vec<Box<[u8]>> = gone.iter().map(|one| one.key.clone()).collect();
        let sequence = self.member.cache.delete(&keys);
        self.send(ending.producer, Batch { sequence, messages, parents, ..self.batch(offset, moved) }).await
    }

    /// The cursors of deleted parents are forgotten: should one come back, the rows under it are not in the topic any more, whatever
    /// their cursor values.
    fn leave(&mut self, deleted: &HashSet<Box<[u8]>>, gone: &[Missing]) -> Vec<(String, Option<Cursor>)> {
        if !self.member.plan.remembers_rows {
            return Vec::new();
        }
        let unmet = gone.iter().filter(|one| one.orphan || one.walked == Walked::Not);
        let parents = unmet.filter_map(|one| one.parent.as_ref()).chain(deleted);
        let parents = parents.filter_map(|parent| std::str::from_utf8(parent).ok());
        self.member.standing.forget_parents(parents).into_iter().map(|parent| (parent, None)).collect()
    }

    /// When a resource with a cursor was scanned without it. Whether that came to no end; where a scan that confirms it follows,
    /// nothing is said yet.
    fn note_whole(&mut self, ending: &Ending<'_>) -> bool {
        let has_cursor = ending.reached.is_some() || !self.member.standing.is_new();
        let uncut = self.uncut && !ending.narrow;
        if self.every().is_none() || !has_cursor || self.report.confirm || !(uncut || ending.sound) {
            return false;
        }
        let tried = self.has_failed() || self.unconfirmed;
        if !tried {
            self.member.standing.was_whole(ending.now);
        } else if uncut {
            self.member.standing.tried_whole(ending.now, self.member.allow_deletes);
        }
        tried && uncut
    }
}

/// A table may have so few rows that one of them is more than the share.
fn too_small(all: usize, guards: &Guards) -> String {
    let Guards { max_share, max_count, .. } = guards;
    if max_count.is_some() || max_share * all as f64 >= 1.0 {
        return String::new();
    }
    let rows = if all == 1 { "1 row".to_owned() } else { format!("{all} rows") };
    format!(
        " One of {rows} is more than max_share {max_share}: small tables want deletes.max_count, and max_share: 1."
    )
}
