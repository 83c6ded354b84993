//! Between memory and disk: what of the store is where, as far as `state.memory` has room.

use std::time::Duration;

use super::checkpoint::{Checkpoint, Present, Tally};
use super::disk::DiskError;
use super::index::{Index, KeyHash};
use super::name::Name;
use super::pending::Expected;
use super::roll::Roll;
use super::shelf::Shelf;
use super::store::{Store, count, last_of_each};

/// What a key costs in the index, with its share of free places.
const BYTES_PER_KEY: usize = 71;
/// So many changes are written to disk at once ...
const SAVED_AT_ONCE: usize = 50_000;
/// ... or what has gathered in this time.
const SAVED_AFTER: Duration = Duration::from_secs(1);
/// ... and so many bytes of rows' texts: until then they are in memory, though nobody counts them.
const SAVED_WITH_TEXTS: usize = 4 << 20;

impl Store {
    /// What is on its way to Kafka takes so much memory now. It cannot leave: the index does.
    pub(super) fn hold(&mut self, pending: usize) {
        self.pending = pending;
        if self.weigh() || self.shelf.is_none() {
            return;
        }
        if self.index.is_some() {
            self.leave_memory();
        }
        if self.pending > self.share.limit() && !std::mem::replace(&mut self.told, true) {
            let resource = self.shelf.as_ref().map(Shelf::resource);
            tracing::warn!(
                resource,
                "what a scan has changed and is not committed takes {} KiB, more than state.memory: it stays in memory all the same; \
                 raise state.memory, or have it committed before the end of the scan (transaction.boundary: interval)",
                pending / 1024
            );
        }
    }

    /// Takes what is in memory now from the budget. Whether it is within it.
    pub(super) fn weigh(&mut self) -> bool {
        let index = self.index.as_ref().map_or(0, |index| index.len() * BYTES_PER_KEY);
        let names = if self.index.is_some() { self.roll.as_ref().map_or(0, Roll::bytes) } else { 0 };
        self.share.take(index + names + self.pending)
    }

    /// Reads what is on disk, if it fits this topic: into memory, or where that is more than may be there, only how much it is.
    /// `Err` inside: why it is not believed; empty where nothing was there.
    pub(super) fn load(&mut self, present: &Present<'_>) -> Result<Result<(), String>, DiskError> {
        let Some(shelf) = self.shelf.as_ref().filter(|shelf| shelf.is_open()) else {
            return Ok(Err(String::new()));
        };
        if present.topic_id.is_empty() {
            return Ok(Err(String::new())); // a broker without topic ids cannot say whether it is the same topic
        }
        let checkpoint = match shelf.checkpoint()? {
            None => return Ok(Err(String::new())),
            Some(Err(reason)) => return Ok(Err(reason)),
            Some(Ok(checkpoint)) => checkpoint,
        };
        if let Some(objection) = checkpoint.objection(present) {
            return Ok(Err(objection));
        }
        if !shelf.can_hold(checkpoint.tally.keys)? {
            return Ok(Err("entries are missing on disk".to_owned()));
        }
        let fits = self.share.take(checkpoint.tally.keys as usize * BYTES_PER_KEY);
        if !fits {
            self.index = None;
            self.share.take(0); // it is the others' now
        } else if self.fill()? != checkpoint.tally {
            return Ok(Err("what is on disk is not what was written".to_owned()));
        }
        if let (Some(roll), Some(shelf)) = (&mut self.roll, &self.shelf) {
            shelf.recall_roll(roll)?;
        }
        self.checkpoint = checkpoint;
        self.settle_texts()?;
        self.keep(Vec::new());
        Ok(Ok(()))
    }

    /// The whole shelf into the index. What it holds is counted: damage that the store does not notice shows there.
    fn fill(&mut self) -> Result<Tally, DiskError> {
        let (mut index, mut tally) = (Index::default(), Tally::default());
        let Some(shelf) = &self.shelf else { return Ok(tally) };
        let mut roll = self.roll.as_mut();
        shelf.each(|hash, entry, name| {
            tally.add(hash, entry.fingerprint);
            index.put(hash, Some(entry));
            let Some(roll) = &mut roll else { return true };
            match Name::from_bytes(name).filter(|name| KeyHash::of(name.key()) == hash) {
                Some(name) => roll.know(hash, &name),
                None => tally = Tally::default(), // a key that is not its own
            }
            true
        })?;
        self.index = Some(index);
        Ok(tally)
    }

    /// What is in memory now goes to disk when there is enough of it, and stays there alone when memory is used up.
    pub(super) fn keep(&mut self, entries: Vec<Expected>) {
        let fits = self.weigh();
        if self.index.is_none() || self.shelf.is_none() {
            return;
        }
        self.unsaved_bytes += entries.iter().map(|one| one.text.len()).sum::<usize>();
        self.unsaved.extend(entries);
        let is_much = self.unsaved.len() >= SAVED_AT_ONCE || self.unsaved_bytes >= SAVED_WITH_TEXTS;
        if !fits {
            self.leave_memory();
        } else if is_much || self.saved.elapsed() >= SAVED_AFTER {
            let _ = self.save(); // it is all in memory, but for texts
        }
    }

    fn leave_memory(&mut self) {
        let _ = self.save();
        let Some(shelf) = &self.shelf else { return }; // it could not be saved
        let resource = shelf.resource();
        tracing::info!(
            resource,
            keys = self.keys(),
            "more keys than state.memory has room for: the cache works from disk"
        );
        self.index = None;
        self.roll.as_mut().into_iter().for_each(Roll::forget_names);
        self.weigh();
    }

    pub(super) fn put_on_disk(
        &mut self,
        mut entries: Vec<Expected>,
        mut reached: Checkpoint,
    ) -> Result<(), DiskError> {
        let shelf = self.shelf.as_ref().ok_or(DiskError::Closed)?;
        last_of_each(&mut entries);
        let keys: Vec<KeyHash> = entries.iter().map(|one| one.key).collect();
        let known = shelf.get_many(&keys)?;
        for (one, known) in entries.iter().zip(known) {
            count(&mut reached.tally, one.key, known, one.entry);
        }
        shelf.save(&entries, &reached)?;
        self.checkpoint = reached;
        Ok(())
    }
}
