//! One resource's cache of its topic: which records a page changes, and what a commit then makes of it.

use std::collections::HashSet;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::index::{ByKey, Entry, KeyHash, RawHash};
use super::letters::Letters;
use super::pending::{Expected, Pending};
use super::roll::Roll;
use super::store::{Checkpoint, Store};
use crate::kafka::Receipt;
use crate::model::{Change, Fingerprint, Record, StoredRecord};
use crate::poll::CompleteScan;

/// The id of the fingerprint rules. Equal bytes are equal content only under one rule (DELIVERY 12).
const RULE: u64 = 0;

/// What the topic of one resource holds, by key; never more than the topic itself says, or a receipt does.
#[derive(Debug, Default)]
pub struct Cache {
    store: Store,
    pending: Pending,
    /// Only where a scan is the whole truth.
    roll: Option<Roll>,
    letters: Letters,
    sequence: u64,
}

/// What one page changes. Its records are `changes`, `unchanged` or `superseded`.
#[derive(Debug)]
pub struct Diff<'p> {
    /// Names these changes in the receipt of their commit; counted upwards over the life of the cache.
    pub sequence: u64,
    /// In the order of the page; no key twice.
    pub changes: Vec<Change<'p>>,
    pub unchanged: usize,
    /// Records that a later one of the page with the same key made void.
    pub superseded: usize,
}

impl Cache {
    /// An empty cache of the topic with this id.
    pub fn new(topic_id: &str) -> Self {
        let mut cache = Self::default();
        cache.wipe(topic_id);
        cache
    }

    /// An empty cache that remembers keys, so that [`Cache::gone`] can tell what a scan did not show.
    pub fn of_whole_scans() -> Self {
        Self { roll: Some(Roll::default()), ..Self::default() }
    }

    /// A new scan begins.
    pub fn begin_scan(&mut self) {
        if let Some(roll) = &mut self.roll {
            roll.begin();
        }
        self.letters.begin_scan();
    }

    /// The scan has shown this key, though its record cannot be published: its row stays as it is, and is not gone.
    pub fn see(&mut self, key: &[u8]) {
        if let Some(roll) = &mut self.roll {
            roll.see(KeyHash::of(key), key);
        }
    }

    /// Whether the topic holds this very content under the key, or will once what is pending is committed.
    pub fn holds(&self, key: &str, fingerprint: Fingerprint) -> bool {
        let known = self.known(&[KeyHash::of(key.as_bytes())]);
        known.first().copied().flatten().is_some_and(|entry| entry.fingerprint == fingerprint)
    }

    /// Which of the records that cannot be published have no dead letter yet; those letters go with the batch of this sequence.
    pub fn unsent(&mut self, sequence: u64, records: &[Fingerprint]) -> Vec<bool> {
        self.letters.unsent(sequence, records)
    }

    /// The sequence of a batch that changes no record.
    pub fn unchanging(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Keys that the topic holds and a complete scan did not show. Asked for once all its pages are compared.
    pub fn gone(&mut self, _: &CompleteScan) -> Vec<Box<[u8]>> {
        let (Some(roll), store, pending) = (&mut self.roll, &self.store, &self.pending) else {
            return Vec::new();
        };
        roll.unseen(|key| pending.get(key).map_or_else(|| store.has(key), |entry| entry.is_some()))
    }

    /// These keys are about to be deleted; returns the sequence of that batch.
    pub fn delete(&mut self, keys: &[Box<[u8]>]) -> u64 {
        self.sequence += 1;
        self.pending.add(self.sequence, keys.iter().map(|key| (KeyHash::of(key), None)).collect());
        self.sequence
    }

    /// Every record is a change, whatever is known: `append` without a way to tell records apart.
    pub fn append<'p, E>(
        &mut self,
        records: Vec<Record<'p>>,
        fingerprint: impl Fn(&Record<'p>) -> Result<Fingerprint, E>,
    ) -> Result<Diff<'p>, E> {
        let change = |record: Record<'p>| {
            let fingerprint = fingerprint(&record)?;
            Ok(Change { key: record.key, fingerprint, value: record.raw })
        };
        let changes = records.into_iter().map(change).collect::<Result<_, E>>()?;
        self.sequence += 1;
        Ok(Diff { sequence: self.sequence, changes, unchanged: 0, superseded: 0 })
    }

    /// Compares a page's records with what is pending, then with the index; what differs is pending from now on.
    /// `fingerprint` is asked only about records whose bytes are not known; if it fails, the cache stays as it was.
    pub fn diff<'p, E>(
        &mut self,
        records: Vec<Record<'p>>,
        fingerprint: impl Fn(&Record<'p>) -> Result<Fingerprint, E>,
    ) -> Result<Diff<'p>, E> {
        let keys: Vec<KeyHash> = records.iter().map(|record| KeyHash::of(record.key.as_bytes())).collect();
        if let Some(roll) = &mut self.roll {
            keys.iter().zip(&records).for_each(|(key, record)| roll.see(*key, record.key.as_bytes()));
        }
        let known = self.known(&keys);
        let superseded = superseded(&keys);
        let mut page = Compared::default();
        for (((record, key), known), superseded) in records.into_iter().zip(keys).zip(known).zip(superseded) {
            if superseded {
                page.superseded += 1;
                continue;
            }
            let raw = RawHash(xxh3_64_with_seed(record.raw.as_bytes(), RULE));
            if known.is_some_and(|known| known.raw == raw && raw != RawHash::UNKNOWN) {
                page.unchanged += 1;
                continue;
            }
            let entry = Entry { fingerprint: fingerprint(&record)?, raw };
            page.add(record, key, entry, known);
        }
        Ok(self.expect(page))
    }

    /// A commit is known: the batches that the receipt names are in the topic, which reaches its offsets.
    pub fn apply(&mut self, receipt: &Receipt) {
        self.committed(receipt.sequence(), receipt.offsets().iter().copied());
    }

    /// What `apply` does, for tests that have no Kafka to give them a receipt.
    pub(super) fn committed(&mut self, through: u64, offsets: impl IntoIterator<Item = (i32, i64)>) {
        self.store.put_many(self.pending.take(through), offsets);
        self.letters.committed(through);
    }

    /// Nothing that is pending was committed: forget it. The same pages then change the same keys again.
    pub fn abort(&mut self) {
        self.pending.clear();
        self.letters.abort();
    }

    /// A message of the topic. One without a fingerprint, from another tool, leaves its key unknown: it counts as changed once.
    pub fn restore(&mut self, message: &StoredRecord<'_>) {
        let key = KeyHash::of(message.key);
        match message.fingerprint {
            Some(fingerprint) if !message.deleted => {
                if let Some(roll) = &mut self.roll {
                    roll.know(key, message.key);
                }
                self.store.put(key, Entry { fingerprint, raw: RawHash::UNKNOWN });
            }
            Some(_) | None => self.store.remove(key),
        }
    }

    /// The topic was read up to these offsets: partition → next offset.
    pub fn restored(&mut self, offsets: impl IntoIterator<Item = (i32, i64)>) {
        self.store.put_many([], offsets);
    }

    pub fn checkpoint(&self) -> &Checkpoint {
        self.store.checkpoint()
    }

    /// Forgets everything; the topic has this id now.
    pub fn wipe(&mut self, topic_id: &str) {
        self.pending.clear();
        self.letters = Letters::default();
        if let Some(roll) = &mut self.roll {
            roll.forget();
        }
        self.store.wipe(topic_id);
    }

    /// How many keys the topic is known to hold.
    pub fn keys(&self) -> usize {
        self.store.keys()
    }

    fn known(&self, keys: &[KeyHash]) -> Vec<Option<Entry>> {
        let mut known = self.store.get_many(keys);
        if !self.pending.is_empty() {
            for (key, known) in keys.iter().zip(&mut known) {
                *known = self.pending.get(*key).unwrap_or(*known);
            }
        }
        known
    }

    fn expect<'p>(&mut self, page: Compared<'p>) -> Diff<'p> {
        self.sequence += 1;
        for (key, raw) in page.respelled {
            if !self.pending.note_raw(key, raw) {
                self.store.note_raw(key, raw);
            }
        }
        self.pending.add(self.sequence, page.entries);
        let Compared { changes, unchanged, superseded, .. } = page;
        Diff { sequence: self.sequence, changes, unchanged, superseded }
    }
}

/// A page while it is compared: nothing of it is in the cache yet.
#[derive(Default)]
struct Compared<'p> {
    changes: Vec<Change<'p>>,
    entries: Vec<Expected>,
    /// The same content in other bytes.
    respelled: Vec<(KeyHash, RawHash)>,
    unchanged: usize,
    superseded: usize,
}

impl<'p> Compared<'p> {
    fn add(&mut self, record: Record<'p>, key: KeyHash, entry: Entry, known: Option<Entry>) {
        if known.is_some_and(|known| known.fingerprint == entry.fingerprint) {
            self.unchanged += 1;
            self.respelled.push((key, entry.raw));
        } else {
            self.entries.push((key, Some(entry)));
            self.changes.push(Change { key: record.key, fingerprint: entry.fingerprint, value: record.raw });
        }
    }
}

/// Which records have a later one with the same key.
fn superseded(keys: &[KeyHash]) -> Vec<bool> {
    let mut seen: HashSet<KeyHash, ByKey> = HashSet::default();
    seen.reserve(keys.len());
    let mut superseded: Vec<bool> = keys.iter().rev().map(|key| !seen.insert(*key)).collect();
    superseded.reverse();
    superseded
}
