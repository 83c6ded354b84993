//! What counts as a change, and that it may be settled anew while records stand in the topic that were made by other rules.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::json;

use super::seed::{PATH, config, connector, world, world_of, written};
use crate::support::checker::{self, Seen, Tail};
use crate::support::{World, create_topic, delete_topic, until};

const LONG: Duration = Duration::from_secs(60);
const WHOLE: &str = "";
const NOT_SEEN: &str = "changes: {ignore_fields: [seen]}";
const NAME_ALONE: &str = "changes: {only_fields: [name]}";

fn put(world: &World, id: usize, name: &str, seen: usize) {
    let text = format!("{{\"id\":{id},\"name\":\"{name}\",\"seen\":{seen}}}");
    world.api.change(PATH, |all| all.put(&id.to_string(), &text));
}

/// Four records in a topic, all of them made while the whole record counted.
fn filled(test: &str) -> World {
    let world = world(test, 0);
    (1..=4).for_each(|id| put(&world, id, "first", 1));
    once(&world, WHOLE, 4);
    world
}

/// One scan with this block, and how many messages it publishes.
#[track_caller]
fn once(world: &World, changes: &str, published: usize) {
    let file = config(world, 100, changes);
    world.run_once(&file).exits(0).says(&[&format!("{published} published")]);
}

/// The numbers of the rules by which the newest messages of the keys were made; 0: the whole record.
fn rules_of(messages: &[Seen]) -> Vec<(String, String)> {
    let mut newest = std::collections::BTreeMap::new();
    for message in messages {
        let header = message.headers.iter().find(|(name, _)| name == "krest.fingerprint").unwrap();
        let header = String::from_utf8(header.1.clone()).unwrap();
        let rule = header.split_once('/').map_or("0", |(_, rule)| rule).to_owned();
        newest.insert(message.key_text().to_owned(), rule);
    }
    newest.into_iter().collect()
}

fn are(rules: [&str; 4]) -> Vec<(String, String)> {
    (1..).zip(rules).map(|(id, rule)| (id.to_string(), rule.to_owned())).collect()
}

/// What the offsets topic says of the resource's rules, in order.
fn stored_rules(world: &World, resource: &str) -> Vec<(String, String)> {
    let records = checker::read(world.bootstrap(), &world.offsets_topic());
    let head = format!("[\"{}\",{{\"resource\":\"{resource}\",\"rule\":", world.name);
    let rules = records.iter().filter(|record| record.key_text().starts_with(&head));
    let text = |rule: &Seen| rule.value_text().unwrap_or_default().to_owned();
    rules.map(|rule| (rule.key_text().replace(&head, "").replace("}]", ""), text(rule))).collect()
}

#[test]
fn a_change_of_ignore_fields_publishes_nothing_and_loses_no_change_with_or_without_the_disk() {
    for lost in [false, true] {
        let world = filled("ignored");
        if lost {
            world.fresh_directory();
        }
        put(&world, 2, "second", 2);
        once(&world, NOT_SEEN, 1);
        assert_eq!(rules_of(&world.checked("monitors", PATH)), are(["0", "1", "0", "0"]), "lost: {lost}");
        let rule = r#"{"version":1,"only_fields":[],"ignore_fields":["seen"]}"#;
        assert_eq!(stored_rules(&world, "monitors"), [("\"1\"".to_owned(), rule.to_owned())]);
        (1..=4).for_each(|id| put(&world, id, if id == 2 { "second" } else { "first" }, 3));
        once(&world, NOT_SEEN, 0);
        put(&world, 3, "third", 4);
        once(&world, NOT_SEEN, 1);
        // It counts again: from the next scan on, and what changes at this moment is not lost.
        if lost {
            world.fresh_directory();
        }
        put(&world, 2, "fourth", 5);
        let (others, again) = if lost { (2, [1, 4]) } else { (0, [2, 3]) };
        once(&world, WHOLE, 1 + others); // without the disk 1 and 4 are as they were made: whole
        once(&world, WHOLE, 0);
        again.iter().for_each(|id| put(&world, *id, "fifth", 6));
        once(&world, WHOLE, 2);
        assert_eq!(world.read("monitors").len(), 4 + 1 + 1 + 1 + others + 2);
    }
}

#[test]
fn messages_of_several_rules_stand_in_one_topic_and_each_is_compared_under_its_own() {
    let world = filled("mixed");
    put(&world, 2, "second", 1);
    once(&world, NOT_SEEN, 1);
    put(&world, 3, "second", 1);
    once(&world, NAME_ALONE, 1);
    assert_eq!(rules_of(&world.checked("monitors", PATH)), are(["0", "1", "2", "0"]));
    // All that is known is the topic: ...
    for changes in [WHOLE, NOT_SEEN, NAME_ALONE] {
        world.fresh_directory();
        once(&world, changes, 0);
    }
    // ... 2 and 3 were made without what changes now, 1 and 4 with it, and 4 changes its name, too.
    (1..=3).for_each(|id| put(&world, id, if id == 1 { "first" } else { "second" }, 2));
    put(&world, 4, "second", 2);
    world.fresh_directory();
    once(&world, NAME_ALONE, 2);
    assert_eq!(rules_of(&world.read("monitors")), are(["2", "1", "2", "2"]));
    assert_eq!(stored_rules(&world, "monitors").len(), 2, "a rule is written once, and found again");
    once(&world, NAME_ALONE, 0);
}

#[test]
fn every_task_and_whoever_takes_over_finds_the_numbers_of_the_rules() {
    let paths = [("/ants", 0), ("/bees", 0), ("/cats", 0)];
    let world = world_of("rules-of-tasks", &paths);
    let names = [("ants", "/ants"), ("bees", "/bees"), ("cats", "/cats")];
    let put = |seen: usize, name: &str| {
        let text = format!("{{\"id\":1,\"name\":\"{name}\",\"seen\":{seen}}}");
        paths.iter().for_each(|(path, _)| world.api.change(path, |all| all.put("1", &text)));
    };
    let file = |tasks: u32, changes: &str| {
        let more = format!("tasks.max: {tasks}\npoll: {{interval: 100ms}}\n{changes}");
        connector(&world, &world.name, &names, &more)
    };
    let newest = |name: &str, text: &str| {
        let newest = || world.read(name).last().is_some_and(|last| last.value_text().unwrap().contains(text));
        until(&format!("{text} in {name}"), LONG, || newest().then_some(()));
    };
    put(1, "one");
    let mut older = world.start(&["run", &file(3, NOT_SEEN)]);
    names.iter().for_each(|(name, _)| newest(name, "one"));
    world.fresh_directory();
    let newer = world.start(&[
        "run",
        &file(2, &format!("{NAME_ALONE}\noverrides: {{bees: {{changes: {{only_fields: []}}}}}}")),
    ]);
    until("the older instance to notice", LONG, || {
        put(1, &format!("two {}", fastrand::u32(..)));
        std::thread::sleep(Duration::from_millis(100));
        (!older.is_running()).then_some(())
    });
    older.finish(LONG).exits(3);
    put(2, "three");
    names.iter().for_each(|(name, _)| newest(name, "three"));
    for (name, _) in names {
        let rule = if name == "bees" { "0" } else { "2" };
        assert_eq!(rules_of(&world.read(name)), [("1".to_owned(), rule.to_owned())], "{name}");
        let stored = stored_rules(&world, name);
        let expected = if name == "bees" { 1 } else { 2 };
        assert_eq!(stored.len(), expected, "{name}: {stored:?}");
    }
    newer.terminate().exits(0);
}

#[test]
fn without_the_offsets_topic_a_message_is_known_by_the_rule_of_today_and_else_changed_once() {
    let world = filled("lost-rules");
    put(&world, 1, "second", 1);
    once(&world, NOT_SEEN, 1);
    put(&world, 2, "second", 1);
    once(&world, NAME_ALONE, 1);
    let lose = || {
        delete_topic(world.bootstrap(), &world.offsets_topic());
        create_topic(world.bootstrap(), &world.offsets_topic(), 1, &[("cleanup.policy", "compact")]);
        world.fresh_directory();
    };
    lose();
    once(&world, NOT_SEEN, 1); // that of 2 is nobody's any more; that of 1 has the same number again
    assert_eq!(rules_of(&world.read("monitors")), are(["1", "1", "0", "0"]));
    once(&world, NOT_SEEN, 0);
    lose();
    once(&world, NAME_ALONE, 2); // its number is that of another rule now
    assert_eq!(rules_of(&world.read("monitors")), are(["1", "1", "0", "0"]));
    world.fresh_directory();
    once(&world, NAME_ALONE, 0);
}

#[test]
fn what_is_appended_by_its_key_comes_again_only_if_what_counts_has_changed() {
    let world = world("appended-changes", 0);
    let source = format!(
        "  resources:
    - {{name: monitors, primary_key: id, write_disposition: append, endpoint: {{path: {PATH}, data_selector: data, paginator: single_page}}}}"
    );
    let file = written(&world, "config.yaml", &source, NOT_SEEN);
    put(&world, 1, "first", 1);
    world.run_once(&file).exits(0).says(&["1 published"]);
    put(&world, 1, "first", 2);
    world.run_once(&file).exits(0).says(&["0 published"]);
    put(&world, 1, "second", 3);
    world.run_once(&file).exits(0).says(&["1 published"]);
}

#[test]
fn without_a_key_the_whole_record_is_its_own_whatever_counts_elsewhere() {
    let world = world("keyless-changes", 0);
    let resource = |name: &str, more: &str| {
        let endpoint = format!("{{path: {PATH}, data_selector: data, paginator: single_page}}");
        format!("    - {{name: {name}, write_disposition: replace, {more} endpoint: {endpoint}}}\n")
    };
    let source =
        format!("  resources:\n{}{}", resource("monitors", ""), resource("keyed", "primary_key: id,"));
    let file = written(&world, "config.yaml", &source, &format!("{NOT_SEEN}\ndeletes: {{max_share: 1}}"));
    put(&world, 1, "first", 1);
    world.run(&["check", &file]).exits(0).says(&["not for the resource \"monitors\""]);
    world.run_once(&file).exits(0);
    put(&world, 1, "first", 2);
    world.run_once(&file).exits(0);
    assert_eq!(world.read("monitors").len(), 3, "another record, and a tombstone for the one before");
    assert_eq!(world.read("keyed").len(), 1);
}

#[test]
fn dead_letters_are_told_apart_by_the_whole_record() {
    let world = world("letters-of-rules", 0);
    let file = config(&world, 100, &format!("errors: {{tolerance: all}}\n{NOT_SEEN}"));
    let letters = || checker::read(world.bootstrap(), &world.topic("monitors.dlq")).len();
    for (seen, expected) in [(1, 1), (2, 2)] {
        let text = format!("{{\"id\":null,\"seen\":{seen}}}");
        world.api.change(PATH, |all| all.put("none", &text));
        world.run_once(&file).exits(0);
        assert_eq!(letters(), expected);
    }
}

#[test]
fn a_rule_that_finds_no_number_is_refused_before_anybody_is_fenced() {
    let world = filled("all-taken");
    let mut healthy = world.start(&["run", &config(&world, 100, "poll: {interval: 100ms}")]);
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", world.bootstrap()).create().unwrap();
    for id in 1..=255 {
        let key = json!([world.name, { "resource": "monitors", "rule": id.to_string() }]).to_string();
        let rule =
            json!({ "version": 1, "only_fields": [format!("f{id}")], "ignore_fields": [] }).to_string();
        producer.send(BaseRecord::to(&world.offsets_topic()).key(&key).payload(&rule)).unwrap();
    }
    producer.flush(LONG).unwrap();
    let key = format!("[\"{}\",{{\"resource\":\"monitors\",\"rule\":\"1\"}}]", world.name);
    world.fresh_directory();
    let file = world.file("refused.yaml", &std::fs::read_to_string(config(&world, 100, NOT_SEEN)).unwrap());
    world.run_once(&file).exits(2).says(&["255 rules", &key.replace('"', "\\\""), &world.offsets_topic()]);
    once_more(&world, &mut healthy);
    healthy.terminate().exits(0);
    // One that is given up makes room.
    producer.send(BaseRecord::<str, str>::to(&world.offsets_topic()).key(&key)).unwrap();
    producer.flush(LONG).unwrap();
    put(&world, 1, "third", 1);
    once(&world, NOT_SEEN, 1);
    assert_eq!(rules_of(&world.read("monitors"))[0], ("1".to_owned(), "1".to_owned()));
}

/// The instance that was there goes on.
fn once_more(world: &World, healthy: &mut crate::support::Running) {
    put(world, 1, "second", 1);
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(5);
    assert!(healthy.is_running());
}
