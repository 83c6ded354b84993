//! `krest audit` and dependent resources: what a run would keep with its parent is no difference, what it would delete is one.

use serde_json::Value;

use super::audit::{audited, differing};
use crate::delivery::seed::{world_of, written};
use crate::support::World;

/// One family: what its parents' deletes are, and its children's.
struct Case {
    posts: &'static str,
    comments: &'static str,
    /// What goes with a post that is no longer listed, before the run, and what stays after it: of comments, and of posts.
    gone: [&'static [&'static str]; 2],
    kept: [u64; 2],
    /// The post that is no longer listed is there when it is asked for.
    hidden: bool,
}

const POST: &[&str] = &["2"];
const COMMENTS: &[&str] = &["21", "22"];

const CASES: [Case; 6] = [
    case(("mode: probe", "mode: snapshot"), [&[], &[]], [2, 1]),
    case(("mode: none", "mode: snapshot"), [&[], &[]], [2, 1]),
    case(("mode: snapshot", "mode: none"), [&[], POST], [2, 0]),
    case(("mode: snapshot", "mode: soft, when: .gone"), [COMMENTS, POST], [0, 0]),
    case(("mode: snapshot", "mode: probe"), [COMMENTS, POST], [0, 0]),
    case(("mode: snapshot", "mode: snapshot"), [COMMENTS, POST], [0, 0]),
];

const fn case(
    (posts, comments): (&'static str, &'static str),
    gone: [&'static [&'static str]; 2],
    kept: [u64; 2],
) -> Case {
    Case { posts, comments, gone, kept, hidden: kept[1] > 0 }
}

/// The families side by side, children first.
fn config(world: &World) -> String {
    let (mut resources, mut overrides) = (String::new(), String::new());
    for (n, Case { posts, comments, .. }) in CASES.iter().enumerate() {
        resources += &format!(
            "    - {{name: comments{n}, endpoint: {{path: '/{n}/{{resources.posts{n}.id}}/comments'}}}}
    - {{name: posts{n}, endpoint: {{path: /{n}}}}}\n"
        );
        overrides +=
            &format!("  posts{n}: {{deletes: {{{posts}}}}}\n  comments{n}: {{deletes: {{{comments}}}}}\n");
    }
    let source = format!(
        "  resource_defaults: {{primary_key: id, write_disposition: merge, endpoint: {{data_selector: data, paginator: {{type: offset, limit: 50, total_path: null}}}}}}
  resources:
{resources}"
    );
    written(world, "config.yaml", &source, &format!("deletes: {{max_share: 1}}\noverrides:\n{overrides}"))
}

fn put(world: &World, path: &str, id: usize) {
    world.api.change(path, |all| all.put(&id.to_string(), &format!("{{\"id\":{id}}}")));
}

/// What is found of a family's comments and posts: what differs, and how many rows stay.
fn found(document: &Value, family: usize) -> [(Vec<String>, u64); 2] {
    let one = |one: &Value| (differing(one), one["kept"].as_u64().unwrap_or_default());
    [0, 1].map(|below| one(&document["resources"][2 * family + below]))
}

#[test]
fn rows_under_a_parent_that_is_not_shown_go_or_stay_as_a_run_has_it() {
    let paths: Vec<String> = (0..CASES.len())
        .flat_map(|n| ["", "/1/comments", "/2/comments"].map(|path| format!("/{n}{path}")))
        .collect();
    let paths: Vec<(&str, usize)> = paths.iter().map(|path| (path.as_str(), 0)).collect();
    let world = world_of("audit-parents", &paths);
    for n in 0..CASES.len() {
        [1, 2].iter().for_each(|id| put(&world, &format!("/{n}"), *id));
        put(&world, &format!("/{n}/1/comments"), 11);
        [21, 22].iter().for_each(|id| put(&world, &format!("/{n}/2/comments"), *id));
    }
    let file = config(&world);
    world.run_once(&file).exits(0);
    for (n, case) in CASES.iter().enumerate() {
        let post = world.api.change(&format!("/{n}"), |all| all.take("2").unwrap());
        if case.hidden {
            world.api.item(&format!("/{n}/2"), &post);
        }
    }
    let before = audited(&world, &file, &[], 1);
    let one = audited(&world, &file, &["-r", "comments0"], 0);
    assert_eq!(
        one["resources"].as_array().unwrap().len(),
        1,
        "what it depends on is looked at, and not told of"
    );
    world.run_once(&file).exits(0);
    let after = audited(&world, &file, &[], 0);
    for (n, Case { posts, comments, gone, kept, .. }) in CASES.iter().enumerate() {
        let what = format!("{posts} with {comments}");
        let gone = gone.map(|keys| keys.iter().map(|key| format!("{key} only_in_topic")).collect());
        let [(comments, comments_kept), (posts, posts_kept)] = found(&before, n);
        assert_eq!(([comments, posts], [comments_kept, posts_kept]), (gone, *kept), "{what}");
        let none = Vec::<String>::new();
        assert_eq!(found(&after, n), kept.map(|kept| (none.clone(), kept)), "{what}, after the run");
    }
}
