//! Records that cannot be published, where that is tolerated: a dead letter each, in one transaction with the others of their
//! page.

use std::collections::BTreeMap;
use std::time::Duration;

use super::seed::{PATH, world, written};
use crate::support::checker::{self, Seen, Tail};
use crate::support::{World, create_topic, topic_settings, until};

/// One resource, `monitors`, in pages of `limit`; `resource` is further YAML of it, `more` krest's own blocks.
fn config(world: &World, limit: usize, resource: &str, more: &str) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      endpoint: {{path: {PATH}, data_selector: data, paginator: {{type: offset, limit: {limit}, total_path: null}}}}
      {resource}"
    );
    written(world, "config.yaml", &source, more)
}

const KEYED: &str = "primary_key: id\n      write_disposition: merge";
const TOLERANT: &str = "errors: {tolerance: all}";

/// The dead letters of `monitors`, with no secret in them.
fn letters(world: &World) -> Vec<Seen> {
    let letters = checker::read(world.bootstrap(), &world.topic("monitors.dlq"));
    assert_eq!(checker::leaks_in(&letters, &world.canary), Vec::<String>::new());
    letters
}

fn header<'s>(letter: &'s Seen, name: &str) -> Option<&'s str> {
    let (_, value) = letter.headers.iter().find(|(key, _)| key == name)?;
    std::str::from_utf8(value).ok()
}

/// The letters by what is wrong; each fault once.
fn by_fault(letters: &[Seen]) -> BTreeMap<&str, &Seen> {
    let name = |letter| header(letter, "__connect.errors.exception.class.name").unwrap();
    let faults: BTreeMap<_, _> = letters.iter().map(|letter| (name(letter), letter)).collect();
    assert_eq!(faults.len(), letters.len(), "{faults:?}");
    faults
}

/// Every header of a letter from the first page, byte for byte and in order.
#[track_caller]
fn all_headers(world: &World, letter: &Seen, [stage, part, fault]: [&str; 3]) {
    let text = |(name, value): &(String, Vec<u8>)| (name.clone(), String::from_utf8(value.clone()).unwrap());
    let headers: Vec<(String, String)> = letter.headers.iter().map(text).collect();
    let message = header(letter, "__connect.errors.exception.message").unwrap();
    assert!(message.starts_with("resource monitors, page 1 (http://"), "{message}");
    let (fingerprint, record) = (&headers[7].1, &headers[11].1);
    assert!(fingerprint.len() == 32 && (1..=5).contains(&record.parse().unwrap()), "{headers:?}");
    let expected = [
        ("__connect.errors.topic", world.topic("monitors")),
        ("__connect.errors.connector.name", world.name.clone()),
        ("__connect.errors.task.id", "0".to_owned()),
        ("__connect.errors.stage", stage.to_owned()),
        ("__connect.errors.class.name", part.to_owned()),
        ("__connect.errors.exception.class.name", fault.to_owned()),
        ("__connect.errors.exception.message", message.to_owned()),
        ("krest.fingerprint", fingerprint.clone()),
        ("krest.resource", "monitors".to_owned()),
        ("krest.scan", "1".to_owned()),
        ("krest.page", "1".to_owned()),
        ("krest.record", record.clone()),
        ("krest.url", format!("{}/v1/monitors?offset=0&limit=50&api_key=***", world.api.url())),
        ("krest.source", format!("[\"{}\",{{\"resource\":\"monitors\"}}]", world.name)),
    ];
    assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value)));
}

#[test]
fn every_kind_of_bad_record_becomes_a_letter_and_the_good_ones_around_it_are_published() {
    let world = world("letters", 60);
    let deep = format!("{{\"id\":99,\"n\":1,\"v\":{}{}}}", "[".repeat(130), "]".repeat(130));
    let composite = r#"{"id":{"a":1},"n":1}"#;
    let bad = [
        ("krest.KeyMissing", None, r#"{"nr" : 1.0, "n":1}"#, "KEY_CONVERTER", "krest.primary_key"),
        ("krest.KeyNull", None, r#"{"id":null,"n":1}"#, "KEY_CONVERTER", "krest.primary_key"),
        ("krest.KeyNotScalar", None, composite, "KEY_CONVERTER", "krest.primary_key"),
        ("krest.StepFailed", Some("98"), r#"{"id":98,"n":"x"}"#, "TRANSFORMATION", "krest.processing_steps"),
        ("krest.NestedTooDeep", Some("99"), deep.as_str(), "VALUE_CONVERTER", "krest.format"),
    ];
    for (n, (_, _, text, _, _)) in bad.iter().enumerate() {
        world.api.change(PATH, |all| all.put_first(&format!("bad {n}"), text));
    }
    let filter = format!("{KEYED}\n      processing_steps: [{{filter: '(.n // 0) + 1 > 0'}}]");
    let file = config(&world, 50, &filter, TOLERANT);
    let finished = world.run_once(&file).exits(0);
    finished.says(&[
        "60 published, 0 unchanged, 5 dead letters",
        "5 of 65 records cannot be published",
        "monitors.dlq",
    ]);
    assert_eq!(world.read("monitors").len(), 60);

    let letters = letters(&world);
    let faults = by_fault(&letters);
    for (fault, key, text, stage, part) in bad {
        let letter = faults[fault];
        assert_eq!(
            (letter.value_text(), letter.key_text()),
            (Some(text), key.unwrap_or("(none)")),
            "{fault}"
        );
        all_headers(&world, letter, [stage, part, fault]);
    }
    let settings = topic_settings(world.bootstrap(), &world.topic("monitors.dlq"));
    assert_eq!(settings["cleanup.policy"], "delete");
}

#[test]
fn without_tolerance_the_first_bad_record_fails_the_scan_and_there_is_no_topic_for_letters() {
    let world = world("intolerant", 10);
    world.api.change(PATH, |all| all.put("x", "{\"nr\":1}"));
    let file = config(&world, 50, KEYED, "");
    world.run_once(&file).exits(1).says(&["record 11", "is missing", "errors.tolerance: all"]);
    assert_eq!(checker::partitions(world.bootstrap(), &world.topic("monitors.dlq")), 0);
    // What preview shows does not depend on it.
    for file in [file, config(&world, 50, KEYED, TOLERANT)] {
        let shown = world.run(&["preview", &file, "-n", "0"]).exits(1).says(&["record 11", "is missing"]);
        assert!(shown.stdout.ends_with("\"key\":null,\"value\":{\"nr\":1}}\n"), "{}", shown.stdout);
    }
}

#[test]
fn a_letter_is_sent_once_in_the_life_of_a_process() {
    let world = world("once", 10);
    world.api.change(PATH, |all| all.put("x", "{\"nr\":1}"));
    let file = config(&world, 50, KEYED, "errors: {tolerance: all}\npoll: {interval: 200ms}");
    let running = world.start(&["run", &file]);
    until("five scans", Duration::from_secs(30), || (world.api.requests(PATH) >= 10).then_some(()));
    assert_eq!(letters(&world).len(), 1);
    world.api.change(PATH, |all| all.put("x", "{\"nr\":2}"));
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors.dlq"));
    assert!(tail.wait_for(2).iter().any(|letter| letter.value_text() == Some("{\"nr\":2}")));
    // It is well again, and then bad as it was: its letter is there already.
    world.api.change(PATH, |all| all.put("x", "{\"id\":77}"));
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(11);
    world.api.change(PATH, |all| all.put("x", "{\"nr\":2}"));
    world.api.forget_requests();
    until("three scans", Duration::from_secs(30), || (world.api.requests(PATH) >= 6).then_some(()));
    running.terminate().exits(0);
    assert_eq!((letters(&world).len(), world.read("monitors").len()), (2, 11));
}

#[test]
fn a_row_that_turns_bad_keeps_its_message_and_is_compared_with_it_when_it_is_well_again() {
    let world = world("again", 10);
    let steps = format!("{KEYED}\n      processing_steps: [{{filter: '(.n // 0) + 1 > 0'}}]");
    let file = config(&world, 50, &steps, "errors: {tolerance: all}\npoll: {interval: 100ms}");
    let running = world.start(&["run", &file]);
    // One process: what it knows of the row has to outlive the letter.
    let published = |text: &str, count: usize| {
        world.api.change(PATH, |all| all.put("7", text));
        world.api.forget_requests();
        until("three scans", Duration::from_secs(30), || (world.api.requests(PATH) >= 8).then_some(()));
        assert_eq!(world.read("monitors").len(), count, "{text}");
    };
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(10);
    published("{\"id\":7,\"n\":1}", 11);
    published("{\"id\":7,\"n\":\"x\"}", 11);
    published("{\"id\":7,\"n\":1}", 11); // what the topic holds
    published("{\"id\":7,\"n\":\"x\"}", 11);
    published("{\"id\":7,\"n\":2}", 12);
    running.terminate().exits(0);
    let letters = letters(&world);
    assert!(letters.len() == 1 && letters[0].key_text() == "7", "{letters:?}");
}

#[test]
fn a_message_that_no_topic_takes_becomes_a_letter_that_is_cut_to_fit() {
    let world = world("large", 20);
    let (huge, fits) =
        (crate::support::api::generated(98, 1, 30_000), crate::support::api::generated(99, 1, 19_000));
    world.api.change(PATH, |all| {
        all.put_first(&huge.0, &huge.1);
        all.put_first(&fits.0, &fits.1);
    });
    let small = "topics: {creation.default.partitions: 3, creation.default.max.message.bytes: 20000}";
    let file = config(&world, 50, KEYED, TOLERANT);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("topics: {creation.default.partitions: 3}", small)).unwrap();
    world.run_once(&file).exits(0).says(&["21 published, 0 unchanged, 1 dead letter,"]);
    assert_eq!(world.read("monitors").len(), 21);
    let letters = letters(&world);
    let letter = by_fault(&letters)["krest.MessageTooLarge"];
    assert_eq!((letter.key_text(), header(letter, "krest.value.bytes")), ("98", Some("30000")));
    assert_eq!(header(letter, "__connect.errors.stage"), Some("KAFKA_PRODUCE"));
    let value = letter.value_text().unwrap();
    assert!(value.len() > 17_000 && huge.1.starts_with(value), "{}", value.len());
    // What the topic holds is no message: a row from before the limit was lowered is left alone.
    world.run_once(&file).exits(0).says(&["0 published, 21 unchanged, 1 dead letter"]);
}

#[test]
fn killed_in_the_middle_letters_and_messages_are_there_together_or_not_at_all() {
    let world = world("torn", 0);
    for id in 1..=1000 {
        let (key, text) = crate::support::api::generated(id, 1, 120);
        let text = if id % 10 == 0 { text.replace("\"id\"", "\"nr\"") } else { text };
        world.api.change(PATH, |all| all.put(&key, &text));
    }
    let file = config(&world, 100, KEYED, TOLERANT);
    for offset in [300, 700] {
        let gate = world.api.hold(PATH, offset);
        let running = world.start(&["run", &file, "--once"]);
        let asked = || world.api.log().iter().any(|asked| asked.offset() == Some(offset)).then_some(());
        until("the page", Duration::from_secs(30), asked);
        running.kill_9();
        drop(gate);
        world.api.open_gates();
        let (messages, letters) = (world.read("monitors").len(), letters(&world).len());
        assert_eq!(messages, letters * 9, "nine messages and a letter are a tenth of a page");
    }
    world.run_once(&file).exits(0);
    assert_eq!((world.read("monitors").len(), letters(&world).len()), (900, 100));
    let scans: Vec<_> = letters(&world)
        .iter()
        .filter_map(|letter| header(letter, "krest.fingerprint").map(str::to_owned))
        .collect();
    assert_eq!(scans.iter().collect::<std::collections::BTreeSet<_>>().len(), 100);
}

#[test]
fn a_scan_stops_when_too_much_of_it_is_dead_and_its_cursor_stays() {
    let world = world("changed", 0);
    for id in 1..=100 {
        let text = format!("{{\"{}\":{id},\"at\":{id}}}", if id > 50 { "uuid" } else { "id" });
        world.api.change(PATH, |all| all.put(&id.to_string(), &text));
    }
    let source = format!(
        "  resources:
    - name: monitors
      endpoint: {{path: {PATH}, data_selector: data, paginator: {{type: offset, limit: 25, total_path: null}}, incremental: {{cursor_path: at}}}}
      {KEYED}"
    );
    let with = |max: &str| {
        written(&world, "config.yaml", &source, &format!("errors: {{tolerance: all, max.per.scan: {max}}}"))
    };
    let told = world.run_once(&with("0.3")).exits(1);
    told.says(&[
        "25 of 75 records cannot be published",
        "errors.max.per.scan allows (0.3)",
        "KeyMissing 25 times",
    ]);
    assert_eq!((world.read("monitors").len(), letters(&world).len()), (50, 0));
    let positions = world.positions("monitors");
    assert!(positions.iter().all(|position| position["cursor"].is_null()), "{positions:?}");
    world.run_once(&with("24")).exits(1).says(&["allows (24)"]);
    assert_eq!(letters(&world).len(), 0);
    // The operator says that it is right.
    world.run_once(&with("0.9")).exits(0);
    assert_eq!((world.read("monitors").len(), letters(&world).len()), (50, 50));
}

#[test]
fn replace_leaves_rows_alone_that_a_letter_may_be_about() {
    let world = world("rows", 20);
    let replace = "primary_key: id\n      write_disposition: replace\n      processing_steps: [{filter: '(.n // 0) + 1 > 0'}]";
    let file = config(&world, 50, replace, TOLERANT);
    let row = |key: &str, text: &str| world.api.change(PATH, |all| all.put(key, text));
    let deleted = || {
        world.run_once(&file).exits(0);
        let messages = world.read("monitors");
        let gone = messages.iter().filter(|message| message.value.is_none());
        gone.map(|message| message.key_text().to_owned()).collect::<Vec<_>>()
    };
    assert!(deleted().is_empty());
    // A letter with the key of its row: that row stays, another one that is gone is deleted.
    row("7", "{\"id\":7,\"n\":\"x\"}");
    world.api.change(PATH, |all| all.remove("8"));
    assert_eq!(deleted(), ["8"]);
    // A letter without a key may be about any row.
    row("9", "{\"nr\":9}");
    world.api.change(PATH, |all| all.remove("10"));
    let told = world.run_once(&file).exits(0);
    told.says(&["nothing was deleted", "a dead letter has no key"]);
    assert_eq!(deleted(), ["8"]);
    row("9", "{\"id\":9}");
    assert_eq!(deleted().len(), 2);
}

#[test]
fn records_without_any_key_have_letters_too() {
    let world = world("keyless-letters", 20);
    world.api.change(PATH, |all| all.put("x", "{\"n\":\"x\"}"));
    let append = "write_disposition: append\n      processing_steps: [{map: '.n = (.n // 0) + 1'}]";
    let file =
        config(&world, 50, append, "errors: {tolerance: all, deadletterqueue.context.headers.enable: false}");
    world.run_once(&file).exits(0);
    let letters = letters(&world);
    assert_eq!((world.read("monitors").len(), letters.len()), (20, 1));
    assert_eq!((letters[0].key.as_ref(), letters[0].value_text()), (None, Some("{\"n\":\"x\"}")));
    assert!(letters[0].headers.iter().all(|(name, _)| name.starts_with("krest.")), "{:?}", letters[0]);
}

#[test]
fn a_compacted_topic_for_letters_is_refused_before_anything_is_made() {
    let world = world("compactdlq", 5);
    create_topic(world.bootstrap(), &world.topic("monitors.dlq"), 1, &[("cleanup.policy", "compact")]);
    let file = config(&world, 50, KEYED, TOLERANT);
    world.run_once(&file).exits(2).says(&["dead letters go there", "--add-config cleanup.policy=delete"]);
    assert_eq!(checker::partitions(world.bootstrap(), &world.topic("monitors")), 0);
}

#[test]
fn a_secret_in_a_bad_record_is_starred_in_its_letter() {
    let world = world("echo", 5);
    let text = format!("{{\"nr\":1,\"url\":\"https://h/?key={}\"}}", world.canary);
    world.api.change(PATH, |all| all.put("x", &text));
    let file = config(&world, 50, KEYED, TOLERANT);
    world.run_once(&file).exits(0);
    let letters = letters(&world);
    assert_eq!(letters[0].value_text(), Some("{\"nr\":1,\"url\":\"https://h/?key=***\"}"));
}

#[test]
fn one_topic_may_hold_the_letters_of_several_resources_and_parents_have_letters() {
    let world = World::new("shared").serving(
        "auth: {query: {name: api_key, value: '${CANARY}'}}
collections:
  /v1/posts: {records: [['1', '{\"id\":1,\"t\":\"a\"}'], ['2', '{\"id\":2}'], ['x', '{\"nr\":3,\"t\":\"b\"}']]}
  /v1/posts/1/comments: {records: [['1', '{\"id\":1}'], ['x', '{\"nr\":1}']]}",
    );
    let source = "  resource_defaults: {primary_key: id, write_disposition: merge}
  resources:
    - {name: posts, endpoint: {path: /v1/posts, data_selector: data, paginator: single_page}}
    - {name: comments, endpoint: {path: '/v1/posts/{resources.posts.id}/comments', data_selector: data, paginator: single_page}, include_from_parent: [t]}";
    let file = written(
        &world,
        "config.yaml",
        source,
        "errors: {tolerance: all, deadletterqueue.topic.name: '{connector}.dead'}",
    );
    // The third post has no id to ask with.
    world.run_once(&file).exits(1);
    let letters = checker::read(world.bootstrap(), &world.topic("dead"));
    let told = |letter: &Seen| {
        let name = |header_name| header(letter, header_name).unwrap().to_owned();
        (name("krest.resource"), name("__connect.errors.exception.class.name"))
    };
    let mut told: Vec<_> = letters.iter().map(told).collect();
    told.sort();
    let expected = [
        ("comments", "krest.KeyMissing"),
        ("comments", "krest.ParentLacksField"),
        ("posts", "krest.KeyMissing"),
    ];
    assert_eq!(told, expected.map(|(resource, fault)| (resource.to_owned(), fault.to_owned())));
    assert_eq!((world.read("posts").len(), world.read("comments").len()), (2, 1));
}
