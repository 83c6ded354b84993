//! One resource's cache of its topic: which records a page changes, and what a commit then makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::budget::Share;
use super::checkpoint::{Checkpoint, Present};
use super::compared::{Compared, superseded};
use super::disk::DiskError;
use super::error::StateError;
use super::index::{Entry, KeyHash, RawHash};
use super::letters::Letters;
use super::pending::{Expected, Pending};
use super::reading::Reading;
use super::shelf::Shelf;
use super::store::Store;
use super::text::Text;
use crate::kafka::Receipt;
use crate::model::{Before, Change, Fingerprint, Judged, Record, RuleId, Stamp};

/// How often a cache is told where its topic ends: a small part of the least that tombstones live.
const CONFIRMED_EVERY: Duration = Duration::from_secs(600);

/// What the topic of one resource holds, by key; never more than the topic itself says, or a receipt does.
#[derive(Debug, Default)]
pub struct Cache {
    pub(super) store: Store,
    /// For messages to people.
    topic: String,
    pub(super) pending: Pending,
    /// Where a list of rows goes that may not be deleted.
    pub(super) refused: Option<PathBuf>,
    letters: Letters,
    sequence: u64,
    /// What a restore has read and the store does not know yet.
    pub(super) reading: Reading,
    /// Partitions whose checkpoint is followed by the end of a transaction of this session, which takes an offset too.
    /// `None`: the cache was not brought up, and does not follow the topic.
    pub(super) ended: Option<BTreeSet<i32>>,
    /// Records are changes though the topic holds them as they are.
    publishes_again: bool,
    /// When the end of every partition was last looked at: commits say nothing of those that they do not write to.
    pub(super) confirmed: Option<SystemTime>,
    /// It is thrown away after a rehearsal: receipts without offsets move it, too.
    pub(super) rehearses: bool,
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

    /// An empty cache that remembers keys, so that [`Cache::missing`] can tell what a scan did not show.
    pub fn of_whole_scans() -> Self {
        Self::of(None, true)
    }

    pub(super) fn of(shelf: Option<(Shelf, Share)>, whole_scans: bool) -> Self {
        let store = Store::default();
        let store = if whole_scans { store.with_roll() } else { store };
        let store = match shelf {
            Some((shelf, share)) => store.on(shelf, share),
            None => store,
        };
        Self { store, ..Self::default() }
    }

    pub(super) fn with_list(self, refused: Option<PathBuf>) -> Self {
        Self { refused, ..self }
    }

    /// One for a rehearsal, in memory alone. What it takes for committed nobody has published: it must not outlive the rehearsal,
    /// and so has no disk that it could be found on.
    pub(super) fn of_rehearsal(whole_scans: bool) -> Self {
        Self { rehearses: true, ..Self::of(None, whole_scans) }
    }

    /// Takes up what is known of the topic, in this process or on disk, as far as it may still be believed; the rest is to be
    /// read from the checkpoint on. Reads the disk: seconds for tens of millions of keys.
    pub fn recall(&mut self, present: &Present<'_>) {
        present.topic.clone_into(&mut self.topic);
        self.forget_reading();
        if self.store.checkpoint().topic_id != present.topic_id {
            self.letters = Letters::default(); // those of another topic
        }
        self.store.recall(present);
    }

    /// The topic lacks what the checkpoint names: everything is to be read.
    pub fn checkpoint_gone(&mut self, present: &Present<'_>) {
        self.forget_reading();
        let reason = "the topic has nothing at the offsets that the cache stands at";
        self.store.refuse(present, reason);
    }

    /// A new scan begins.
    pub fn begin_scan(&mut self) {
        // What a rehearsal cannot know it takes for what it mostly is.
        let presumes = self.store.keys() == 0 || self.rehearses;
        if let Some(roll) = self.store.roll() {
            roll.begin();
            if presumes {
                roll.presumes_no_sharing();
            }
        }
        self.letters.begin_scan();
    }

    /// Whether what the topic holds already is published all the same, until this is said again.
    pub fn publish_again(&mut self, again: bool) {
        self.publishes_again = again;
    }

    /// The scan has shown this key, though its record cannot be published: its row stays as it is, and is not gone.
    pub fn see(&mut self, key: &[u8]) {
        self.store.roll().into_iter().for_each(|roll| roll.see(KeyHash::of(key)));
    }

    /// What the topic holds under the key, or will once what is pending is committed. (A disk that cannot say is found out by the
    /// comparison that follows.)
    pub fn holds(&self, key: &str) -> Option<Stamp> {
        let known = self.known(&[KeyHash::of(key.as_bytes())]).unwrap_or_default();
        known.first().copied().flatten().map(Entry::stamp)
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

    /// These keys are about to be deleted; returns the sequence of that batch.
    pub fn delete(&mut self, keys: &[Box<[u8]>]) -> u64 {
        self.sequence += 1;
        let hashes: Vec<KeyHash> = keys.iter().map(|key| KeyHash::of(key)).collect();
        self.store.roll().into_iter().for_each(|roll| roll.bury(&hashes));
        self.pending.add(self.sequence, hashes.into_iter().map(Expected::gone).collect());
        self.store.hold(self.pending.bytes());
        self.sequence
    }

    /// Every record is a change, whatever is known: `append` without a way to tell records apart.
    pub fn append<'p, E>(
        &mut self,
        records: Vec<Record<'p>>,
        fingerprint: impl Fn(&Record<'p>) -> Result<Fingerprint, E>,
    ) -> Result<Diff<'p>, E> {
        let change = |record: Record<'p>| {
            let fingerprint = Stamp::whole(fingerprint(&record)?);
            let before = Before::default();
            Ok(Change::Upsert { key: record.key, fingerprint, value: record.raw, before })
        };
        let changes = records.into_iter().map(change).collect::<Result<_, E>>()?;
        self.sequence += 1;
        Ok(Diff { sequence: self.sequence, changes, unchanged: 0, superseded: 0 })
    }

    /// Compares a page's records with what is pending, then with what is known; what differs is pending from now on.
    /// A deleted record changes what there is of its key, and nothing if there is nothing.
    ///
    /// `rule` is that of today; what is known may be of an earlier one, and is compared under that. What is the same is
    /// known under today's rule from then on. `judge` is asked only about records whose bytes are not known under it, and says
    /// whether a record is what is given to it; if it fails (`Err` inside), the cache stays as it was.
    pub fn diff<'p, E>(
        &mut self,
        records: Vec<Record<'p>>,
        rule: RuleId,
        judge: impl Fn(&Record<'p>, Option<Stamp>) -> Result<Judged, E>,
    ) -> Result<Result<Diff<'p>, E>, StateError> {
        let keys: Vec<KeyHash> = records.iter().map(|record| KeyHash::of(record.key.as_bytes())).collect();
        if let Some(roll) = self.store.roll() {
            keys.iter().for_each(|key| roll.see(*key));
        }
        let known = self.known(&keys);
        let known = self.or_lost(known)?;
        let superseded = superseded(&keys);
        let (elsewhere, keeps_texts) = (self.elsewhere(&keys), self.store.keeps_texts());
        let mut page = Compared { elsewhere, keeps_texts, ..Compared::default() };
        for (((record, key), row), superseded) in records.into_iter().zip(keys).zip(known).zip(superseded) {
            if superseded {
                page.superseded += 1;
                continue;
            }
            if record.deleted {
                page.delete(record, key, row);
                continue;
            }
            let known = row.filter(|_| !self.publishes_again);
            let raw = RawHash::of(record.raw.as_bytes(), rule);
            if let Some(known) = known.filter(|known| known.raw == raw) {
                page.unchanged += 1;
                if page.elsewhere.contains(&key) {
                    let name = self.name(record.key.as_bytes());
                    page.respelled.push(Expected { key, entry: Some(known), name, text: Text::default() });
                }
                continue;
            }
            let same_bytes = known.is_some_and(|known| known.raw.has_bytes_of(raw));
            let Judged { stamp, same } = match judge(&record, known.filter(|_| !same_bytes).map(Entry::stamp))
            {
                Ok(judged) => judged,
                Err(error) => return Ok(Err(error)),
            };
            let name = self.name(record.key.as_bytes());
            let entry = Entry { fingerprint: stamp.fingerprint, raw };
            page.add(record, (key, name, entry), (row, same || same_bytes));
        }
        self.expect(page).map(Ok)
    }

    /// A commit is known: the batches that the receipt names are in the topic, which reaches its offsets.
    /// What other writers put between ours is not skipped: then nothing is applied.
    pub fn apply(&mut self, receipt: &Receipt) -> Result<(), StateError> {
        let reached = receipt.reached();
        if let Some(ended) = &mut self.ended {
            let known = &self.store.checkpoint().offsets;
            for one in reached {
                let next = known.get(&one.partition).copied().unwrap_or_default();
                let marker = i64::from(ended.contains(&one.partition));
                if one.first > next + marker || one.next - one.first != one.messages {
                    return Err(foreign(&self.topic, one.partition, next));
                }
            }
            if receipt.is_marked() {
                ended.extend(reached.iter().map(|one| one.partition));
            }
        }
        self.committed(receipt.sequence(), reached.iter().map(|one| (one.partition, one.next)))
    }

    /// What `apply` does, for tests that have no Kafka to give them a receipt.
    ///
    /// The offsets of a commit come with its last receipt. Until then its changes stay pending: what is written to disk is
    /// then of whole commits, and stands beside the offsets that they reach.
    pub(super) fn committed(
        &mut self,
        through: u64,
        offsets: impl IntoIterator<Item = (i32, i64)>,
    ) -> Result<(), StateError> {
        self.letters.committed(through);
        let mut offsets = offsets.into_iter().peekable();
        if offsets.peek().is_none() && !self.rehearses {
            return Ok(()); // nor does what is only rehearsed move a cache that is kept
        }
        let entries = self.pending.take(through);
        self.store.hold(self.pending.bytes());
        let put = self.store.put_many(entries, offsets, Some(SystemTime::now()));
        self.or_lost(put)
    }

    /// Nothing that is pending was committed: forget it. The same pages then change the same keys again.
    pub fn abort(&mut self) {
        self.pending.clear();
        self.store.hold(0);
        self.letters.abort();
        let _ = self.store.save(); // with an index in memory, that cannot fail
    }

    /// Whether it is time to look where the topic ends.
    pub fn wants_confirmation(&self, now: SystemTime) -> bool {
        let is_old = |at: SystemTime| now.duration_since(at).map_or(true, |passed| passed > CONFIRMED_EVERY);
        self.ended.is_some() && self.confirmed.is_none_or(is_old)
    }

    /// The topic ends at these offsets now, and nothing of this cache is under way: so that is where the cache stands, or
    /// another writer has been there.
    pub fn confirm(&mut self, ends: &BTreeMap<i32, i64>, now: SystemTime) -> Result<(), StateError> {
        let (Some(ended), known) = (&self.ended, &self.store.checkpoint().offsets) else { return Ok(()) };
        for (partition, end) in ends {
            let next = known.get(partition).copied().unwrap_or_default();
            if *end < next || *end > next + i64::from(ended.contains(partition)) {
                return Err(foreign(&self.topic, *partition, next));
            }
        }
        self.confirmed = Some(now);
        let put = self.store.confirm(now);
        self.or_lost(put)
    }

    pub fn checkpoint(&self) -> &Checkpoint {
        self.store.checkpoint()
    }

    /// Forgets everything; the topic has this id now.
    pub fn wipe(&mut self, topic_id: &str) {
        self.letters = Letters::default();
        self.forget_reading();
        self.store.wipe(topic_id);
    }

    #[cfg(test)]
    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// How many keys the topic is known to hold.
    pub fn keys(&self) -> usize {
        self.store.keys()
    }

    fn forget_reading(&mut self) {
        self.pending.clear();
        self.store.hold(0);
        self.reading = Reading::default();
        self.ended = None;
    }

    /// What is on disk alone is lost with the disk: it is read from the topic before anything is compared again.
    pub(super) fn or_lost<T>(&mut self, result: Result<T, DiskError>) -> Result<T, StateError> {
        result.map_err(|error| {
            self.store.lose_disk(&error);
            StateError::Disk { topic: self.topic.clone(), problem: error.to_string() }
        })
    }

    pub(super) fn known(&self, keys: &[KeyHash]) -> Result<Vec<Option<Entry>>, DiskError> {
        let mut known = self.store.get_many(keys)?;
        if !self.pending.is_empty() {
            for (key, known) in keys.iter().zip(&mut known) {
                *known = self.pending.get(*key).unwrap_or(*known);
            }
        }
        Ok(known)
    }

    fn expect<'p>(&mut self, mut page: Compared<'p>) -> Result<Diff<'p>, StateError> {
        self.look_back(&mut page)?;
        let Compared { changes, entries, mut respelled, unchanged, superseded, .. } = page;
        let pending = &mut self.pending;
        respelled.retain(|one| one.entry.is_none_or(|entry| !pending.respell(one.key, entry)));
        let noted = self.store.note_raw(respelled);
        self.or_lost(noted)?;
        self.sequence += 1;
        self.pending.add(self.sequence, entries);
        self.store.hold(self.pending.bytes());
        Ok(Diff { sequence: self.sequence, changes, unchanged, superseded })
    }
}

fn foreign(topic: &str, partition: i32, from: i64) -> StateError {
    StateError::Foreign { topic: topic.to_owned(), partition, from }
}
