//! Scans that suddenly show far less than the last one: nothing is deleted, and no cursor moves, before it is certain.

use super::seed::{PATH, world, written};
use crate::support::api::Answer;
use crate::support::{World, delete_topic, unique};

/// One resource, `monitors`, in pages of 50 without a total; `resource` is further YAML of it, `more` krest's own blocks.
fn config(world: &World, resource: &str, more: &str) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: id
      {resource}
      endpoint: {{path: {PATH}, data_selector: data, paginator: {{type: offset, limit: 50, total_path: null}}}}"
    );
    written(world, &format!("{}.yaml", unique("shrunk")), &source, more)
}

fn leave(world: &World, rows: usize) {
    world.api.change(PATH, |all| (rows + 1..=200).for_each(|id| all.remove(&id.to_string())));
}

const REPLACE: &str = "write_disposition: replace";
const DELETES_ALL: &str = "deletes: {max_share: 1.0}";

#[test]
fn what_is_suddenly_gone_is_deleted_when_a_second_scan_has_said_the_same() {
    for (name, rows) in [("emptied", 0), ("halved", 49)] {
        let world = world(name, 100);
        let file = config(&world, REPLACE, DELETES_ALL);
        world.run_once(&file).exits(0);
        leave(&world, rows);
        let said = format!("the scan showed {rows} instead of 100 records");
        world.run_once(&file).exits(0).says(&[
            &said,
            "if the next scan says the same",
            "nothing was deleted",
        ]);
        world.fresh_directory();
        world.run_once(&file).exits(0).says(&[&said, "from now on this is believed"]);
        assert_eq!(world.tombstones("monitors").len(), 0);
        let finished = world.run_once(&file).exits(0);
        assert!(!finished.stderr.contains("instead of"), "{}", finished.stderr);
        assert_eq!(world.tombstones("monitors").len(), 100 - rows);
        // Nothing is left to say, and nothing is written.
        let before = world.positions("monitors").len();
        world.run_once(&file).exits(0);
        assert_eq!(world.positions("monitors").len(), before);
    }
}

#[test]
fn a_scan_that_shows_everything_again_ends_the_doubt() {
    let world = world("blip", 100);
    let file = config(&world, REPLACE, DELETES_ALL);
    world.run_once(&file).exits(0);
    for body in ["{}", "[]", "null", "{\"data\":[]}"] {
        world.api.answers(vec![Answer { body: Some(body.to_owned()), ..Answer::default() }]);
        world.run_once(&file).exits(0).says(&["0 instead of 100", "if the next scan says the same"]);
        world.api.answers(Vec::new());
        world.run_once(&file).exits(0);
    }
    assert_eq!(world.read("monitors").len(), 100);
}

#[test]
fn a_selector_that_matches_nothing_is_never_believed() {
    let world = world("renamed", 100);
    let file = config(&world, REPLACE, DELETES_ALL);
    world.run_once(&file).exits(0);
    world.api.answers(vec![Answer { body: Some("{\"items\":[]}".to_owned()), ..Answer::default() }]);
    for _ in 0..3 {
        world.run_once(&file).exits(0).says(&["matches nothing", "if the next scan says the same"]);
    }
    assert_eq!(world.read("monitors").len(), 100);
}

#[test]
fn under_fail_the_scan_fails_until_the_records_are_back() {
    let world = world("refused", 100);
    let errors =
        "overrides: {monitors: {errors: {shrunk_scan: fail, max_shrink: 0.1}}}\ndeletes: {max_share: 1.0}";
    let file = config(&world, REPLACE, errors);
    world.run_once(&file).exits(0);
    let rows: Vec<String> = (90..=100).map(|id| id.to_string()).collect();
    let texts = world.api.change(PATH, |all| rows.iter().map(|id| all.take(id).unwrap()).collect::<Vec<_>>());
    for _ in 0..3 {
        world.run_once(&file).exits(1).says(&["89 records instead of 100", "errors.shrunk_scan: warn"]);
    }
    assert_eq!(world.tombstones("monitors").len(), 0);
    rows.iter().zip(texts).for_each(|(id, text)| world.api.change(PATH, |all| all.put(id, &text)));
    world.run_once(&file).exits(0);
    assert_eq!(world.read("monitors").len(), 100);
    // One row less is within the share.
    world.api.change(PATH, |all| all.remove("100"));
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("monitors").len(), 1);
}

#[test]
fn a_small_table_may_shrink_but_not_vanish() {
    let world = world("small", 8);
    let file = config(&world, REPLACE, DELETES_ALL);
    world.run_once(&file).exits(0);
    leave(&world, 1);
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("monitors").len(), 7);
    leave(&world, 0);
    world.run_once(&file).exits(0).says(&["0 instead of 1 records"]);
    assert_eq!(world.tombstones("monitors").len(), 7);
}

#[test]
fn a_cursor_does_not_move_with_a_scan_that_shows_far_less_than_the_last_one() {
    let world = world("cursorless", 0);
    let row = |id: usize| format!("{{\"id\":{id},\"at\":{id}}}");
    let fill = || (1..=100).for_each(|id| world.api.change(PATH, |all| all.put(&id.to_string(), &row(id))));
    fill();
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: id
      endpoint:
        path: {PATH}
        data_selector: data
        paginator: {{type: offset, limit: 50}}
        incremental: {{cursor_path: at, start_param: since}}"
    );
    let file = written(&world, "config.yaml", &source, "");
    world.run_once(&file).exits(0);
    // The topic is made anew, and with it everything is to be read again. Now the API is not itself.
    delete_topic(world.bootstrap(), &world.topic("monitors"));
    world.api.change(PATH, |all| (1..=80).for_each(|id| all.remove(&id.to_string())));
    world.api.forget_requests();
    world.run_once(&file).exits(0).says(&["20 instead of 100"]);
    fill();
    world.run_once(&file).exits(0);
    world.run_once(&file).exits(0);
    let starts: Vec<_> = world.api.log().iter().filter(|asked| asked.offset() == Some(0)).cloned().collect();
    let starts: Vec<_> = starts.iter().map(|asked| asked.param("since")).collect();
    assert_eq!(starts, [None, None, Some("100")]);
    assert_eq!(world.read("monitors").len(), 100);
}

#[test]
fn an_incremental_scan_and_a_resumed_one_may_show_little() {
    let world = world("little", 0);
    (1..=100).for_each(|id| {
        world.api.change(PATH, |all| all.put(&id.to_string(), &format!("{{\"id\":{id},\"at\":{id}}}")));
    });
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: id
      endpoint:
        path: {PATH}
        data_selector: data
        paginator: {{type: offset, limit: 10}}
        incremental: {{cursor_path: at, start_param: since}}"
    );
    let file = written(&world, "config.yaml", &source, "errors: {shrunk_scan: fail}");
    world.run_once(&file).exits(0);
    world.api.change(PATH, |all| (1..=99).for_each(|id| all.remove(&id.to_string())));
    world.run_once(&file).exits(0);

    let failing = super::seed::world("rest", 100);
    let file = config(&failing, "", "errors: {shrunk_scan: fail}");
    failing.run_once(&file).exits(0);
    failing.api.change(PATH, |all| all.put("1", "{\"id\":1,\"changed\":true}"));
    failing.api.answers(vec![Answer {
        offset: Some(50),
        status: Some(400),
        times: Some(1),
        ..Answer::default()
    }]);
    failing.run_once(&file).exits(1);
    failing.run_once(&file).exits(0).says(&["(resumed): 50 records"]);
}

#[test]
fn the_children_of_a_resource_that_shows_far_less_are_not_deleted_either() {
    let world = World::new("orphaned").serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    for post in 1..=20 {
        world.api.change("/posts", |all| all.put(&post.to_string(), &format!("{{\"id\":{post}}}")));
        // The first posts have most of the comments: without the others not even half of them is missing.
        let count = if post <= 8 { 5 } else { 1 };
        for comment in 1..=count {
            let id = post * 100 + comment;
            world.api.change(&format!("/posts/{post}/comments"), |all| {
                all.put(&id.to_string(), &format!("{{\"id\":{id}}}"));
            });
        }
    }
    let source = "  resource_defaults:
    primary_key: id
    write_disposition: replace
    endpoint: {data_selector: data, paginator: {type: offset, limit: 10, total_path: null}}
  resources:
    - posts
    - {name: comments, endpoint: {path: 'posts/{resources.posts.id}/comments'}}";
    let file = written(&world, "config.yaml", source, DELETES_ALL);
    world.run_once(&file).exits(0);
    world.api.change("/posts", |all| (9..=20).for_each(|post| all.remove(&post.to_string())));
    let finished = world.run_once(&file).exits(0).says(&["the scan showed 8 instead of 20 records"]);
    assert!(!finished.stderr.contains("instead of 52"), "{}", finished.stderr);
    for resource in ["posts", "comments"] {
        assert!(world.read(resource).iter().all(|message| message.value.is_some()), "{resource}");
    }
    world.run_once(&file).exits(0);
    world.run_once(&file).exits(0);
    let gone = |resource| world.read(resource).iter().filter(|message| message.value.is_none()).count();
    assert_eq!((gone("posts"), gone("comments")), (12, 12));
}
