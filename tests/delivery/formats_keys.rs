//! Keys in every format: what stands in the topic, and that it stays the identity of its row.

use super::seed::{PATH, world, written};
use crate::support::World;
use crate::support::checker::Seen;

const SNAPSHOT: &str = "deletes: {mode: snapshot, max_share: 1}";

fn config(world: &World, format: &str) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: id
      endpoint: {{path: {PATH}, data_selector: data, paginator: single_page}}"
    );
    written(world, "config.yaml", &source, &format!("format: {{key: {format}}}\n{SNAPSHOT}"))
}

#[track_caller]
fn once(world: &World, format: &str, published: usize) {
    let file = config(world, format);
    world.run_once(&file).exits(0).says(&[&format!("{published} published")]);
}

fn keys(messages: &[Seen]) -> Vec<String> {
    let mut keys: Vec<String> = messages.iter().map(|message| message.key_text().to_owned()).collect();
    keys.sort();
    keys
}

#[test]
fn a_key_is_the_same_for_a_row_its_changes_and_its_end_with_and_without_the_disk() {
    for (format, of_text, of_number) in [
        ("string", "a b", "7"),
        ("json", r#""a b""#, "7"),
        (
            "json_schema",
            r#"{"schema":{"type":"string","optional":false},"payload":"a b"}"#,
            r#"{"schema":{"type":"int64","optional":false},"payload":7}"#,
        ),
    ] {
        let world = world("keys", 0);
        let put = |key: &str, text: &str| world.api.change(PATH, |all| all.put(key, text));
        put("a b", r#"{"id":"a\u0020b","v":1}"#);
        put("7", r#"{"id":7,"v":1}"#);
        once(&world, format, 2);
        let mut expected = vec![of_text.to_owned(), of_number.to_owned()];
        expected.sort();
        assert_eq!(keys(&world.read("monitors")), expected);
        world.fresh_directory();
        once(&world, format, 0);
        put("7", r#"{"id":7,"v":2}"#);
        world.api.change(PATH, |all| all.remove("a b"));
        once(&world, format, 2);
        let messages = world.read("monitors");
        for key in [of_text, of_number] {
            let of_key: Vec<&Seen> = messages.iter().filter(|message| message.key_text() == key).collect();
            assert_eq!(of_key.len(), 2, "{key}");
            assert_eq!(of_key[0].partition, of_key[1].partition);
            assert_eq!(of_key[1].value.is_none(), key == of_text);
        }
        world.run(&["audit", &config(&world, format)]).exits(0);
        assert_eq!(world.positions("monitors").last().unwrap()["key_format"], format);
        // Another format would give every row a second key.
        let other = if format == "json" { "string" } else { "json" };
        let file = config(&world, other);
        let why = format!("the keys of its messages are written as {format} and format.key is now {other}");
        world.run_once(&file).exits(2).says(&[&why, "undo the change"]);
    }
}

#[test]
fn a_number_that_is_no_64_bit_integer_is_no_key_with_a_schema() {
    let world = world("no_key", 0);
    world.api.change(PATH, |all| all.put("1", r#"{"id":1.5,"v":1}"#));
    let file = config(&world, "json_schema");
    world.run_once(&file).exits(1).says(&["is a number that is no 64-bit integer"]);
    once(&world, "json", 1);
    assert_eq!(keys(&world.read("monitors")), ["1.5"]);
}

#[test]
fn rows_under_a_parent_and_rows_that_are_probed_are_found_by_their_keys_in_json() {
    let world = World::new("parents").serving(
        "collections:
  /shops: {records: [['x', '{\"id\":\"x\"}'], ['y', '{\"id\":\"y\"}']]}
  /shops/x/items: {records: [['1', '{\"id\":1}'], ['2', '{\"id\":2}']]}
  /shops/y/items: {records: [['3', '{\"id\":3}']]}
",
    );
    let file = world.file(
        "parents.yaml",
        "name: ${NAME}
source:
  client: {base_url: '${API}/', paginator: single_page}
  resource_defaults: {primary_key: id, write_disposition: merge, endpoint: {data_selector: data}}
  resources:
    - {name: shops, endpoint: {path: shops}}
    - {name: items, endpoint: {path: 'shops/{resources.shops.id}/items'}}
kafka: ${KAFKA}
format: {key: json}
deletes: {mode: snapshot, max_share: 1}
overrides: {shops: {deletes: {mode: probe}}}
",
    );
    world.run_once(&file).exits(0);
    assert_eq!(keys(&world.read("items")), ["1", "2", "3"]);
    world.api.change("/shops/x/items", |all| all.remove("2"));
    world.api.change("/shops", |all| all.remove("y"));
    world.fresh_directory();
    world.run_once(&file).exits(0);
    let gone = |resource: &str| {
        let messages = world.read(resource);
        keys(&messages.into_iter().filter(|message| message.value.is_none()).collect::<Vec<_>>())
    };
    assert!(world.api.log().iter().any(|asked| asked.path == "/shops/y"));
    assert_eq!(
        (gone("shops"), gone("items")),
        (vec![r#""y""#.to_owned()], vec!["2".to_owned(), "3".to_owned()])
    );
}

#[test]
fn a_key_that_another_program_wrote_is_not_taken_for_the_row_that_its_text_names() {
    let world = world("foreign_keys", 0);
    world.api.change(PATH, |all| all.put("7", r#"{"id":7,"v":1}"#));
    once(&world, "json_schema", 1);
    for key in ["7", "8", "my_key_1"] {
        crate::support::send_message(world.bootstrap(), &world.topic("monitors"), Some(key), "{}");
    }
    world.fresh_directory();
    once(&world, "json_schema", 0);
    world.api.change(PATH, |all| all.put("8", r#"{"id":8,"v":1}"#));
    once(&world, "json_schema", 1);
    let seen = keys(&world.read("monitors"));
    assert_eq!(seen.iter().filter(|key| key.contains("payload")).count(), 2, "{seen:?}");
}

#[test]
fn rows_under_keys_of_another_format_are_not_taken_for_those_of_this_one_after_a_reset() {
    let world = world("reset_keys", 0);
    world.api.change(PATH, |all| all.put("7", r#"{"id":7,"v":1}"#));
    once(&world, "string", 1);
    world.run(&["offsets", "reset", &config(&world, "string")]).exits(0);
    world.fresh_directory();
    once(&world, "json_schema", 2);
    let messages = world.read("monitors");
    let gone = messages.iter().filter(|message| message.value.is_none());
    assert_eq!(gone.map(Seen::key_text).collect::<Vec<_>>(), ["7"]);
}

fn in_format(world: &World, key: &str, format: &str) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: {key}
      endpoint: {{path: {PATH}, data_selector: data, paginator: single_page}}"
    );
    written(world, "config.yaml", &source, &format!("format: {{{format}}}\n{SNAPSHOT}"))
}

#[test]
fn a_key_of_debezium_is_a_struct_and_the_envelope_changes_only_where_keys_stay_the_same() {
    let refused = "the keys of its messages are written as";
    for (key, format, changes) in [
        ("id", "string", true),
        ("id", "json", false),
        ("[id, on]", "json", true),
        ("id", "json_schema", false),
    ] {
        let world = world("struct_keys", 0);
        let name = format!("{}.Key", world.topic("monitors"));
        let expected = match (key, format) {
            (_, "string") => "7".to_owned(),
            ("id", "json") => r#"{"id":7}"#.to_owned(),
            (_, "json") => r#"{"id":7,"on":true}"#.to_owned(),
            _ => format!(
                r#"{{"schema":{{"type":"struct","fields":[{{"type":"int64","optional":false,"field":"id"}}],"optional":false,"name":"{name}"}},"payload":{{"id":7}}}}"#
            ),
        };
        let put = |v: u32| {
            let record = format!(r#"{{"id":7,"on":true,"v":{v}}}"#);
            world.api.change(PATH, |all| all.put("7", &record));
        };
        let file = in_format(&world, key, &format!("key: {format}, envelope: debezium"));
        put(1);
        world.api.change(PATH, |all| all.put("8", r#"{"id":8,"on":true}"#));
        world.run_once(&file).exits(0).says(&["2 published"]);
        world.fresh_directory();
        world.run_once(&file).exits(0).says(&["0 published"]);
        world.run(&["audit", &file]).exits(0);
        let other = in_format(&world, key, &format!("key: {format}"));
        put(2);
        match changes {
            true => drop(world.run_once(&other).exits(0).says(&["1 published"])),
            false => drop(world.run_once(&other).exits(2).says(&[refused, "envelope: debezium"])),
        }
        let file = in_format(&world, key, &format!("key: {format}, envelope: debezium"));
        world.api.change(PATH, |all| all.remove("7"));
        world.run_once(&file).exits(0);
        let messages = world.read("monitors");
        let gone: Vec<&Seen> = messages.iter().filter(|message| message.value.is_none()).collect();
        assert_eq!(gone.iter().map(|gone| gone.key_text()).collect::<Vec<_>>(), [&expected], "{format}");
        let of_row = messages.iter().filter(|message| message.key_text() == expected).count();
        assert_eq!((messages.len(), of_row), if changes { (5, 4) } else { (4, 3) }, "{format}");
    }
}

#[test]
fn another_format_of_keys_after_a_reset_has_every_row_published_under_its_new_key_though_the_disk_is_kept() {
    let world = world("keys_reset", 0);
    world.api.change(PATH, |all| all.put("a b", r#"{"id":"a b"}"#));
    once(&world, "string", 1);
    world.run(&["offsets", "reset", &config(&world, "string")]).exits(0);
    once(&world, "json", 2);
    assert_eq!(keys(&world.read("monitors")), [r#""a b""#, "a b", "a b"]);
    assert_eq!(world.tombstones("monitors"), ["a b"]);
    once(&world, "json", 0);
}
