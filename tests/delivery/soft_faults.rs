//! Deletions by the records' own word, where things go wrong: crashes, old versions, expressions that fail; and what depends on
//! deleted rows.

use super::seed::{PATH, world, written};
use crate::support::api::Answer;
use crate::support::checker::{self, Seen};
use crate::support::{World, unique};

const WHEN: &str = "deletes: {mode: soft, when: '.state.gone'}";

/// One resource, `monitors`, in pages of `limit`; `endpoint` is further YAML of it, `more` krest's own blocks.
fn config(world: &World, limit: usize, endpoint: &str, more: &str) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: id
      endpoint:
        path: {PATH}
        data_selector: data
        paginator: {{type: offset, limit: {limit}}}
        {endpoint}"
    );
    written(world, &format!("{}.yaml", unique("soft")), &source, more)
}

fn put(world: &World, id: usize, more: &str) {
    world.api.change(PATH, |all| all.put(&id.to_string(), &format!("{{\"id\":{id}{more}}}")));
}

fn published(world: &World) -> usize {
    world.read("monitors").len()
}

const GONE: &str = ",\"state\":{\"gone\":true}";

#[test]
fn killed_at_any_moment_a_deletion_is_one_tombstone() {
    let world = world("killed", 0);
    (1..=20).for_each(|id| put(&world, id, ""));
    let file = config(&world, 10, "", WHEN);
    world.run_once(&file).exits(0);
    let points = [
        "sync::after_diff",
        "kafka::before_commit=kill@2",
        "kafka::after_commit=kill@2",
        "sync::before_apply",
    ];
    for (id, point) in (3..).step_by(4).zip(points) {
        put(&world, id, GONE);
        let point = if point.contains('=') { point.to_owned() } else { format!("{point}=kill@1") };
        world.run_to_its_death(&point, &["run", &file, "--once"]);
        if id % 8 == 3 {
            world.fresh_directory();
        }
        world.run_once(&file).exits(0);
    }
    assert_eq!(world.tombstones("monitors"), ["11", "15", "3", "7"]);
    assert_eq!(published(&world), 24);
}

#[test]
fn an_incremental_resource_deletes_what_it_is_shown_and_an_old_version_does_not_bring_it_back() {
    let world = world("edge", 0);
    let put = |id: usize, at: usize, more: &str| put(&world, id, &format!(",\"at\":{at}{more}"));
    (1..=6).for_each(|id| put(id, id, ""));
    let file =
        config(&world, 2, "incremental: {cursor_path: at, initial_value: 0, start_param: since}", WHEN);
    world.run_once(&file).exits(0);
    assert_eq!(published(&world), 6);
    // A replica that lags behind shows the row as it was, on a later page of the same scan.
    put(2, 9, GONE);
    world.api.change(PATH, |all| all.put_first("2", "{\"id\":2,\"at\":9,\"state\":{\"gone\":true}}"));
    world.api.change(PATH, |all| all.put_last("2", "{\"id\":2,\"at\":8}"));
    world.run_once(&file).exits(0);
    assert_eq!((published(&world), world.tombstones("monitors")), (7, vec!["2".to_owned()]));
    assert_eq!(world.positions("monitors").last().unwrap()["cursor"]["value"], 9);
    // It is deleted for good; then it is made anew.
    world.fresh_directory();
    world.api.change(PATH, |all| all.remove("2"));
    put(2, 9, GONE);
    world.run_once(&file).exits(0);
    assert_eq!(published(&world), 7);
    put(2, 12, "");
    world.run_once(&file).exits(0);
    assert_eq!((published(&world), world.tombstones("monitors").len()), (8, 1));
}

#[test]
fn an_expression_that_fails_on_a_record_fails_the_scan() {
    let world = world("fails", 0);
    put(&world, 1, "");
    put(&world, 2, ",\"state\":\"odd\"");
    let file = config(&world, 10, "", WHEN);
    world
        .run_once(&file)
        .exits(1)
        .says(&["record 2", "deletes.when failed, so nobody can tell whether it is deleted"]);
    assert_eq!(published(&world), 0);
    world.run(&["preview", &file]).exits(1).says(&["deletes.when failed"]);
}

#[test]
fn where_that_is_tolerated_the_record_is_a_dead_letter_and_its_row_stays() {
    let world = world("tolerated", 0);
    (1..=3).for_each(|id| put(&world, id, ""));
    let small = "topics: {creation.default.partitions: 3, creation.default.max.message.bytes: 20000}";
    let file = config(&world, 10, "", &format!("{WHEN}\nerrors: {{tolerance: all}}"));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("topics: {creation.default.partitions: 3}", small)).unwrap();
    world.run_once(&file).exits(0);
    put(&world, 2, ",\"state\":\"odd\"");
    // Of a deleted record the key is enough: a tombstone fits where the record would not.
    put(&world, 3, &format!("{GONE},\"text\":\"{}\"", "x".repeat(30_000)));
    world.run_once(&file).exits(0).says(&["1 published (1 tombstone)", "1 dead letter"]);
    assert_eq!((published(&world), world.tombstones("monitors")), (4, vec!["3".to_owned()]));
    let letters: Vec<Seen> = checker::read(world.bootstrap(), &world.topic("monitors.dlq"));
    let header = |name: &str| {
        letters[0].headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_slice())
    };
    assert_eq!((letters.len(), letters[0].key_text()), (1, "2"));
    assert_eq!(header("__connect.errors.exception.class.name"), Some(&b"krest.DeleteWhenFailed"[..]));
    assert_eq!(header("__connect.errors.class.name"), Some(&b"krest.deletes"[..]));
    assert_eq!(header("__connect.errors.stage"), Some(&b"TRANSFORMATION"[..]));
    put(&world, 2, GONE);
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("monitors"), ["2", "3"]);
}

#[test]
fn the_expression_sees_the_record_after_its_steps() {
    let world = world("steps", 0);
    put(&world, 1, ",\"raw\":\"deleted\"");
    put(&world, 2, ",\"raw\":\"fine\"");
    put(&world, 3, ",\"raw\":\"hidden\"");
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: key
      endpoint: {{path: {PATH}, data_selector: data, paginator: single_page}}
      processing_steps: [{{filter: '.raw != \"hidden\"'}}, {{map: '{{key: \"m\\(.id)\", state: .raw}}'}}]"
    );
    let file = written(&world, "steps.yaml", &source, "deletes: {mode: soft, when: '.state == \"deleted\"'}");
    world.run_once(&file).exits(0).says(&["2 records", "1 published, 1 unchanged"]);
    put(&world, 2, ",\"raw\":\"deleted\"");
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("monitors"), ["m2"]);
}

#[test]
fn nothing_is_asked_for_under_a_deleted_parent() {
    for selected in [true, false] {
        let world = World::new("orphans").serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
        let post = |id: usize, more: &str| {
            world.api.change("/posts", |all| all.put(&id.to_string(), &format!("{{\"id\":{id}{more}}}")));
        };
        let comments = |id: usize| format!("/posts/{id}/comments");
        for id in 1..=4 {
            post(id, "");
            let child = format!("{{\"id\":{id}00}}");
            world.api.change(&comments(id), |all| all.put(&format!("{id}00"), &child));
        }
        let source = format!(
            "  resource_defaults: {{primary_key: id, endpoint: {{data_selector: data, paginator: {{type: offset, limit: 2}}}}}}
  resources:
    - {{name: posts, selected: {selected}}}
    - {{name: comments, endpoint: {{path: 'posts/{{resources.posts.id}}/comments'}}}}"
        );
        let file = written(
            &world,
            "family.yaml",
            &source,
            "overrides: {posts: {deletes: {mode: soft, when: .gone}}}",
        );
        world.run_once(&file).exits(0);
        post(2, ",\"gone\":true");
        // On one page first the row, then the news that it is deleted.
        world.api.change("/posts", |all| all.remove("4"));
        post(4, "");
        world.api.change("/posts", |all| all.put_last("4", "{\"id\":4,\"gone\":true}"));
        world.api.change("/posts", |all| all.put_first("5", "{\"id\":5,\"gone\":true}"));
        world.api.forget_requests();
        world.run_once(&file).exits(0);
        let asked: Vec<usize> = (1..=5).map(|id| world.api.requests(&comments(id))).collect();
        assert_eq!(asked, [1, 0, 1, 0, 0], "selected: {selected}");
        if selected {
            assert_eq!(world.tombstones("posts"), ["2", "4"]);
        }
        post(2, "");
        world.api.forget_requests();
        world.run_once(&file).exits(0);
        assert_eq!(world.api.requests(&comments(2)), 1, "it is there again");
    }
}

#[test]
fn a_whole_scan_in_one_transaction_deletes_whole_or_not_at_all() {
    let world = world("whole", 0);
    (1..=20).for_each(|id| put(&world, id, ""));
    let file = config(&world, 10, "", WHEN);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("kafka: {", "kafka: {transaction.boundary: poll, ", 1)).unwrap();
    world.run_once(&file).exits(0);
    put(&world, 3, GONE);
    let fails = Answer { offset: Some(10), status: Some(400), ..Answer::default() };
    world.api.answers(vec![fails]);
    world.run_once(&file).exits(1);
    assert_eq!(published(&world), 20);
    world.api.answers(Vec::new());
    world.run_once(&file).exits(0);
    assert_eq!((published(&world), world.tombstones("monitors")), (21, vec!["3".to_owned()]));
}

#[test]
fn a_scan_that_was_cut_off_goes_on_at_the_first_page_with_a_deleted_parent() {
    for (when, expected) in [(".gone", 2), (".never", 4)] {
        let world = World::new("held").serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
        let post = |id: usize, more: &str| {
            world.api.change("/posts", |all| all.put(&id.to_string(), &format!("{{\"id\":{id}{more}}}")));
        };
        for id in 1..=8 {
            post(id, "");
            world.api.change(&format!("/posts/{id}/comments"), |all| all.len());
        }
        let source = "  resource_defaults: {primary_key: id, endpoint: {data_selector: data, paginator: {type: offset, limit: 2}}}
  resources:
    - posts
    - {name: comments, endpoint: {path: 'posts/{resources.posts.id}/comments'}}";
        let soft = format!("overrides: {{posts: {{deletes: {{mode: soft, when: {when}}}}}}}");
        let file = written(&world, "family.yaml", source, &soft);
        world.run_once(&file).exits(0);
        for id in [3, 5] {
            post(id, ",\"gone\":true,\"version\":2");
        }
        post(5, ",\"version\":2");
        let fails = Answer {
            path: Some("/posts".to_owned()),
            offset: Some(6),
            status: Some(400),
            ..Answer::default()
        };
        world.api.answers(vec![fails]);
        world.run_once(&file).exits(1);
        world.api.answers(Vec::new());
        world.api.forget_requests();
        world.run_once(&file).exits(0);
        let first = world.api.log().into_iter().find(|asked| asked.path == "/posts").unwrap();
        assert_eq!(first.offset(), Some(expected), "{when}");
    }
}
