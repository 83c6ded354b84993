//! Deletes of resources that depend on others: by the parent that a row belongs to.

use super::seed::written;
use super::whole_scans::with_kafka;
use crate::support::api::Answer;
use crate::support::checker::Seen;
use crate::support::{World, unique};

const POSTS: &str = "/posts";
const SNAPSHOT: &str = "deletes: {mode: snapshot, max_share: 1.0}\nerrors: {max_shrink: 1.0}";

fn comments(post: usize) -> String {
    format!("/posts/{post}/comments")
}

/// Posts, each with four comments.
fn world(test: &str, posts: usize) -> World {
    let world = World::new(test).serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    for post in 1..=posts {
        world.api.change(POSTS, |all| all.put(&post.to_string(), &format!("{{\"id\":{post}}}")));
        for comment in 1..=4 {
            let id = post * 100 + comment;
            let text = format!("{{\"id\":{id}}}");
            world.api.change(&comments(post), |all| all.put(&id.to_string(), &text));
        }
    }
    world
}

/// The posts in pages of `limit`, their comments on one page each.
fn config(world: &World, limit: usize, more: &str) -> String {
    let source = format!(
        "  resource_defaults: {{primary_key: id, endpoint: {{data_selector: data}}}}
  resources:
    - name: comments
      endpoint: {{path: 'posts/{{resources.posts.id}}/comments', paginator: single_page}}
    - {{name: posts, endpoint: {{paginator: {{type: offset, limit: {limit}, total_path: null}}}}}}"
    );
    written(world, &format!("{}.yaml", unique("scopes")), &source, more)
}

fn parent(message: &Seen) -> Option<&str> {
    let header = message.headers.iter().find(|(name, _)| name == "krest.parent")?;
    std::str::from_utf8(&header.1).ok()
}

#[test]
fn a_parent_that_failed_is_no_empty_one_and_the_others_are_judged_by_themselves() {
    let world = world("scope", 4);
    let file = config(&world, 50, SNAPSHOT);
    world.run_once(&file).exits(0);
    for message in world.read("comments") {
        assert_eq!(parent(&message), message.key_text().get(..1), "{}", message.key_text());
    }
    for post in [1, 3] {
        world.api.change(&comments(post), |all| all.remove(&(post * 100 + 2).to_string()));
    }
    world.api.answers(vec![Answer { path: Some(comments(3)), status: Some(403), ..Default::default() }]);
    world.run_once(&file).exits(1);
    assert_eq!(world.tombstones("comments"), ["102"]);
    let gone = world.read("comments").into_iter().find(|message| message.value.is_none()).unwrap();
    assert_eq!(parent(&gone), Some("1"));
    // Without the disk nobody knows whether rows have several parents: that takes a scan of all of them.
    world.fresh_directory();
    world.api.change(&comments(1), |all| all.remove("103"));
    world.run_once(&file).exits(1);
    assert_eq!(world.tombstones("comments"), ["102"]);
    world.api.answers(Vec::new());
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("comments"), ["102", "103", "302"]);
    world.run_once(&file).exits(0);
    assert_eq!(world.read("comments").len(), 19);
}

#[test]
fn a_deleted_parent_takes_its_children_with_it() {
    for (test, limit) in [("orphans", 50), ("orphans-pages", 2)] {
        let world = world(test, 5);
        let file = config(&world, limit, SNAPSHOT);
        world.run_once(&file).exits(0);
        world.api.change(POSTS, |all| all.remove("2"));
        world.run_once(&file).exits(0);
        assert_eq!(world.tombstones("posts"), ["2"], "{test}");
        assert_eq!(world.tombstones("comments"), ["201", "202", "203", "204"], "{test}");
        world.run_once(&file).exits(0);
        assert_eq!((world.read("posts").len(), world.read("comments").len()), (6, 24), "{test}");
    }
}

#[test]
fn children_wait_for_what_their_parents_deletes_decide() {
    let world = world("decides", 5);
    let more = format!("{SNAPSHOT}\noverrides: {{posts: {{deletes: {{mode: snapshot, grace: 1}}}}}}");
    let file = config(&world, 50, &more);
    world.run_once(&file).exits(0);
    world.api.change(POSTS, |all| all.remove("2"));
    world.run_once(&file).exits(0);
    assert_eq!((world.tombstones("posts").len(), world.tombstones("comments").len()), (0, 0));
    world.run_once(&file).exits(0);
    assert_eq!((world.tombstones("posts").len(), world.tombstones("comments").len()), (1, 4));
}

#[test]
fn the_childrens_own_mode_says_whether_they_go_with_their_parent() {
    for (mode, gone) in [("none", 0), ("soft, when: .deleted", 4)] {
        let world = world("modes", 5);
        let more = format!(
            "errors: {{max_shrink: 1.0}}\ndeletes: {{mode: {mode}}}\noverrides: {{posts: {{deletes: {{mode: snapshot, when: null, max_share: 1.0}}}}}}"
        );
        let file = config(&world, 50, &more);
        world.run_once(&file).exits(0);
        world.api.change(POSTS, |all| all.remove("2"));
        world.run_once(&file).exits(0);
        assert_eq!(world.tombstones("posts"), ["2"]);
        assert_eq!(world.tombstones("comments").len(), gone, "{mode}");
        // A comment that is merely not shown is no deleted one in either mode.
        world.api.change(&comments(1), |all| all.remove("101"));
        world.run_once(&file).exits(0);
        assert_eq!(world.tombstones("comments").len(), gone, "{mode}");
    }
}

#[test]
fn children_of_a_row_that_says_that_it_is_deleted_go_too() {
    let world = world("said", 5);
    let more = format!("{SNAPSHOT}\noverrides: {{posts: {{deletes: {{mode: soft, when: .deleted}}}}}}");
    let file = config(&world, 2, &more);
    world.run_once(&file).exits(0);
    world.api.change(POSTS, |all| all.put("2", "{\"id\":2,\"deleted\":true}"));
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("posts"), ["2"]);
    assert_eq!(world.tombstones("comments"), ["201", "202", "203", "204"]);
    world.run_once(&file).exits(0);
    assert_eq!((world.read("posts").len(), world.read("comments").len()), (6, 24));
}

/// A listing of parents may show only what is recent.
#[test]
fn what_depends_on_a_row_that_is_kept_is_kept_too() {
    let world = world("kept", 3);
    let file = config(&world, 50, &format!("overrides: {{comments: {{{}}}}}", SNAPSHOT.replace('\n', ", ")));
    world.run_once(&file).exits(0);
    world.api.change(POSTS, |all| all.remove("2"));
    world.api.change(&comments(1), |all| all.remove("102"));
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("comments"), ["102"]);
}

#[test]
fn a_row_of_two_parents_lives_as_long_as_one_of_them_may_show_it() {
    let world = world("shared", 3);
    for post in [1, 2] {
        world.api.change(&comments(post), |all| all.put("999", "{\"id\":999}"));
    }
    let file = config(&world, 50, SNAPSHOT);
    world.run_once(&file).exits(0);
    // The first one shows it no longer, and the second one cannot say.
    world.api.change(&comments(2), |all| all.remove("999"));
    world.api.answers(vec![Answer { path: Some(comments(1)), status: Some(403), ..Default::default() }]);
    world.run_once(&file).exits(1);
    assert_eq!(world.tombstones("comments"), Vec::<String>::new());
    world.api.answers(Vec::new());
    world.api.change(&comments(1), |all| all.remove("999"));
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("comments"), ["999"]);
}

/// The API shows its children as they were: their cursor values are old, and the topic does not have them any more.
#[test]
fn a_parent_that_comes_back_comes_with_all_that_is_under_it() {
    let world = world("comes-back", 3);
    for post in 1..=3 {
        let text = |id: &str| format!("{{\"id\":{id},\"at\":{id}}}");
        world.api.change(&comments(post), |all| {
            all.since = Some("at");
            (1..=4).map(|at| (post * 100 + at).to_string()).for_each(|id| all.put(&id, &text(&id)));
        });
    }
    let more = format!("{SNAPSHOT}\noverrides: {{posts: {{deletes: {{mode: soft, when: .deleted}}}}}}");
    let file = config(&world, 50, &more);
    let text = std::fs::read_to_string(&file).unwrap();
    let cursor = "paginator: single_page, incremental: {cursor_path: at, start_param: since}";
    let file = world.file("cursor.yaml", &text.replace("paginator: single_page", cursor));
    world.run_once(&file).exits(0);
    for deleted in [true, false] {
        world.api.change(POSTS, |all| all.put("2", &format!("{{\"id\":2,\"deleted\":{deleted}}}")));
        world.run_once(&file).exits(0);
    }
    assert_eq!(world.tombstones("comments"), ["201", "202", "203", "204"]);
    assert_eq!(world.read("comments").len(), 20);
    world.fresh_directory();
    world.run_once(&file).exits(0);
    assert_eq!(world.read("comments").len(), 20);
}

/// What is missing on several pages takes a further scan at once, unless nothing is left of the one that missed it.
#[test]
fn a_scan_that_is_taken_back_is_not_confirmed_again_and_again() {
    let world = world("taken-back", 5);
    let file = with_kafka(&world, &config(&world, 2, SNAPSHOT), "transaction.boundary: poll, ");
    world.run_once(&file).exits(0);
    world.api.change(POSTS, |all| all.remove("2"));
    world.api.answers(vec![Answer { path: Some(comments(3)), status: Some(403), ..Default::default() }]);
    world.run_once(&file).exits(1);
    assert_eq!(world.read("posts").len(), 5);
    world.api.answers(Vec::new());
    world.run_once(&file).exits(0);
    assert_eq!((world.read("posts").len(), world.read("comments").len()), (6, 24));
}

#[test]
fn a_row_of_two_parents_that_moved_past_the_reader_does_not_go_with_the_one_that_is_deleted() {
    let world = World::new("orphans-moved").serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    let put = |path: &str, id: usize| {
        world.api.change(path, |all| all.put(&id.to_string(), &format!("{{\"id\":{id}}}")));
    };
    (1..=2).for_each(|post| put(POSTS, post));
    (101..=104).for_each(|comment| put(&comments(2), comment));
    put(&comments(1), 103);
    let source = "  resource_defaults: {primary_key: id, endpoint: {data_selector: data}}
  resources:
    - {name: posts, endpoint: {paginator: single_page}}
    - name: comments
      endpoint: {path: 'posts/{resources.posts.id}/comments', paginator: {type: offset, limit: 2, total_path: null}}";
    let file = written(&world, "moved.yaml", source, SNAPSHOT);
    world.run_once(&file).exits(0);
    // The comment's second parent goes; and where it is still shown, it moves to a page that has been read.
    world.api.change(POSTS, |all| all.remove("1"));
    let first = world.api.change(&comments(2), |all| all.page(0, 2));
    let (path, offset) = (Some(comments(2)), Some(0));
    let stale = Answer { path, offset, times: Some(1), body: Some(first), ..Answer::default() };
    world.api.answers(vec![stale]);
    world.api.change(&comments(2), |all| all.remove("101"));
    world.run_once(&file).exits(0);
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("posts"), ["1"]);
    assert_eq!(world.tombstones("comments"), ["101"], "103 is there all the time");
}

#[test]
fn a_run_does_not_wait_to_confirm_what_is_missing_for_an_api_that_asks_to_be_left_alone() {
    let world = world("scope-polite", 5);
    let file = config(&world, 2, SNAPSHOT);
    world.run_once(&file).exits(0);
    world.api.change(POSTS, |all| all.remove("2"));
    let headers = [("retry-after".to_owned(), "3600".to_owned())].into();
    let away = Answer { path: Some(comments(4)), status: Some(429), headers, ..Answer::default() };
    world.api.answers(vec![away]);
    world.run_once(&file).exits(1).says(&["not confirmed now, because the API asks to be left alone"]);
    assert_eq!(world.tombstones("posts"), Vec::<String>::new());
    world.api.answers(Vec::new());
    world.run_once(&file).exits(0);
    assert_eq!((world.tombstones("posts"), world.tombstones("comments").len()), (vec!["2".to_owned()], 4));
}
