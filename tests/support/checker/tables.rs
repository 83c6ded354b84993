//! The checker is checked, where rows come and go and where rows are appended: each kind of wrong that is planted is found.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Event, Finally, Histories, Seen, judge_log, judge_table, monotone, partition};

const PARTITIONS: i32 = 3;

fn shown(text: &str) -> Event {
    Event::Shown(text.to_owned())
}

/// Row 1 came, went, and came back; row 2 changed; row 3 went; row 4 was seen by somebody who died before he could publish it.
fn histories() -> Histories {
    let one = |key: &str, events: &[Event]| (key.to_owned(), events.to_vec());
    Histories::from([
        one("1", &[shown("a1"), Event::Gone, shown("a2")]),
        one("2", &[shown("b1"), shown("b2")]),
        one("3", &[shown("c1"), Event::Gone]),
        one("4", &[shown("d1"), Event::Gone]),
    ])
}

fn now() -> BTreeMap<String, String> {
    [("1", "a2"), ("2", "b2")].map(|(key, text)| (key.to_owned(), text.to_owned())).into()
}

fn message(offset: i64, key: &str, value: Option<&str>) -> Seen {
    let fingerprint = ("krest.fingerprint".to_owned(), b"0123456789abcdef0123456789abcdef".to_vec());
    Seen {
        partition: partition(key.as_bytes(), PARTITIONS),
        offset,
        key: Some(key.into()),
        value: value.map(Into::into),
        headers: value.map(|_| fingerprint).into_iter().collect(),
    }
}

/// What exactly once makes of [`histories`] under `replace`.
fn right() -> Vec<Seen> {
    let told = [
        ("1", Some("a1")),
        ("2", Some("b1")),
        ("3", Some("c1")),
        ("1", None),
        ("3", None),
        ("1", Some("a2")),
        ("2", Some("b2")),
    ];
    told.iter().zip(0..).map(|((key, value), offset)| message(offset, key, *value)).collect()
}

fn objections(deletes: bool, change: impl FnOnce(&mut Vec<Seen>)) -> String {
    let mut messages = right();
    change(&mut messages);
    let now = now();
    judge_table(&messages, &histories(), Finally { now: &now, deletes }, PARTITIONS).join("\n")
}

#[test]
fn a_table_that_is_right_is_not_objected_to() {
    assert_eq!(objections(true, |_| {}), "");
    // A row that went and came back between two scans was never gone to krest.
    assert_eq!(objections(true, |messages| drop(messages.remove(3))), "");
    // Nothing is deleted under `merge`.
    assert_eq!(objections(false, |messages| messages.retain(|message| message.value.is_some())), "");
}

#[test]
fn a_deletion_that_is_missing_wrong_or_repeated_is_found() {
    let planted = |change: fn(&mut Vec<Seen>)| objections(true, change);
    let stale = planted(|messages| drop(messages.remove(4)));
    assert_eq!(stale, "stale: key 3 is gone and was not deleted");
    let wrong = planted(|messages| messages.push(message(9, "2", None)));
    assert!(wrong.starts_with("a tombstone that nobody asked for: key 2"), "{wrong}");
    let twice = planted(|messages| messages.push(message(9, "3", None)));
    assert!(twice.starts_with("a second tombstone, or one for a row that came back: key 3"), "{twice}");
    let deleted = planted(|messages| drop(messages.remove(5)));
    assert_eq!(deleted, "loss: key 1 is there and was deleted");
    let phantom = planted(|messages| messages.push(message(9, "5", None)));
    assert!(phantom.starts_with("phantom: key 5"), "{phantom}");
}

#[test]
fn a_table_with_a_loss_a_duplicate_or_a_step_back_is_found() {
    let planted = |change: fn(&mut Vec<Seen>)| objections(true, change);
    assert!(planted(|messages| drop(messages.pop())).contains("loss: key 2 is stale, 1 versions behind"));
    assert!(planted(|messages| messages.retain(|m| m.key_text() != "2")).contains("loss: key 2 was shown"));
    assert!(planted(|messages| messages.push(message(9, "2", Some("b2")))).contains("duplicate: key 2"));
    assert!(planted(|messages| messages.push(message(9, "2", Some("b1")))).contains("went back"));
    assert!(planted(|messages| messages.swap(1, 6)).contains("went back"));
    let moved = planted(|messages| messages[0].partition = (messages[0].partition + 1) % PARTITIONS);
    assert!(moved.starts_with("wrong partition: 1"), "{moved}");
}

/// A log of pages of two rows, each page in a transaction with the position behind it.
fn log(change: impl FnOnce(&mut Vec<Seen>)) -> String {
    let rows: Vec<(String, String)> = (1..=6).map(|row| (row.to_string(), format!("r{row}"))).collect();
    let histories = rows.iter().map(|(key, text)| (key.clone(), vec![shown(text)])).collect();
    let keyless =
        |(offset, (_, text)): (i64, &(String, String))| Seen { key: None, ..message(offset, "", Some(text)) };
    let mut messages = (0..).zip(&rows).map(keyless).collect();
    change(&mut messages);
    judge_log(&messages, &histories, &rows.iter().cloned().collect()).join("\n")
}

#[test]
fn a_torn_transaction_is_found_in_a_log() {
    assert_eq!(log(|_| {}), "");
    // Its position was committed, half of its messages were not.
    assert_eq!(log(|messages| drop(messages.remove(3))), "loss: row 4 is not in the topic");
    // Its messages were committed, its position was not: the next instance reads the page again.
    let page = |messages: &mut Vec<Seen>| messages.extend_from_within(2..4);
    let twice = log(page);
    assert!(twice.contains("duplicate: row 3 stands there 2 times") && twice.contains("row 4"), "{twice}");
    let phantom = log(|messages| messages.push(message(9, "7", Some("r7"))));
    assert!(phantom.starts_with("phantom"), "{phantom}");
}

#[test]
fn positions_and_cursors_that_go_back_are_found() {
    let at = |scan: u64, position: Value, cursor: u64| json!({"scan": scan, "position": position, "cursor": {"value": cursor}});
    let link = |after: u64| json!({ "link": format!("http://h/checks?limit=5&after={after}") });
    let law = |offsets: &[Value], parent: bool| monotone(offsets, parent).join("\n");
    let right = [
        at(1, link(3), 0),
        at(1, link(9), 0),
        at(1, Value::Null, 7),
        at(2, json!({"cursor": "t12"}), 7),
        at(2, Value::Null, 12),
    ];
    assert_eq!(law(&right, false), "");
    for planted in [
        [at(2, Value::Null, 7), at(1, Value::Null, 7)],
        [at(1, link(9), 7), at(1, link(3), 7)],
        [at(1, Value::Null, 7), at(1, link(3), 7)],
        [at(1, Value::Null, 7), at(2, Value::Null, 6)],
    ] {
        assert!(law(&planted, false).contains("went back"), "{planted:?}");
    }
    assert_eq!(law(&[at(1, Value::Null, 7), at(1, link(3), 7)], true), "", "a parent's first page");
}
