//! The topics that krest makes, and what stands in them besides the records.

use std::time::Duration;

use super::seed::{PATH, config, world};
use crate::support::api::Answer;
use crate::support::checker::{leaks, partitions};
use crate::support::topic_settings;

#[test]
fn topics_are_compacted_and_have_the_configured_form() {
    let world = world("topics", 5);
    let more = "overrides: {monitors: {poll: {interval: 1h}}}";
    let file = config(&world, 100, more);
    world.run_once(&file).exits(0);
    let settings = topic_settings(world.bootstrap(), &world.topic("monitors"));
    assert_eq!(settings["cleanup.policy"], "compact");
    assert_eq!(partitions(world.bootstrap(), &world.topic("monitors")), 3);
}

#[test]
fn the_offsets_topic_is_connects() {
    let world = world("offsets", 5);
    // The name that everyone shares unless told otherwise.
    let own = format!(", offsets.storage.topic: \"{}\"", world.offsets_topic());
    let file = config(&world, 100, "");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(&own));
    let file = world.file("default.yaml", &text.replace(&own, ""));
    world.run_once(&file).exits(0);
    assert_eq!(partitions(world.bootstrap(), "krest-offsets"), 25);
    assert_eq!(topic_settings(world.bootstrap(), "krest-offsets")["cleanup.policy"], "compact");
}

#[test]
fn the_source_offset_says_where_the_resource_stands_and_nothing_secret() {
    let world = world("standing", 250);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    let positions = world.positions("monitors");
    let last = positions.last().expect("the end of the scan is recorded");
    assert_eq!(last["topic"], world.topic("monitors"));
    assert_eq!((last["partitions"].as_i64(), last["position"].is_null()), (Some(3), true));
    assert!(last["source"].as_str().is_some_and(|source| source.ends_with(PATH)), "{last}");
    assert_eq!(leaks(&last.to_string(), &world.canary), Vec::<String>::new());
}

/// Everything is said at the most talkative level, while things go wrong; the harness searches what was said.
#[test]
fn the_key_is_never_shown_not_even_at_trace() {
    let world = world("talkative", 250).with_variable("RUST_LOG", "trace");
    let refusal = |offset, status| Answer {
        offset: Some(offset),
        times: Some(1),
        status: Some(status),
        body: Some(format!("{{\"error\":\"?api_key={} is tired\"}}", world.canary)),
        ..Answer::default()
    };
    let cut = Answer { offset: Some(100), times: Some(1), cut_after: Some(9), ..Answer::default() };
    world.api.answers(vec![refusal(0, 503), refusal(0, 429), cut, refusal(200, 401)]);
    let file = config(&world, 100, "");
    let finished = world.run_once(&file).exits(1).says(&["monitors", "401"]);
    assert!(finished.took < Duration::from_secs(60));
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 250);

    // Nobody there at all: the error of the client itself names a URL.
    let gone = format!("http://127.0.0.1:{}/", crate::support::free_port());
    let text = std::fs::read_to_string(&file).unwrap().replace(&format!("{}/", world.api.url()), &gone);
    world.run(&["preview", &world.file("gone.yaml", &text)]).exits(1).says(&["monitors", &gone]);
}
