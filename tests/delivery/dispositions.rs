//! What a scan does to the topic: `replace` and `append`. (`merge` is everywhere else.)

use std::collections::BTreeMap;

use super::seed::{PATH, world, written};
use crate::support::checker::Seen;
use crate::support::{World, create_topic, topic_settings};

/// One resource, `monitors`, in pages of 50 without a total; `resource` is further YAML of it, `more` krest's own blocks.
fn config(world: &World, resource: &str, more: &str) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      endpoint: {{path: {PATH}, data_selector: data, paginator: {{type: offset, limit: 50, total_path: null}}}}
      {resource}"
    );
    written(world, "config.yaml", &source, more)
}

/// What a reader that keeps the newest value of each key has.
fn table(messages: &[Seen]) -> BTreeMap<String, String> {
    let mut table = BTreeMap::new();
    for message in messages {
        let key = message.key_text().to_owned();
        match &message.value {
            Some(value) => drop(table.insert(key, String::from_utf8_lossy(value).into_owned())),
            None => drop(table.remove(&key)),
        }
    }
    table
}

fn has(message: &Seen, header: &str) -> bool {
    message.headers.iter().any(|(name, _)| name == header)
}

fn tombstones(messages: &[Seen]) -> Vec<&str> {
    messages.iter().filter(|message| message.value.is_none()).map(Seen::key_text).collect()
}

#[test]
fn replace_deletes_what_a_complete_scan_did_not_show_and_nothing_twice() {
    let world = world("replace", 120);
    let file = config(&world, "primary_key: id\n      write_disposition: replace", "");
    world.run_once(&file).exits(0);
    assert_eq!(world.read("monitors").len(), 120);
    for gone in ["7", "120"] {
        world.api.change(PATH, |all| all.remove(gone));
    }
    // A new directory and a new process: the keys come from the topic alone.
    world.fresh_directory();
    world.run_once(&file).exits(0).says(&["2 published (2 tombstones)"]);
    let messages = world.read("monitors");
    assert_eq!(messages.len(), 122);
    let mut gone = tombstones(&messages);
    gone.sort_unstable();
    assert_eq!(gone, ["120", "7"]);
    assert!(
        messages.iter().filter(|message| message.value.is_none()).all(|message| has(message, "krest.source"))
    );
    world.run_once(&file).exits(0);
    assert_eq!(world.read("monitors").len(), 122, "what is gone is not deleted again");
    // It comes back, and it is a row again.
    world.api.change(PATH, |all| all.put("7", "{\"id\":7,\"again\":true}"));
    world.run_once(&file).exits(0);
    let messages = world.read("monitors");
    assert_eq!((messages.len(), table(&messages).len()), (123, 119));
}

#[test]
fn replace_without_a_key_takes_the_content_for_one() {
    let world = world("keyless", 60);
    let file = config(&world, "write_disposition: replace", "");
    world.run_once(&file).exits(0);
    world.api.change(PATH, |all| all.put("7", "{\"id\":7,\"other\":true}"));
    world.run_once(&file).exits(0);
    let messages = world.read("monitors");
    assert_eq!((messages.len(), tombstones(&messages).len(), table(&messages).len()), (62, 1, 60));
    assert!(messages.iter().all(|message| message.key_text().len() == 32));
}

#[test]
fn replace_deletes_nothing_after_a_scan_that_did_not_see_everything() {
    let world = world("incomplete", 120);
    let file = config(&world, "primary_key: id\n      write_disposition: replace", "");
    world.run_once(&file).exits(0);
    world.api.change(PATH, |all| all.remove("7"));
    world.api.change(PATH, |all| all.put("1", "{\"id\":1,\"changed\":true}"));
    world.api.answers(vec![crate::support::api::Answer {
        offset: Some(50),
        status: Some(400),
        ..Default::default()
    }]);
    world.run_once(&file).exits(1);
    assert_eq!(world.read("monitors").len(), 121);
    world.api.answers(Vec::new());
    // The scan that goes on at page 2 is no complete one; the one after it is.
    world.run_once(&file).exits(0);
    assert_eq!(tombstones(&world.read("monitors")), Vec::<&str>::new());
    world.run_once(&file).exits(0);
    assert_eq!(tombstones(&world.read("monitors")), ["7"]);
}

#[test]
fn replace_deletes_nothing_where_offsets_may_have_passed_over_records() {
    let world = world("capped", 120);
    let file = config(&world, "primary_key: id\n      write_disposition: replace", "");
    world.run_once(&file).exits(0);
    // The API gives 45 records where 50 are asked for, and the offset goes on by 50.
    let page = world.api.change(PATH, |all| all.page(0, 45));
    world.api.answers(vec![crate::support::api::Answer {
        offset: Some(0),
        body: Some(page),
        ..Default::default()
    }]);
    world.run_once(&file).exits(0).says(&["records are skipped", "nothing was deleted"]);
    assert_eq!(tombstones(&world.read("monitors")), Vec::<&str>::new());
}

#[test]
fn after_a_loop_the_next_scan_begins_anew() {
    let world = world("circle", 60);
    let file = config(&world, "primary_key: id", "");
    let page = world.api.change(PATH, |all| all.page(0, 50));
    world.api.answers(vec![crate::support::api::Answer { body: Some(page), ..Default::default() }]);
    world.run_once(&file).exits(1).says(&["over and over"]);
    world.api.answers(Vec::new());
    world.api.forget_requests();
    world.run_once(&file).exits(0);
    assert_eq!(world.api.log()[0].offset(), Some(0));
    assert_eq!(world.read("monitors").len(), 60);
}

#[test]
fn replace_deletes_nothing_where_the_operator_says_so() {
    let world = world("kept", 20);
    let file = config(&world, "primary_key: id\n      write_disposition: replace", "deletes: {mode: none}");
    world.run_once(&file).exits(0);
    world.api.change(PATH, |all| all.remove("7"));
    world.run_once(&file).exits(0);
    assert_eq!(tombstones(&world.read("monitors")), Vec::<&str>::new());
}

#[test]
fn replace_refuses_to_delete_more_than_the_share_that_is_allowed() {
    let world = world("guard", 100);
    let replace = "primary_key: id\n      write_disposition: replace";
    let file = config(&world, replace, "");
    world.run_once(&file).exits(0);
    for gone in 1..=21 {
        world.api.change(PATH, |all| all.remove(&gone.to_string()));
    }
    world
        .run_once(&file)
        .exits(1)
        .says(&["21 of 100 records are no longer there, more than deletes.max_share allows (0.2)"]);
    assert_eq!(world.read("monitors").len(), 100);
    let file = config(&world, replace, "deletes: {max_share: 0.21}");
    world.run_once(&file).exits(0);
    assert_eq!(tombstones(&world.read("monitors")).len(), 21);
}

#[test]
fn append_publishes_every_record_of_every_scan_to_a_topic_that_is_not_compacted() {
    let world = world("append", 60);
    let file = config(&world, "write_disposition: append", "");
    world.run(&["check", &file]).exits(0).says(&["every scan appends"]);
    world.run_once(&file).exits(0);
    world.run_once(&file).exits(0);
    let messages = world.read("monitors");
    assert_eq!(messages.len(), 120);
    assert!(messages.iter().all(|message| message.key.is_none() && has(message, "krest.fingerprint")));
    assert_eq!(topic_settings(world.bootstrap(), &world.topic("monitors"))["cleanup.policy"], "delete");
}

#[test]
fn append_with_a_primary_key_publishes_what_is_new_or_changed_under_that_key() {
    let world = world("appendkey", 20);
    let file = config(&world, "write_disposition: append\n      primary_key: id", "");
    world.run_once(&file).exits(0);
    let messages = world.read("monitors");
    assert_eq!((messages.len(), table(&messages).len()), (20, 20));
    world.api.change(PATH, |all| all.put("7", "{\"id\":7,\"changed\":true}"));
    world.api.change(PATH, |all| all.remove("8"));
    world.fresh_directory();
    world.run_once(&file).exits(0);
    let messages = world.read("monitors");
    assert_eq!((messages.len(), tombstones(&messages).len()), (21, 0));
    assert_eq!(table(&messages)["7"], "{\"id\":7,\"changed\":true}");
}

#[test]
fn append_refuses_a_compacted_topic() {
    let world = world("compacted", 5);
    create_topic(world.bootstrap(), &world.topic("monitors"), 1, &[("cleanup.policy", "compact")]);
    let file = config(&world, "write_disposition: append", "");
    world.run_once(&file).exits(2).says(&["compaction would remove all but the newest of each key"]);
    assert_eq!(world.read("monitors").len(), 0);
}
