//! What a scan did not show of the rows that the topic holds, and whether that is enough to call them gone.

use std::collections::HashSet;

use super::cache::Cache;
use super::error::StateError;
use super::index::{ByKey, KeyHash};
use super::name::Name;
use super::roll::{Missing, Roll, Walked};
use crate::poll::CompleteScan;

impl Cache {
    /// The pages that come are of this parent.
    pub fn enter(&mut self, parent: Option<&str>) {
        self.keep_sharing();
        self.store.roll().into_iter().for_each(|roll| roll.enter(parent));
    }

    /// Records with these keys were on the page, though they may not be published.
    pub fn pass(&mut self, keys: &[String]) {
        let Some(roll) = self.store.roll() else { return };
        keys.iter().for_each(|key| roll.pass(key));
    }

    /// The scan has met a record of a resource that this one depends on, by way of others perhaps.
    pub fn meet(&mut self, (level, key): (usize, &str)) {
        self.store.roll().into_iter().for_each(|roll| roll.meet((level, key), None));
    }

    /// The pages of one parent are read.
    pub fn walked(&mut self, (level, parent): (usize, &str), walked: Walked) {
        self.store.roll().into_iter().for_each(|roll| roll.meet((level, parent), Some(walked)));
    }

    /// Rows that the topic holds and the scan did not show: all of them after a scan of everything, else those of parents whose
    /// rows were all seen, and those of `deleted` parents. `sound`: of the other parents nothing is in doubt but a total, so what moved
    /// between the pages of one can be confirmed. Asked for once all pages are compared.
    pub fn missing(
        &mut self,
        (whole, sound): (Option<&CompleteScan>, bool),
        deleted: &HashSet<Box<[u8]>>,
    ) -> Result<Vec<Missing>, StateError> {
        let missing = self.missing_if(whole.is_some(), deleted, |walked| match walked {
            Walked::Whole => true,
            Walked::Shifting => sound,
            Walked::ToTotal | Walked::InPart | Walked::Not => false,
        })?;
        if whole.is_some() && missing.is_empty() {
            self.store.roll().into_iter().for_each(Roll::has_seen_everything);
        }
        self.keep_sharing();
        Ok(missing)
    }

    /// The same if every total were right. `sound`: then the scan has seen everything.
    pub fn missing_by_totals(
        &mut self,
        sound: bool,
        deleted: &HashSet<Box<[u8]>>,
    ) -> Result<Vec<Missing>, StateError> {
        self.missing_if(sound, deleted, |walked| match walked {
            Walked::Whole | Walked::ToTotal => true,
            Walked::Shifting | Walked::InPart | Walked::Not => false,
        })
    }

    fn missing_if(
        &mut self,
        whole: bool,
        deleted: &HashSet<Box<[u8]>>,
        is_known: impl Fn(Walked) -> bool,
    ) -> Result<Vec<Missing>, StateError> {
        let missing = self.store.missing();
        let mut missing = self.or_lost(missing)?;
        let in_memory = self.store.has_names_in_memory(); // else nobody noticed rows that moved to another parent
        missing.retain_mut(|one| {
            one.shared |= !in_memory && one.parent.is_some();
            one.orphan =
                one.parent.as_ref().is_some_and(|parent| deleted.contains(parent)) && (whole || !one.shared);
            let known = whole || one.orphan || (is_known(one.walked) && in_memory);
            known && self.pending.get(KeyHash::of(&one.key)).is_none() // not shown after all, nor on its way out
        });
        missing.sort_unstable_by(|one, other| one.key.cmp(&other.key));
        Ok(missing)
    }

    /// What a restart could not know otherwise is on disk at once.
    fn keep_sharing(&mut self) {
        if self.store.roll().is_some_and(Roll::take_unsaved) {
            self.store.save_roll();
        }
    }

    /// Of the missing rows, those that are missing for longer than `grace` scans. A scan that only confirms another one is no
    /// further scan.
    pub fn overdue(&mut self, missing: Vec<Missing>, grace: u8) -> Vec<Missing> {
        let Some(roll) = self.store.roll() else { return Vec::new() };
        let counts = roll.doubts() == 0;
        let overdue = roll.overdue(missing, grace, counts);
        if grace > 0 {
            self.store.save_roll();
        }
        overdue
    }

    /// Whether two complete scans in a row missed the same rows, and the later one saw everything that the earlier one saw. `whole`:
    /// the earlier one has to have seen everything, and not only all pages of the rows' own parents.
    pub fn is_confirmed(&mut self, whole: bool) -> bool {
        self.store.roll().is_some_and(|roll| roll.is_confirmed(whole))
    }

    /// How many scans in a row were not trusted.
    pub fn doubts(&mut self) -> u8 {
        self.store.roll().map_or(0, |roll| roll.doubts())
    }

    /// What the scan missed is believed when the next one says the same. `again`: that one comes at once. `whole`: it saw everything.
    pub fn doubt(&mut self, again: bool, whole: bool) {
        self.store.roll().into_iter().for_each(|roll| roll.doubt(again, whole));
    }

    /// Nothing waits for a further scan.
    pub fn settle(&mut self) {
        self.store.roll().into_iter().for_each(Roll::settle);
    }

    /// Whether the topic holds the key, or will once what is pending is committed.
    pub fn has(&self, key: &[u8]) -> bool {
        // A disk that cannot say is found out by the next comparison; until then nothing is gone.
        self.known(&[KeyHash::of(key)]).map_or(true, |known| known.first().is_some_and(Option::is_some))
    }

    /// Whether it remembers more of rows than their hashes.
    pub fn needs_names(&self) -> bool {
        self.store.needs_names()
    }

    pub(super) fn name(&mut self, key: &[u8]) -> Name {
        self.store.roll().map_or_else(Name::default, |roll| roll.name(key))
    }

    /// Which of the rows were shown under another parent before.
    pub(super) fn elsewhere(&mut self, keys: &[KeyHash]) -> HashSet<KeyHash, ByKey> {
        let Some(roll) = self.store.roll() else { return HashSet::default() };
        keys.iter().copied().filter(|key| roll.is_elsewhere(*key)).collect()
    }

    /// Everything that was not shown, for tests that have no scan.
    #[cfg(test)]
    pub(super) fn unseen(&mut self) -> Result<Vec<Box<[u8]>>, StateError> {
        let missing = self.store.missing();
        let missing = self.or_lost(missing)?.into_iter().map(|one| one.key);
        Ok(missing.filter(|key| self.pending.get(KeyHash::of(key)).is_none()).collect())
    }
}
