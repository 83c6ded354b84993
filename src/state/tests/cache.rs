//! The cache: what counts as changed, what pends, and what a commit, an abort and a restore make of it.

use std::cell::Cell;
use std::convert::Infallible;

use super::support::judged;
use crate::model::{Change, Fingerprint, Judged, Record, RuleId, Stamp, StoredRecord};
use crate::state::{Cache, Diff};

/// Stands for a record that is deleted, and for its message.
const DELETED: &str = "deleted";

/// Content for these tests: white space does not matter.
fn content(record: &Record<'_>, known: Option<Stamp>) -> Result<Judged, Infallible> {
    Ok(judged(of(record.raw), known))
}

fn of(raw: &str) -> Stamp {
    Stamp::whole(Fingerprint::from_u128(xxhash_rust::xxh3::xxh3_128(raw.replace(' ', "").as_bytes())))
}

fn page<'p>(records: &[(&'p str, &'p str)]) -> Vec<Record<'p>> {
    let record =
        |(key, raw): &(&'p str, &'p str)| Record { key: (*key).into(), raw, deleted: *raw == DELETED };
    records.iter().map(record).collect()
}

fn diff<'p>(cache: &mut Cache, records: &[(&'p str, &'p str)]) -> Diff<'p> {
    cache.diff(page(records), RuleId::WHOLE, content).unwrap().unwrap()
}

fn changed<'p>(diff: &Diff<'p>) -> Vec<(String, &'p str)> {
    diff.changes
        .iter()
        .map(|change| (change.key().clone().into_owned(), change.value().unwrap_or(DELETED)))
        .collect()
}

/// A page whose changes are committed at once; what it changed.
fn commit<'p>(cache: &mut Cache, records: &[(&'p str, &'p str)]) -> Vec<(String, &'p str)> {
    let diff = diff(cache, records);
    cache.committed(diff.sequence, [(0, 1)]).unwrap();
    changed(&diff)
}

fn stored<'m>(key: &'m str, raw: Option<&str>) -> StoredRecord<'m> {
    let fingerprint = raw.map(of);
    StoredRecord {
        partition: 0,
        offset: 0,
        key: key.as_bytes(),
        fingerprint,
        deleted: false,
        foreign: false,
        parent: None,
        value: None,
        row: None,
    }
}

#[test]
fn only_what_differs_is_a_change_and_a_to_b_to_a_is_two() {
    let mut cache = Cache::new("t");
    assert_eq!(commit(&mut cache, &[("1", "a"), ("2", "b")]).len(), 2);
    let again = diff(&mut cache, &[("1", "a"), ("2", "b")]);
    assert_eq!((again.changes.len(), again.unchanged, again.superseded), (0, 2, 0));
    assert_eq!(commit(&mut cache, &[("1", "x"), ("2", "b")]), [("1".to_owned(), "x")]);
    assert_eq!(commit(&mut cache, &[("1", "a"), ("2", "b")]), [("1".to_owned(), "a")]);
    assert_eq!(cache.keys(), 2);
}

#[test]
fn changes_carry_key_fingerprint_and_value_in_the_order_of_the_page() {
    let mut cache = Cache::new("t");
    let diff = diff(&mut cache, &[("b", "1"), ("a", "2"), ("c", "3")]);
    assert_eq!(changed(&diff), [("b".to_owned(), "1"), ("a".to_owned(), "2"), ("c".to_owned(), "3")]);
    assert!(matches!(diff.changes[1], Change::Upsert { fingerprint, .. } if fingerprint == of("2")));
}

#[test]
fn a_fingerprint_is_computed_only_for_bytes_that_are_not_known() {
    let mut cache = Cache::new("t");
    commit(&mut cache, &[("1", "a b"), ("2", "c")]);
    let asked = Cell::new(0);
    let counting = |record: &Record<'_>, known| {
        asked.set(asked.get() + 1);
        content(record, known)
    };
    for (raw, unchanged, expected) in [("a b", 2, 0), ("ab", 2, 1), ("ab", 2, 1), ("a b", 2, 2)] {
        let diff = cache.diff(page(&[("1", raw), ("2", "c")]), RuleId::WHOLE, counting).unwrap().unwrap();
        assert_eq!((diff.unchanged, asked.get()), (unchanged, expected), "{raw}");
    }
}

#[test]
fn other_bytes_of_a_pending_change_are_remembered_with_it() {
    let mut cache = Cache::new("t");
    let first = diff(&mut cache, &[("1", "a b")]);
    assert_eq!(diff(&mut cache, &[("1", "ab")]).unchanged, 1);
    cache.committed(first.sequence, [(0, 1)]).unwrap();
    let fails = |_: &Record<'_>, _: Option<Stamp>| Err("asked");
    assert_eq!(cache.diff(page(&[("1", "ab")]), RuleId::WHOLE, fails).unwrap().unwrap().unchanged, 1);
}

#[test]
fn of_two_records_of_one_key_the_last_wins_and_the_next_poll_is_silent() {
    let mut cache = Cache::new("t");
    let twice = [("1", "a"), ("2", "x"), ("1", "b")];
    let first = diff(&mut cache, &twice);
    assert_eq!(changed(&first), [("2".to_owned(), "x"), ("1".to_owned(), "b")]);
    assert_eq!((first.unchanged, first.superseded), (0, 1));
    assert!(diff(&mut cache, &twice).changes.is_empty()); // still pending
    cache.committed(first.sequence, [(0, 1)]).unwrap();
    let next = diff(&mut cache, &twice);
    assert_eq!((next.changes.len(), next.unchanged, next.superseded), (0, 2, 1));
}

#[test]
fn a_page_that_changes_a_key_and_takes_it_back_changes_nothing() {
    let mut cache = Cache::new("t");
    commit(&mut cache, &[("1", "a")]);
    assert!(commit(&mut cache, &[("1", "b"), ("1", "a")]).is_empty());
}

#[test]
fn what_is_pending_comes_before_the_index() {
    let mut cache = Cache::new("t");
    commit(&mut cache, &[("1", "a")]);
    assert_eq!(diff(&mut cache, &[("1", "b")]).changes.len(), 1);
    assert_eq!(diff(&mut cache, &[("1", "b")]).unchanged, 1);
    assert_eq!(diff(&mut cache, &[("1", "a")]).changes.len(), 1); // back again, after b in the topic
}

#[test]
fn a_receipt_moves_the_index_up_to_its_sequence_and_an_abort_forgets_the_rest() {
    let mut cache = Cache::new("t");
    let first = diff(&mut cache, &[("1", "a"), ("2", "a")]);
    let second = diff(&mut cache, &[("1", "b")]);
    let third = diff(&mut cache, &[("1", "c"), ("3", "c")]);
    assert!(first.sequence < second.sequence && second.sequence < third.sequence);
    cache.committed(second.sequence, [(0, 3)]).unwrap();
    assert_eq!(cache.keys(), 2);
    assert_eq!(diff(&mut cache, &[("1", "c"), ("2", "a")]).unchanged, 2); // c is pending, 2 committed
    cache.abort();
    let after = diff(&mut cache, &[("1", "b"), ("2", "a"), ("3", "c")]);
    assert_eq!(changed(&after), [("3".to_owned(), "c")]);
}

#[test]
fn a_batch_between_a_commit_and_an_abort_keeps_what_it_committed() {
    let mut cache = Cache::new("t");
    let first = diff(&mut cache, &[("1", "a")]);
    diff(&mut cache, &[("1", "b")]);
    cache.committed(first.sequence, [(0, 1)]).unwrap();
    cache.abort();
    assert_eq!(diff(&mut cache, &[("1", "a")]).unchanged, 1);
}

#[test]
fn an_abort_makes_the_same_page_change_the_same_keys() {
    let mut cache = Cache::new("t");
    diff(&mut cache, &[("1", "a")]);
    cache.abort();
    assert_eq!(diff(&mut cache, &[("1", "a")]).changes.len(), 1);
    assert_eq!(cache.keys(), 0);
}

#[test]
fn a_receipt_twice_is_a_receipt_once() {
    let mut cache = Cache::new("t");
    let first = diff(&mut cache, &[("1", "a")]);
    for _ in 0..2 {
        cache.committed(first.sequence, [(0, 5)]).unwrap();
        assert_eq!((cache.keys(), cache.checkpoint().offsets.get(&0)), (1, Some(&5)));
    }
}

#[test]
fn a_fingerprint_that_fails_leaves_the_cache_as_it_was() {
    let mut cache = Cache::new("t");
    commit(&mut cache, &[("2", "b c")]);
    let too_deep = |record: &Record<'_>, known| {
        if record.raw == "deep" { Err("too deep") } else { Ok(judged(of(record.raw), known)) }
    };
    let page = || page(&[("1", "a"), ("2", "bc"), ("3", "deep")]);
    assert_eq!(cache.diff(page(), RuleId::WHOLE, too_deep).unwrap().unwrap_err(), "too deep");
    assert_eq!(changed(&diff(&mut cache, &[("1", "a")])).len(), 1);
}

#[test]
fn a_restored_topic_makes_the_first_scan_silent() {
    let mut cache = Cache::new("t");
    cache.restore(&stored("1", Some("a")));
    cache.restore(&stored("1", Some("b")));
    cache.restore(&stored("2", Some("c")));
    cache.restored([(0, 3), (1, 0)]).unwrap();
    let scan = diff(&mut cache, &[("1", "b"), ("2", "c")]);
    assert_eq!((scan.changes.len(), scan.unchanged), (0, 2));
    assert_eq!(cache.checkpoint().offsets.clone().into_iter().collect::<Vec<_>>(), [(0, 3), (1, 0)]);
}

#[test]
fn a_tombstone_and_a_foreign_message_leave_their_key_unknown() {
    let mut cache = Cache::new("t");
    for key in ["1", "2"] {
        cache.restore(&stored(key, Some("a")));
    }
    cache.restore(&StoredRecord { deleted: true, ..stored("1", Some("a")) });
    cache.restore(&stored("2", None));
    assert_eq!(cache.keys(), 0);
    assert_eq!(commit(&mut cache, &[("1", "a"), ("2", "a")]).len(), 2);
    assert!(commit(&mut cache, &[("1", "a"), ("2", "a")]).is_empty());
}

#[test]
fn receipts_move_the_checkpoint_and_a_wipe_forgets_everything() {
    let mut cache = Cache::new("old");
    let first = diff(&mut cache, &[("1", "a")]);
    cache.committed(first.sequence, [(0, 7)]).unwrap();
    cache.committed(first.sequence, [(1, 2), (0, 9)]).unwrap();
    let checkpoint = cache.checkpoint().clone();
    assert_eq!(
        (checkpoint.topic_id.as_str(), checkpoint.offsets.into_iter().collect()),
        ("old", vec![(0, 9), (1, 2)])
    );
    let pending = diff(&mut cache, &[("2", "b")]);
    cache.wipe("new");
    assert_eq!((cache.keys(), cache.checkpoint().topic_id.as_str()), (0, "new"));
    assert!(cache.checkpoint().offsets.is_empty());
    let after = diff(&mut cache, &[("1", "a"), ("2", "b")]);
    assert!(after.changes.len() == 2 && after.sequence > pending.sequence);
}

#[test]
fn a_deleted_record_changes_what_is_there_once_and_is_unchanged_where_nothing_is() {
    let mut cache = Cache::new("t");
    commit(&mut cache, &[("1", "a"), ("2", "b")]);
    let scan = [("1", DELETED), ("2", "b"), ("3", DELETED)];
    let first = diff(&mut cache, &scan);
    assert_eq!((changed(&first), first.unchanged), (vec![("1".to_owned(), DELETED)], 2));
    let under_way = diff(&mut cache, &scan);
    assert_eq!((under_way.changes.len(), under_way.unchanged), (0, 3));
    cache.committed(first.sequence, [(0, 3)]).unwrap();
    assert_eq!((cache.keys(), diff(&mut cache, &scan).unchanged), (1, 3));
    assert_eq!(commit(&mut cache, &[("1", "a")]), [("1".to_owned(), "a")], "it is there again");
}

#[test]
fn a_delete_that_was_not_committed_is_one_again() {
    let mut cache = Cache::new("t");
    commit(&mut cache, &[("1", "a")]);
    assert_eq!(diff(&mut cache, &[("1", DELETED)]).changes.len(), 1);
    cache.abort();
    assert_eq!(diff(&mut cache, &[("1", "a")]).unchanged, 1);
    assert_eq!(commit(&mut cache, &[("1", DELETED)]), [("1".to_owned(), DELETED)]);
}

#[test]
fn a_record_that_is_only_pending_is_deleted_too_and_comes_back_after_it() {
    let mut cache = Cache::new("t");
    diff(&mut cache, &[("1", "a")]);
    assert_eq!(diff(&mut cache, &[("1", DELETED)]).changes.len(), 1);
    let last = diff(&mut cache, &[("1", "a")]);
    assert_eq!(changed(&last), [("1".to_owned(), "a")]);
    cache.committed(last.sequence, [(0, 3)]).unwrap();
    assert_eq!((cache.keys(), diff(&mut cache, &[("1", "a")]).unchanged), (1, 1));
}

#[test]
fn of_a_deleted_and_a_living_record_of_one_key_the_last_wins() {
    let mut cache = Cache::new("t");
    commit(&mut cache, &[("1", "a"), ("2", "a")]);
    let scan = diff(&mut cache, &[("1", DELETED), ("2", "b"), ("1", "b"), ("2", DELETED)]);
    assert_eq!(changed(&scan), [("1".to_owned(), "b"), ("2".to_owned(), DELETED)]);
    assert_eq!((scan.unchanged, scan.superseded), (0, 2));
}

#[test]
fn a_deleted_record_is_asked_for_no_fingerprint_and_is_seen() {
    let mut cache = Cache::of_whole_scans();
    commit(&mut cache, &[("1", "a"), ("2", "b"), ("3", "c")]);
    cache.begin_scan();
    let fails = |_: &Record<'_>, _: Option<Stamp>| Err("asked");
    let deleted = page(&[("1", DELETED), ("9", DELETED)]);
    let scan = cache.diff(deleted, RuleId::WHOLE, fails).unwrap().unwrap();
    cache.committed(scan.sequence, [(0, 4)]).unwrap();
    let mut gone = cache.unseen().unwrap();
    gone.sort();
    assert_eq!(gone, [Box::from(&b"2"[..]), Box::from(&b"3"[..])]);
}
