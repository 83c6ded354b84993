//! Rows that a listing no longer shows are asked for one by one.

use super::seed::{PATH, monitors, world, written};
use crate::support::World;
use crate::support::api::Answer;

const ENDPOINT: &str = "params: {all: true}, paginator: {type: offset, limit: 10, total_path: null}";

fn asked(world: &World) -> Vec<String> {
    let log = world.api.log();
    let items = log.iter().filter(|asked| asked.path.starts_with("/v1/monitors/"));
    let mut paths: Vec<String> = items.map(|asked| asked.path.clone()).collect();
    paths.sort_unstable();
    paths
}

#[test]
fn what_a_listing_does_not_show_is_deleted_only_if_it_is_not_there_when_asked_for() {
    let world = world("probe", 35);
    let file = monitors(&world, ENDPOINT, "deletes: {mode: probe}");
    world.run_once(&file).exits(0);
    let hidden = world.api.change(PATH, |all| all.take("7").unwrap());
    world.api.item("/v1/monitors/7", &hidden);
    world.api.change(PATH, |all| all.remove("8"));
    world.api.answers(vec![Answer {
        path: Some("/v1/monitors/9".into()),
        status: Some(410),
        ..Default::default()
    }]);
    world.api.change(PATH, |all| all.remove("9"));
    world.api.forget_requests();
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("monitors"), ["8", "9"]);
    let items = ["/v1/monitors/35", "/v1/monitors/7", "/v1/monitors/8", "/v1/monitors/9"];
    assert_eq!(asked(&world), items, "those that are missing, and one that is not");
    assert_eq!(world.api.requests(PATH), 5, "what was asked for needs no second scan");
    let log = world.api.log();
    let probe = log.iter().find(|asked| asked.path.ends_with("/7")).unwrap();
    assert!(
        probe.param("api_key").is_some() && probe.param("all").is_none() && probe.param("limit").is_none()
    );
    // The hidden one is asked for again, nothing is said twice, and where nothing is gone nothing is checked.
    world.api.forget_requests();
    world.run_once(&file).exits(0);
    assert_eq!((asked(&world), world.read("monitors").len()), (vec!["/v1/monitors/7".to_owned()], 37));
}

#[test]
fn an_answer_that_says_neither_fails_the_scan_and_deletes_nothing() {
    let world = world("probe-fails", 35);
    let file = monitors(&world, ENDPOINT, "deletes: {mode: probe, path: 'v1/monitors/{id}'}");
    world.run_once(&file).exits(0);
    world.api.change(PATH, |all| all.remove("7"));
    world.api.change(PATH, |all| all.remove("8"));
    let forbidden = Answer { path: Some("/v1/monitors/8".into()), status: Some(403), ..Default::default() };
    world.api.answers(vec![forbidden]);
    world.run_once(&file).exits(1).says(&["2 records are no longer shown", "cannot be asked", "403"]);
    assert_eq!(world.tombstones("monitors"), Vec::<String>::new());
    // What may pass is asked for again, like every request.
    let busy = Answer {
        path: Some("/v1/monitors/8".into()),
        status: Some(503),
        times: Some(2),
        ..Default::default()
    };
    world.api.answers(vec![busy]);
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("monitors"), ["7", "8"]);
}

#[test]
fn the_guards_come_before_the_questions() {
    let world = world("probe-guard", 20);
    let file = monitors(&world, ENDPOINT, "deletes: {mode: probe, max_count: 2}");
    world.run_once(&file).exits(0);
    (1..=3).for_each(|id: usize| world.api.change(PATH, |all| all.remove(&id.to_string())));
    world.run_once(&file).exits(1).says(&["more than deletes.max_count allows (2)"]);
    assert_eq!(asked(&world), Vec::<String>::new());
}

#[test]
fn keys_of_several_fields_and_of_parents_fill_the_path() {
    let world = World::new("probe-keys").serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    for post in ["a", "b"] {
        world.api.change("/posts", |all| all.put(post, &format!("{{\"slug\":\"{post}\"}}")));
        for n in 1..=10 {
            let text = format!("{{\"lang\":\"en\",\"n\":{n},\"post\":\"{post}\"}}");
            world.api.change(&format!("/posts/{post}/notes"), |all| all.put(&n.to_string(), &text));
        }
    }
    let source = "  resources:
    - {name: posts, primary_key: slug, endpoint: {data_selector: data, paginator: single_page}}
    - name: notes
      primary_key: [post, lang, n]
      endpoint: {path: 'posts/{resources.posts.slug}/notes', data_selector: data, paginator: single_page}";
    let more =
        "overrides: {notes: {deletes: {mode: probe, path: 'posts/{resources.posts.slug}/notes/{lang}/{n}'}}}";
    let file = written(&world, "config.yaml", source, more);
    world.run_once(&file).exits(0);
    world.api.change("/posts/b/notes", |all| all.remove("3"));
    world.api.change("/posts/b/notes", |all| all.remove("4"));
    world.api.item("/posts/b/notes/en/4", "{}");
    world.api.item("/posts/b/notes/en/10", "{}"); // what the listing shows can be asked for, too
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("notes"), ["{\"post\":\"b\",\"lang\":\"en\",\"n\":3}"]);
    assert_eq!(world.api.requests("/posts/b/notes/en/3"), 1);
    assert_eq!(world.api.requests("/posts/b/notes/en/10"), 1);
}

/// Some APIs say "not found" where they mean "not allowed", and a wrong path is found nowhere.
#[test]
fn where_what_was_shown_is_not_there_either_nothing_is_deleted() {
    let world = world("probe-path", 35);
    world.run_once(&monitors(&world, ENDPOINT, "deletes: {mode: probe}")).exits(0);
    world.api.change(PATH, |all| all.remove("7"));
    world.api.forget_requests();
    let wrong = monitors(&world, ENDPOINT, "deletes: {mode: probe, path: 'v1/monitor/{id}?token=${CANARY}'}");
    let refused = world.run_once(&wrong).exits(1);
    let refused = refused.says(&["1 record no longer shown", "HTTP 404", "/v1/monitor/1?token=***"]);
    refused.says(&["3 records of monitors that this very scan did show", "deletes.path is right"]);
    let log = world.api.log();
    let asked: Vec<&str> = log.iter().filter_map(|asked| asked.path.strip_prefix("/v1/monitor/")).collect();
    assert_eq!((asked, world.tombstones("monitors").len()), (vec!["7", "35", "34", "1"], 0));
    // One that went between the listing and the question says nothing of the others.
    let gone = Answer { path: Some("/v1/monitors/35".into()), status: Some(404), ..Default::default() };
    let forbidden = Answer { path: Some("/v1/monitors/34".into()), status: Some(403), ..Default::default() };
    world.api.answers(vec![gone.clone(), forbidden]);
    let file = monitors(&world, ENDPOINT, "deletes: {mode: probe}");
    world.run_once(&file).exits(1).says(&["whether they are gone cannot be asked", "403"]);
    assert_eq!(world.tombstones("monitors").len(), 0);
    world.api.answers(vec![gone]);
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("monitors"), ["7"]);
}

#[test]
fn where_nothing_was_shown_answers_are_believed_only_if_everything_may_go() {
    let world = world("probe-empty", 10);
    let more =
        |deletes: &str| format!("errors: {{max_shrink: 1.0}}\ndeletes: {{mode: probe, grace: 1, {deletes}}}");
    let file = monitors(&world, ENDPOINT, &more("max_share: 0.2"));
    world.run_once(&file).exits(0);
    world.api.change(PATH, |all| all.remove("1"));
    world.run_once(&file).exits(0);
    (2..=10).for_each(|id: usize| world.api.change(PATH, |all| all.remove(&id.to_string())));
    let refused = world.run_once(&file).exits(1);
    refused.says(&[
        "1 record no longer shown",
        "showed no record",
        "--allow-deletes monitors",
        "max_share: 1",
    ]);
    assert_eq!(world.tombstones("monitors").len(), 0);
    world.run(&["run", &file, "--once", "--allow-deletes", "monitors"]).exits(0);
    assert_eq!(world.tombstones("monitors").len(), 10);
    world.api.change(PATH, |all| all.put("1", "{\"id\":1}"));
    world.run_once(&file).exits(0);
    world.api.change(PATH, |all| all.remove("1"));
    let file = monitors(&world, ENDPOINT, &more("max_share: 1"));
    (0..2).for_each(|_| drop(world.run_once(&file).exits(0)));
    assert_eq!(world.tombstones("monitors").len(), 11);
}
