//! Records that say of themselves that they are deleted: one tombstone each, once, and only for a key that the topic holds.

use std::collections::BTreeMap;

use super::seed::{PATH, world, written};
use crate::support::checker::Seen;
use crate::support::{World, unique};

const SOFT: &str = "deletes: {mode: soft, when: '.gone_at != null'}";
const KEYED: &str = "primary_key: id";
const GONE: &str = ",\"gone_at\":\"2026-01-01T00:00:00Z\"";

/// One resource, `monitors`, in pages of `limit`; `resource` is further YAML of it, `more` krest's own blocks.
fn config(world: &World, limit: usize, resource: &str, more: &str) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      {resource}
      endpoint:
        path: {PATH}
        data_selector: data
        paginator: {{type: offset, limit: {limit}, total_path: null}}"
    );
    written(world, &format!("{}.yaml", unique("soft")), &source, more)
}

/// A row; `more` is further JSON of it.
fn row(id: usize, more: &str) -> String {
    format!("{{\"id\":{id},\"name\":\"monitor {id}\"{more}}}")
}

fn put(world: &World, id: usize, more: &str) {
    world.api.change(PATH, |all| all.put(&id.to_string(), &row(id, more)));
}

/// What was written to `monitors`, bit by bit.
struct Topic<'w> {
    world: &'w World,
    read: BTreeMap<i32, i64>,
}

impl<'w> Topic<'w> {
    fn new(world: &'w World) -> Self {
        Self { world, read: BTreeMap::new() }
    }

    /// The messages since the last look, by key and then in their order.
    fn messages(&mut self) -> Vec<Seen> {
        let before = self.read.clone();
        let mut new = self.world.read("monitors");
        self.read.extend(new.iter().map(|message| (message.partition, message.offset + 1)));
        new.retain(|message| before.get(&message.partition).is_none_or(|next| message.offset >= *next));
        new.sort_by(|one, other| one.key.cmp(&other.key));
        new
    }

    /// Their keys and values; `-` is a tombstone.
    fn news(&mut self) -> Vec<(String, String)> {
        let told =
            |message: &Seen| (message.key_text().to_owned(), message.value_text().unwrap_or("-").to_owned());
        self.messages().iter().map(told).collect()
    }
}

fn upsert(id: usize, more: &str) -> (String, String) {
    (id.to_string(), row(id, more))
}

fn tombstone(key: usize) -> (String, String) {
    (key.to_string(), "-".to_owned())
}

/// Nothing is written, neither with what is known nor without it.
fn is_silent(world: &World, file: &str) {
    let before = world.end_offsets("monitors");
    world.run_once(file).exits(0).says(&[" 0 published"]);
    world.fresh_directory();
    world.run_once(file).exits(0).says(&[" 0 published"]);
    assert_eq!(world.end_offsets("monitors"), before);
}

#[test]
fn a_soft_deleted_row_is_one_tombstone_and_a_row_again_when_it_comes_back() {
    for more in ["", "\nstate: {memory: 1KiB}"] {
        let world = world("soft", 0);
        let mut topic = Topic::new(&world);
        (1..=120).for_each(|id| put(&world, id, ""));
        put(&world, 3, GONE); // never there
        let file = config(&world, 50, KEYED, &format!("{SOFT}{more}"));
        world.run_once(&file).exits(0).says(&["120 records", "119 published, 1 unchanged"]);
        assert!(topic.news().iter().all(|(key, value)| key != "3" && value != "-"));
        put(&world, 7, GONE);
        put(&world, 120, GONE);
        world.run_once(&file).exits(0).says(&["2 published (2 tombstones), 118 unchanged"]);
        let tombstones = topic.messages();
        let keys: Vec<_> = tombstones.iter().map(|message| (message.key_text(), &message.value)).collect();
        assert_eq!(keys, [("120", &None), ("7", &None)]);
        for message in tombstones {
            let headers: Vec<&str> = message.headers.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(headers, ["krest.source"], "those of every tombstone");
        }
        is_silent(&world, &file);
        put(&world, 7, "");
        world.run_once(&file).exits(0);
        assert_eq!(topic.news(), [upsert(7, "")]);
        is_silent(&world, &file);
    }
}

#[test]
fn a_hard_delete_column_deletes_under_every_mode() {
    let flag = "columns: {gone: {hard_delete: true, data_type: bool}}";
    let time = "columns: [{name: gone_at, hard_delete: true, data_type: timestamp}]";
    let flagged = (",\"gone\":false", ",\"gone\":true");
    let timed = (",\"gone_at\":null", GONE);
    for (column, (alive, deleted), disposition, more) in [
        (flag, flagged, "merge", ""),
        (time, timed, "merge", "deletes: {mode: none}"),
        (flag, flagged, "replace", ""),
        (time, timed, "replace", "deletes: {mode: none}"),
        (time, timed, "merge", "deletes: {mode: snapshot}"),
        (flag, flagged, "merge", SOFT),
    ] {
        let world = world("hard", 0);
        let mut topic = Topic::new(&world);
        (1..=20).for_each(|id| put(&world, id, alive));
        put(&world, 5, deleted);
        let file = config(
            &world,
            50,
            &format!("{KEYED}\n      write_disposition: {disposition}\n      {column}"),
            more,
        );
        world.run_once(&file).exits(0);
        assert_eq!(topic.news().len(), 19, "{more}");
        put(&world, 7, deleted);
        world.run_once(&file).exits(0).says(&["1 published (1 tombstone)"]);
        assert_eq!(topic.news(), [tombstone(7)], "{disposition} {more}");
        is_silent(&world, &file);
        put(&world, 7, alive);
        world.run_once(&file).exits(0);
        assert_eq!(topic.news(), [upsert(7, alive)]);
    }
}

#[test]
fn what_is_deleted_by_its_own_word_is_not_missing_and_no_share_holds_it_back() {
    let world = world("share", 0);
    let mut topic = Topic::new(&world);
    (1..=40).for_each(|id| put(&world, id, ""));
    let hard = "columns: {gone_at: {hard_delete: true}}";
    let file = config(&world, 50, &format!("{KEYED}\n      write_disposition: replace\n      {hard}"), "");
    world.run_once(&file).exits(0);
    topic.news();
    (1..=30).for_each(|id| put(&world, id, GONE));
    world.api.change(PATH, |all| all.remove("40"));
    world.run_once(&file).exits(0).says(&["31 published (31 tombstones)"]);
    let mut gone: Vec<_> = (1..=30).chain([40]).map(tombstone).collect();
    gone.sort();
    assert_eq!(topic.news(), gone);
    // What was deleted before vanishes from the listing: nothing is left to be said.
    (1..=30).for_each(|id| world.api.change(PATH, |all| all.remove(&id.to_string())));
    let file = config(
        &world,
        50,
        &format!("{KEYED}\n      write_disposition: replace\n      {hard}"),
        "errors: {max_shrink: 1}",
    );
    is_silent(&world, &file);
}

#[test]
fn of_a_living_and_a_deleted_record_of_one_key_the_later_one_wins() {
    for limit in [50, 2] {
        let world = world("both", 0);
        let mut topic = Topic::new(&world);
        (1..=4).for_each(|id| put(&world, id, ""));
        let file = config(&world, limit, KEYED, SOFT);
        world.run_once(&file).exits(0);
        topic.news();
        // On one page, or on the first and the third.
        world.api.change(PATH, |all| all.put_first("3", &row(3, GONE)));
        world.api.change(PATH, |all| all.remove("4"));
        world.api.change(PATH, |all| all.put_first("4", &row(4, "")));
        world.api.change(PATH, |all| all.put_last("4", &row(4, GONE)));
        world.run_once(&file).exits(0);
        let expected = match limit {
            50 => vec![tombstone(4)],
            // Pages are compared one by one: 3 goes and comes back.
            _ => vec![tombstone(3), upsert(3, ""), tombstone(4)],
        };
        assert_eq!(topic.news(), expected, "pages of {limit}");
        world.fresh_directory();
        let after = config(&world, 50, KEYED, SOFT);
        is_silent(&world, &after);
    }
}

#[test]
fn a_composite_key_is_deleted_by_the_bytes_it_was_published_with() {
    let world = world("pairs", 0);
    let mut topic = Topic::new(&world);
    let row = |more: &str| format!("{{ \"n\": 7, \"id\":\"a \\u00e9\\\"\"{more}}}");
    world.api.change(PATH, |all| all.put("x", &row("")));
    let file = config(&world, 50, "primary_key: [id, n]", SOFT);
    world.run_once(&file).exits(0);
    let upserted = topic.messages().remove(0);
    assert_eq!(upserted.key_text(), "{\"id\":\"a é\\\"\",\"n\":7}");
    world.api.change(PATH, |all| all.put("x", &row(GONE)));
    world.run_once(&file).exits(0);
    let deleted = topic.messages().remove(0);
    assert_eq!((&deleted.key, deleted.partition, deleted.value), (&upserted.key, upserted.partition, None));
    is_silent(&world, &file);
}

#[test]
fn a_row_whose_key_changes_is_a_new_row_and_the_old_key_goes_where_the_api_says_so() {
    let world = world("moved", 0);
    let mut topic = Topic::new(&world);
    (1..=3).for_each(|id| put(&world, id, ""));
    let file = config(&world, 50, KEYED, SOFT);
    world.run_once(&file).exits(0);
    topic.news();
    put(&world, 2, ",\"gone_at\":1,\"now\":102");
    put(&world, 102, "");
    world.run_once(&file).exits(0).says(&["2 published (1 tombstone)"]);
    assert_eq!(topic.news(), [upsert(102, ""), tombstone(2)]);
    is_silent(&world, &file);
}

#[test]
fn without_a_key_a_deleted_row_is_one_that_is_no_longer_shown() {
    let world = world("keyless", 0);
    let mut topic = Topic::new(&world);
    (1..=20).for_each(|id| put(&world, id, ""));
    let hard = "columns: {gone_at: {hard_delete: true}}\n      write_disposition: replace";
    let file = config(&world, 50, hard, "");
    world.run_once(&file).exits(0);
    topic.news();
    put(&world, 7, GONE);
    world.run_once(&file).exits(0).says(&["1 published (1 tombstone)"]);
    assert!(matches!(topic.news().as_slice(), [(_, value)] if value == "-"));
    is_silent(&world, &file);
}

#[test]
fn under_append_nothing_is_deleted_and_check_says_so() {
    let world = world("log", 0);
    put(&world, 1, "");
    put(&world, 2, GONE);
    let hard = "columns: {gone_at: {hard_delete: true}}\n      write_disposition: append";
    let file = config(&world, 50, &format!("{KEYED}\n      {hard}"), "");
    world
        .run(&["check", &file])
        .exits(0)
        .says(&["\"hard_delete\" of the column \"gone_at\" has no meaning under append"]);
    world.run_once(&file).exits(0);
    assert_eq!(Topic::new(&world).news(), [upsert(1, ""), upsert(2, GONE)]);
}

#[test]
fn preview_shows_records_as_they_come_deleted_or_not() {
    let world = world("shown", 0);
    put(&world, 1, "");
    put(&world, 2, GONE);
    let file = config(&world, 50, KEYED, SOFT);
    let shown = world.run(&["preview", &file]).exits(0).stdout;
    let line = |id: usize, more: &str| {
        format!("{{\"resource\":\"monitors\",\"key\":\"{id}\",\"value\":{}}}\n", row(id, more))
    };
    assert_eq!(shown, line(1, "") + &line(2, GONE));
}
