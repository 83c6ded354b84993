//! The end of a family's scan: what the topic holds and the scan did not show, and what depends on what of it.

use std::collections::HashSet;

use super::FamilyScan;
use super::behind::Trust;
use super::judge::Ending;
use super::report::Interrupted;
use super::walk::{WalkEnd, WalkFailed};
use crate::plan::Upkeep;
use crate::poll::{CompleteScan, Coverage, PartialScan};
use crate::state::{Missing, Walked};

impl FamilyScan<'_> {
    /// Every page is read: cursors move, and what is gone is deleted. Parents first: what depends on them goes with them.
    pub(super) async fn finish(&mut self) -> Result<(), Interrupted> {
        self.doubt_sizes();
        let shrunk = self.seen.values().any(|seen| seen.shrunk);
        for index in self.parents_first() {
            let Some(listing) = self.members.get(index).map(|member| member.member.plan.listing) else {
                continue;
            };
            let parent = self.above(listing).nth(1);
            let deleted = parent.map(|parent| self.gone_with(parent)).unwrap_or_default();
            let missing = self.missing((index, listing), &deleted).await?;
            let reached = self.seen.get(&listing).filter(|_| listing == self.family.root && !shrunk);
            let ending = Ending {
                producer: self.producer,
                poller: self.poller,
                now: self.now,
                reached: reached.and_then(|seen| seen.reached.clone()),
                sound: self.is_sound(listing),
                narrow: self.above(listing).any(|above| self.is_narrow(above)),
                shifted: self
                    .above(listing)
                    .any(|above| self.seen.get(&above).is_some_and(|seen| seen.shifted)),
                deleted,
            };
            let Some(member) = self.members.get_mut(index) else { continue };
            let gone = self.stop.run_until_cancelled(member.gone(missing, &ending)).await;
            let gone =
                self.stop.run_until_cancelled(member.tellable(gone.ok_or(Interrupted::Stopped)??)).await;
            let gone = gone.ok_or(Interrupted::Stopped)?;
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
        root.filter(|_| self.is_sound(listing) && !self.above(listing).any(|above| self.is_open(above)))
    }

    /// Whether nothing casts a doubt on what was seen of a resource, with everything that it depends on, but that some walks were
    /// ended by a total.
    pub(super) fn is_sound(&self, listing: usize) -> bool {
        let root = self.family.root;
        let read = self.is_open(root) || self.seen.get(&root).is_some_and(|seen| seen.complete.is_some());
        let hides = |above: usize| self.seen.get(&above).is_some_and(|seen| seen.hides_children);
        let own = self.members.iter().find(|member| member.member.plan.listing == listing);
        let hides_rows = own.is_some_and(|member| member.aside.hides_rows);
        let hidden = hides_rows || self.above(listing).skip(1).any(hides);
        let in_part = |above: usize| self.is_partial(above) || self.is_narrow(above);
        read && !hidden && !self.above(listing).any(in_part)
    }

    /// Rows that the scan did not show and says something about. What its parent's own deletes have to decide is left out.
    pub(super) fn judged(
        &mut self,
        (index, listing): (usize, usize),
        deleted: &HashSet<Box<[u8]>>,
        trust: Trust,
    ) -> Result<Vec<Missing>, Interrupted> {
        let parent = self.above(listing).nth(1);
        let doubted = self.above(listing).any(|above| self.seen.get(&above).is_some_and(|seen| seen.shrunk));
        let sound = self.is_sound(listing);
        let whole = match trust {
            Trust::Proven => self.whole(listing).is_some(),
            Trust::Totals => sound,
        };
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
        let mut missing = match trust {
            Trust::Proven => member.member.cache.missing((root.filter(|_| whole), sound), deleted)?,
            Trust::Totals => member.member.cache.missing_by_totals(sound, deleted)?,
        };
        missing.retain(|one| one.orphan || sound || !(doubted || hides_rows));
        if trust == Trust::Totals && member.member.plan.upkeep.of_missing().is_none() {
            missing.retain(|one| one.orphan); // the others are not its scan's to delete
        }
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
            self.members.iter().map(|member| self.is_sound(member.member.plan.listing)).collect();
        let whole: Vec<bool> =
            self.members.iter().map(|member| self.whole(member.member.plan.listing).is_some()).collect();
        for (member, (sound, whole)) in self.members.iter_mut().zip(sound.into_iter().zip(whole)) {
            if sound && open && !member.has_failed() {
                member.member.cache.doubt(again, whole);
            } else {
                member.member.cache.settle();
            }
        }
    }

    /// What the caches have to know of a walk that has ended.
    pub(super) fn note_walk(&mut self, end: &WalkEnd) {
        let (walked, shifted) = match &end.coverage {
            Coverage::Complete(proof) => (Walked::of(Some(proof)), proof.may_have_shifted()),
            Coverage::UpToTotal(_) => (Walked::ToTotal, false),
            Coverage::Partial(_) => (Walked::of(None), false),
        };
        self.note_parent((end.listing, end.parent.as_deref()), walked);
        self.seen.entry(end.listing).or_default().shifted |= shifted;
    }

    pub(super) fn note_failed_walk(&mut self, failed: &WalkFailed) {
        self.note_parent((failed.listing, failed.parent.as_deref()), Walked::of(None));
    }

    /// A record that the pages of a listing were asked for with.
    pub(super) fn note_parent(&mut self, (listing, parent): (usize, Option<&str>), walked: Walked) {
        let above = self.above(listing).nth(1);
        let Some((parent, level)) = parent.zip(above) else { return };
        let below = self.below(listing);
        for member in &mut self.members {
            if member.member.plan.listing == listing {
                member.member.cache.walked((level, parent), walked);
            } else if below.contains(&member.member.plan.listing) {
                member.member.cache.meet((level, parent));
            }
        }
    }
}
