//! A first scan that is killed goes on at the page that is committed, whatever its pages follow each other by; and where the API has
//! forgotten that page, it starts over.

use std::time::Duration;

use super::seed::{PATH, written};
use crate::support::api::{Answer, Follow};
use crate::support::checker::Tail;
use crate::support::{World, unique, until};

const LONG: Duration = Duration::from_secs(30);
const ROWS: usize = 1000;

/// How the pages of a resource follow each other: what the endpoint says, and what the API does.
struct Kind {
    name: &'static str,
    endpoint: &'static str,
    follow: Follow,
}

const fn kind(name: &'static str, follow: Follow, endpoint: &'static str) -> Kind {
    Kind { name, endpoint, follow }
}

const COUNTING: &[Kind] = &[
    kind("offset", Follow::Count, "paginator: {type: offset, limit: 100}"),
    kind(
        "offsetbody",
        Follow::Count,
        "method: POST, json: {}, paginator: {type: offset, limit: 100, offset_body_path: offset, limit_body_path: limit}",
    ),
    kind(
        "pagetotal",
        Follow::Pages,
        "params: {limit: 100}, paginator: {type: page_number, base_page: 1, total_path: total_pages}",
    ),
    kind(
        "pageitems",
        Follow::Count,
        "params: {limit: 100}, paginator: {type: page_number, base_page: 1, total_path: null, total_items_path: total}",
    ),
    kind(
        "pagebody",
        Follow::Pages,
        "method: POST, json: {limit: 100}, paginator: {type: page_number, base_page: 1, page_body_path: page, total_path: total_pages}",
    ),
];

const TOKENS: &[Kind] = &[
    kind(
        "token",
        Follow::Token,
        "params: {limit: 100}, paginator: {type: cursor, cursor_path: next_token, cursor_param: cursor}",
    ),
    kind(
        "tokenbody",
        Follow::Token,
        "method: POST, json: {limit: 100}, paginator: {type: cursor, cursor_path: next_token, cursor_body_path: cursor}",
    ),
    kind(
        "tokenheader",
        Follow::TokenHeader,
        "params: {limit: 100}, paginator: {type: header_cursor, cursor_key: x-next, cursor_param: cursor}",
    ),
];

const LINKS: &[Kind] = &[
    kind("link", Follow::Link, "params: {limit: 100}, paginator: {type: json_link, next_url_path: next}"),
    kind("linkheader", Follow::LinkHeader, "params: {limit: 100}, paginator: header_link"),
    kind(
        "linkpost",
        Follow::Link,
        "method: POST, params: {limit: 100}, json: {of: all}, paginator: {type: json_link, next_url_path: next}",
    ),
];

const DETECTED: &[Kind] = &[
    kind("autotoken", Follow::Token, "params: {limit: 100}"),
    kind("autolink", Follow::Link, "params: {limit: 100}"),
    kind("autolinkheader", Follow::LinkHeader, "params: {limit: 100}"),
    kind("autopages", Follow::Pages, "params: {limit: 100}"),
];

fn world(kind: &Kind) -> World {
    let world = super::seed::world(kind.name, ROWS);
    world.api.change(PATH, |all| all.follow = kind.follow);
    world
}

/// One resource; `more` is further YAML of it.
fn config(world: &World, kind: &Kind, more: &str) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      {more}
      endpoint: {{path: {PATH}, data_selector: data, {}}}",
        kind.endpoint
    );
    written(world, &format!("{}.yaml", unique("resume")), &source, "")
}

/// The rows with which the pages began that were asked for.
fn asked(world: &World) -> Vec<usize> {
    world.api.log().iter().map(|asked| asked.offset().unwrap_or(0)).collect()
}

fn pages_from(row: usize) -> Vec<usize> {
    (row..ROWS).step_by(100).collect()
}

/// Killed while the page at row 600 is on its way, the six before it committed.
fn killed_at_600(world: &World, file: &str) {
    let gate = world.api.hold(PATH, 600);
    let running = world.start(&["run", file, "--once"]);
    until("the request for row 600", LONG, || asked(world).contains(&600).then_some(()));
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(600);
    running.kill_9();
    drop(gate);
    world.api.forget_requests();
    world.fresh_directory();
}

fn goes_on(kinds: &[Kind]) {
    for kind in kinds {
        let world = world(kind);
        let file = config(&world, kind, "primary_key: id");
        killed_at_600(&world, &file);
        world.run_once(&file).exits(0).says(&["(resumed)"]);
        assert_eq!(asked(&world), pages_from(600), "{}", kind.name);
        assert_eq!(world.checked("monitors", PATH).len(), ROWS, "{}", kind.name);
    }
}

#[test]
fn a_killed_scan_goes_on_at_its_number() {
    goes_on(COUNTING);
}

#[test]
fn a_killed_scan_goes_on_at_its_token() {
    goes_on(TOKENS);
}

#[test]
fn a_killed_scan_goes_on_at_its_link() {
    goes_on(LINKS);
}

#[test]
fn a_killed_scan_goes_on_with_the_paginator_that_it_had_found() {
    goes_on(DETECTED);
}

/// The page at row 600 is answered so, once.
fn forgotten(status: u16, body: Option<&str>) -> Answer {
    let body = body.map(str::to_owned);
    Answer { offset: Some(600), times: Some(1), status: Some(status), body, ..Answer::default() }
}

#[test]
fn a_position_that_the_api_has_forgotten_starts_the_scan_over_at_once() {
    let answers = [
        (forgotten(400, None), "400"),
        (forgotten(404, None), "404"),
        (forgotten(410, None), "410"),
        (forgotten(422, None), "422"),
        (forgotten(200, Some("{\"error\":\"the token has expired\"}")), "matches nothing"),
        (forgotten(200, Some("<html>sign in</html>")), "html"),
    ];
    let kinds = TOKENS.iter().chain(LINKS);
    for (kind, (answer, says)) in kinds.zip(answers) {
        let world = world(kind);
        let file = config(&world, kind, "primary_key: id\n      write_disposition: replace");
        killed_at_600(&world, &file);
        world.api.change(PATH, |all| all.remove("7"));
        world.api.answers(vec![answer]);
        let finished = world.run_once(&file).exits(0);
        let told = finished.stderr.lines().filter(|line| line.contains("the position is given up"));
        let told: Vec<_> = told.map(str::to_lowercase).collect();
        assert_eq!(told.len(), 1, "{}: {}", kind.name, finished.stderr);
        assert!(told[0].contains("monitors") && told[0].contains(says), "{}", told[0]);
        // From the start, and, as a row is missing, once more to confirm that.
        let twice = (0..2).flat_map(|_| (0..ROWS - 1).step_by(100));
        let from_the_start: Vec<_> = std::iter::once(600).chain(twice).collect();
        assert_eq!(asked(&world), from_the_start, "{}", kind.name);
        // Nothing came twice, and the new scans saw everything: what is gone is deleted.
        let messages = world.read("monitors");
        assert_eq!(messages.len(), ROWS + 1, "{}", kind.name);
        let gone: Vec<_> = messages.iter().filter(|message| message.value.is_none()).collect();
        assert!(gone.len() == 1 && gone[0].key_text() == "7");
        assert_eq!(world.positions("monitors").last().unwrap()["scan"], 3);
    }
}

#[test]
fn a_scan_that_was_not_resumed_fails_as_it_does_and_the_next_one_starts_over() {
    let kind = &TOKENS[0];
    let world = world(kind);
    let file = config(&world, kind, "primary_key: id");
    world.api.answers(vec![Answer { times: Some(2), ..forgotten(410, None) }]);
    world.run_once(&file).exits(1).says(&["410"]);
    assert_eq!(asked(&world), (0..=600).step_by(100).collect::<Vec<_>>());
    world.api.forget_requests();
    world.run_once(&file).exits(0).says(&["the position is given up"]);
    assert_eq!(asked(&world), [&[600], &pages_from(0)[..]].concat());
    assert_eq!(world.checked("monitors", PATH).len(), ROWS);
}

#[test]
fn an_api_that_is_away_makes_no_scan_start_over() {
    let kind = &TOKENS[0];
    let world = world(kind);
    let file = config(&world, kind, "primary_key: id");
    killed_at_600(&world, &file);
    let away = |headers: &[(&str, &str)], status| Answer {
        status: Some(status),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        ..Answer::default()
    };
    for answer in [away(&[], 503), away(&[], 401), away(&[("retry-after", "3600")], 503)] {
        world.api.answers(vec![answer]);
        world.run_once(&file).exits(1);
    }
    world.api.answers(Vec::new());
    world.api.forget_requests();
    world.run_once(&file).exits(0).says(&["(resumed)"]);
    assert_eq!(asked(&world), pages_from(600));
    assert_eq!(world.checked("monitors", PATH).len(), ROWS);
}

/// Row 1 has the cursor value 1 and so on; newest first, so that the first page has the greatest.
fn with_cursor(world: &World) {
    world.api.change(PATH, |all| {
        for id in 1..=ROWS {
            let at = ROWS + 1 - id;
            all.put(&id.to_string(), &format!("{{\"id\":{id},\"at\":{at}}}"));
        }
    });
}

fn incremental(kind: &Kind) -> String {
    format!("{}, incremental: {{cursor_path: at, initial_value: 0, start_param: since}}", kind.endpoint)
}

#[test]
fn a_scan_that_starts_over_asks_from_the_value_at_which_it_began() {
    let kind = &TOKENS[0];
    let world = world(kind);
    with_cursor(&world);
    let endpoint = incremental(kind);
    let kind = Kind { endpoint: endpoint.leak(), ..*kind };
    let file = config(&world, &kind, "primary_key: id");
    killed_at_600(&world, &file);
    world.api.answers(vec![forgotten(410, None)]);
    world.run_once(&file).exits(0).says(&["the position is given up"]);
    assert!(world.api.log().iter().all(|asked| asked.param("since") == Some("0")));
    assert_eq!(world.checked("monitors", PATH).len(), ROWS);
    world.api.forget_requests();
    world.run_once(&file).exits(0);
    assert_eq!(world.api.log()[0].param("since"), Some("1000"));
}

#[test]
fn a_cursor_does_not_move_over_an_empty_answer_to_a_stored_token() {
    let kind = &TOKENS[0];
    let world = world(kind);
    with_cursor(&world);
    let endpoint = incremental(kind);
    let kind = Kind { endpoint: endpoint.leak(), ..*kind };
    let file = config(&world, &kind, "primary_key: id");
    killed_at_600(&world, &file);
    world.api.answers(vec![forgotten(200, Some("{\"data\":[]}"))]);
    world.run_once(&file).exits(0).says(&["the cursor stays where it was"]);
    world.api.forget_requests();
    world.run_once(&file).exits(0);
    assert_eq!(world.api.log()[0].param("since"), Some("0"));
    assert_eq!(world.checked("monitors", PATH).len(), ROWS);
}

#[test]
fn append_with_a_cursor_alone_does_not_start_over_and_says_so_each_time() {
    let kind = &TOKENS[0];
    let world = world(kind);
    with_cursor(&world);
    let endpoint = incremental(kind);
    let kind = Kind { endpoint: endpoint.leak(), ..*kind };
    let file = config(&world, &kind, "write_disposition: append");
    killed_at_600(&world, &file);
    world.api.answers(vec![Answer { times: Some(2), ..forgotten(410, None) }]);
    for _ in 0..2 {
        world.run_once(&file).exits(1).says(&["410", "the position is kept", "primary_key"]);
    }
    assert_eq!(world.read("monitors").len(), 600);
    world.run_once(&file).exits(0);
    assert_eq!(world.read("monitors").len(), ROWS);
}
