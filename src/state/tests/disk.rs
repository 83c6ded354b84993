//! What is on disk: taken up at the next start, behind or not, in memory or not.

use std::time::{Duration, SystemTime};

use super::support::{ALL, Machine, NOTHING, Topic, diff, judged, of, present};
use crate::model::RuleId;
use crate::state::{Cache, StateError};

const HOUR: Duration = Duration::from_secs(3600);

fn filled(machine: &mut Machine, topic: &mut Topic) {
    let mut cache = machine.users();
    topic.bring_up(&mut cache);
    topic.commit(&mut cache, &[("1", "a"), ("2", "b"), ("3", "c")]);
    topic.delete(&mut cache, &["2"]);
}

#[test]
fn what_was_known_is_known_after_a_restart_and_nothing_is_read_again() {
    for memory in [ALL, NOTHING] {
        let (mut machine, mut topic) = (Machine::new(memory), Topic::default());
        filled(&mut machine, &mut topic);
        machine.stop();
        let mut cache = machine.users();
        cache.recall(&present("t", SystemTime::now()));
        assert_eq!((cache.keys(), cache.checkpoint().offsets.get(&0)), (2, Some(&4)));
        assert_eq!(topic.read_into(&mut cache), 0);
        let scan = diff(&mut cache, &[("1", "a"), ("2", "b"), ("3", "x")]);
        let changed: Vec<_> = scan.changes.iter().map(|change| change.key().to_string()).collect();
        assert_eq!(changed, ["2", "3"], "memory {memory}");
    }
}

#[test]
fn resources_of_any_name_have_places_of_their_own_in_one_directory() {
    let mut machine = Machine::new(ALL);
    let long = "x".repeat(100_000);
    let names = ["users", "", "../users", "a/b\0c", "Größe", &long];
    for (number, name) in (0..).zip(names) {
        let (mut cache, mut topic) = (machine.cache(name, false), Topic::default());
        topic.bring_up(&mut cache);
        topic.commit(&mut cache, &[("1", "a"), ("2", "b"), ("3", "c")][..number % 3 + 1]);
    }
    machine.stop();
    for (number, name) in (0..).zip(names) {
        let mut cache = machine.cache(name, false);
        cache.recall(&present("t", SystemTime::now()));
        assert_eq!(cache.keys(), number % 3 + 1, "{name:.20}");
    }
}

#[test]
fn a_kill_at_any_moment_leaves_a_cache_that_is_at_most_behind() {
    for memory in [ALL, NOTHING] {
        let (mut machine, mut topic) = (Machine::new(memory), Topic::default());
        let mut cache = machine.users();
        topic.bring_up(&mut cache);
        let pages = [[("1", "a"), ("2", "b")], [("1", "x"), ("3", "c")], [("2", "y"), ("4", "d")]];
        for page in &pages {
            topic.commit(&mut cache, page);
            let mut after = machine.killed_now();
            let mut copy = after.users();
            topic.bring_up(&mut copy);
            assert!(diff(&mut copy, page).changes.is_empty(), "memory {memory}");
            assert_eq!(copy.keys(), cache.keys());
        }
    }
}

#[test]
fn a_disk_whose_owner_ran_on_elsewhere_is_only_behind() {
    let (mut machine, mut topic) = (Machine::new(ALL), Topic::default());
    filled(&mut machine, &mut topic);
    machine.stop();
    let mut old = machine.killed_now();
    let mut cache = machine.users();
    topic.bring_up(&mut cache);
    topic.commit(&mut cache, &[("1", "later"), ("5", "e")]);
    topic.delete(&mut cache, &["3"]);
    let mut cache = old.users();
    cache.recall(&present("t", SystemTime::now()));
    assert_eq!(topic.read_into(&mut cache), 3);
    assert_eq!(diff(&mut cache, &[("1", "later"), ("5", "e")]).unchanged, 2);
    assert_eq!(diff(&mut cache, &[("3", "c")]).changes.len(), 1, "it was deleted meanwhile");
}

#[test]
fn another_topic_and_an_old_checkpoint_are_read_anew() {
    let now = SystemTime::now();
    for (topic_id, now) in [("u", now), ("t", now + 13 * HOUR), ("t", now - 2 * HOUR), ("", now)] {
        let (mut machine, mut topic) = (Machine::new(ALL), Topic::default());
        filled(&mut machine, &mut topic);
        machine.stop();
        let mut cache = machine.users();
        cache.recall(&present(topic_id, now));
        assert_eq!((cache.keys(), cache.checkpoint().offsets.len()), (0, 0), "{topic_id} {now:?}");
        assert_eq!(topic.read_into(&mut cache), topic.messages.len());
        assert_eq!(diff(&mut cache, &[("1", "a")]).unchanged, 1);
    }
}

/// The tail says nothing of a key whose tombstone is gone.
#[test]
fn a_tombstone_that_was_compacted_away_is_no_reason_to_lose_a_record() {
    let (mut machine, mut topic) = (Machine::new(ALL), Topic::default());
    filled(&mut machine, &mut topic);
    machine.stop();
    // Elsewhere "1" was deleted, and compaction has removed the record and the tombstone.
    topic.messages = vec![("3".into(), Some("c".into()))];
    let mut cache = machine.users();
    cache.recall(&present("t", SystemTime::now() + 13 * HOUR));
    topic.read_into(&mut cache);
    assert_eq!(diff(&mut cache, &[("1", "a")]).changes.len(), 1, "made anew: it has to be published");
}

#[test]
fn what_nothing_changes_does_not_grow_old_as_long_as_its_end_is_confirmed() {
    let (mut machine, mut topic) = (Machine::new(ALL), Topic::default());
    filled(&mut machine, &mut topic);
    let mut cache = machine.users();
    topic.bring_up(&mut cache);
    let now = SystemTime::now();
    assert!(!cache.wants_confirmation(now));
    assert!(cache.wants_confirmation(now + HOUR));
    let ends = |end| [(0, end)].into();
    cache.confirm(&ends(topic.end()), now + 10 * HOUR).unwrap();
    assert!(!cache.wants_confirmation(now + 10 * HOUR));
    drop(cache);
    machine.stop();
    let mut cache = machine.users();
    cache.recall(&present("t", now + 20 * HOUR));
    assert_eq!(cache.keys(), 2);
    topic.read_into(&mut cache);
    for end in [topic.end() + 1, topic.end() - 1] {
        let foreign = cache.confirm(&ends(end), now + 20 * HOUR).unwrap_err();
        assert!(matches!(foreign, StateError::Foreign { partition: 0, .. }));
    }
}

/// A commit says nothing of the partitions that it does not write to.
#[test]
fn a_busy_topic_is_told_where_its_idle_partitions_end_all_the_same() {
    let (mut machine, mut topic) = (Machine::new(ALL), Topic::default());
    filled(&mut machine, &mut topic);
    let mut cache = machine.users();
    topic.bring_up(&mut cache);
    let now = SystemTime::now();
    cache.confirm(&[(0, topic.end())].into(), now - HOUR).unwrap();
    assert_eq!(topic.commit(&mut cache, &[("1", "newer")]), 1);
    let later = now + Duration::from_secs(1);
    assert!(cache.wants_confirmation(later));
    cache.confirm(&[(0, topic.end())].into(), now).unwrap();
    assert!(!cache.wants_confirmation(later));
}

#[test]
fn a_topic_that_lacks_what_the_checkpoint_names_is_read_from_its_beginning() {
    let (mut machine, mut topic) = (Machine::new(ALL), Topic::default());
    filled(&mut machine, &mut topic);
    topic.messages.truncate(2);
    let mut cache = machine.users();
    cache.recall(&present("t", SystemTime::now()));
    cache.checkpoint_gone(&present("t", SystemTime::now()));
    assert_eq!((topic.read_into(&mut cache), cache.keys()), (2, 2));
    drop(cache);
    machine.stop();
    let mut cache = machine.users();
    cache.recall(&present("t", SystemTime::now()));
    assert_eq!((cache.keys(), cache.checkpoint().offsets.get(&0)), (2, Some(&2)));
}

#[test]
fn a_restore_that_was_cut_off_goes_on_where_it_was() {
    let messages = (0..120_000).map(|n| (format!("k{}", n % 90_000), Some(format!("v{n}")))).collect();
    let topic = Topic { messages, ..Topic::default() };
    for memory in [ALL, NOTHING] {
        let mut machine = Machine::new(memory);
        let mut cache = machine.users();
        cache.recall(&present("t", SystemTime::now()));
        for (offset, (key, value)) in (0..).zip(&topic.messages) {
            let fingerprint = value.as_deref().map(of);
            let key = key.as_bytes();
            cache.restore(&crate::model::StoredRecord {
                partition: 0,
                offset,
                key,
                fingerprint,
                deleted: false,
                foreign: false,
                parent: None,
                value: None,
                row: None,
            });
        }
        let mut after = machine.killed_now();
        let mut cache = after.users();
        cache.recall(&present("t", SystemTime::now()));
        let known = cache.checkpoint().offsets.get(&0).copied().unwrap();
        assert!((50_000..120_000).contains(&known), "{known}");
        topic.read_into(&mut cache);
        assert_eq!(cache.keys(), 90_000);
        assert_eq!(diff(&mut cache, &[("k0", "v90000"), ("k89999", "v89999")]).unchanged, 2);
    }
}

#[test]
fn bytes_that_were_seen_are_remembered_on_disk_too() {
    for memory in [ALL, NOTHING] {
        let (mut machine, mut topic) = (Machine::new(memory), Topic::default());
        topic.messages = vec![("1".into(), Some("a".into()))];
        let mut cache = machine.users();
        topic.bring_up(&mut cache);
        assert_eq!(diff(&mut cache, &[("1", "a")]).unchanged, 1); // its bytes were not known from the topic
        drop(cache);
        machine.stop();
        let mut cache = machine.users();
        topic.bring_up(&mut cache);
        let page = vec![crate::model::Record { key: "1".into(), raw: "a", deleted: false }];
        let asked = cache.diff(page, RuleId::WHOLE, |_, _| Err("asked")).unwrap();
        assert_eq!(asked.unwrap().unchanged, 1, "memory {memory}");
    }
}

#[test]
fn what_is_beyond_the_memory_leaves_it_and_all_resources_count_together() {
    let mut machine = Machine::new(37_700);
    let pages: Vec<(String, String)> = (0..150).map(|n| (n.to_string(), format!("v{n}"))).collect();
    let page: Vec<(&str, &str)> = pages.iter().map(|(key, raw)| (key.as_str(), raw.as_str())).collect();
    let mut topics = [Topic::default(), Topic::default()];
    let mut caches = [machine.cache("users", false), machine.cache("posts", true)];
    for (topic, cache) in topics.iter_mut().zip(&mut caches) {
        topic.bring_up(cache);
        assert_eq!(topic.commit(cache, &page), 150);
        assert_eq!(topic.commit(cache, &page), 0);
    }
    assert_eq!(caches.each_ref().map(|cache| cache.store().is_in_memory()), [true, false]);
    drop(caches);
    machine.stop();
    for (topic, (name, whole)) in topics.iter_mut().zip([("users", false), ("posts", true)]) {
        let mut cache = machine.cache(name, whole);
        topic.bring_up(&mut cache);
        assert_eq!((topic.commit(&mut cache, &page), cache.keys()), (0, 150), "{name}");
    }
}

#[test]
fn what_is_on_its_way_counts_against_the_memory_and_the_index_leaves_it_first() {
    let mut machine = Machine::new(40_000);
    let many: Vec<(String, String)> = (0..400).map(|n| (n.to_string(), format!("v{n}"))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(key, raw)| (key.as_str(), raw.as_str())).collect();
    let (mut topic, mut cache) = (Topic::default(), machine.cache("users", false));
    topic.bring_up(&mut cache);
    assert_eq!(topic.commit(&mut cache, &many[..100]), 100);
    assert!(cache.store().is_in_memory());
    // A scan that is one transaction: nothing of it is committed before its end.
    let pages: Vec<_> = many[100..].chunks(50).map(|page| diff(&mut cache, page)).collect();
    assert!(!cache.store().is_in_memory());
    assert!(
        !keeps_a_hundred_keys(machine.cache("posts", false)),
        "what is pending leaves no room for others"
    );
    cache.committed(pages.last().unwrap().sequence, [(0, 400)]).unwrap();
    assert_eq!((cache.keys(), diff(&mut cache, &many).unchanged), (400, 400));
    cache.abort();
    assert!(keeps_a_hundred_keys(machine.cache("monitors", false)), "it is given back");
}

/// Whether they may stay in memory.
fn keeps_a_hundred_keys(mut cache: Cache) -> bool {
    let page: Vec<(String, String)> = (0..100).map(|n| (n.to_string(), format!("v{n}"))).collect();
    let page: Vec<(&str, &str)> = page.iter().map(|(key, raw)| (key.as_str(), raw.as_str())).collect();
    let mut topic = Topic::default();
    topic.bring_up(&mut cache);
    topic.commit(&mut cache, &page);
    cache.store().is_in_memory()
}

#[test]
fn what_does_not_fit_at_a_start_leaves_the_memory_to_the_others() {
    let mut machine = Machine::new(200 * 71);
    let pages: Vec<(String, String)> = (0..300).map(|n| (n.to_string(), format!("v{n}"))).collect();
    let page: Vec<(&str, &str)> = pages.iter().map(|(key, raw)| (key.as_str(), raw.as_str())).collect();
    let mut topics = [Topic::default(), Topic::default()];
    for start in 0..2 {
        let mut caches = [machine.cache("large", false), machine.cache("small", false)];
        let records = [&page[..], &page[..50]];
        for ((topic, cache), records) in topics.iter_mut().zip(&mut caches).zip(records) {
            topic.bring_up(cache);
            topic.commit(cache, records);
        }
        let in_memory = caches.each_ref().map(|cache| cache.store().is_in_memory());
        assert_eq!(in_memory, [false, true], "start {start}");
        drop(caches);
        machine.stop();
    }
}

#[test]
fn resources_that_are_no_longer_configured_are_removed_from_disk() {
    let (mut machine, mut topic) = (Machine::new(ALL), Topic::default());
    filled(&mut machine, &mut topic);
    let mut other = machine.cache("posts", false);
    topic.bring_up(&mut other);
    drop(other);
    machine.keep_only(&["posts"]);
    machine.stop();
    let mut posts = machine.cache("posts", false);
    posts.recall(&present("t", SystemTime::now()));
    let mut users = machine.users();
    users.recall(&present("t", SystemTime::now()));
    assert_eq!((posts.keys(), users.keys()), (2, 0));
}

#[test]
fn a_disk_that_fails_takes_nothing_with_it_that_is_in_memory() {
    let many: Vec<(String, String)> = (0..6000).map(|n| (format!("k{n}"), format!("v{n}"))).collect();
    let page: Vec<(&str, &str)> = many.iter().map(|(key, raw)| (key.as_str(), raw.as_str())).collect();
    for whole_scans in [false, true] {
        let (mut machine, mut topic) = (Machine::new(ALL), Topic::default());
        let mut cache = machine.cache("users", whole_scans);
        topic.bring_up(&mut cache);
        topic.commit(&mut cache, &[("1", "a")]);
        machine.lose_the_disk();
        topic.commit(&mut cache, &page);
        cache.abort(); // writes what has gathered
        assert_eq!(topic.commit(&mut cache, &page), 0);
        assert_eq!(cache.keys(), 6001);
        cache.begin_scan();
        assert_eq!(cache.unseen().unwrap().len(), if whole_scans { 6001 } else { 0 });
        drop(cache);
        machine.stop();
        let mut cache = machine.cache("users", whole_scans);
        topic.bring_up(&mut cache);
        assert_eq!(topic.commit(&mut cache, &page), 0);
    }
}

#[test]
fn what_was_on_the_disk_alone_is_read_from_the_topic_before_anything_is_compared() {
    let (mut machine, mut topic) = (Machine::new(NOTHING), Topic::default());
    let mut cache = machine.users();
    topic.bring_up(&mut cache);
    let many: Vec<(String, String)> = (0..6000).map(|n| (format!("k{n}"), format!("v{n}"))).collect();
    let page: Vec<(&str, &str)> = many.iter().map(|(key, raw)| (key.as_str(), raw.as_str())).collect();
    topic.commit(&mut cache, &page);
    machine.lose_the_disk();
    let records = page
        .iter()
        .map(|(key, _)| crate::model::Record { key: (*key).into(), raw: "new", deleted: false })
        .collect();
    let new = |_: &crate::model::Record<'_>, known| Ok::<_, ()>(judged(of("new"), known));
    let lost = cache.diff(records, RuleId::WHOLE, new);
    let lost = match lost {
        Err(error) => error,
        // It was in the blocks that were read before: then the commit fails.
        Ok(diff) => {
            let diff = diff.unwrap();
            cache.committed(diff.sequence, [(0, topic.end() + 1)]).unwrap_err()
        }
    };
    assert!(matches!(lost, StateError::Disk { .. }), "{lost}");
    cache.abort();
    topic.bring_up(&mut cache);
    assert_eq!((topic.commit(&mut cache, &page), cache.keys()), (0, 6000));
}
