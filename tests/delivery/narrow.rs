//! What a signal's scan did not show because it was not asked to: that says nothing of what is gone.

use super::seed::written;
use crate::support::checker::Tail;
use crate::support::{World, unique};

const POSTS: &str = "/posts";
/// Nothing is scanned but at the start and by signals; whatever is missing may be deleted.
const EAGER: &str = "poll: {interval: 1h}
deletes: {mode: snapshot, max_share: 1.0}
errors: {max_shrink: 1.0}
signal: {kafka.topic: '${NAME}-signals'}
notification: {sink.topic.name: '${NAME}-notifications'}";

fn put(world: &World, path: &str, id: usize) {
    world.api.change(path, |all| all.put(&id.to_string(), &format!("{{\"id\":{id},\"at\":{id}}}")));
}

/// Posts with two comments each, of which each has two replies.
fn world(test: &str) -> World {
    let world = World::new(test).serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    for post in 1..=3 {
        put(&world, POSTS, post);
        for comment in [post * 10 + 1, post * 10 + 2] {
            put(&world, &format!("/posts/{post}/comments"), comment);
            [1, 2].into_iter().for_each(|reply| {
                put(&world, &format!("/comments/{comment}/replies"), comment * 10 + reply);
            });
        }
    }
    world
}

fn config(world: &World, more: &str) -> String {
    let source = "  resource_defaults: {primary_key: id, endpoint: {data_selector: data, paginator: single_page}}
  resources:
    - posts
    - name: comments
      endpoint: {path: 'posts/{resources.posts.id}/comments', incremental: {cursor_path: at, start_param: since}}
    - {name: replies, endpoint: {path: 'comments/{resources.comments.id}/replies'}}";
    written(world, &format!("{}.yaml", unique("narrow")), source, more)
}

/// Runs until the signals have had their effect. No row may be gone then.
fn nothing_is_gone(world: &World, signals: &[&[&str]], before: impl FnOnce()) {
    let file = config(world, EAGER);
    let running = world.start(&["run", &file]);
    Tail::new(world.bootstrap(), &world.topic("replies")).wait_for(12);
    before();
    for signal in signals {
        super::signals::signal(world, &file, signal);
    }
    running.terminate().exits(0);
    for resource in ["posts", "comments", "replies"] {
        let gone = world.read(resource).iter().filter(|message| message.value.is_none()).count();
        assert_eq!(gone, 0, "{resource}");
    }
}

#[test]
fn a_signal_for_one_parent_deletes_nothing_below_the_others() {
    let world = world("narrow-below");
    nothing_is_gone(&world, &[&["rewind", "-r", "comments", "--to", "null", "--parent", "1"]], || ());
}

#[test]
fn what_belongs_to_a_parent_that_takes_no_part_stays() {
    let world = world("narrow-paused");
    let signals: [&[&str]; 2] = [&["pause", "-r", "posts"], &["execute-snapshot", "-r", "comments"]];
    nothing_is_gone(&world, &signals, || world.api.change(POSTS, |all| all.remove("2")));
}

/// Their comments are kept whatever happens, so nothing but the signal says that their replies say nothing.
#[test]
fn a_signal_for_one_parent_or_one_record_deletes_nothing_of_what_it_reads_either() {
    let world = world("narrow-within");
    let file = config(&world, &format!("{EAGER}\noverrides: {{comments: {{deletes: {{mode: none}}}}}}"));
    let (running, _) = super::signals::running(&world, &file, "replies", 12);
    world.api.change("/comments/11/replies", |all| all.remove("111"));
    for signal in [
        &["rewind", "-r", "comments", "--to", "null", "--parent", "1"][..],
        &["execute-snapshot", "-r", "replies", "--parent", "11"],
        &["execute-snapshot", "-r", "replies", "--key", "212"],
        &["execute-snapshot", "-r", "replies", "--key", "none"],
    ] {
        super::signals::signal(&world, &file, signal);
        assert!(world.read("replies").iter().all(|message| message.value.is_some()), "{signal:?}");
    }
    super::signals::signal(&world, &file, &["execute-snapshot", "-r", "replies"]);
    running.terminate().exits(0);
    let gone: Vec<String> = world
        .read("replies")
        .iter()
        .filter(|message| message.value.is_none())
        .map(|one| one.key_text().to_owned())
        .collect();
    assert_eq!(gone, ["111"]);
}

#[test]
fn a_signal_for_one_parent_says_nothing_of_the_size_below_it_and_uses_nothing_up() {
    let world = world("narrow-size");
    let file = config(
        &world,
        &EAGER.replace("max_share: 1.0}", "max_count: 1}").replace("errors: {max_shrink: 1.0}\n", ""),
    );
    let (running, _) = super::signals::running(&world, &file, "replies", 12);
    [1, 2].iter().for_each(|reply| {
        world.api.change("/comments/32/replies", |all| all.remove(&(320 + reply).to_string()));
    });
    world.run(&["signal", &file, "allow-deletes", "-r", "replies"]).exits(0);
    for signal in [
        &["rewind", "-r", "comments", "--to", "null", "--parent", "1"][..],
        &["execute-snapshot", "-r", "replies", "--key", "none"],
        &["execute-snapshot", "-r", "replies"],
    ] {
        super::signals::signal(&world, &file, signal);
    }
    let finished = running.terminate().exits(0);
    assert!(!finished.stderr.contains("errors.max_shrink"), "{}", finished.stderr);
    assert_eq!(world.read("replies").iter().filter(|message| message.value.is_none()).count(), 2);
}
