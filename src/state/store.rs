//! Where the cache keeps what it knows: an index in memory with a copy on disk, or, beyond `state.memory`, on disk alone.
//! Look-ups and changes go by page, never one by one.
//!
//! What is on disk is never ahead of its checkpoint: entries are written together with the offsets that they reach. It may be
//! behind, because the copy is written a moment later: then the next start reads the rest from the topic, as after a crash.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::budget::Share;
use super::checkpoint::{Checkpoint, Present, Tally};
use super::disk::DiskError;
use super::index::{Entry, Index, KeyHash};
use super::name::Name;
use super::pending::Expected;
use super::roll::{Missing, Roll};
use super::shelf::Shelf;

/// What a key costs in the index, with its share of free places.
const BYTES_PER_KEY: usize = 71;
/// So many changes are written to disk at once ...
const SAVED_AT_ONCE: usize = 50_000;
/// ... or what has gathered in this time.
const SAVED_AFTER: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Store {
    /// `None`: the entries are on disk alone.
    index: Option<Index>,
    /// Only where what a scan does not show may be deleted.
    roll: Option<Roll>,
    /// `None`: there is no disk.
    shelf: Option<Shelf>,
    share: Share,
    /// What is on its way to Kafka takes so much memory.
    pending: usize,
    /// That this is more than there may be at all was said.
    told: bool,
    checkpoint: Checkpoint,
    /// In the index and not on disk yet; only with both.
    unsaved: Vec<Expected>,
    saved: Instant,
    /// The checkpoint is of this process's own making or was read from disk and believed.
    recalled: bool,
    /// When the reading that is under way began.
    reading_since: Option<SystemTime>,
}

impl Default for Store {
    /// In memory alone.
    fn default() -> Self {
        Self {
            index: Some(Index::default()),
            roll: None,
            shelf: None,
            share: Share::default(),
            pending: 0,
            told: false,
            checkpoint: Checkpoint::default(),
            unsaved: Vec::new(),
            saved: Instant::now(),
            recalled: false,
            reading_since: None,
        }
    }
}

impl Store {
    pub(super) fn with_roll(mut self) -> Self {
        self.roll = Some(Roll::default());
        self
    }

    pub(super) fn on(mut self, shelf: Shelf, share: Share) -> Self {
        (self.shelf, self.share) = (Some(shelf), share);
        self
    }

    /// Takes up what is known, from this process or from disk, as far as it still is the truth of this topic. Forgets the rest.
    pub(super) fn recall(&mut self, present: &Present<'_>) {
        if !self.recalled {
            match self.load(present) {
                Ok(Ok(())) => self.recalled = true,
                Ok(Err(reason)) => self.refuse(present, &reason),
                Err(error) => {
                    self.lose_disk(&error);
                    self.refuse(present, "");
                }
            }
        } else if let Some(objection) = self.checkpoint.objection(present) {
            self.refuse(present, &objection);
        }
        self.reading_since = Some(present.now);
    }

    /// Nothing of what is known holds any more.
    pub(super) fn refuse(&mut self, present: &Present<'_>, reason: &str) {
        if !reason.is_empty() {
            let topic = present.topic;
            tracing::info!(
                topic,
                "the cache of topic {topic} is thrown away and read anew from it: {reason}"
            );
        }
        self.wipe(present.topic_id);
        self.checkpoint.set_time(present.now);
        self.reading_since = Some(present.now);
    }

    pub(super) fn get_many(&self, keys: &[KeyHash]) -> Result<Vec<Option<Entry>>, DiskError> {
        match (&self.index, &self.shelf) {
            (Some(index), _) => Ok(keys.iter().map(|key| index.get(*key)).collect()),
            (None, Some(shelf)) => shelf.get_many(keys),
            (None, None) => Err(DiskError::Closed),
        }
    }

    /// Entries and the offsets that they reach, in one step. `at`: when the topic ended there, if it did.
    pub(super) fn put_many(
        &mut self,
        entries: Vec<Expected>,
        offsets: impl IntoIterator<Item = (i32, i64)>,
        at: Option<SystemTime>,
    ) -> Result<(), DiskError> {
        let mut reached = self.checkpoint.clone();
        reached.offsets.extend(offsets);
        at.into_iter().for_each(|at| reached.set_time(at));
        let Some(index) = &mut self.index else { return self.put_on_disk(entries, reached) };
        for Expected { key, entry, name } in &entries {
            count(&mut reached.tally, *key, index.put(*key, *entry), *entry);
            if let (Some(roll), Some(_)) = (&mut self.roll, entry) {
                roll.know(*key, name);
            }
        }
        self.checkpoint = reached;
        self.keep(entries);
        Ok(())
    }

    /// Further bytes of records whose content is known.
    pub(super) fn note_raw(&mut self, entries: Vec<Expected>) -> Result<(), DiskError> {
        if entries.is_empty() { Ok(()) } else { self.put_many(entries, [], None) }
    }

    /// The topic ends where the checkpoint says, at this time.
    pub(super) fn confirm(&mut self, now: SystemTime) -> Result<(), DiskError> {
        self.put_many(Vec::new(), [], Some(now))?;
        self.save()
    }

    /// Everything up to these offsets was read; the topic ended there when the reading began.
    pub(super) fn restored(
        &mut self,
        offsets: BTreeMap<i32, i64>,
        rest: Vec<Expected>,
    ) -> Result<(), DiskError> {
        let since = self.reading_since.take();
        self.put_many(rest, offsets, since)?;
        self.recalled = true;
        self.save()
    }

    /// What has gathered is written to disk. Where there is an index, losing the disk is no error: it is all there.
    pub(super) fn save(&mut self) -> Result<(), DiskError> {
        let Some(shelf) = self.shelf.as_ref().filter(|_| self.index.is_some()) else { return Ok(()) };
        self.saved = Instant::now();
        let mut unsaved = std::mem::take(&mut self.unsaved);
        last_of_each(&mut unsaved);
        let saved = shelf.save(&unsaved, &self.checkpoint);
        if let Err(error) = saved {
            self.lose_disk(&error);
        }
        Ok(())
    }

    /// The disk failed. What was on disk alone is lost with it, and is read from the topic.
    pub(super) fn lose_disk(&mut self, error: &DiskError) {
        if let Some(shelf) = self.shelf.take() {
            shelf.give_up(error);
        }
        self.unsaved = Vec::new();
        if self.index.is_none() {
            self.wipe("");
            self.recalled = false;
        }
    }

    /// What a row is called, and under which parent it was shown, is at hand.
    pub(super) fn has_names_in_memory(&self) -> bool {
        self.roll.is_some() && self.index.is_some()
    }

    pub(super) fn roll(&mut self) -> Option<&mut Roll> {
        self.roll.as_mut()
    }

    /// What scans have told of missing and shared rows is written to disk. Lost with it, that begins again.
    pub(super) fn save_roll(&mut self) {
        if let (Some(roll), Some(shelf)) = (&self.roll, &self.shelf) {
            shelf.keep_roll(roll);
        }
    }

    /// Whether changes have to come with the keys themselves.
    pub(super) fn needs_names(&self) -> bool {
        self.roll.is_some()
    }

    /// Rows that are there and that the scan did not show.
    pub(super) fn missing(&mut self) -> Result<Vec<Missing>, DiskError> {
        let Some(roll) = &mut self.roll else { return Ok(Vec::new()) };
        match (&self.index, &self.shelf) {
            (Some(index), _) => Ok(roll.unseen(|key| index.get(key).is_some())),
            (None, Some(shelf)) => {
                let mut missing = Vec::new();
                shelf.each(|hash, _, name| {
                    if !roll.has_seen(hash) {
                        missing.extend(Name::from_bytes(name).and_then(|name| roll.missing(&name)));
                    }
                    true
                })?;
                Ok(missing)
            }
            (None, None) => Err(DiskError::Closed),
        }
    }

    pub(super) fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    pub(super) fn wipe(&mut self, topic_id: &str) {
        self.index = Some(Index::default());
        self.roll.as_mut().into_iter().for_each(Roll::forget);
        self.unsaved = Vec::new();
        self.weigh();
        self.checkpoint = Checkpoint { topic_id: topic_id.to_owned(), ..Checkpoint::default() };
        if let Some(Err(error)) = self.shelf.as_ref().map(Shelf::wipe) {
            self.lose_disk(&error);
        }
    }

    #[cfg(test)]
    pub(super) fn is_in_memory(&self) -> bool {
        self.index.is_some()
    }

    pub(super) fn keys(&self) -> usize {
        self.checkpoint.tally.keys as usize
    }
}

/// Between memory and disk.
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
    fn weigh(&mut self) -> bool {
        let index = self.index.as_ref().map_or(0, |index| index.len() * BYTES_PER_KEY);
        let names = if self.index.is_some() { self.roll.as_ref().map_or(0, Roll::bytes) } else { 0 };
        self.share.take(index + names + self.pending)
    }

    /// Reads what is on disk, if it fits this topic: into memory, or where that is more than may be there, only how much it is.
    /// `Err` inside: why it is not believed; empty where nothing was there.
    fn load(&mut self, present: &Present<'_>) -> Result<Result<(), String>, DiskError> {
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
    fn keep(&mut self, entries: Vec<Expected>) {
        let fits = self.weigh();
        if self.index.is_none() || self.shelf.is_none() {
            return;
        }
        self.unsaved.extend(entries);
        if !fits {
            self.leave_memory();
        } else if self.unsaved.len() >= SAVED_AT_ONCE || self.saved.elapsed() >= SAVED_AFTER {
            let _ = self.save(); // it is all in memory
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

    fn put_on_disk(&mut self, mut entries: Vec<Expected>, mut reached: Checkpoint) -> Result<(), DiskError> {
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

impl Drop for Store {
    /// What has gathered since it was last written.
    fn drop(&mut self) {
        if self.recalled {
            let _ = self.save();
        }
    }
}

fn count(tally: &mut Tally, key: KeyHash, before: Option<Entry>, after: Option<Entry>) {
    before.into_iter().for_each(|entry| tally.take(key, entry.fingerprint));
    after.into_iter().for_each(|entry| tally.add(key, entry.fingerprint));
}

/// In ascending order, of each key the newest: the store on disk takes no key twice in one write.
fn last_of_each(entries: &mut Vec<Expected>) {
    entries.reverse();
    entries.sort_by_key(|one| one.key);
    entries.dedup_by_key(|one| one.key);
}
