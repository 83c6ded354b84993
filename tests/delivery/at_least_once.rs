//! `delivery: at_least_once`: nothing is lost; what comes again is bounded by what was under way.

use std::collections::BTreeMap;
use std::time::Duration;

use super::seed::{PATH, config, world};
use crate::support::api::generated;
use crate::support::checker::{Seen, Tail};
use crate::support::{World, until};

const LONG: Duration = Duration::from_secs(30);

/// Each key's newest value is what the API showed last.
fn nothing_is_lost(world: &World) -> Vec<Seen> {
    let messages = world.read("monitors");
    let newest: BTreeMap<&str, Option<&str>> =
        messages.iter().map(|message| (message.key_text(), message.value_text())).collect();
    let served = world.api.change(PATH, |all| all.served().clone());
    for (key, versions) in &served {
        let last = versions.last().map(String::as_str);
        assert_eq!(newest.get(key.as_str()).copied().flatten(), last, "key {key}");
    }
    assert_eq!(newest.len(), served.len());
    messages
}

#[test]
fn killed_again_and_again_nothing_is_lost_and_little_comes_twice() {
    let world = world("atleast", 1000);
    let file = config(&world, 100, "delivery: at_least_once");
    for offset in [300, 600, 900] {
        world.api.forget_requests();
        std::mem::forget(world.api.hold(PATH, offset));
        let running = world.start(&["run", &file, "--once"]);
        let asked = || world.api.log().iter().any(|asked| asked.offset() == Some(offset)).then_some(());
        until("the request", LONG, asked);
        running.kill_9();
        world.api.open_gates();
        world.fresh_directory();
    }
    world.run_once(&file).exits(0);
    let messages = nothing_is_lost(&world);
    assert!(messages.len() <= 1000 + 3 * 300, "{}", messages.len());
    // What the topic holds is known again from the topic alone.
    let (key, text) = generated(7, 2, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
    world.fresh_directory();
    world.run_once(&file).exits(0).says(&["1 published"]);
    assert_eq!(nothing_is_lost(&world).len(), messages.len() + 1);
}

#[test]
fn without_faults_nothing_comes_twice_and_check_says_what_is_not_promised() {
    let world = world("atleast-calm", 250);
    let file = config(&world, 100, "poll: {interval: 100ms}\ndelivery: at_least_once");
    world.run(&["check", &file]).exits(0).says(&["note: delivery: with at_least_once", "second instance"]);
    let running = world.start(&["run", &file]);
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    tail.wait_for(250);
    let (key, text) = generated(7, 2, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
    tail.wait_for(251);
    running.terminate().exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 251);
    // From there to exactly once and back is a matter of the word.
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 251);
}
