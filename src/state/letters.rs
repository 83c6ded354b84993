//! Which dead letters were sent: each once, as long as this is remembered.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::model::Fingerprint;

/// So many are remembered: some 5 MB. Beyond it, letters that the scans no longer show make room.
const MOST: usize = 100_000;

/// The letters of one resource, by what identifies their records.
#[derive(Debug, Default)]
pub(super) struct Letters {
    /// With the scan that last showed the record.
    sent: HashMap<Fingerprint, u64>,
    /// Handed on, and not known to be committed; by batch, oldest first.
    pending: VecDeque<(u64, Vec<Fingerprint>)>,
    /// All that is pending.
    under_way: HashSet<Fingerprint>,
    scan: u64,
}

impl Letters {
    pub(super) fn begin_scan(&mut self) {
        self.scan += 1;
    }

    /// Which of a batch's records have no letter yet, one answer each; those are pending from now on.
    pub(super) fn unsent(&mut self, sequence: u64, records: &[Fingerprint]) -> Vec<bool> {
        let mut new = Vec::new();
        let is_new = |record: &Fingerprint| {
            if let Some(scan) = self.sent.get_mut(record) {
                *scan = self.scan;
                return false;
            }
            let first = self.under_way.insert(*record);
            if first {
                new.push(*record);
            }
            first
        };
        let answers = records.iter().map(is_new).collect();
        if !new.is_empty() {
            self.pending.push_back((sequence, new));
        }
        answers
    }

    /// The batches up to and with `through` are committed.
    pub(super) fn committed(&mut self, through: u64) {
        while self.pending.front().is_some_and(|(sequence, _)| *sequence <= through) {
            for record in self.pending.pop_front().map(|(_, records)| records).unwrap_or_default() {
                self.under_way.remove(&record);
                self.remember(record);
            }
        }
    }

    /// Nothing that is pending was committed.
    pub(super) fn abort(&mut self) {
        self.pending.clear();
        self.under_way.clear();
    }

    /// One that finds no room is sent again by the next scan.
    fn remember(&mut self, record: Fingerprint) {
        if self.sent.len() >= MOST {
            let newest = self.scan;
            self.sent.retain(|_, scan| *scan == newest);
        }
        if self.sent.len() < MOST {
            self.sent.insert(record, self.scan);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(numbers: std::ops::Range<u128>) -> Vec<Fingerprint> {
        numbers.map(Fingerprint::from_u128).collect()
    }

    #[test]
    fn a_letter_is_sent_once_and_again_only_if_it_was_not_committed() {
        let mut letters = Letters::default();
        assert_eq!(letters.unsent(1, &[records(0..2), records(0..1)].concat()), [true, true, false]);
        assert_eq!(letters.unsent(2, &records(1..3)), [false, true], "under way");
        letters.committed(1);
        letters.abort();
        assert_eq!(letters.unsent(3, &records(0..3)), [false, false, true]);
        letters.committed(3);
        assert_eq!(letters.unsent(4, &records(0..3)), [false; 3]);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_no_longer_shown_makes_room() {
        let mut letters = Letters::default();
        let most = MOST as u128;
        letters.begin_scan();
        letters.unsent(1, &records(0..1));
        letters.committed(1);
        letters.sent.extend(records(1..most).into_iter().map(|record| (record, 1)));
        letters.unsent(2, &records(most..most + 1));
        letters.committed(2);
        assert_eq!(letters.sent.len(), MOST, "all of them are of this scan");
        assert_eq!(letters.unsent(3, &records(most..most + 1)), [true]);
        letters.abort();
        letters.begin_scan();
        letters.unsent(4, &records(0..1));
        letters.unsent(5, &records(most..most + 1));
        letters.committed(5);
        assert_eq!(letters.sent.len(), 2);
        assert_eq!(letters.unsent(6, &records(0..1)), [false]);
    }
}
