//! The keys of a table, and which of them a scan has shown: so what is missing is known, with what says whether it is gone.

use std::collections::{HashMap, HashSet};

use super::index::{ByKey, KeyHash};
use super::name::Name;
use crate::poll::CompleteScan;

/// A row that the topic holds and a scan did not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub key: Box<[u8]>,
    /// The key of the parent that it was last shown under; `None` where resources depend on none.
    pub parent: Option<Box<[u8]>>,
    pub walked: Walked,
    /// The parent is deleted.
    pub orphan: bool,
    /// It may be another parent's as well.
    pub shared: bool,
}

/// What a scan saw of the rows of one parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Walked {
    /// All of them, and no row has two parents.
    Whole,
    /// The same, but on several pages: rows may have moved past the reader.
    Shifting,
    /// As many as the API's total says there are.
    ToTotal,
    /// The rest.
    InPart,
    /// The scan met no such parent.
    Not,
}

impl Walked {
    /// All pages of a parent were read, if there is a proof of it.
    pub fn of(whole: Option<&CompleteScan>) -> Self {
        match whole {
            Some(proof) if proof.may_have_shifted() => Self::Shifting,
            Some(_) => Self::Whole,
            None => Self::InPart,
        }
    }
}

/// Kept only where what a scan does not show may be deleted: the index knows hashes, and a tombstone needs the key itself.
#[derive(Debug, Default)]
pub(super) struct Roll {
    /// Every key that was ever in the index; which of them still are is the index's to say. Empty where the entries are on
    /// disk alone: there the names stand with them.
    names: HashMap<KeyHash, Name, ByKey>,
    /// About what they take in memory.
    bytes: usize,
    /// Of the page in hand.
    parent: Option<Box<[u8]>>,
    now: Sightings,
    /// Of the last complete scan, if another one has to confirm what that one missed.
    before: Option<Sightings>,
    /// How many scans in a row could not be trusted.
    doubts: u8,
    /// The parents that the scan has walked.
    walks: HashMap<KeyHash, Walked, ByKey>,
    /// Whether rows are shown under several parents: then which parent shows one says nothing.
    sharing: Sharing,
    /// The disk does not know of it yet.
    sharing_unsaved: bool,
    /// This scan has shown such a row.
    shares_now: bool,
    /// In how many complete scans rows were missing that are not deleted yet.
    absent: HashMap<KeyHash, u8, ByKey>,
}

/// What is known of rows with several parents. A topic does not tell: it has the parent that was last shown with a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sharing {
    #[default]
    Unknown,
    /// Every row that is known was shown under one parent only.
    No,
    Yes,
}

/// What one scan has shown.
#[derive(Debug, Default)]
struct Sightings {
    /// With a few bits of their parent.
    rows: HashMap<KeyHash, u32, ByKey>,
    /// Records of the resources above, by the hash of resource and key; and those that steps may have dropped.
    above: HashSet<KeyHash, ByKey>,
    /// The scan has seen everything.
    whole: bool,
}

/// A key's place in the map and in its allocation, beside its own bytes.
const OVERHEAD: usize = 80;

impl Roll {
    /// A new scan has shown nothing yet.
    pub(super) fn begin(&mut self) {
        self.now = Sightings::default();
        self.walks = HashMap::default();
        (self.parent, self.shares_now) = (None, false);
    }

    /// The pages that come are of this parent.
    pub(super) fn enter(&mut self, parent: Option<&str>) {
        self.parent = parent.map(|parent| parent.as_bytes().into());
    }

    pub(super) fn see(&mut self, hash: KeyHash) {
        let parent = self.parent.as_deref().map_or(0, |parent| KeyHash::of(parent).few_bits());
        if let Some(other) = self.now.rows.insert(hash, parent) {
            self.shares_now |= other != parent;
            if self.shares_now {
                self.learn(Sharing::Yes);
            }
        }
    }

    pub(super) fn has_seen(&self, hash: KeyHash) -> bool {
        self.now.rows.contains_key(&hash)
    }

    /// The scan has met this record of a resource above. `walked`: of the direct parent, what was seen of its rows.
    pub(super) fn meet(&mut self, (level, key): (usize, &str), walked: Option<Walked>) {
        self.now.above.insert(KeyHash::of(format!("{level}\0{key}").as_bytes()));
        if let Some(walked) = walked {
            self.walks.insert(KeyHash::of(key.as_bytes()), walked);
        }
    }

    /// A record that may not be published was on the page in hand.
    pub(super) fn pass(&mut self, key: &str) {
        let parent = self.parent.as_deref().unwrap_or_default();
        self.now.above.insert(KeyHash::of(&[b"passed\0", parent, b"\0", key.as_bytes()].concat()));
    }

    /// The name of a row of the page in hand.
    pub(super) fn name(&self, key: &[u8]) -> Name {
        Name::own(key, self.parent.as_deref())
    }

    /// Whether the row was known under another parent.
    pub(super) fn is_elsewhere(&self, hash: KeyHash) -> bool {
        let Some(parent) = self.parent.as_deref() else { return false };
        self.names.get(&hash).is_some_and(|name| name.parent() != Some(parent))
    }

    pub(super) fn know(&mut self, hash: KeyHash, name: &Name) {
        self.bytes += name.as_bytes().len() + OVERHEAD;
        if let Some(old) = self.names.insert(hash, name.clone()) {
            self.bytes = self.bytes.saturating_sub(old.as_bytes().len() + OVERHEAD);
        }
    }

    /// The rows that are in the table and that the scan did not show; those that are not in the table are forgotten.
    pub(super) fn unseen(&mut self, in_table: impl Fn(KeyHash) -> bool) -> Vec<Missing> {
        self.names.retain(|hash, _| in_table(*hash));
        self.bytes = self.names.values().map(|name| name.as_bytes().len() + OVERHEAD).sum();
        let unseen = self.names.iter().filter(|(hash, _)| !self.has_seen(**hash));
        unseen.filter_map(|(_, name)| self.missing(name)).collect()
    }

    /// The row as a missing one; `None` if it is not krest's own.
    pub(super) fn missing(&self, name: &Name) -> Option<Missing> {
        if name.is_foreign() {
            return None;
        }
        let walk = name.parent().and_then(|parent| self.walks.get(&KeyHash::of(parent)));
        let walked = match walk {
            None => Walked::Not,
            Some(_) if self.is_shared() => Walked::InPart,
            Some(walked) => *walked,
        };
        let (parent, shared) = (name.parent().map(Box::from), name.parent().is_some() && self.is_shared());
        Some(Missing { key: name.key().into(), parent, walked, orphan: false, shared })
    }

    /// Whether a row's parent may say nothing of it.
    pub(super) fn is_shared(&self) -> bool {
        self.sharing != Sharing::No
    }

    /// Unless it is known otherwise: a table without rows has none with two parents.
    pub(super) fn presumes_no_sharing(&mut self) {
        if self.sharing == Sharing::Unknown {
            self.learn(Sharing::No);
        }
    }

    /// The scan has shown every row, under each of its parents.
    pub(super) fn has_seen_everything(&mut self) {
        self.learn(if self.shares_now { Sharing::Yes } else { Sharing::No });
    }

    fn learn(&mut self, sharing: Sharing) {
        self.sharing_unsaved |= self.sharing != sharing;
        self.sharing = sharing;
    }

    pub(super) fn sharing(&self) -> Sharing {
        self.sharing
    }

    pub(super) fn set_sharing(&mut self, sharing: Sharing) {
        self.sharing = sharing;
    }

    /// Whether the disk does not know what is known of sharing; from now on it does.
    pub(super) fn take_unsaved(&mut self) -> bool {
        std::mem::take(&mut self.sharing_unsaved)
    }

    /// Of the missing rows, those that were missing in more than so many complete scans. `counts`: this is one more.
    pub(super) fn overdue(&mut self, mut missing: Vec<Missing>, grace: u8, counts: bool) -> Vec<Missing> {
        let seen = &self.now.rows;
        self.absent.retain(|hash, _| !seen.contains_key(hash));
        if grace == 0 {
            self.absent = HashMap::default();
            return missing;
        }
        missing.retain(|one| {
            let scans = self.absent.entry(KeyHash::of(&one.key)).or_default();
            *scans = scans.saturating_add(u8::from(counts));
            *scans > grace
        });
        missing
    }

    /// Whether the last complete scan missed the same rows, and this one saw everything that it saw.
    pub(super) fn is_confirmed(&self, whole: bool) -> bool {
        self.before.as_ref().filter(|before| before.whole || !whole).is_some_and(|before| {
            before.rows.keys().all(|row| self.now.rows.contains_key(row))
                && before.above.iter().all(|row| self.now.above.contains(row))
        })
    }

    /// How many complete scans in a row found something missing and were not trusted.
    pub(super) fn doubts(&self) -> u8 {
        self.doubts
    }

    /// The complete scan is compared with the next one.
    pub(super) fn doubt(&mut self, again: bool, whole: bool) {
        self.before = Some(Sightings { whole, ..std::mem::take(&mut self.now) });
        self.doubts = if again { self.doubts.saturating_add(1) } else { 0 };
    }

    /// There is nothing to confirm, or the scan cannot confirm anything.
    pub(super) fn settle(&mut self) {
        (self.before, self.doubts) = (None, 0);
        self.now = Sightings::default();
    }

    pub(super) fn absent(&self) -> Vec<(KeyHash, u8)> {
        self.absent.iter().map(|(hash, scans)| (*hash, *scans)).collect()
    }

    pub(super) fn set_absent(&mut self, absent: Vec<(KeyHash, u8)>) {
        self.absent = absent.into_iter().collect();
    }

    /// These rows are being deleted.
    pub(super) fn bury(&mut self, rows: &[KeyHash]) {
        for row in rows {
            self.absent.remove(row);
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The names are on disk. What the scan has shown is still known.
    pub(super) fn forget_names(&mut self) {
        (self.names, self.bytes) = (HashMap::default(), 0);
    }

    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}
