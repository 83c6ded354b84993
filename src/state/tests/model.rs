//! Random operations, with crashes and restarts between them, against a model that remembers everything.

use std::collections::BTreeMap;
use std::time::SystemTime;

use proptest::prelude::*;

use super::support::{ALL, DELETED, Machine, NOTHING, Topic, before, diff, present, text};
use crate::model::Before;
use crate::state::Cache;

/// The value of a record that is deleted.
const DELETES: u8 = 4;

#[derive(Clone, Debug)]
enum Step {
    /// Records of a page, those with the value 4 deleted; whether its transaction is committed.
    Page(Vec<(u8, u8)>, bool),
    Delete(Vec<u8>),
    /// Another writer's message, read at the next start.
    Foreign(u8, u8),
    Stop,
    Kill,
    /// The session is lost, the process goes on.
    Lost,
    /// The disk of some steps ago is put back.
    Older,
    Confirm,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let record = || (0_u8..12, 0_u8..4);
    let step = prop_oneof![
        8 => (prop::collection::vec((0_u8..12, 0_u8..=DELETES), 0..8), prop::bool::weighted(0.8)).prop_map(|(page, committed)| Step::Page(page, committed)),
        2 => prop::collection::vec(0_u8..12, 1..3).prop_map(Step::Delete),
        1 => record().prop_map(|(key, value)| Step::Foreign(key, value)),
        1 => Just(Step::Stop),
        2 => Just(Step::Kill),
        1 => Just(Step::Lost),
        1 => Just(Step::Older),
        1 => Just(Step::Confirm),
    ];
    prop::collection::vec(step, 1..30)
}

struct World {
    machine: Machine,
    older: Option<Machine>,
    topic: Topic,
    cache: Cache,
    whole_scans: bool,
    /// Of rows.
    texts: Texts,
    /// Tells one publication of a row from the next one with the same fingerprint.
    serial: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Texts {
    Off,
    Readable,
    /// A topic does not tell them.
    Unreadable,
}

impl World {
    fn new(memory: u64, whole_scans: bool, texts: Texts) -> Self {
        let mut machine = Machine::new(memory);
        let cache = machine.cache("users", whole_scans).with_texts(texts != Texts::Off);
        let topic = Topic { unreadable: texts == Texts::Unreadable, ..Topic::default() };
        let mut world = Self { machine, older: None, topic, cache, whole_scans, texts, serial: 0 };
        world.topic.bring_up(&mut world.cache);
        world
    }

    /// A record with this value: what is behind the `#` does not count.
    fn record(&mut self, value: u8) -> String {
        self.serial += 1;
        format!("{value}#{}", self.serial)
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Page(records, committed) => self.page(records, *committed),
            Step::Delete(keys) => {
                let mut keys: Vec<String> = keys.iter().map(u8::to_string).collect();
                keys.dedup();
                let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
                self.topic.delete(&mut self.cache, &keys);
            }
            Step::Foreign(key, value) => {
                let record = self.record(*value);
                self.topic.messages.push((key.to_string(), Some(record)));
                self.restart(Machine::killed_now);
            }
            Step::Stop => {
                drop(std::mem::take(&mut self.cache));
                self.machine.stop();
                self.start();
            }
            Step::Kill => self.restart(Machine::killed_now),
            Step::Lost => {
                self.cache.abort();
                self.topic.bring_up(&mut self.cache);
            }
            Step::Older => {
                let newer = self.machine.killed_now();
                if let Some(older) = self.older.replace(newer) {
                    self.restart(|_| older);
                }
            }
            Step::Confirm => {
                let ends = BTreeMap::from([(0, self.topic.end())]);
                self.cache.confirm(&ends, SystemTime::now()).unwrap();
            }
        }
    }

    fn page(&mut self, records: &[(u8, u8)], committed: bool) {
        let mut text = |value| if value == DELETES { DELETED.to_owned() } else { self.record(value) };
        let records: Vec<(String, String)> =
            records.iter().map(|(key, value)| (key.to_string(), text(*value))).collect();
        let records: Vec<(&str, &str)> = records.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        if committed {
            self.topic.commit(&mut self.cache, &records);
        } else {
            diff(&mut self.cache, &records);
            self.cache.abort();
        }
    }

    fn restart(&mut self, next: impl FnOnce(&Machine) -> Machine) {
        let next = next(&self.machine);
        drop(std::mem::take(&mut self.cache));
        self.machine = next;
        self.start();
    }

    fn start(&mut self) {
        let keeps = self.texts != Texts::Off;
        self.cache = self.machine.cache("users", self.whole_scans).with_texts(keeps);
        self.topic.bring_up(&mut self.cache);
    }

    /// The cache says of every key what the topic says.
    fn check(&mut self) {
        let mut table: BTreeMap<&str, &str> = BTreeMap::new();
        for (key, value) in &self.topic.messages {
            match value {
                Some(value) => drop(table.insert(key, value)),
                None => drop(table.remove(key.as_str())),
            }
        }
        assert_eq!(self.cache.keys(), table.len());
        let all: Vec<(&str, &str)> = table.into_iter().collect();
        assert_eq!(diff(&mut self.cache, &all).changes.len(), 0);
        for key in (0_u8..12).map(|key| key.to_string()) {
            let known = all.iter().any(|(there, _)| *there == key);
            let other = diff(&mut self.cache, &[(&key, "none of them")]);
            assert_eq!(other.changes.len(), 1, "{key} is known: {known}");
        }
        self.cache.abort();
        for key in (0_u8..12).map(|key| key.to_string()) {
            let known = all.iter().any(|(there, _)| *there == key);
            let deleted = diff(&mut self.cache, &[(&key, DELETED)]);
            assert_eq!((deleted.changes.len(), deleted.unchanged), (known.into(), (!known).into()), "{key}");
        }
        self.cache.abort();
        for (key, value) in &all {
            let before = before(&mut self.cache, key);
            let known = before == text(value);
            match self.texts {
                Texts::Off => assert_eq!(before, Before::Unknown, "{key}"),
                Texts::Readable => assert!(known, "{key}: {before:?}, and it was {value}"),
                Texts::Unreadable => {
                    assert!(known || before == Before::Unknown, "{key}: {before:?}, and it was {value}");
                }
            }
            let keys: [Box<[u8]>; 1] = [key.as_bytes().into()];
            assert_eq!(self.cache.before(&keys).unwrap(), [before], "{key}, of a row that is gone");
        }
        if self.whole_scans {
            self.cache.begin_scan();
            let gone = self.cache.unseen().unwrap();
            let mut gone: Vec<String> =
                gone.into_iter().map(|key| String::from_utf8(key.into()).unwrap()).collect();
            gone.sort();
            let mut keys: Vec<&str> = all.iter().map(|(key, _)| *key).collect();
            keys.sort_unstable();
            assert_eq!(gone, keys);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_cache_says_what_its_topic_says_whatever_happens(
        steps in steps(),
        memory in prop_oneof![Just(ALL), Just(NOTHING), Just(6 * 71)],
        whole_scans: bool,
        texts in prop_oneof![Just(Texts::Off), Just(Texts::Readable), Just(Texts::Unreadable)],
    ) {
        let mut world = World::new(memory, whole_scans, texts);
        for step in &steps {
            world.take(step);
            world.check();
        }
    }
}

#[test]
fn a_recalled_cache_without_a_disk_goes_on_in_the_same_process() {
    let (mut cache, mut topic) = (Cache::default(), Topic::default());
    topic.bring_up(&mut cache);
    topic.commit(&mut cache, &[("1", "a")]);
    cache.recall(&present("t", SystemTime::now()));
    assert_eq!((topic.read_into(&mut cache), cache.keys()), (0, 1));
}
