//! Listings that end at the API's own total: what they do not show is deleted once the page behind is known to be empty, and that
//! page is asked for in no other case.

use std::time::Duration;

use serde_json::Value;

use super::seed::{PATH, monitors, world, world_of, written};
use super::signals::{QUIET, running, signal};
use crate::support::api::{Answer, Follow};
use crate::support::checker::Tail;
use crate::support::{World, until};

const LONG: Duration = Duration::from_secs(30);
const SNAPSHOT: &str = "deletes: {mode: snapshot, max_share: 0.5}";
const BY_OFFSET: &str = "paginator: {type: offset, limit: 500}";

fn remove(world: &World, path: &str, key: &str) {
    world.api.change(path, |all| all.remove(key));
}

/// How often the path was asked for since this was asked last.
fn asked(world: &World, path: &str) -> usize {
    let requests = world.api.requests(path);
    world.api.forget_requests();
    requests
}

/// How many tombstones a plan foresees.
fn planned(world: &World, file: &str) -> u64 {
    let finished = world.run(&["plan", file, "-o", "json"]).exits(0);
    let plan: Value = serde_json::from_str(&finished.stdout).unwrap();
    plan["resources"][0]["tombstones"].as_u64().unwrap()
}

#[test]
fn what_is_missing_is_gone_once_the_page_behind_the_total_is_empty() {
    // One page and the one behind; or a second scan, because rows may have moved between pages.
    for (endpoint, pages, when_missing) in [
        (BY_OFFSET, 1, 2),
        ("paginator: {type: offset, limit: 10}", 4, 10),
        ("params: {limit: 10}, paginator: {type: page_number, base_page: 1, total_path: total_pages}", 4, 10),
        ("params: {limit: 50}, paginator: {type: page_number, base_page: 1, total_path: total_pages}", 1, 4),
        ("params: {limit: 10}, paginator: {type: page_number, base_page: 1, total_items_path: total}", 4, 10),
    ] {
        let world = world("total", 35);
        world.api.change(PATH, |all| all.follow = Follow::Pages);
        let file = monitors(&world, endpoint, SNAPSHOT);
        world.run_once(&file).exits(0);
        world.run_once(&file).exits(0);
        assert_eq!(asked(&world, PATH), 2 * pages, "nothing is missing, nothing more is asked: {endpoint}");
        remove(&world, PATH, "7");
        assert_eq!((planned(&world, &file), asked(&world, PATH)), (1, when_missing), "{endpoint}");
        world.run_once(&file).exits(0).says(&["1 published (1 tombstone)"]);
        assert_eq!((world.tombstones("monitors"), asked(&world, PATH)), (vec!["7".to_owned()], when_missing));
        world.run_once(&file).exits(0);
        assert_eq!((world.read("monitors").len(), asked(&world, PATH)), (36, pages), "{endpoint}");
    }
}

#[test]
fn a_total_that_is_wrong_deletes_nothing_and_is_told_of_once() {
    let world = world("total-wrong", 35);
    let wrong = |world: &World| {
        let answers = [0, 10].map(|offset| {
            let page = world.api.change(PATH, |all| all.page(offset, 10));
            let (data, _) = page.rsplit_once(",\"total\"").unwrap();
            Answer { offset: Some(offset), body: Some(format!("{data},\"total\":20}}")), ..Answer::default() }
        });
        world.api.answers(answers.to_vec());
    };
    wrong(&world);
    let by_total = "paginator: {type: offset, limit: 10}";
    let file = monitors(&world, by_total, &format!("{SNAPSHOT}\npoll: {{interval: 50ms}}"));
    world.run_once(&file).exits(0);
    assert_eq!(asked(&world, PATH), 2);
    remove(&world, PATH, "3");
    wrong(&world);
    assert_eq!(planned(&world, &file), 0);
    world.run_once(&file).exits(0).says(&[
        "the API named a total of 20, but the page behind it holds 10 records more",
        "write paginator.total_path: null",
        "nothing was deleted, because the scan is no complete one: behind the total that the API named there are more records",
    ]);
    assert_eq!(asked(&world, PATH), 6, "once by the plan, once by the run");
    let polling = world.start(&["run", &file]);
    until("more polls", LONG, || (world.api.requests(PATH) >= 12).then_some(()));
    let said = polling.terminate().exits(0).stderr.matches("but the page behind it holds").count();
    assert_eq!((said, world.tombstones("monitors").len()), (1, 0));
    // As the warning says.
    let file = monitors(&world, &by_total.replace("10", "10, total_path: null"), SNAPSHOT);
    world.run_once(&file).exits(0);
    assert_eq!((world.tombstones("monitors"), world.read("monitors").len()), (vec!["3".to_owned()], 36));
}

#[test]
fn where_the_page_behind_says_nothing_nothing_is_deleted_and_the_scan_is_good() {
    let world = world("total-refused", 20);
    let file = monitors(&world, BY_OFFSET, SNAPSHOT);
    world.run_once(&file).exits(0);
    remove(&world, PATH, "7");
    for (status, body, requests, says) in [
        (404, None, 1, "write paginator.stop_on_status: [404]"),
        (500, None, 4, "HTTP 500"),
        (
            200,
            Some("{\"error\":\"beyond the end\"}"),
            1,
            "`data` matches nothing; the keys that are there: error",
        ),
    ] {
        let body = body.map(str::to_owned);
        let behind = Answer { offset: Some(19), status: Some(status), body, ..Answer::default() };
        world.api.answers(vec![behind]);
        world.api.forget_requests();
        let run = world.run_once(&file).exits(0);
        run.says(&["whether there is more behind the API's total is not known", says, "1 page, 0 published"]);
        assert_eq!((world.tombstones("monitors").len(), asked(&world, PATH)), (0, 1 + requests), "{status}");
        world.api.answers(Vec::new());
    }
    let refused = Answer { offset: Some(19), status: Some(404), ..Answer::default() };
    world.api.answers(vec![refused]);
    let file = monitors(&world, &BY_OFFSET.replace("500", "500, stop_on_status: [404]"), SNAPSHOT);
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("monitors"), ["7"]);
}

#[test]
fn an_api_that_asks_to_be_left_alone_behind_its_total_is_left_alone() {
    const OTHER: &str = "/v1/other";
    let world = world_of("total-polite", &[(PATH, 20), (OTHER, 20)]);
    let each = |name: &str, path: &str| {
        format!(
            "    - {{name: {name}, primary_key: id, endpoint: {{path: {path}, data_selector: data, {BY_OFFSET}}}}}\n"
        )
    };
    let source = format!("  resources:\n{}{}", each("monitors", PATH), each("other", OTHER));
    let file = written(&world, "polite.yaml", &source, &format!("{SNAPSHOT}\npoll: {{interval: 50ms}}"));
    world.run_once(&file).exits(0);
    remove(&world, PATH, "7");
    let headers = [("retry-after".to_owned(), "3600".to_owned())].into();
    world.api.answers(vec![Answer { offset: Some(19), status: Some(429), headers, ..Answer::default() }]);
    world.api.forget_requests();
    let running = world.start(&["run", &file]);
    until("polls of the other one", LONG, || (world.api.requests(OTHER) >= 20).then_some(()));
    running.terminate().exits(0);
    assert_eq!((world.api.requests(PATH), world.tombstones("monitors").len()), (2, 0));
}

#[test]
fn a_maximum_of_the_configuration_holds_for_the_page_behind_too() {
    let world = world("total-maximum", 20);
    let limited = BY_OFFSET.replace("500", "500, maximum_offset: 500");
    let file = monitors(&world, &limited, SNAPSHOT);
    world.run_once(&file).exits(0);
    remove(&world, PATH, "7");
    world.run_once(&file).exits(0).says(&["no complete one: the total that the API named ended it"]);
    assert_eq!((world.tombstones("monitors").len(), asked(&world, PATH)), (0, 2));
}

#[test]
fn whole_scans_of_a_resource_with_a_cursor_and_those_of_signals_look_behind_the_total() {
    let world = world("total-every", 20);
    let cursor = format!("incremental: {{cursor_path: id, start_param: since}}, {BY_OFFSET}");
    let never = monitors(&world, &cursor, SNAPSHOT);
    let often = monitors(&world, &cursor, &SNAPSHOT.replace("snapshot", "snapshot, every: 1ms"));
    world.run_once(&often).exits(0);
    remove(&world, PATH, "7");
    world.api.forget_requests();
    world.run_once(&never).exits(0);
    assert_eq!((world.tombstones("monitors").len(), asked(&world, PATH)), (0, 1));
    world.run_once(&often).exits(0);
    assert_eq!((world.tombstones("monitors"), asked(&world, PATH)), (vec!["7".to_owned()], 2));

    let told = monitors(&world, BY_OFFSET, &format!("{SNAPSHOT}\n{QUIET}"));
    let (polling, mut tail) = running(&world, &told, "monitors", 21);
    remove(&world, PATH, "8");
    signal(&world, &told, &["execute-snapshot", "-r", "monitors", "--publish", "changes"]);
    Tail::wait_for(&mut tail, 1);
    polling.terminate().exits(0);
    assert_eq!(world.tombstones("monitors"), ["7", "8"]);
}

#[test]
fn an_audit_says_of_a_row_behind_no_total_that_it_is_gone() {
    let world = world("total-audit", 20);
    let file = monitors(&world, BY_OFFSET, SNAPSHOT);
    world.run_once(&file).exits(0);
    world.api.forget_requests();
    world.run(&["audit", &file]).exits(0);
    assert_eq!(asked(&world, PATH), 1);
    remove(&world, PATH, "7");
    let audited = |code| {
        let finished = world.run(&["audit", &file, "-o", "json"]).exits(code);
        let audit: Value = serde_json::from_str(&finished.stdout).unwrap();
        audit["resources"][0].clone()
    };
    let found = audited(1);
    assert_eq!(
        (&found["differences"][0]["key"], asked(&world, PATH)),
        (&"7".into(), 4),
        "two looks: {found}"
    );
    world.api.answers(vec![Answer { offset: Some(19), status: Some(404), ..Answer::default() }]);
    let kept = audited(0).to_string();
    assert!(kept.contains("whether there is more behind the total"), "{kept}");
}

const POSTS: &str = "/posts";

fn comments(post: usize) -> String {
    format!("/posts/{post}/comments")
}

/// Three posts, each with four comments; the comments in pages of `limit`.
fn family(test: &str, (limit, posts): (usize, &str)) -> (World, String) {
    let world = World::new(test).serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    for post in 1..=3 {
        world.api.change(POSTS, |all| all.put(&post.to_string(), &format!("{{\"id\":{post}}}")));
        for id in (1..=4).map(|comment| post * 100 + comment) {
            world.api.change(&comments(post), |all| all.put(&id.to_string(), &format!("{{\"id\":{id}}}")));
        }
    }
    let source = format!(
        "  resource_defaults: {{primary_key: id, endpoint: {{data_selector: data}}}}
  resources:
    - {{name: posts, {posts}endpoint: {{paginator: {{type: offset, limit: 50}}}}}}
    - name: comments
      endpoint: {{path: 'posts/{{resources.posts.id}}/comments', paginator: {{type: offset, limit: {limit}}}}}"
    );
    let file = written(&world, "family.yaml", &source, "deletes: {mode: snapshot, max_share: 1.0}");
    world.run_once(&file).exits(0);
    world.api.forget_requests();
    (world, file)
}

/// Requests for the posts, and for the comments of each of them.
fn asked_for(world: &World) -> [usize; 4] {
    let requests =
        [POSTS.to_owned(), comments(1), comments(2), comments(3)].map(|path| world.api.requests(&path));
    world.api.forget_requests();
    requests
}

#[test]
fn of_parents_only_those_are_asked_again_whose_rows_are_missing() {
    let (world, file) = family("total-parents", (50, ""));
    remove(&world, &comments(1), "102");
    world.run_once(&file).exits(0);
    assert_eq!((world.tombstones("comments"), asked_for(&world)), (vec!["102".to_owned()], [1, 2, 1, 1]));
    // The page behind one parent's total fails: the other parent is judged by itself.
    remove(&world, &comments(1), "103");
    remove(&world, &comments(2), "203");
    let path = Some(comments(1));
    world.api.answers(vec![Answer { path, offset: Some(2), status: Some(404), ..Answer::default() }]);
    world.run_once(&file).exits(0);
    assert_eq!(
        (world.tombstones("comments"), asked_for(&world)),
        (vec!["102".to_owned(), "203".to_owned()], [1, 2, 2, 1])
    );
    world.api.answers(Vec::new());
    // A parent is missing: behind its own listing's total that is proven, and its children go with it.
    remove(&world, POSTS, "3");
    world.run_once(&file).exits(0);
    let gone = ["102", "103", "203", "301", "302", "303", "304"];
    assert_eq!(
        (world.tombstones("comments"), asked_for(&world)),
        (gone.map(str::to_owned).to_vec(), [2, 2, 1, 0])
    );
    assert_eq!(world.tombstones("posts"), ["3"]);
    world.run_once(&file).exits(0);
    assert_eq!(asked_for(&world), [1, 1, 1, 0]);
}

#[test]
fn rows_of_several_pages_are_confirmed_and_rows_of_no_parent_take_all_of_them() {
    let (world, file) = family("total-pages", (2, ""));
    remove(&world, &comments(1), "102");
    world.run_once(&file).exits(0);
    assert_eq!((world.tombstones("comments"), asked_for(&world)), (vec!["102".to_owned()], [2, 6, 4, 4]));

    // Posts that are not published decide nothing: what was under one that is no longer shown may be under any other.
    let (world, file) = family("total-unpublished", (50, "selected: false, "));
    remove(&world, POSTS, "3");
    world.run_once(&file).exits(0);
    assert_eq!((world.tombstones("comments").len(), asked_for(&world)), (4, [2, 2, 2, 0]));
    remove(&world, POSTS, "2");
    world.api.change(POSTS, |all| all.put("4", "{\"id\":4}"));
    world.api.change(&comments(4), |all| all.put("401", "{\"id\":401}"));
    let path = Some(POSTS.to_owned());
    world.api.answers(vec![Answer { path, offset: Some(2), status: Some(404), ..Answer::default() }]);
    world.run_once(&file).exits(0);
    assert_eq!((world.tombstones("comments").len(), asked_for(&world)[..3].to_vec()), (4, vec![2, 1, 0]));
}

#[test]
fn a_page_that_the_api_caps_and_counts_itself_ends_nothing() {
    let world = world("total-capped", 60);
    let file = monitors(&world, BY_OFFSET, SNAPSHOT);
    world.run_once(&file).exits(0);
    // From now on no page has more than 50 rows, and the total is the page's own: the others are there, at offset 50.
    let page = world.api.change(PATH, |all| all.page(0, 50));
    let (data, _) = page.rsplit_once(",\"total\"").unwrap();
    let body = Some(format!("{data},\"total\":50}}"));
    world.api.answers(vec![Answer { offset: Some(0), body, ..Answer::default() }]);
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("monitors"), Vec::<String>::new());
}
