//! The index in memory: hash of a key → what is known of its record, 64 to 71 bytes a key.
//!
//! A hash table doubles when it is full, and is then half empty: 47 to 94 bytes a key. So the index is sixteen tables of
//! unequal shares, each 2^(1/16) times the one before: they double one after another, and only one at a time is copied.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::model::{Fingerprint, RuleId, Stamp};

/// A key as the index knows it: 128 bits of its bytes, so that a key costs the same whatever its length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct KeyHash([u64; 2]);

impl KeyHash {
    pub(super) fn of(key: &[u8]) -> Self {
        let hash = xxh3_128(key);
        Self([(hash >> 64) as u64, hash as u64])
    }

    pub(super) fn from_bytes(bytes: [u8; 16]) -> Self {
        let hash = u128::from_be_bytes(bytes);
        Self([(hash >> 64) as u64, hash as u64])
    }

    /// Enough to tell two parents of one row from each other, and never zero.
    pub(super) fn few_bits(self) -> u32 {
        let Self([first, _]) = self;
        (first >> 32) as u32 | 1
    }

    pub(super) fn to_bytes(self) -> [u8; 16] {
        let Self([first, second]) = self;
        ((u128::from(first) << 64) | u128::from(second)).to_be_bytes()
    }
}

impl Hash for KeyHash {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self([first, _]) = self;
        state.write_u64(*first);
    }
}

/// The hasher of maps by [`KeyHash`]: the keys are hashes already.
pub(super) type ByKey = BuildHasherDefault<Identity>;

#[derive(Default)]
pub(super) struct Identity(u64);

impl Hasher for Identity {
    fn write(&mut self, bytes: &[u8]) {
        // Not reached: `KeyHash` writes one number. Any function of the bytes is right.
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// What is known of a key's record. With its [`KeyHash`] 40 bytes, without padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) fingerprint: Fingerprint,
    pub(super) raw: RawHash,
}

impl Entry {
    pub(super) fn stamp(self) -> Stamp {
        Stamp { fingerprint: self.fingerprint, rule: self.raw.rule() }
    }
}

/// The rule of the fingerprint, and a hash of the bytes in which a record was last seen with it: 8 and 56 bits. Equal bytes under
/// one rule need no fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawHash(pub(super) u64);

impl RawHash {
    /// Its lower bits are the hash; zero while the bytes are not known.
    const HASH: u64 = u64::MAX >> 8;

    pub(super) fn of(bytes: &[u8], rule: RuleId) -> Self {
        let hash = (xxh3_64(bytes) & Self::HASH).max(1);
        Self(Self::unknown(rule).0 | hash)
    }

    /// Of bytes that are not known.
    pub(super) fn unknown(rule: RuleId) -> Self {
        Self(u64::from(rule.0) << 56)
    }

    pub(super) fn rule(self) -> RuleId {
        RuleId((self.0 >> 56) as u8)
    }

    /// Whether both are of the same bytes, whatever the rules. Those that are not known are like none.
    pub(super) fn has_bytes_of(self, seen: Self) -> bool {
        self.0 & Self::HASH == seen.0 & Self::HASH
    }
}

type Table = HashMap<KeyHash, Entry, ByKey>;

/// Where the tables' shares of 1024 end, but for the last.
const BORDERS: [u16; 15] = [45, 92, 141, 193, 247, 303, 362, 423, 487, 554, 624, 697, 773, 853, 936];

#[derive(Debug, Default)]
pub(super) struct Index {
    tables: [Table; BORDERS.len() + 1],
}

impl Index {
    pub(super) fn get(&self, key: KeyHash) -> Option<Entry> {
        self.tables.get(share(key))?.get(&key).copied()
    }

    /// Returns what was known of the key before.
    pub(super) fn put(&mut self, key: KeyHash, entry: Option<Entry>) -> Option<Entry> {
        let table = self.table(key)?;
        match entry {
            Some(entry) => table.insert(key, entry),
            None => table.remove(&key),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.tables.iter().map(HashMap::len).sum()
    }

    /// Every key has one: [`share`] counts no further than there are tables.
    fn table(&mut self, key: KeyHash) -> Option<&mut Table> {
        self.tables.get_mut(share(key))
    }
}

/// The table of a key, by bits that the tables themselves do not use.
fn share(KeyHash([_, second]): KeyHash) -> usize {
    let place = (second >> 54) as u16;
    BORDERS.iter().filter(|border| **border <= place).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u64) -> KeyHash {
        KeyHash::of(&n.to_le_bytes())
    }

    fn entry(n: u64) -> Entry {
        Entry { fingerprint: Fingerprint([n, n]), raw: RawHash(n) }
    }

    /// By the tables' capacities: seven eighths of their slots, each with its key, its entry and a control byte.
    fn bytes(index: &Index) -> f64 {
        index.tables.iter().map(|table| table.capacity() as f64 * 8.0 / 7.0 * (40.0 + 1.0)).sum()
    }

    #[test]
    fn a_key_costs_some_seventy_bytes_at_any_number_of_keys() {
        assert_eq!(size_of::<(KeyHash, Entry)>(), 40);
        let mut index = Index::default();
        let mut costs = Vec::new();
        for n in 0..400_000 {
            index.put(key(n), Some(entry(n)));
            if n >= 100_000 && n % 1000 == 0 {
                costs.push(bytes(&index) / (n + 1) as f64);
            }
        }
        let (least, most) =
            costs.iter().fold((f64::MAX, 0.0_f64), |(a, b), cost| (a.min(*cost), b.max(*cost)));
        assert!(least > 55.0 && most < 73.0, "{least:.1} to {most:.1} bytes a key");
    }

    #[test]
    fn a_rule_stands_beside_the_hash_of_the_bytes_and_neither_changes_the_other() {
        let (one, other) = (RawHash::of(b"a", RuleId(1)), RawHash::of(b"a", RuleId(255)));
        assert_eq!((one.rule(), other.rule()), (RuleId(1), RuleId(255)));
        assert!(one != other && one.has_bytes_of(other) && !one.has_bytes_of(RawHash::of(b"b", RuleId(1))));
        assert!(
            !RawHash::unknown(RuleId(1)).has_bytes_of(one) && RawHash::unknown(RuleId(7)).rule() == RuleId(7)
        );
    }

    #[test]
    fn what_was_put_in_is_found_changed_and_taken_out() {
        let mut index = Index::default();
        (0..5000).for_each(|n| assert_eq!(index.put(key(n), Some(entry(n))), None));
        assert_eq!(index.put(key(7), Some(entry(8))), Some(entry(7)));
        index.put(key(10), None);
        assert_eq!((index.get(key(7)), index.get(key(10)), index.len()), (Some(entry(8)), None, 4999));
        assert!((11..5000).all(|n| index.get(key(n)) == Some(entry(n))));
        assert!(index.tables.iter().all(|table| !table.is_empty()));
    }
}
