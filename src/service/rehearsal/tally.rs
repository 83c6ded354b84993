//! What a producer that publishes nothing was given: counted, and where that is wanted, kept.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::kafka::Rehearsed;
use crate::model::Batch;

/// So many changes of a resource are kept ...
pub(super) const MOST_CHANGES: usize = 1000;
/// ... and so many bytes of their values.
const MOST_BYTES: usize = 16 << 20;

/// What would be published of one resource.
#[derive(Debug, Default)]
pub(super) struct Expected {
    pub upserts: u64,
    pub tombstones: u64,
    pub letters: u64,
    /// Kafka would refuse its data, from here on.
    pub refused: Option<String>,
    /// Keys and new values, the first of them.
    pub changes: Vec<(Option<Bytes>, Option<Bytes>)>,
    bytes: usize,
    pub left_out: u64,
}

/// The same of all resources of a task, by their places there.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    /// What is in the open transaction.
    open: BTreeMap<usize, Expected>,
    committed: BTreeMap<usize, Expected>,
    keeps: bool,
}

impl Tallies {
    pub(super) fn new(keeps: bool) -> Self {
        Self { keeps, ..Self::default() }
    }

    pub(super) fn take(&mut self, rehearsed: Rehearsed<'_>) {
        match rehearsed {
            Rehearsed::Sent(batch) => self.add(batch),
            Rehearsed::Refused { resource, problem } => {
                let expected = self.open.entry(resource).or_default();
                expected.refused.get_or_insert(format!("kafka would refuse the data: {problem}"));
            }
            Rehearsed::Committed => {
                for (resource, open) in std::mem::take(&mut self.open) {
                    self.committed.entry(resource).or_default().join(open);
                }
            }
            Rehearsed::TakenBack => self.open.clear(),
        }
    }

    pub(super) fn take_all(&mut self) -> BTreeMap<usize, Expected> {
        std::mem::take(&mut self.committed)
    }

    fn add(&mut self, batch: &Batch) {
        let resource = batch.resource;
        let refused =
            |all: &BTreeMap<usize, Expected>| all.get(&resource).is_some_and(|one| one.refused.is_some());
        if refused(&self.open) || refused(&self.committed) {
            return;
        }
        let known = self.committed.get(&resource).map_or((0, 0), |one| (one.changes.len(), one.bytes));
        let expected = self.open.entry(resource).or_default();
        expected.letters += batch.letters.len() as u64;
        for message in batch.messages.iter().filter(|message| message.is_change()) {
            match message.value {
                Some(_) => expected.upserts += 1,
                None => expected.tombstones += 1,
            }
            if !self.keeps {
                continue;
            }
            let kept = (known.0 + expected.changes.len(), known.1 + expected.bytes);
            if kept.0 < MOST_CHANGES && kept.1 + message.size() <= MOST_BYTES {
                expected.bytes += message.size();
                // Copies: the page that they are a part of is not to be kept for them.
                let copy = |bytes: &Option<Bytes>| bytes.as_ref().map(|bytes| Bytes::copy_from_slice(bytes));
                expected.changes.push((copy(&message.key), copy(&message.value)));
            } else {
                expected.left_out += 1;
            }
        }
    }
}

impl Expected {
    fn join(&mut self, newer: Self) {
        self.upserts += newer.upserts;
        self.tombstones += newer.tombstones;
        self.letters += newer.letters;
        self.refused = self.refused.take().or(newer.refused);
        self.changes.extend(newer.changes);
        self.bytes += newer.bytes;
        self.left_out += newer.left_out;
    }
}
