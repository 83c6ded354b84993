//! `deletes.every`: when a resource with a cursor is scanned whole, and when again if that came to no end.

use std::time::Duration;

use super::seed::{PATH, monitors, put, remove, world};
use crate::support::api::Answer;
use crate::support::checker::Tail;
use crate::support::{World, until};

const NEVER: &str = "deletes: {mode: snapshot}";

const ENDPOINT: &str = "paginator: {type: offset, limit: 10, total_path: null}, incremental: {cursor_path: id, start_param: since}";

/// Of the scans since the requests were forgotten, those without a cursor and those with one.
fn scans(world: &World) -> (usize, usize) {
    let log = world.api.log();
    let first = || log.iter().filter(|asked| asked.path == PATH && asked.offset() == Some(0));
    let whole = first().filter(|asked| asked.param("since").is_none()).count();
    (whole, first().count() - whole)
}

fn listed(world: &World) -> bool {
    let lists = std::fs::read_dir(world.state_directory().join("refused-deletes"));
    lists.is_ok_and(|mut lists| lists.next().is_some())
}

#[test]
fn a_whole_scan_that_is_refused_counts_and_what_is_allowed_brings_the_next_one() {
    let world = world("every-refused", 20);
    world.run_once(&monitors(&world, ENDPOINT, NEVER)).exits(0);
    let file = monitors(&world, ENDPOINT, "deletes: {mode: snapshot, every: 24h, max_count: 2}");
    remove(&world, 1..=6);
    world.api.forget_requests();
    world.run_once(&file).exits(1).says(&["more than deletes.max_count allows (2)"]);
    assert_eq!(scans(&world), (1, 0));
    let last = world.positions("monitors").pop().unwrap();
    assert!(last["tried"].is_u64() && last["full"].is_null(), "{last}");
    // Nobody has acted: the next scans are the usual ones, and the list stays for whoever does.
    put(&world, 21);
    world.run_once(&file).exits(0).says(&["1 published"]);
    assert_eq!((scans(&world), world.tombstones("monitors").len(), listed(&world)), ((1, 1), 0, true));
    world.run(&["run", &file, "--once", "--allow-deletes", "monitors"]).exits(0);
    assert_eq!(
        (scans(&world).0, world.tombstones("monitors").len(), listed(&world)),
        (3, 6, false),
        "one, and one that confirms it"
    );
    let last = world.positions("monitors").pop().unwrap();
    assert!(last["full"].is_u64() && last["tried"].is_null(), "{last}");
    world.api.forget_requests();
    world.run(&["run", &file, "--once", "--allow-deletes", "monitors"]).exits(0);
    assert_eq!(scans(&world), (0, 1), "nothing waits for it");
}

#[test]
fn a_running_connector_goes_on_with_its_cursor_until_a_signal_allows_what_was_refused() {
    let world = world("every-signal", 20);
    world.run_once(&monitors(&world, ENDPOINT, NEVER)).exits(0);
    let more = super::signals::more("200ms");
    let file =
        monitors(&world, ENDPOINT, &format!("{more}\ndeletes: {{mode: snapshot, every: 24h, max_count: 2}}"));
    remove(&world, 1..=6);
    world.api.forget_requests();
    let running = world.start(&["run", &file]);
    running.says("more than deletes.max_count allows (2)");
    until("usual scans", Duration::from_secs(60), || (scans(&world).1 >= 3).then_some(()));
    assert_eq!(scans(&world).0, 1);
    super::signals::signal(&world, &file, &["allow-deletes", "-r", "monitors"]);
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(26);
    running.terminate().exits(0);
    assert_eq!((scans(&world).0, world.tombstones("monitors").len()), (3, 6));
}

#[test]
fn a_whole_scan_whose_pages_or_probes_fail_counts_too() {
    let forbidden = |path: &str, offset| Answer {
        path: Some(path.to_owned()),
        offset,
        status: Some(403),
        ..Default::default()
    };
    for answer in [forbidden("/v1/monitors/7", None), forbidden(PATH, Some(10))] {
        let world = world("every-failed", 20);
        let probes = monitors(&world, ENDPOINT, "deletes: {mode: probe, every: 24h}");
        world.run_once(&monitors(&world, ENDPOINT, NEVER)).exits(0);
        remove(&world, [7]);
        world.api.forget_requests();
        world.api.answers(vec![answer]);
        world.run_once(&probes).exits(1);
        assert_eq!(scans(&world), (1, 0));
        world.api.answers(Vec::new());
        world.run_once(&probes).exits(0);
        assert_eq!((scans(&world), world.tombstones("monitors").len()), ((1, 1), 0));
    }
}

#[test]
fn where_a_scan_is_one_transaction_and_fails_the_next_one_is_no_whole_one() {
    let world = world("every-poll", 20);
    world.run_once(&monitors(&world, ENDPOINT, NEVER)).exits(0);
    let file = monitors(&world, ENDPOINT, "poll: {interval: 200ms}\ndeletes: {mode: snapshot, every: 24h}");
    let file = super::whole_scans::with_kafka(&world, &file, "transaction.boundary: poll, ");
    world.api.answers(vec![Answer { offset: Some(10), status: Some(403), ..Default::default() }]);
    world.api.forget_requests();
    let running = world.start(&["run", &file]);
    until("usual scans", Duration::from_secs(60), || (scans(&world).1 >= 2).then_some(()));
    assert_eq!(scans(&world).0, 1);
    running.terminate().exits(0);
}

#[test]
fn where_rows_move_in_every_scan_the_whole_one_is_begun_anew_later() {
    let world = world("every-restless", 45);
    world.run_once(&monitors(&world, ENDPOINT, NEVER)).exits(0);
    let file = monitors(&world, ENDPOINT, "deletes: {mode: snapshot, every: 24h, max_share: 1.0}");
    let mut next = 1;
    world.api.after_each_page(move |asked, all| {
        if asked.offset() == Some(10) {
            all.remove(&next.to_string());
            next += 1;
        }
    });
    world.api.forget_requests();
    let run = world.run_once(&file).exits(0);
    run.says(&["rows moved between the pages of each of 4 scans in a row", "a later whole scan"]);
    assert_eq!((scans(&world), world.tombstones("monitors").len()), ((4, 0), 0));
    world.api.leave_pages_alone();
    world.run_once(&file).exits(0);
    assert_eq!((scans(&world), world.tombstones("monitors").len()), ((4, 1), 0));
    let last = world.positions("monitors").pop().unwrap();
    assert!(last["tried"].is_u64() && last["full"].is_null(), "{last}");
}

#[test]
fn a_whole_scan_that_a_wrong_total_ends_leaves_the_cursor_to_those_that_have_it() {
    let world = World::new("every-total").serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    let put = |id: usize, at: usize| {
        world.api.change(PATH, |all| all.put(&id.to_string(), &format!("{{\"id\":{id},\"at\":{at}}}")));
    };
    (1..=30).for_each(|id| put(id, id));
    world.api.change(PATH, |all| all.since = Some("at"));
    let endpoint = "paginator: {type: offset, limit: 50}, incremental: {cursor_path: at, start_param: since}";
    let config = |more: &str| monitors(&world, endpoint, more);
    world.run_once(&config(NEVER)).exits(0);
    put(30, 100);
    put(2, 110);
    let page = world.api.change(PATH, |all| all.page(0, 20));
    let (data, _) = page.rsplit_once(",\"total\"").unwrap();
    let capped =
        Answer { offset: Some(0), body: Some(format!("{data},\"total\":20}}")), ..Answer::default() };
    world.api.answers(vec![capped]);
    let often = config("deletes: {mode: snapshot, every: 24h}\nerrors: {max_shrink: 1.0}");
    world.run_once(&often).exits(0).says(&["1 published"]);
    world.api.answers(Vec::new());
    world.run_once(&often).exits(0).says(&["1 published"]);
    let messages = world.read("monitors");
    let is_there = messages.iter().any(|one| one.value_text() == Some("{\"id\":30,\"at\":100}"));
    assert!(is_there, "it is behind the wrong total, and new");
    world.run_once(&often).exits(0).says(&["0 published"]);
}
