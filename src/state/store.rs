//! Where the cache keeps what it knows: an index in memory with a copy on disk, or, beyond `state.memory`, on disk alone.
//! Look-ups and changes go by page, never one by one.
//!
//! What is on disk is never ahead of its checkpoint: entries are written together with the offsets that they reach. It may be
//! behind, because the copy is written a moment later: then the next start reads the rest from the topic, as after a crash.

use std::collections::BTreeMap;
use std::time::SystemTime;

use tokio::time::Instant;

use super::budget::Share;
use super::checkpoint::{Checkpoint, Present, Tally};
use super::disk::DiskError;
use super::index::{Entry, Index, KeyHash};
use super::name::Name;
use super::pending::Expected;
use super::roll::{Missing, Roll};
use super::shelf::Shelf;
use super::text::Texts;

#[derive(Debug)]
pub(super) struct Store {
    /// `None`: the entries are on disk alone.
    pub(super) index: Option<Index>,
    /// Only where what a scan does not show may be deleted.
    pub(super) roll: Option<Roll>,
    /// `None`: there is no disk.
    pub(super) shelf: Option<Shelf>,
    pub(super) share: Share,
    /// What is on its way to Kafka takes so much memory.
    pub(super) pending: usize,
    /// That this is more than there may be at all was said.
    pub(super) told: bool,
    pub(super) checkpoint: Checkpoint,
    /// In the index and not on disk yet; only with both.
    pub(super) unsaved: Vec<Expected>,
    /// Of its texts.
    pub(super) unsaved_bytes: usize,
    /// The texts of rows.
    pub(super) texts: Texts,
    pub(super) saved: Instant,
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
            unsaved_bytes: 0,
            texts: Texts::default(),
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
        present.key_format.clone_into(&mut self.checkpoint.key_format);
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
        for Expected { key, entry, name, .. } in &entries {
            count(&mut reached.tally, *key, index.put(*key, *entry), *entry);
            if let (Some(roll), Some(_)) = (&mut self.roll, entry) {
                roll.know(*key, name);
            }
        }
        self.checkpoint = reached;
        self.texts.follow(&entries);
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
        self.unsaved_bytes = 0;
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
        (self.unsaved, self.unsaved_bytes) = (Vec::new(), 0);
        self.texts = Texts::Off; // in memory they could be of any size
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
        (self.unsaved, self.unsaved_bytes) = (Vec::new(), 0);
        self.texts.forget();
        self.weigh();
        let (topic_id, texts) = (topic_id.to_owned(), self.texts.are_kept());
        self.checkpoint = Checkpoint { topic_id, texts, ..Checkpoint::default() };
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

impl Drop for Store {
    /// What has gathered since it was last written.
    fn drop(&mut self) {
        if self.recalled {
            let _ = self.save();
        }
    }
}

pub(super) fn count(tally: &mut Tally, key: KeyHash, before: Option<Entry>, after: Option<Entry>) {
    before.into_iter().for_each(|entry| tally.take(key, entry.fingerprint));
    after.into_iter().for_each(|entry| tally.add(key, entry.fingerprint));
}

/// In ascending order, of each key the newest, with the newest text: the store on disk takes no key twice in one write.
pub(super) fn last_of_each(entries: &mut Vec<Expected>) {
    entries.reverse();
    entries.sort_by_key(|one| one.key);
    entries.dedup_by(|older, newer| {
        let same = older.key == newer.key;
        if same && newer.text.stays() {
            newer.text = std::mem::take(&mut older.text);
        }
        same
    });
}
