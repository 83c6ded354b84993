//! What the topic held under a key before it is changed (`format.before`).
//!
//! A text is told if it is known to be the one that was published last, else none is: after the disk was lost, and where a topic is read
//! whose values cannot be read back.

use std::collections::HashMap;

use super::cache::Cache;
use super::compared::Compared;
use super::disk::DiskError;
use super::error::StateError;
use super::index::{ByKey, Entry, KeyHash};
use super::store::Store;
use super::text::{Text, Texts};
use crate::model::{Before, Stamp};

impl Cache {
    /// Whether it keeps the texts of rows: on disk, or in memory where there is no disk. A rehearsal does not.
    pub fn with_texts(mut self, kept: bool) -> Self {
        self.store.texts = match (kept && !self.rehearses, &self.store.shelf) {
            (false, _) => Texts::Off,
            (true, Some(_)) => Texts::OnDisk,
            (true, None) => Texts::InMemory(HashMap::default()),
        };
        self
    }

    pub fn keeps_texts(&self) -> bool {
        self.store.keeps_texts()
    }

    /// What the topic holds under the keys of these rows, or will once what is pending is committed.
    pub fn before(&mut self, keys: &[Box<[u8]>]) -> Result<Vec<Before>, StateError> {
        if !self.store.keeps_texts() {
            return Ok(vec![Before::Unknown; keys.len()]);
        }
        let hashes: Vec<KeyHash> = keys.iter().map(|key| KeyHash::of(key)).collect();
        let known = self.known(&hashes);
        let known = self.or_lost(known)?;
        let rows: Vec<(KeyHash, Stamp)> = hashes
            .into_iter()
            .zip(&known)
            .filter_map(|(key, known)| Some((key, known.map(Entry::stamp)?)))
            .collect();
        let mut texts = self.texts(&rows)?.into_iter();
        let before = |known: Option<Entry>| match known.map(|_| texts.next().flatten()) {
            None => Before::NoRow,
            Some(None) => Before::Unknown,
            Some(Some(text)) => Before::Text(text),
        };
        Ok(known.into_iter().map(before).collect())
    }

    /// Finds the texts that a page asks for.
    pub(super) fn look_back(&mut self, page: &mut Compared<'_>) -> Result<(), StateError> {
        if page.sought.is_empty() {
            return Ok(());
        }
        let sought = std::mem::take(&mut page.sought);
        let rows: Vec<(KeyHash, Stamp)> = sought.iter().map(|one| (one.key, one.stamp)).collect();
        let texts = self.texts(&rows)?;
        for (one, text) in sought.into_iter().zip(texts) {
            text.into_iter().for_each(|text| page.found(one.wanted, text));
        }
        Ok(())
    }

    /// Of what is pending, or else what is kept.
    fn texts(&mut self, rows: &[(KeyHash, Stamp)]) -> Result<Vec<Option<Box<str>>>, StateError> {
        if !self.store.keeps_texts() {
            return Ok(vec![None; rows.len()]);
        }
        let kept = self.store.kept_texts(rows);
        let mut texts = self.or_lost(kept)?;
        for ((key, _), text) in rows.iter().zip(&mut texts) {
            if self.pending.get(*key).is_some() {
                *text = self.pending.text(*key).map(Box::from);
            }
        }
        Ok(texts)
    }
}

impl Store {
    pub(super) fn keeps_texts(&self) -> bool {
        self.texts.are_kept()
    }

    /// The texts of rows that are known under these stamps. An index in memory can do without the disk, and then without texts.
    fn kept_texts(&mut self, rows: &[(KeyHash, Stamp)]) -> Result<Vec<Option<Box<str>>>, DiskError> {
        let on_disk = match (&self.texts, &self.shelf) {
            (Texts::OnDisk, Some(shelf)) => shelf.texts(rows),
            (Texts::InMemory(_), _) => {
                return Ok(rows.iter().map(|(key, stamp)| self.texts.in_memory(*key, *stamp)).collect());
            }
            (Texts::OnDisk | Texts::Off, _) => return Ok(vec![None; rows.len()]),
        };
        let mut texts = match on_disk {
            Err(error) if self.index.is_some() => {
                self.lose_disk(&error);
                return Ok(vec![None; rows.len()]);
            }
            on_disk => on_disk?,
        };
        self.overlay(rows, &mut texts);
        Ok(texts)
    }

    /// With what the disk does not know yet.
    fn overlay(&self, rows: &[(KeyHash, Stamp)], texts: &mut [Option<Box<str>>]) {
        if self.unsaved.is_empty() {
            return;
        }
        let mut newest: HashMap<KeyHash, Option<&Text>, ByKey> =
            rows.iter().map(|(key, _)| (*key, None)).collect();
        for change in self.unsaved.iter().filter(|change| !change.text.stays()) {
            if let Some(text) = newest.get_mut(&change.key) {
                *text = Some(&change.text);
            }
        }
        for ((key, _), text) in rows.iter().zip(texts) {
            if let Some(newer) = newest.get(key).copied().flatten() {
                *text = newer.new_text().map(Box::from);
            }
        }
    }

    /// Texts of a time when nobody kept them up to date are worth nothing, and nor are any where nobody does from now on.
    pub(super) fn settle_texts(&mut self) -> Result<(), DiskError> {
        let (Some(shelf), kept) = (&self.shelf, self.keeps_texts()) else { return Ok(()) };
        if self.checkpoint.texts != kept {
            shelf.wipe_texts()?;
            self.checkpoint.texts = kept;
        }
        Ok(())
    }
}
