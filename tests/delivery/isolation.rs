//! One bad resource never stops the others: it is set aside, tried apart, and comes back by itself.

use std::time::{Duration, Instant};

use super::seed::{connector, world_of, written};
use crate::support::api::generated;
use crate::support::checker::Tail;
use crate::support::{Running, World, alter_topic, create_topic, delete_topic, until};

const LONG: Duration = Duration::from_secs(60);
const BULKY: &str = "/v1/bulky";
const FINE: &str = "/v1/fine";
const OTHER: &str = "/v1/other";
const ALL: [(&str, &str); 3] = [("bulky", BULKY), ("fine", FINE), ("other", OTHER)];
/// A poll, a commit, and what a busy machine makes of them.
const USUAL: Duration = Duration::from_secs(4);

fn change(world: &World, path: &str, id: usize, version: usize) {
    let (key, text) = generated(id, version, 120);
    world.api.change(path, |all| all.put(&key, &text));
}

/// Publishes a change of each of these, one after the other, and waits for each.
fn changes_come_in_time(world: &World, tails: &mut [(&str, Tail, usize)], version: usize) {
    for (path, tail, count) in tails.iter_mut() {
        let start = Instant::now();
        change(world, path, 7, version);
        *count += 1;
        tail.wait_for(*count);
        assert!(start.elapsed() < USUAL, "a change of {path} took {:?}", start.elapsed());
    }
}

fn tail(world: &World, resource: &str) -> Tail {
    Tail::new(world.bootstrap(), &world.topic(resource))
}

fn said(running: &Running, fragment: &str) -> usize {
    running.stderr().matches(fragment).count()
}

#[test]
fn a_resource_whose_topic_takes_only_small_messages_is_set_aside_and_comes_back() {
    let world = world_of("isolated", &[(BULKY, 60), (FINE, 60), (OTHER, 60)]);
    let topic = world.topic("bulky");
    let settings = [("cleanup.policy", "compact"), ("max.message.bytes", "20000")];
    create_topic(world.bootstrap(), &topic, 1, &settings);
    let file = connector(&world, &world.name, &ALL, "poll: {interval: 500ms}");
    let running = world.start(&["run", &file]);
    let mut tails = [(FINE, tail(&world, "fine"), 60), (OTHER, tail(&world, "other"), 60)];
    let mut bulky = tail(&world, "bulky");
    bulky.wait_for(60);
    changes_come_in_time(&world, &mut tails, 2);

    let (key, text) = generated(61, 1, 30_000);
    world.api.change(BULKY, |all| all.put(&key, &text));
    running.says("bulky: kafka refused the data");
    running.says(&format!("topic {topic} takes; raise max.message.bytes"));
    running.says("the resource is set aside");
    for version in 3..8 {
        changes_come_in_time(&world, &mut tails, version);
        std::thread::sleep(Duration::from_millis(300));
    }
    until("further attempts", LONG, || (said(&running, "the resource is set aside") >= 3).then_some(()));
    assert_eq!(said(&running, "starting a new producer"), 0, "the others go on in one session");

    alter_topic(world.bootstrap(), &topic, &[("cleanup.policy", "compact"), ("max.message.bytes", "200000")]);
    bulky.wait_for(61);
    running.says("shares transactions with the others again");
    change(&world, BULKY, 7, 2);
    bulky.wait_for(62);
    let aside = said(&running, "the resource is set aside");
    let (key, text) = generated(61, 2, 30_000);
    world.api.change(BULKY, |all| all.put(&key, &text));
    bulky.wait_for(63);
    assert_eq!(said(&running, "the resource is set aside"), aside, "large messages go with the others now");
    changes_come_in_time(&world, &mut tails, 8);
    running.terminate().exits(0);
    for (resource, path) in ALL {
        world.checked(resource, path);
    }
}

#[test]
fn a_topic_that_is_deleted_between_two_scans_is_filled_anew_and_the_others_go_on() {
    let world = world_of("deleted-between", &[(BULKY, 60), (FINE, 60), (OTHER, 60)]);
    let file = connector(&world, &world.name, &ALL, "poll: {interval: 500ms}");
    let running = world.start(&["run", &file]);
    let mut tails = [(FINE, tail(&world, "fine"), 60), (OTHER, tail(&world, "other"), 60)];
    tail(&world, "bulky").wait_for(60);
    changes_come_in_time(&world, &mut tails, 2);
    delete_topic(world.bootstrap(), &world.topic("bulky"));
    world.api.change(BULKY, crate::support::api::Collection::forget_served);
    running.says("was deleted, re-created or given more partitions");
    changes_come_in_time(&world, &mut tails, 3);
    tail(&world, "bulky").wait_for(60);
    running.says("shares transactions with the others again");
    change(&world, BULKY, 7, 2);
    tail(&world, "bulky").wait_for(61);
    assert_eq!(said(&running, "starting a new producer"), 0, "the others go on in one session");
    running.terminate().exits(0);
    for (resource, path) in ALL {
        world.checked(resource, path);
    }
}

#[test]
fn a_topic_that_is_deleted_within_a_scan_is_filled_anew() {
    let world = world_of("deleted-within", &[(BULKY, 200), (FINE, 60), (OTHER, 60)]);
    let file = connector(&world, &world.name, &ALL, "poll: {interval: 500ms}");
    let gate = world.api.hold(BULKY, 100);
    let running = world.start(&["run", &file]);
    let mut tails = [(FINE, tail(&world, "fine"), 60), (OTHER, tail(&world, "other"), 60)];
    for (_, tail, count) in &mut tails {
        tail.wait_for(*count);
    }
    tail(&world, "bulky").wait_for(100);
    delete_topic(world.bootstrap(), &world.topic("bulky"));
    world.api.change(BULKY, crate::support::api::Collection::forget_served);
    let start = Instant::now();
    gate.release();
    world.api.open_gates();
    running.says("was deleted while data was on its way to it");
    running.says("shares transactions with the others again");
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    changes_come_in_time(&world, &mut tails, 2);
    running.terminate().exits(0);
    world.api.change(BULKY, |all| drop(all.page(0, 200)));
    for (resource, path) in ALL {
        world.checked(resource, path);
    }
}

#[test]
fn a_child_that_is_refused_keeps_no_other_from_its_scans_and_misses_nothing() {
    let world = World::new("aside-child").serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    let comments = |post: usize| format!("/posts/{post}/comments");
    let put = |path: &str, id: usize, at: usize, filler: usize| {
        let text = format!("{{\"id\":{id},\"at\":{at},\"text\":\"{}\"}}", "x".repeat(filler));
        world.api.change(path, |all| all.put(&id.to_string(), &text));
    };
    for post in 1..=5 {
        put("/posts", post, post, 1);
        put(&comments(post), 100 * post, post, 1);
    }
    let settings = [("cleanup.policy", "compact"), ("max.message.bytes", "20000")];
    create_topic(world.bootstrap(), &world.topic("comments"), 1, &settings);
    let source = "  resource_defaults:
    primary_key: id
    endpoint: {data_selector: data, paginator: {type: offset, limit: 2}}
  resources:
    - {name: posts, endpoint: {path: posts, incremental: {cursor_path: at, initial_value: 0}}}
    - {name: comments, endpoint: {path: 'posts/{resources.posts.id}/comments'}}";
    let file = written(&world, "family.yaml", source, "poll: {interval: 400ms}");
    let running = world.start(&["run", &file]);
    let (mut posts, mut answers) = (tail(&world, "posts"), tail(&world, "comments"));
    posts.wait_for(5);
    answers.wait_for(5);

    // The parent's change makes its children be read, and one of them is too large.
    put(&comments(3), 301, 6, 30_000);
    put("/posts", 3, 6, 1);
    running.says("comments: kafka refused the data");
    posts.wait_for(6);
    put("/posts", 4, 7, 1);
    put(&comments(4), 401, 7, 1);
    posts.wait_for(7);
    until("further attempts", LONG, || (said(&running, "the resource is set aside") >= 3).then_some(()));
    let settings = [("cleanup.policy", "compact"), ("max.message.bytes", "200000")];
    alter_topic(world.bootstrap(), &world.topic("comments"), &settings);
    let keys = |seen: &[crate::support::checker::Seen]| {
        let mut keys: Vec<String> = seen.iter().map(|message| message.key_text().to_owned()).collect();
        keys.sort_unstable();
        keys
    };
    assert_eq!(keys(answers.wait_for(7)), ["100", "200", "300", "301", "400", "401", "500"]);
    running.says("shares transactions with the others again");
    put("/posts", 5, 8, 1);
    put(&comments(5), 501, 8, 1);
    posts.wait_for(8);
    answers.wait_for(8);
    running.terminate().exits(0);
    assert_eq!((world.read("posts").len(), world.read("comments").len()), (8, 8));
}
