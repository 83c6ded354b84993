//! Resources that depend on others: read together, each its own topic, each parent its own cursor.

use std::time::Duration;

use super::seed::written;
use crate::support::api::Answer;
use crate::support::{World, unique, until};

const LONG: Duration = Duration::from_secs(30);
const POSTS: &str = "/posts";

fn comments(post: usize) -> String {
    format!("/posts/{post}/comments")
}

/// An API of posts, each with two comments, in pages of two.
fn world(test: &str, posts: usize) -> World {
    let world = World::new(test).serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    for post in 1..=posts {
        world.api.change(POSTS, |all| all.put(&post.to_string(), &format!("{{\"id\":{post}}}")));
        for comment in 1..=2 {
            put_comment(&world, post, comment, comment);
        }
    }
    world
}

fn put_comment(world: &World, post: usize, comment: usize, at: usize) {
    let id = post * 100 + comment;
    let text = format!("{{\"id\":{id},\"at\":{at}}}");
    world.api.change(&comments(post), |all| all.put(&id.to_string(), &text));
}

/// Posts and their comments; `posts` and `endpoint` are further YAML of the two, `more` further resources.
fn config(world: &World, posts: &str, endpoint: &str, more: &str) -> String {
    let source = format!(
        "  resource_defaults:
    primary_key: id
    endpoint: {{data_selector: data, paginator: {{type: offset, limit: 2}}}}
  resources:
    - {{name: posts{posts}}}
    - name: comments
      include_from_parent: [id]
      endpoint:
        path: 'posts/{{resources.posts.id}}/comments'
        {endpoint}
    {more}"
    );
    written(world, &format!("{}.yaml", unique("family")), &source, "")
}

fn keys(world: &World, resource: &str) -> Vec<String> {
    let mut keys: Vec<String> =
        world.read(resource).iter().map(|message| message.key_text().to_owned()).collect();
    keys.sort_unstable();
    keys
}

#[test]
fn children_are_read_once_for_each_parent_and_the_parent_once_for_all() {
    let world = world("family", 5);
    let likes = "- {name: likes, endpoint: {path: 'posts/{resources.posts.id}/comments'}}";
    let file = config(&world, "", "", likes);
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("posts", POSTS).len(), 5);
    assert_eq!((keys(&world, "comments").len(), keys(&world, "likes").len()), (10, 10));
    let first = world.read("comments").into_iter().find(|message| message.key_text() == "101").unwrap();
    assert_eq!(first.value_text(), Some("{\"id\":101,\"at\":1,\"_posts_id\":1}"));
    assert_eq!(world.api.requests(POSTS), 3, "three pages, for two resources that depend on them");
    assert_eq!(world.api.requests(&comments(3)), 2, "one page for each of the two");
    // Nothing has changed, and nothing is written.
    let before = world.end_offsets("comments");
    world.run_once(&file).exits(0);
    assert_eq!(world.end_offsets("comments"), before);
}

#[test]
fn killed_among_the_children_nothing_is_lost_and_nothing_comes_twice() {
    let world = world("orphans", 7);
    let file = config(&world, "", "", "");
    for post in [1, 4, 5, 7] {
        let gate = world.api.hold(&comments(post), 0);
        let running = world.start(&["run", &file, "--once"]);
        world.api.forget_requests();
        until("the held page", LONG, || (world.api.requests(&comments(post)) > 0).then_some(()));
        running.kill_9();
        std::mem::forget(gate);
        world.api.open_gates();
        world.fresh_directory();
    }
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("posts", POSTS).len(), 7);
    let keys = keys(&world, "comments");
    let expected: Vec<String> =
        (1..=7).flat_map(|post| [post * 100 + 1, post * 100 + 2]).map(|id| id.to_string()).collect();
    assert_eq!(keys, expected);
}

#[test]
fn a_parent_whose_children_cannot_be_read_does_not_keep_the_others_from_theirs() {
    let world = world("broken", 5);
    let path = comments(3);
    world.api.answers(vec![Answer { path: Some(path), status: Some(404), ..Answer::default() }]);
    let file = config(&world, "", "", "");
    world.run_once(&file).exits(1).says(&[
        "comments",
        "1 of its parents could not be read",
        "parent 3",
        "404",
    ]);
    assert_eq!((keys(&world, "posts").len(), keys(&world, "comments").len()), (5, 8));
    world.api.answers(Vec::new());
    world.run_once(&file).exits(0);
    assert_eq!(keys(&world, "comments").len(), 10);
}

#[test]
fn an_api_that_is_away_is_not_asked_for_every_parent() {
    let world = world("away", 40);
    let answers =
        (1..=40).map(|post| Answer { path: Some(comments(post)), status: Some(503), ..Answer::default() });
    world.api.answers(answers.collect());
    let file = config(&world, "", "", "");
    world.run_once(&file).exits(1).says(&["comments", "503"]);
    assert_eq!(keys(&world, "posts").len(), 40);
    let asked = (1..=40).filter(|post| world.api.requests(&comments(*post)) > 0).count();
    assert!(asked < 10, "{asked} parents were asked for");
}

#[test]
fn a_resource_that_is_not_selected_is_read_for_its_children_alone() {
    let world = world("unselected", 3);
    let file = config(&world, ", selected: false", "", "");
    world.run_once(&file).exits(0).says(&["comments"]);
    assert_eq!(keys(&world, "comments").len(), 6);
    assert_eq!(world.end_offsets("posts").len(), 0, "there is no topic");
}

#[test]
fn each_parent_has_a_cursor_of_its_own() {
    let world = world("cursors", 2);
    put_comment(&world, 1, 9, 90);
    let since = "incremental: {cursor_path: at, initial_value: 0, start_param: since}";
    let file = config(&world, "", since, "");
    let asked = |world: &World, post: usize| {
        let log = world.api.log();
        let of_post = log.iter().filter(|asked| asked.path == comments(post));
        of_post.filter_map(|asked| asked.param("since").map(str::to_owned)).next_back().unwrap()
    };
    world.run_once(&file).exits(0);
    assert_eq!((asked(&world, 1), asked(&world, 2)), ("0".to_owned(), "0".to_owned()));
    put_comment(&world, 2, 5, 5);
    world.fresh_directory();
    world.run_once(&file).exits(0);
    assert_eq!((asked(&world, 1), asked(&world, 2)), ("90".to_owned(), "2".to_owned()));
    assert_eq!(keys(&world, "comments").len(), 6);
    world.run_once(&file).exits(0);
    assert_eq!((asked(&world, 1), asked(&world, 2)), ("90".to_owned(), "5".to_owned()));
    // What a run has published on its own disk, the next one knows.
    put_comment(&world, 2, 6, 6);
    world.run_once(&file).exits(0);
    let published = world.end_offsets("comments");
    world.run_once(&file).exits(0);
    assert_eq!((keys(&world, "comments").len(), world.end_offsets("comments")), (7, published));
}

/// A log has no keys to be compared by: how far it is published is remembered beside the cursor.
#[test]
fn a_log_whose_cursor_waits_for_what_depends_on_it_is_not_appended_again() {
    let world = world("log-waits", 0);
    let put_post = |post: usize, at: usize| {
        world.api.change(POSTS, |all| all.put(&post.to_string(), &format!("{{\"id\":{post},\"at\":{at}}}")));
        put_comment(&world, post, 1, 1);
    };
    (1..=3).for_each(|post| put_post(post, post));
    let source = "  resources:
    - name: posts
      write_disposition: append
      endpoint:
        {data_selector: data, paginator: {type: offset, limit: 2}, incremental: {cursor_path: at, initial_value: 0, start_param: since}}
    - {name: comments, primary_key: id, endpoint: {path: 'posts/{resources.posts.id}/comments', data_selector: data}}
";
    let file = written(&world, "log-waits.yaml", source, "");
    let fails = Answer { path: Some(comments(2)), status: Some(404), ..Answer::default() };
    world.api.answers(vec![fails]);
    for _ in 0..3 {
        world.run_once(&file).exits(1);
        world.fresh_directory();
    }
    assert_eq!(world.read("posts").len(), 3, "not at every poll");
    // What is new is, also where it stands at the same value; what is later and older than that is not lost more than ever.
    put_post(4, 3);
    put_post(5, 4);
    world.run_once(&file).exits(1);
    assert_eq!(world.read("posts").len(), 5);
    world.api.answers(Vec::new());
    for _ in 0..2 {
        world.run_once(&file).exits(0);
    }
    put_post(6, 5);
    world.run_once(&file).exits(0);
    assert_eq!((world.read("posts").len(), keys(&world, "comments").len()), (6, 6));
}

#[test]
fn a_parents_cursor_waits_for_what_depends_on_it() {
    let world = world("waits", 3);
    for post in 1..=3 {
        world
            .api
            .change(POSTS, |all| all.put(&post.to_string(), &format!("{{\"id\":{post},\"at\":{post}}}")));
    }
    let posts = ", endpoint: {incremental: {cursor_path: at, initial_value: 0, start_param: since}}";
    let file = config(&world, posts, "", "");
    world.api.answers(vec![Answer { path: Some(comments(2)), status: Some(404), ..Answer::default() }]);
    world.run_once(&file).exits(1);
    world.api.answers(Vec::new());
    // Had the cursor moved to 3, post 2 would not be listed again, and its comments would be lost.
    world.run_once(&file).exits(0);
    assert_eq!(keys(&world, "comments").len(), 6);
    let since: Vec<_> = world
        .api
        .log()
        .iter()
        .filter(|asked| asked.path == POSTS)
        .filter_map(|asked| asked.param("since").map(str::to_owned))
        .collect();
    assert!(since.iter().all(|since| since == "0"), "{since:?}");
}
