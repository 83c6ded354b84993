//! The end of a scan: what the topic holds and the scan did not show, whether that is gone, and its tombstones.

use std::collections::HashSet;
use std::time::SystemTime;

use super::FamilyScan;
use super::member::Scanning;
use super::report::{Interrupted, SyncError};
use super::walk::{WalkEnd, WalkFailed};
use crate::kafka::{Boundary, Producer};
use crate::model::{Batch, Cursor, Message, Parent};
use crate::plan::{Deletes, Guards, Upkeep};
use crate::poll::{CompleteScan, Coverage, PartialScan, Poller};
use crate::state::{Missing, Walked};

/// So many scans follow a scan at once that found something missing on several pages.
const MOST_CONFIRMING: u8 = 3;
/// So many keys are named in an error.
const NAMED: usize = 5;

/// What the end of a family's scan means for one of its resources.
struct Ending<'e> {
    producer: &'e Producer,
    poller: &'e Poller,
    now: SystemTime,
    /// The root's cursor.
    reached: Option<Cursor>,
    /// This resource was seen whole.
    whole: bool,
    /// Rows may have moved past the reader: of the resource, or of one above.
    shifted: bool,
}

impl FamilyScan<'_> {
    /// Every page is read: cursors move, and what is gone is deleted. Parents first: what depends on them goes with them.
    pub(super) async fn finish(&mut self) -> Result<(), Interrupted> {
        self.doubt_sizes();
        let shrunk = self.seen.values().any(|seen| seen.shrunk);
        for index in self.parents_first() {
            let Some(listing) = self.members.get(index).map(|member| member.member.plan.listing) else {
                continue;
            };
            let missing = self.missing(index, listing)?;
            let reached = self.seen.get(&listing).filter(|_| listing == self.family.root && !shrunk);
            let ending = Ending {
                producer: self.producer,
                poller: self.poller,
                now: self.now,
                reached: reached.and_then(|seen| seen.reached.clone()),
                whole: self.whole(listing).is_some(),
                shifted: self
                    .above(listing)
                    .any(|above| self.seen.get(&above).is_some_and(|seen| seen.shifted)),
            };
            let Some(member) = self.members.get_mut(index) else { continue };
            let gone = self.stop.run_until_cancelled(member.gone(missing, &ending)).await;
            let gone = gone.ok_or(Interrupted::Stopped)??;
            member.finish(ending, &gone).await?;
            let keys = gone.into_iter().map(|one| one.key);
            self.seen.entry(listing).or_default().buried.extend(keys);
        }
        self.settle_doubts();
        Ok(())
    }

    /// The members' places, those that others depend on before those.
    fn parents_first(&self) -> Vec<usize> {
        let depth = |index: &usize| {
            self.members.get(*index).map_or(0, |member| self.above(member.member.plan.listing).count())
        };
        let mut places: Vec<usize> = (0..self.members.len()).collect();
        places.sort_by_key(depth);
        places
    }

    /// The proof that a resource was seen whole, with everything that it depends on.
    fn whole(&self, listing: usize) -> Option<&CompleteScan> {
        let root = self.seen.get(&self.family.root).and_then(|seen| seen.complete.as_ref());
        let hides = |above: usize| self.seen.get(&above).is_some_and(|seen| seen.hides_children);
        let own = self.members.iter().find(|member| member.member.plan.listing == listing);
        let hides_rows = own.is_some_and(|member| member.aside.hides_rows);
        let hidden = hides_rows || self.above(listing).skip(1).any(hides);
        let in_part = |above: usize| self.is_partial(above) || self.is_narrow(above);
        root.filter(|_| !hidden && !self.above(listing).any(in_part))
    }

    /// Rows that the scan did not show and says something about. What its parent's own deletes have to decide is left out.
    fn missing(&mut self, index: usize, listing: usize) -> Result<Vec<Missing>, Interrupted> {
        let parent = self.above(listing).nth(1);
        let deleted = parent.map(|parent| self.gone_with(parent)).unwrap_or_default();
        let doubted = self.above(listing).any(|above| self.seen.get(&above).is_some_and(|seen| seen.shrunk));
        let whole = self.whole(listing).is_some();
        let narrow = self.above(listing).any(|above| self.is_narrow(above));
        let decides = self.parents_rows(parent);
        let root = self.seen.get(&self.family.root).and_then(|seen| seen.complete.as_ref());
        let Some(member) = self.members.get_mut(index) else { return Ok(Vec::new()) };
        if !whole && member.aside.hides_rows {
            member.report.partial.get_or_insert(PartialScan::DeadLetterWithoutKey);
        }
        if !member.member.plan.remembers_rows || member.is_lost() || narrow {
            return Ok(Vec::new());
        }
        let hides_rows = member.aside.hides_rows;
        let mut missing = member.member.cache.missing(root.filter(|_| whole), &deleted)?;
        missing.retain(|one| one.orphan || whole || !(doubted || hides_rows));
        let deciding = self.members.iter().find(|member| Some(member.member.plan.listing) == parent);
        missing.retain_mut(|one| {
            let Some(parent) = one.parent.as_deref().filter(|_| one.walked == Walked::Not && !one.orphan)
            else {
                return true;
            };
            let kept = match decides {
                None => false,
                Some(finds_missing) => {
                    let kept = deciding.is_none_or(|deciding| deciding.member.cache.has(parent));
                    one.orphan = finds_missing && !kept;
                    kept
                }
            };
            !kept
        });
        Ok(missing)
    }

    /// Whether a parent's own rows decide what becomes of rows whose parent a scan did not meet: as long as the parent's row is kept,
    /// they are. `None`: it has no rows. `Some(true)`: its own scans find out what is missing. One that is no member of this scan
    /// decides nothing now, and everything stays.
    fn parents_rows(&self, parent: Option<usize>) -> Option<bool> {
        let plan = self.plan.resources.iter().find(|resource| Some(resource.listing) == parent)?;
        match plan.upkeep {
            Upkeep::Table(_) => Some(plan.upkeep.of_missing().is_some()),
            Upkeep::Append { .. } => None,
        }
    }

    /// The rows of a listing that are deleted now: what depends on them goes with them.
    fn gone_with(&self, listing: usize) -> HashSet<Box<[u8]>> {
        let mut gone: HashSet<Box<[u8]>> = self.deleted(listing).map(|key| key.as_bytes().into()).collect();
        gone.extend(self.seen.get(&listing).into_iter().flat_map(|seen| seen.buried.iter().cloned()));
        gone
    }

    /// What has to be confirmed is compared with the next scan, by all resources alike.
    fn settle_doubts(&mut self) {
        let again = self.members.iter().any(|member| member.report.confirm);
        let open = self.members.iter().any(|member| member.unconfirmed);
        let sound: Vec<bool> =
            self.members.iter().map(|member| self.whole(member.member.plan.listing).is_some()).collect();
        for (member, sound) in self.members.iter_mut().zip(sound) {
            if sound && open && !member.has_failed() {
                member.member.cache.doubt(again);
            } else {
                member.member.cache.settle();
            }
        }
    }

    /// What the caches have to know of a walk that has ended.
    pub(super) fn note_walk(&mut self, end: &WalkEnd) {
        let proof = match &end.coverage {
            Coverage::Complete(proof) => Some(proof),
            Coverage::Partial(_) => None,
        };
        self.note_parent((end.listing, end.parent.as_deref()), proof);
        let shifted = proof.is_some_and(CompleteScan::may_have_shifted);
        self.seen.entry(end.listing).or_default().shifted |= shifted;
    }

    pub(super) fn note_failed_walk(&mut self, failed: &WalkFailed) {
        self.note_parent((failed.listing, failed.parent.as_deref()), None);
    }

    /// A record that the pages of a listing were asked for with.
    fn note_parent(&mut self, (listing, parent): (usize, Option<&str>), whole: Option<&CompleteScan>) {
        let above = self.above(listing).nth(1);
        let Some((parent, level)) = parent.zip(above) else { return };
        let below = self.below(listing);
        for member in &mut self.members {
            if member.member.plan.listing == listing {
                member.member.cache.walked((level, parent), whole);
            } else if below.contains(&member.member.plan.listing) {
                member.member.cache.meet((level, parent));
            }
        }
    }
}

impl Scanning<'_> {
    /// Whether nothing that it showed can be used.
    fn is_lost(&self) -> bool {
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

    fn deletes_failed(&self) -> bool {
        matches!(self.failure(), Some(SyncError::TooManyGone { .. } | SyncError::Probe { .. }))
    }

    /// The missing rows that are gone for good; none if there are too many, or if a further scan has to say so.
    async fn gone(
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
        let (mut gone, missing): (Vec<_>, Vec<_>) = missing.into_iter().partition(|one| one.orphan);
        let (guards, probes) = match self.member.plan.upkeep {
            Upkeep::Table(Deletes::Snapshot(guards)) => (guards, false),
            Upkeep::Table(Deletes::Probe(guards)) => (guards, true),
            Upkeep::Table(Deletes::None | Deletes::Soft) | Upkeep::Append { .. } => return Ok(gone),
        };
        let missing = self.member.cache.overdue(missing, guards.grace);
        if self.refuses(&gone, &missing, &guards) {
            return Ok(Vec::new());
        }
        let certain =
            if probes { self.probed(missing, ending).await? } else { self.certain(missing, ending) };
        gone.extend(certain);
        self.report.settled = ending.whole && !self.unconfirmed && !self.has_failed();
        Ok(gone)
    }

    /// Whether this is more than the operator allows; then the scan has failed.
    fn refuses(&mut self, gone: &[Missing], missing: &[Missing], guards: &Guards) -> bool {
        let (count, all) = (gone.len() + missing.len(), self.member.cache.keys());
        let setting = if guards.max_count.is_some_and(|most| count as u64 > most) {
            format!("deletes.max_count allows ({})", guards.max_count.unwrap_or_default())
        } else if count as f64 > guards.max_share * all as f64 {
            format!("deletes.max_share allows ({})", guards.max_share)
        } else {
            self.member.cache.forget_refused();
            return false;
        };
        let resource = &self.member.plan.name;
        if self.member.allow_deletes {
            tracing::warn!(%resource, "{count} of {all} records are no longer there, more than {setting}: they are deleted, as was \
                 allowed for one scan");
            self.member.cache.forget_refused();
            return false;
        }
        let rows = || gone.iter().chain(missing);
        let list = self.member.cache.keep_refused(rows());
        let first = rows().take(NAMED).map(|one| String::from_utf8_lossy(&one.key).into_owned());
        let first = first.collect::<Vec<_>>().join(", ");
        let more = if count > NAMED { ", …" } else { "" };
        let list = list.map(|path| format!(" (all of them: {})", path.display())).unwrap_or_default();
        let resource = resource.to_string();
        let share = (count * 100).div_ceil(all.max(1));
        let keys = format!("{first}{more}{list}");
        self.fail_deletes(SyncError::TooManyGone { gone: count, all, share, setting, keys, resource });
        true
    }

    /// Of rows that are missing, those that are not there when they are asked for.
    async fn probed(
        &mut self,
        mut missing: Vec<Missing>,
        ending: &Ending<'_>,
    ) -> Result<Vec<Missing>, Interrupted> {
        let Some(probe) = self.listing.probe.as_ref().filter(|_| !missing.is_empty()) else {
            return Ok(Vec::new());
        };
        let record = |one: &Missing| probe.record(&self.listing.name, &one.key, one.parent.as_deref());
        let records: Option<Vec<Parent>> = missing.iter().map(record).collect();
        let Some(records) = records else {
            let keys = missing.len();
            tracing::warn!(resource = %self.listing.name, keys, "keys are not of the form of deletes.path: nothing is deleted");
            return Ok(Vec::new());
        };
        match ending.poller.probe(&probe.source, &records).await {
            Ok(gone) => {
                let mut gone = gone.into_iter();
                missing.retain(|_| gone.next().unwrap_or_default());
                Ok(missing)
            }
            Err(error) => {
                self.fail_deletes(SyncError::Probe { missing: missing.len(), error });
                Ok(Vec::new())
            }
        }
    }

    /// Of rows that are missing, those that no shift of pages can have hidden. The others wait for the next scan.
    fn certain(&mut self, missing: Vec<Missing>, ending: &Ending<'_>) -> Vec<Missing> {
        let may_hide = |one: &Missing| match one.walked {
            Walked::Whole => false,
            Walked::Shifting => true,
            Walked::InPart | Walked::Not => ending.shifted,
        };
        let (doubtful, mut certain): (Vec<_>, Vec<_>) = missing.into_iter().partition(may_hide);
        if doubtful.is_empty() || !ending.whole {
            return certain;
        }
        if self.member.cache.is_confirmed() {
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
            tracing::warn!(
                %resource, missing = count,
                "{count} records are no longer shown, but rows moved between the pages of each of {} scans in a row: nothing is \
                 deleted in this poll, and the next one goes on; deletes.mode: probe asks for each of them instead",
                MOST_CONFIRMING + 1
            );
        }
        certain
    }

    /// The scan of the whole family is over.
    async fn finish(&mut self, ending: Ending<'_>, gone: &[Missing]) -> Result<(), Interrupted> {
        let (offset, moved) = if self.was_read() || self.deletes_failed() {
            let every = self.member.plan.upkeep.of_missing().and_then(|guards| guards.every);
            if self.uncut && every.is_some() && !self.report.confirm && !self.has_failed() {
                self.member.standing.was_whole(ending.now);
            }
            self.member.standing.end(ending.reached)
        } else {
            self.publish_last(ending.producer).await?;
            if gone.is_empty() {
                return Ok(());
            }
            (self.member.standing.within(None, None, true), false)
        };
        if let Some(last) = self.last.take() {
            return self.send(ending.producer, last.batch(self.batch(offset, moved))).await;
        }
        if gone.is_empty() && !moved {
            return Ok(());
        }
        if !gone.is_empty() {
            failpoint!("sync::before_deletes");
        }
        let keys: Vec<Box<[u8]>> = gone.iter().map(|one| one.key.clone()).collect();
        let sequence = self.member.cache.delete(&keys);
        let mut messages: Vec<Message> = self.member.encoder.tombstones(&keys);
        for (message, one) in messages.iter_mut().zip(gone) {
            message.parent = one.parent.as_deref().map(bytes::Bytes::copy_from_slice);
        }
        self.send(ending.producer, Batch { sequence, messages, ..self.batch(offset, moved) }).await
    }
}
