//! A rewind goes back and nothing is passed over by it; one that cannot is passed over itself, and keeps nobody waiting.

use super::seed::{PATH, written};
use super::signals::{QUIET, keys, more, notices, running, signal};
use crate::support::api::Answer;
use crate::support::checker::Tail;
use crate::support::{World, until};

use std::time::Duration;

const LONG: Duration = Duration::from_secs(60);

fn put(world: &World, path: &str, id: u64, at: &str) {
    world.api.change(path, |all| all.put(&id.to_string(), &format!("{{\"id\":{id},\"at\":{at}}}")));
}

/// Four monitors with numbers for cursors, and notes whose cursors are texts with a secret in them.
fn world(test: &str) -> (World, String) {
    let world = World::new(test).serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    (1..=4).for_each(|id| put(&world, PATH, id, &(id * 10).to_string()));
    put(&world, "/notes", 1, &format!("\"b-{}\"", world.canary));
    let source = format!(
        "  resource_defaults: {{primary_key: id, endpoint: {{data_selector: data, paginator: single_page}}}}
  resources:
    - {{name: monitors, endpoint: {{path: {PATH}, incremental: {{cursor_path: at, start_param: since}}}}}}
    - {{name: notes, endpoint: {{path: notes, incremental: {{cursor_path: at}}}}}}"
    );
    let file = written(&world, "cursors.yaml", &source, QUIET);
    (world, file)
}

/// Why the connector did not do it.
fn refused(world: &World, file: &str, arguments: &[&str]) -> String {
    let arguments: Vec<&str> =
        ["signal", file, "rewind"].iter().chain(arguments).chain(&["--wait"]).copied().collect();
    world.run(&arguments).exits(1).stderr
}

/// The values that the pages of a path were asked for with, since they were last forgotten.
fn since(world: &World, path: &str) -> Vec<String> {
    let log = world.api.log();
    let asked = log.iter().filter(|asked| asked.path == path);
    asked.map(|asked| asked.param("since").unwrap_or("-").to_owned()).collect()
}

fn end(world: &World, id: &str) -> String {
    until(&format!("the end of {id}"), LONG, || {
        let notices = notices(world);
        let notice = notices.iter().rfind(|notice| notice["id"] == id && notice["type"] != "STARTED")?;
        Some(notice["type"].as_str().unwrap().to_owned())
    })
}

#[test]
fn a_rewind_goes_back_and_no_row_is_passed_over() {
    let (world, file) = world("rewind-back");
    let (running, mut tail) = running(&world, &file, "monitors", 4);
    until("the notes' cursor", LONG, || world.is_recorded("notes").then_some(()));
    world.api.forget_requests();
    for (arguments, parts) in [
        (["-r", "monitors", "--to", "500"], ["500 lies beyond the stored cursor, 40", "krest offsets set"]),
        (["-r", "monitors", "--to", "abc"], ["\"abc\" is a text", "the stored cursor, 40, is a number"]),
        (["-r", "monitors", "--to", "\"10\""], ["\"10\" is a text", "a number"]),
        (["-r", "notes", "--to", "c"], ["\"c\" lies beyond the stored cursor, \"b-", "krest offsets set"]),
        (["-r", "notes", "--to", "2026-01-01"], ["is a date", "is a text"]),
    ] {
        let said = refused(&world, &file, &arguments);
        assert!(parts.iter().all(|part| said.contains(part)), "{arguments:?}: {said}");
        assert!(!said.contains(&world.canary), "{said}");
    }
    assert_eq!(since(&world, PATH), Vec::<String>::new(), "nothing was asked for");
    running.says("is passed over: resource monitors: 500 lies beyond");
    signal(&world, &file, &["rewind", "-r", "monitors", "--to", "40"]);
    put(&world, PATH, 5, "45");
    running.terminate().exits(0);
    world.run_once(&file).exits(0);
    assert_eq!(since(&world, PATH), ["40", "40"], "the cursor is where it was");
    assert_eq!(keys(&tail.wait_for(5)[4..]), ["5"]);
}

#[test]
fn each_parent_goes_back_from_its_own_cursor_and_none_goes_forward() {
    let world = World::new("rewind-parents").serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    [1, 2].into_iter().for_each(|post| put(&world, "/posts", post, "0"));
    [(11, "10"), (12, "50")].into_iter().for_each(|(id, at)| put(&world, "/posts/1/comments", id, at));
    put(&world, "/posts/2/comments", 21, "20");
    let source = "  resource_defaults: {primary_key: id, endpoint: {data_selector: data, paginator: single_page}}
  resources:
    - posts
    - name: comments
      endpoint: {path: 'posts/{resources.posts.id}/comments', incremental: {cursor_path: at, start_param: since}}";
    let file = written(&world, "parents.yaml", source, QUIET);
    let (running, mut tail) = running(&world, &file, "comments", 3);
    put(&world, "/posts/3/comments", 31, "25"); // a parent without a cursor yet
    put(&world, "/posts", 3, "0");
    put(&world, "/posts/1/comments", 13, "30");
    put(&world, "/posts/2/comments", 22, "25");
    world.api.forget_requests();
    for (arguments, part) in [
        (&["-r", "comments", "--to", "30", "--parent", "2"][..], "30 lies beyond the stored cursor, 20"),
        (&["-r", "comments", "--to", "30", "--parent", "9"], "no cursor is stored"),
        (&["-r", "comments", "--to", "60"], "60 lies beyond"),
        (&["-r", "comments", "--to", "b"], "\"b\" is a text"),
    ] {
        let said = refused(&world, &file, arguments);
        assert!(said.contains(part), "{arguments:?}: {said}");
    }
    assert_eq!(world.api.log().len(), 0);
    signal(&world, &file, &["rewind", "-r", "comments", "--to", "30"]);
    assert_eq!(keys(&tail.wait_for(6)[3..]), ["13", "22", "31"]);
    assert_eq!(since(&world, "/posts/1/comments"), ["30"]);
    assert_eq!(since(&world, "/posts/2/comments"), ["20"], "its own: 30 would pass over what is before");
    assert_eq!(since(&world, "/posts/3/comments"), ["-"]);
    world.api.forget_requests();
    signal(&world, &file, &["rewind", "-r", "comments", "--to", "15", "--parent", "2"]);
    assert_eq!(since(&world, "/posts/2/comments"), ["15"]);
    running.terminate().exits(0);
    assert_eq!(world.read("comments").len(), 6);
}

#[test]
fn a_rewind_that_the_api_refuses_is_passed_over_and_what_came_behind_it_is_done() {
    let (world, file) = world("rewind-refused");
    let (running, mut tail) = running(&world, &file, "monitors", 4);
    let refusal = Answer { path: Some(PATH.into()), status: Some(400), times: Some(1), ..Answer::default() };
    world.api.answers(vec![refusal]);
    let said = refused(&world, &file, &["-r", "monitors", "--to", "5"]);
    assert!(said.contains("HTTP 400") && said.contains("monitors"), "{said}");
    signal(&world, &file, &["execute-snapshot", "-r", "monitors"]);
    assert_eq!(keys(&tail.wait_for(8)[4..]), ["1", "2", "3", "4"]);
    // Any other failure passes: it is tried again, keeps nobody waiting, and can be taken back.
    let away = Answer { path: Some(PATH.into()), status: Some(500), times: Some(4), ..Answer::default() };
    world.api.answers(vec![away]);
    let waiting = world.run(&["signal", &file, "rewind", "-r", "monitors", "--to", "5"]).exits(0);
    running.says("HTTP 500");
    signal(&world, &file, &["execute-snapshot", "-r", "monitors"]);
    assert_eq!(keys(&tail.wait_for(12)[8..]), ["1", "2", "3", "4"]);
    signal(&world, &file, &["stop-snapshot"]);
    assert_eq!(end(&world, waiting.stdout.trim()), "ABORTED");
    running.terminate().exits(0);
    world.api.forget_requests();
    world.run_once(&file).exits(0);
    assert_eq!(since(&world, PATH), ["40"]);
}

#[test]
fn a_signal_waits_as_long_as_the_api_asks_for() {
    let (world, file) = world("signal-waits");
    let text =
        std::fs::read_to_string(&file).unwrap().replace("initial: 20ms", "initial: 20ms, max_wait: 1s");
    let file = world.file("patient.yaml", &text);
    let (running, mut tail) = running(&world, &file, "monitors", 4);
    let headers = std::collections::BTreeMap::from([("retry-after".to_owned(), "3".to_owned())]);
    let busy =
        Answer { path: Some(PATH.into()), status: Some(429), times: Some(1), headers, ..Answer::default() };
    world.api.answers(vec![busy]);
    world.api.forget_requests();
    world.run(&["signal", &file, "execute-snapshot", "-r", "monitors"]).exits(0);
    running.says("HTTP 429"); // tried again in an hour: poll.interval
    world.run(&["signal", &file, "execute-snapshot", "-r", "monitors"]).exits(0);
    tail.wait_for(8);
    running.terminate().exits(0);
    let log = world.api.log();
    let asked: Vec<_> = log.iter().filter(|asked| asked.path == PATH).map(|asked| asked.at).collect();
    assert!(asked[1] - asked[0] >= Duration::from_secs(3), "{asked:?}");
}

#[test]
fn a_rewind_that_is_under_way_can_be_taken_back_and_the_cursor_stays() {
    let (world, file) = world("rewind-back-taken");
    let (running, _) = running(&world, &file, "monitors", 4);
    let gate = world.api.hold(PATH, 0);
    world.api.forget_requests();
    let given = world.run(&["signal", &file, "rewind", "-r", "monitors", "--to", "null"]).exits(0);
    until("its request", LONG, || (!since(&world, PATH).is_empty()).then_some(()));
    signal(&world, &file, &["stop-snapshot", "-r", "monitors"]);
    assert_eq!(end(&world, given.stdout.trim()), "ABORTED");
    drop(gate);
    running.terminate().exits(0);
    world.run_once(&file).exits(0);
    assert_eq!(since(&world, PATH), ["-", "40"]);
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(4);
    assert_eq!(world.read("monitors").len(), 4);
}

#[test]
fn a_rewind_is_done_once_what_depends_on_the_resource_has_seen_it_too() {
    let world = World::new("rewind-below").serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    [1, 2].into_iter().for_each(|post| {
        put(&world, "/posts", post, &(post * 10).to_string());
        put(&world, &format!("/posts/{post}/comments"), post * 100, "0");
    });
    let source =
        "  resource_defaults: {primary_key: id, endpoint: {data_selector: data, paginator: single_page}}
  resources:
    - {name: posts, endpoint: {incremental: {cursor_path: at, start_param: since}}}
    - {name: comments, endpoint: {path: 'posts/{resources.posts.id}/comments'}}";
    let file = written(&world, "below.yaml", source, &more("200ms"));
    let (running, mut tail) = running(&world, &file, "comments", 2);
    put(&world, "/posts/1/comments", 101, "0");
    let path = Some("/posts/1/comments".to_owned());
    world.api.answers(vec![Answer { path, status: Some(403), times: Some(1), ..Answer::default() }]);
    let id = signal(&world, &file, &["rewind", "-r", "posts", "--to", "10"]);
    assert_eq!(keys(&tail.wait_for(3)[2..]), ["101"], "{id}");
    running.terminate().exits(0);
}
