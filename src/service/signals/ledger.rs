//! Which signals were read, and up to where all of them took effect: there the next start begins.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};

use crate::kafka::SignalPlace;

/// So many of the newest records are known by their content.
const REMEMBERED: usize = 10_000;

/// By partition.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    partitions: BTreeMap<i32, Pages>,
    hasher: RandomState,
}

#[derive(Debug, Default)]
struct Pages {
    /// By offset: what was read, and whether it took effect.
    read: BTreeMap<i64, (u64, bool)>,
}

impl Ledger {
    /// Takes note of a record; false if it was read before: after a rebalance a member reads again what is not committed.
    pub(super) fn enter(&mut self, place: SignalPlace, content: (Option<&[u8]>, Option<&[u8]>)) -> bool {
        let hash = self.hasher.hash_one(content);
        let pages = self.partitions.entry(place.partition).or_default();
        match pages.read.get(&place.offset) {
            Some((known, _)) if *known == hash => return false,
            // Another record at a known offset: the topic is a new one.
            Some(_) => pages.read.clear(),
            None => {}
        }
        pages.read.insert(place.offset, (hash, false));
        while pages.read.len() > REMEMBERED
            && pages.read.first_key_value().is_some_and(|(_, (_, done))| *done)
        {
            pages.read.pop_first();
        }
        true
    }

    /// It took effect. What may be committed of its partition, if that is more than before.
    pub(super) fn done(&mut self, place: SignalPlace) -> Option<SignalPlace> {
        let pages = self.partitions.get_mut(&place.partition)?;
        let before = pages.next();
        pages.read.get_mut(&place.offset)?.1 = true;
        let next = pages.next();
        (next > before).then_some(SignalPlace { offset: next?, ..place })
    }
}

impl Pages {
    /// Everything before it took effect.
    fn next(&self) -> Option<i64> {
        let done = self.read.iter().take_while(|(_, (_, done))| *done).last();
        done.map(|(offset, _)| offset + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: i64) -> SignalPlace {
        SignalPlace { partition: 0, offset }
    }

    #[test]
    fn only_what_took_effect_without_a_gap_is_committed() {
        let mut ledger = Ledger::default();
        for offset in 5..8 {
            assert!(ledger.enter(at(offset), (None, Some(&[offset as u8]))));
        }
        assert_eq!(ledger.done(at(6)), None);
        assert_eq!(ledger.done(at(5)), Some(at(7)));
        assert_eq!(ledger.done(at(7)), Some(at(8)));
    }

    #[test]
    fn what_is_read_again_is_known_unless_the_topic_is_a_new_one() {
        let mut ledger = Ledger::default();
        assert!(ledger.enter(at(0), (None, Some(b"a"))));
        assert!(!ledger.enter(at(0), (None, Some(b"a"))));
        assert_eq!(ledger.done(at(0)), Some(at(1)));
        assert!(ledger.enter(at(0), (None, Some(b"b"))), "made anew");
        assert_eq!(ledger.done(at(0)), Some(at(1)));
    }
}
