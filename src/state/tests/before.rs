//! The texts of rows as they were published: which of them are told, after what.

use std::collections::BTreeMap;
use std::time::SystemTime;

use super::support::{ALL, DELETED, Machine, NOTHING, Topic, before, diff, present, text};
use crate::model::{Before, Judged, Record, RuleId, Stamp};
use crate::state::{Cache, LocalState};

fn users(machine: &mut Machine) -> Cache {
    machine.users().with_texts(true)
}

/// The topic's values cannot be read back: what is known is known from disk.
fn unreadable() -> Topic {
    Topic { unreadable: true, ..Topic::default() }
}

#[test]
fn a_change_tells_what_was_published_last_and_what_is_under_way_counts() {
    for memory in [ALL, NOTHING] {
        let (mut machine, mut topic) = (Machine::new(memory), unreadable());
        let mut cache = users(&mut machine);
        topic.bring_up(&mut cache);
        let first = diff(&mut cache, &[("1", "a#1"), ("2", "b#1")]);
        assert!(first.changes.iter().all(|change| *change.before() == Before::NoRow));
        let second = diff(&mut cache, &[("1", "x#1")]);
        assert_eq!(second.changes[0].before(), &text("a#1"), "not committed yet");
        cache.abort();
        topic.commit(&mut cache, &[("1", "a#2"), ("2", "b#2")]);
        assert_eq!(topic.commit(&mut cache, &[("1", "a#3")]), 0, "what is behind # does not count");
        assert_eq!(before(&mut cache, "1"), text("a#2"), "what was published");
        let keys: [Box<[u8]>; 3] = [(*b"2").into(), (*b"3").into(), (*b"1").into()];
        assert_eq!(cache.before(&keys).unwrap(), [text("b#2"), Before::NoRow, text("a#2")]);
        let deleted = diff(&mut cache, &[("2", DELETED), ("3", DELETED)]);
        assert_eq!(deleted.changes.len(), 1);
        assert_eq!(deleted.changes[0].before(), &text("b#2"));
        assert_eq!(cache.before(&keys[..1]).unwrap(), [Before::NoRow], "on its way out");
        cache.abort();
        topic.delete(&mut cache, &["1"]);
        drop(cache);
        machine.stop();
        let mut cache = users(&mut machine);
        topic.bring_up(&mut cache);
        assert_eq!(cache.before(&keys).unwrap(), [text("b#2"), Before::NoRow, Before::NoRow]);
        topic.commit(&mut cache, &[("1", "a#4")]);
        assert_eq!(before(&mut cache, "1"), text("a#4"), "memory {memory}");
    }
}

#[test]
fn what_is_published_again_tells_what_was() {
    let mut machine = Machine::new(ALL);
    let (mut cache, mut topic) = (users(&mut machine), Topic::default());
    topic.bring_up(&mut cache);
    topic.commit(&mut cache, &[("1", "a#1")]);
    cache.publish_again(true);
    assert_eq!(diff(&mut cache, &[("1", "a#2")]).changes[0].before(), &text("a#1"));
}

#[test]
fn thousands_of_texts_are_written_at_once() {
    for memory in [ALL, NOTHING] {
        let (mut machine, mut topic) = (Machine::new(memory), unreadable());
        let mut cache = users(&mut machine);
        topic.bring_up(&mut cache);
        let many: Vec<(String, String)> = (0..6000).map(|n| (format!("k{n}"), format!("v{n}#1"))).collect();
        let page: Vec<(&str, &str)> = many.iter().map(|(key, raw)| (key.as_str(), raw.as_str())).collect();
        topic.commit(&mut cache, &page);
        drop(cache);
        let mut machine = machine.killed_now();
        let mut cache = users(&mut machine);
        topic.bring_up(&mut cache);
        let other: Vec<(&str, &str)> = page.iter().map(|(key, _)| (*key, "x")).collect();
        let told = diff(&mut cache, &other);
        assert_eq!(told.changes.len(), 6000);
        for (change, (_, raw)) in told.changes.iter().zip(&page) {
            assert_eq!(change.before(), &text(raw), "memory {memory}");
        }
    }
}

#[test]
fn texts_of_a_time_when_nobody_kept_them_are_not_told() {
    for memory in [ALL, NOTHING] {
        let (mut machine, mut topic) = (Machine::new(memory), unreadable());
        let mut cache = users(&mut machine);
        topic.bring_up(&mut cache);
        topic.commit(&mut cache, &[("1", "a#1"), ("2", "b#1")]);
        drop(cache);
        let mut cache = machine.users();
        topic.bring_up(&mut cache);
        assert_eq!(before(&mut cache, "2"), Before::Unknown);
        topic.commit(&mut cache, &[("1", "x#1")]);
        topic.commit(&mut cache, &[("1", "a#2")]); // the fingerprint is that of the first text again
        drop(cache);
        machine.stop();
        let mut cache = users(&mut machine);
        topic.bring_up(&mut cache);
        assert_eq!(before(&mut cache, "1"), Before::Unknown, "memory {memory}");
        topic.commit(&mut cache, &[("1", "y#1")]);
        assert_eq!(before(&mut cache, "1"), text("y#1"));
    }
}

#[test]
fn with_the_disk_texts_are_lost_until_the_topic_or_the_next_change_tells_them() {
    for unreadable in [true, false] {
        let (mut machine, mut topic) = (Machine::new(ALL), Topic { unreadable, ..Topic::default() });
        let mut cache = users(&mut machine);
        topic.bring_up(&mut cache);
        topic.commit(&mut cache, &[("1", "a#1"), ("2", "b#1")]);
        drop(cache);
        let mut machine = Machine::new(ALL);
        let mut cache = users(&mut machine);
        topic.bring_up(&mut cache);
        let told = if unreadable { Before::Unknown } else { text("a#1") };
        assert_eq!(before(&mut cache, "1"), told);
        topic.commit(&mut cache, &[("1", "x#1")]);
        assert_eq!(before(&mut cache, "1"), text("x#1"));
    }
}

/// While the index is in memory, losing the disk is no error; texts are not in memory.
#[test]
fn a_disk_that_fails_takes_the_texts_with_it_and_nothing_else() {
    let (mut machine, mut topic) = (Machine::new(ALL), Topic::default());
    let mut cache = users(&mut machine);
    topic.bring_up(&mut cache);
    topic.commit(&mut cache, &[("1", "a#1")]);
    cache.confirm(&BTreeMap::from([(0, topic.end())]), SystemTime::now()).unwrap();
    machine.lose_the_disk();
    let many: Vec<(String, String)> = (0..6000).map(|n| (format!("k{n}"), format!("v{n}"))).collect();
    let page: Vec<(&str, &str)> = many.iter().map(|(key, raw)| (key.as_str(), raw.as_str())).collect();
    topic.commit(&mut cache, &page);
    cache.abort(); // writes what has gathered
    assert_eq!(before(&mut cache, "1"), Before::Unknown);
    assert_eq!((topic.commit(&mut cache, &page), cache.keys()), (0, 6001));
}

#[test]
fn without_a_directory_texts_are_in_memory_and_a_rehearsal_has_none() {
    let name = crate::model::ResourceName::new("users");
    let mut topic = unreadable();
    let mut cache = LocalState::in_memory().cache(&name, false).with_texts(true);
    topic.bring_up(&mut cache);
    topic.commit(&mut cache, &[("1", "a#1"), ("2", "b#1")]);
    topic.commit(&mut cache, &[("1", "x#1")]);
    topic.delete(&mut cache, &["2"]);
    assert_eq!(before(&mut cache, "1"), text("x#1"));
    assert_eq!(before(&mut cache, "2"), Before::NoRow);
    cache.checkpoint_gone(&present("t", SystemTime::now()));
    topic.read_into(&mut cache);
    assert_eq!(before(&mut cache, "1"), Before::Unknown, "everything was forgotten");
    let rehearsal = LocalState::of_rehearsal().cache(&name, false).with_texts(true);
    assert!(!rehearsal.keeps_texts());
}

#[test]
fn a_text_outlives_a_rule_under_which_its_row_is_the_same() {
    let stamp =
        |raw: &str, rule: u8| Stamp { rule: RuleId(rule), ..super::support::of(&format!("{rule}{raw}")) };
    let poll = |cache: &mut Cache, topic: &mut Topic, raw: &str, rule: u8| {
        let judge = |record: &Record<'_>, known: Option<Stamp>| {
            let same = known.is_some_and(|known| known == stamp(record.raw, known.rule.0));
            Ok::<_, std::convert::Infallible>(Judged { stamp: stamp(record.raw, rule), same })
        };
        let page = vec![Record { key: "k".into(), raw, deleted: false }];
        let diff = cache.diff(page, RuleId(rule), judge).unwrap().unwrap();
        topic.messages.extend(diff.changes.iter().map(|_| ("k".to_owned(), Some(raw.to_owned()))));
        cache.committed(diff.sequence, [(0, topic.end())]).unwrap();
        diff.changes.first().map(|change| change.before().clone())
    };
    for memory in [ALL, NOTHING] {
        let (mut machine, mut topic) = (Machine::new(memory), unreadable());
        let mut cache = users(&mut machine);
        topic.bring_up(&mut cache);
        assert_eq!(poll(&mut cache, &mut topic, "a#1", 0), Some(Before::NoRow));
        assert_eq!(poll(&mut cache, &mut topic, "a#2", 1), None);
        drop(cache);
        machine.stop();
        let mut cache = users(&mut machine);
        topic.bring_up(&mut cache);
        assert_eq!(poll(&mut cache, &mut topic, "a#3", 2), None);
        assert_eq!(poll(&mut cache, &mut topic, "b#1", 2), Some(text("a#1")), "memory {memory}");
    }
}

#[test]
fn rows_under_keys_of_another_format_are_not_believed() {
    for memory in [ALL, NOTHING] {
        let (mut machine, mut topic) = (Machine::new(memory), Topic::default());
        let mut cache = users(&mut machine);
        topic.bring_up(&mut cache);
        topic.commit(&mut cache, &[("1", "a#1")]);
        drop(cache);
        machine.stop();
        let mut cache = users(&mut machine);
        let json = crate::state::Present { key_format: "json", ..present("t", SystemTime::now()) };
        cache.recall(&json);
        assert_eq!((cache.keys(), cache.checkpoint().offsets.len()), (0, 0), "all is to be read");
        topic.read_into(&mut cache);
        drop(cache);
        machine.stop();
        let mut cache = users(&mut machine);
        cache.recall(&json);
        assert_eq!(cache.checkpoint().offsets.get(&0), Some(&1), "from then on it is believed");
    }
}
