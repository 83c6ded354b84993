//! The cache beside rules that change: a record is compared under the rule of what is known, and known under today's from then on.

use std::cell::RefCell;
use std::convert::Infallible;
use std::time::SystemTime;

use super::support::{ALL, Machine, NOTHING, present};
use crate::model::{Change, Fingerprint, Judged, Record, RuleId, Stamp, StoredRecord};
use crate::state::Cache;

/// For these tests a record is two words; under rule 1 the second does not count, and under rule 2 not the first. Rule 3 is not known.
fn stamp(raw: &str, rule: u8) -> Stamp {
    let (first, second) = raw.split_once(' ').unwrap();
    let counts = match rule {
        1 => first.to_owned(),
        2 => second.to_owned(),
        _ => raw.to_owned(),
    };
    let hash = xxhash_rust::xxh3::xxh3_128_with_seed(counts.as_bytes(), u64::from(rule));
    Stamp { fingerprint: Fingerprint::from_u128(hash), rule: RuleId(rule) }
}

/// A page of one record, committed at once: whether it was published, and what was asked for.
fn poll(cache: &mut Cache, raw: &str, rule: u8) -> (bool, Vec<Option<RuleId>>) {
    let asked = RefCell::new(Vec::new());
    let judge = |record: &Record<'_>, known: Option<Stamp>| {
        asked.borrow_mut().push(known.map(|known| known.rule));
        let same = known.is_some_and(|known| known.rule.0 < 3 && known == stamp(record.raw, known.rule.0));
        Ok::<_, Infallible>(Judged { stamp: stamp(record.raw, rule), same })
    };
    let diff = cache
        .diff(vec![Record { key: "k".into(), raw, deleted: false }], RuleId(rule), judge)
        .unwrap()
        .unwrap();
    let published = diff.changes.first().and_then(|change| match change {
        Change::Upsert { fingerprint, .. } => Some(*fingerprint),
        Change::Delete { .. } => None,
    });
    assert!(published.is_none_or(|published| published == stamp(raw, rule)), "published under today's rule");
    let offset = cache.checkpoint().offsets.get(&0).copied().unwrap_or_default();
    cache.committed(diff.sequence, published.map(|_| (0, offset + 1))).unwrap();
    (published.is_some(), asked.into_inner())
}

fn published(cache: &mut Cache, raw: &str, rule: u8) -> bool {
    poll(cache, raw, rule).0
}

/// What a restore makes of a topic whose newest message of the key has this header.
fn restored(cache: &mut Cache, fingerprint: Option<Stamp>) {
    cache.recall(&present("t", SystemTime::now()));
    cache.restore(&StoredRecord {
        partition: 0,
        offset: 0,
        key: b"k",
        fingerprint,
        deleted: false,
        foreign: false,
        parent: None,
        value: None,
        row: None,
    });
    cache.restored([(0, 1)]).unwrap();
}

#[test]
fn another_rule_publishes_nothing_by_itself_and_is_the_one_from_then_on() {
    let mut cache = Cache::new("t");
    assert!(published(&mut cache, "a 1", 0));
    assert_eq!(poll(&mut cache, "a 1", 1), (false, vec![None]), "the same bytes, under a rule that is new");
    assert_eq!(poll(&mut cache, "a 1", 1), (false, vec![]));
    assert!(!published(&mut cache, "a 2", 1), "what is ignored is no change");
    assert!(published(&mut cache, "b 2", 1));
    assert!(!published(&mut cache, "b 2", 0));
    assert!(published(&mut cache, "b 3", 0), "it counts again");
}

#[test]
fn a_change_that_falls_together_with_another_rule_is_published() {
    let mut cache = Cache::new("t");
    assert!(published(&mut cache, "a 1", 1));
    assert_eq!(
        poll(&mut cache, "b 1", 2),
        (true, vec![Some(RuleId(1))]),
        "compared under the rule of that time"
    );
    assert!(published(&mut cache, "b 2", 2));
    assert!(!published(&mut cache, "c 2", 2));
}

#[test]
fn after_a_restore_the_rule_is_the_one_that_the_message_names() {
    for (header, raw, today, expected) in [
        (Some(stamp("a 1", 1)), "a 2", 1, false),
        (Some(stamp("a 1", 1)), "a 2", 2, false), // as it was known, nothing changed
        (Some(stamp("a 1", 1)), "b 1", 2, true),
        (Some(stamp("a 1", 0)), "a 1", 1, false),
        (Some(stamp("a 1", 0)), "a 2", 1, true),
        (Some(stamp("a 1", 3)), "a 1", 1, true), // nobody knows what that rule was
        (None, "a 1", 1, true),
    ] {
        let mut cache = Cache::new("t");
        restored(&mut cache, header);
        assert_eq!(published(&mut cache, raw, today), expected, "{header:?}, then {raw} under {today}");
        assert!(!published(&mut cache, raw, today), "once");
    }
}

#[test]
fn the_disk_keeps_the_rule_of_each_entry() {
    for memory in [ALL, NOTHING] {
        let mut machine = Machine::new(memory);
        let mut cache = machine.users();
        restored(&mut cache, Some(stamp("a 1", 1)));
        drop(cache);
        machine.stop();
        let mut cache = machine.users();
        cache.recall(&present("t", SystemTime::now()));
        cache.restored([(0, 1)]).unwrap();
        assert_eq!(cache.keys(), 1);
        assert_eq!(poll(&mut cache, "a 2", 2), (false, vec![Some(RuleId(1))]), "memory {memory}");
        drop(cache);
        machine.stop();
        let mut cache = machine.users();
        cache.recall(&present("t", SystemTime::now()));
        cache.restored([(0, 1)]).unwrap();
        assert_eq!(poll(&mut cache, "a 2", 2), (false, vec![]), "known under today's rule, with its bytes");
        assert!(!published(&mut cache, "b 2", 2) && published(&mut cache, "b 3", 2), "memory {memory}");
    }
}

#[test]
fn what_is_pending_is_of_todays_rule() {
    let mut cache = Cache::new("t");
    restored(&mut cache, Some(stamp("a 1", 1)));
    let judge = |record: &Record<'_>, known: Option<Stamp>| {
        let same = known.is_some_and(|known| known == stamp(record.raw, known.rule.0));
        Ok::<_, Infallible>(Judged { stamp: stamp(record.raw, 2), same })
    };
    let mut changes = |raw| {
        let diff = cache
            .diff(vec![Record { key: "k".into(), raw, deleted: false }], RuleId(2), judge)
            .unwrap()
            .unwrap();
        diff.changes.len()
    };
    assert_eq!(changes("b 1"), 1);
    assert_eq!(changes("c 1"), 0, "under the rule of what is pending");
    assert_eq!(changes("c 2"), 1);
}
