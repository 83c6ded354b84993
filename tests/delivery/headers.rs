//! Headers that tell where a record comes from: those that were asked for, on every message, and no secret in them.

use super::seed::{PATH, config, world, written};
use crate::support::api::{Answer, generated};
use crate::support::checker::{self, Seen};
use crate::support::{World, create_topic};

const ALL: &str = "format: {headers: [connector, resource, scan, page, url, fetched_at, etag]}";
const SNAPSHOT: &str = "deletes: {mode: snapshot, max_share: 1}";

fn header<'s>(message: &'s Seen, name: &str) -> Option<&'s str> {
    let (_, value) = message.headers.iter().find(|(key, _)| key == name)?;
    std::str::from_utf8(value).ok()
}

fn names(message: &Seen) -> Vec<&str> {
    message.headers.iter().map(|(name, _)| name.as_str()).collect()
}

fn of<'s>(messages: &'s [Seen], key: &str) -> &'s Seen {
    messages.iter().rfind(|message| message.key_text() == key).unwrap()
}

/// Every page has this name of its state.
fn tagged(world: &World) {
    let tag = format!("W/\"1-{}\"", world.canary);
    let headers = [("etag".to_owned(), tag)].into_iter().collect();
    world.api.answers(vec![Answer { headers, ..Answer::default() }]);
}

#[test]
fn every_message_has_the_headers_that_were_asked_for_and_by_default_none_of_them() {
    let world = world("headers", 3);
    let plain = config(&world, 2, SNAPSHOT);
    world.run_once(&plain).exits(0).says(&["3 published"]);
    assert_eq!(names(of(&world.read("monitors"), "1")), ["krest.fingerprint", "krest.source"]);
    tagged(&world);
    let file = config(&world, 2, &format!("{ALL}\n{SNAPSHOT}"));
    world.run_once(&file).exits(0).says(&[" 0 published"]);
    for id in [1, 3] {
        let (key, text) = generated(id, 2, 120);
        world.api.change(PATH, |all| all.put(&key, &text));
    }
    world.api.change(PATH, |all| all.remove("2"));
    world.run_once(&file).exits(0).says(&["3 published"]);
    let messages = world.read("monitors"); // with no secret in them
    let first = of(&messages, "1");
    assert_eq!(
        names(first),
        [
            "krest.fingerprint",
            "krest.connector",
            "krest.resource",
            "krest.scan",
            "krest.page",
            "krest.url",
            "krest.fetched_at",
            "krest.etag",
            "krest.source",
        ]
    );
    let told = |message, name| header(message, name).unwrap();
    assert_eq!(
        (told(first, "krest.connector"), told(first, "krest.resource")),
        (world.name.as_str(), "monitors")
    );
    assert_eq!((told(first, "krest.scan"), told(first, "krest.page")), ("3", "1"));
    assert_eq!(told(first, "krest.etag"), "W/\"1-***\"");
    let url = told(first, "krest.url");
    assert!(url.starts_with(&world.api.url()) && url.contains("limit=2"), "{url}");
    let fetched: u64 = told(first, "krest.fetched_at").parse().unwrap();
    assert!(fetched > 1_700_000_000_000, "{fetched}");
    // No page shows what is missing.
    let gone = of(&messages, "2");
    assert_eq!(gone.value, None);
    assert_eq!(names(gone), ["krest.connector", "krest.resource", "krest.scan", "krest.source"]);
    world.fresh_directory();
    world.run_once(&file).exits(0).says(&[" 0 published"]);
}

#[test]
fn a_record_that_is_too_large_with_its_headers_is_set_aside() {
    let world = world("headers_large", 0);
    let text = |id: &str, bytes: usize| format!("{{\"id\":\"{id}\",\"x\":\"{}\"}}", "x".repeat(bytes));
    let settings = [("cleanup.policy", "compact"), ("max.message.bytes", "20000")];
    create_topic(world.bootstrap(), &world.topic("monitors"), 1, &settings);
    let tag = "e".repeat(3000);
    let headers = [("etag".to_owned(), tag)].into_iter().collect();
    world.api.answers(vec![Answer { headers, ..Answer::default() }]);
    world.api.change(PATH, |all| {
        all.put("a", &text("a", 17_500));
        all.put("b", &text("b", 10));
    });
    let source = format!(
        "  resources:
    - {{name: monitors, primary_key: id, endpoint: {{path: {PATH}, data_selector: data, paginator: single_page}}}}"
    );
    let file = |more: &str| {
        written(
            &world,
            "large.yaml",
            &source,
            &format!("errors: {{tolerance: all, max.per.scan: 5}}\n{more}"),
        )
    };
    for more in ["format: {headers: [etag]}", "format: {headers: [etag], envelope: debezium}"] {
        world.run_once(&file(more)).exits(0).says(&["1 dead letter"]);
    }
    assert_eq!(of(&world.read("monitors"), "b").key_text(), "b");
    let letters = checker::read(world.bootstrap(), &world.topic("monitors.dlq"));
    assert_eq!(header(&letters[0], "__connect.errors.exception.class.name"), Some("krest.MessageTooLarge"));
    world.run_once(&file("")).exits(0).says(&["1 published"]);
    assert_eq!(world.read("monitors").len(), 2);
}
