//! One topic for two sources, one name for two connectors: refused before anything is published, created or asked for.

use super::seed::{connector, world_of};
use crate::support::checker::partitions;

const MONITORS: &str = "/v1/monitors";
const USERS: &str = "/v1/users";

const BOTH: [(&str, usize); 2] = [(MONITORS, 30), (USERS, 30)];

#[test]
fn two_files_with_one_topic_are_refused() {
    let world = world_of("one_topic", &BOTH);
    let topic = world.topic("shared");
    let more = format!("topics: {{name: {topic}}}");
    let one = connector(&world, &world.name, &[("monitors", MONITORS)], &more);
    let two = connector(&world, &format!("{}-two", world.name), &[("users", USERS)], &more);
    world.run(&["run", &one, &two, "--once"]).exits(2).says(&[&topic]);
    assert!(world.api.log().is_empty());
    assert_eq!(partitions(world.bootstrap(), &topic), 0);
}

#[test]
fn a_topic_of_another_connector_is_refused() {
    let world = world_of("owned", &BOTH);
    let one = connector(&world, &world.name, &[("monitors", MONITORS)], "");
    world.run_once(&one).exits(0);
    let before = world.end_offsets("monitors");
    let more = format!("topics: {{name: {}}}", world.topic("monitors"));
    let two = connector(&world, &format!("{}-two", world.name), &[("users", USERS)], &more);
    world.run_once(&two).exits(2).says(&[&world.topic("monitors"), &format!("connector {}", world.name)]);
    assert_eq!((world.api.requests(USERS), world.end_offsets("monitors")), (0, before));
    world.run_once(&one).exits(0);
    assert_eq!(world.checked("monitors", MONITORS).len(), 30);
}

#[test]
fn a_resource_that_was_renamed_may_not_bring_another_source_into_its_topic() {
    let world = world_of("renamed", &BOTH);
    let one = connector(&world, &world.name, &[("monitors", MONITORS)], "");
    world.run_once(&one).exits(0);
    let before = world.end_offsets("monitors");
    let more = format!("topics: {{name: {}}}", world.topic("monitors"));
    let two = connector(&world, &world.name, &[("watchers", USERS)], &more);
    world.run_once(&two).exits(2).says(&[&world.name, MONITORS]);
    assert_eq!((world.api.requests(USERS), world.end_offsets("monitors")), (0, before));
}

#[test]
fn a_resource_may_not_move_into_the_topic_of_another_one() {
    let world = world_of("moved", &BOTH);
    let one = connector(&world, &world.name, &[("monitors", MONITORS), ("users", USERS)], "");
    world.run_once(&one).exits(0);
    world.api.forget_requests();
    let before = world.end_offsets("monitors");
    let more = format!("topics: {{name: {}}}", world.topic("monitors"));
    let two = connector(&world, &world.name, &[("users", USERS)], &more);
    world.run_once(&two).exits(2).says(&["resource monitors", MONITORS, USERS]);
    assert_eq!((world.api.requests(USERS), world.end_offsets("monitors")), (0, before));
}

#[test]
fn two_connectors_with_one_name_are_told_apart_by_what_they_read() {
    let world = world_of("namesakes", &BOTH);
    let one = connector(&world, &world.name, &[("monitors", MONITORS)], "");
    let two = connector(&world, &world.name, &[("users", USERS)], "");
    world.run_once(&one).exits(0);
    world.run_once(&two).exits(2).says(&[&world.name, MONITORS]);
    assert_eq!(world.api.requests(USERS), 0);
    assert_eq!(partitions(world.bootstrap(), &world.topic("users")), 0);
    world.run_once(&one).exits(0);
    assert_eq!(world.checked("monitors", MONITORS).len(), 30);
}
