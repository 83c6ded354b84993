//! A registry that does not answer.

use std::time::Duration;

use serde_json::json;

use super::rows::settled;
use super::world::{config, put};
use crate::support::readers::{Form, Reading, confluent, row};
use crate::support::registry::Registry;
use crate::support::{World, until};

const FORMATS: &str = "format: {value: avro}
poll: {interval: 200ms}
deletes: {mode: snapshot, max_share: 1}
overrides: {by_key: {format: {key: avro, value: json_sr}}, plain: {format: {value: json}}}";
const RESOURCES: [(&str, &str); 3] = [("avro", "/avro"), ("by_key", "/by_key"), ("plain", "/plain")];

#[test]
fn a_registry_that_is_away_stops_nothing_but_what_needs_it() {
    let (world, mut registry) = (World::new("away"), Registry::start());
    let address = format!("url: '{}'", registry.url());
    let file = config(&world, &address, &RESOURCES, FORMATS);
    let all = |id: &str, more: &str| RESOURCES.iter().for_each(|(_, path)| put(&world, path, id, more));
    let counts = || RESOURCES.map(|(resource, _)| world.read(resource).len());
    all("a", r#","n":1"#);
    all("gone", "");
    world.run_once(&file).exits(0);
    registry.pause();
    let file =
        config(&world, &format!("{address}, max.retries: 0, request.timeout.ms: 500"), &RESOURCES, FORMATS);
    // Nothing new is needed, not even by a krest that starts without its disk: a restart asks nothing.
    world.fresh_directory();
    all("a", r#","n":2"#);
    RESOURCES.iter().for_each(|(_, path)| world.api.change(path, |all| all.remove("gone")));
    world.run_once(&file).exits(0).says(&["published"]);
    assert_eq!(counts(), [4, 4, 4]);
    // One of them needs a schema that the registry has not seen: it alone waits.
    let running = world.start(&["run", &file]);
    put(&world, "/avro", "b", r#","more":true"#);
    running.says("is away");
    put(&world, "/by_key", "a", r#","n":3"#);
    put(&world, "/plain", "b", r#","more":true"#);
    until("what needs no registry to be published", Duration::from_secs(30), || {
        (counts() == [4, 5, 5]).then_some(())
    });
    assert!(running.stderr().contains(registry.address()), "{}", running.stderr());
    registry.resume();
    until("the rest to be published", Duration::from_secs(60), || (counts() == [5, 5, 5]).then_some(()));
    running.terminate().exits(0);
    let topics = [("avro", Form::String, Form::Avro), ("by_key", Form::Avro, Form::JsonSr)];
    let readings = topics.map(|(resource, key, value)| Reading { topic: world.topic(resource), key, value });
    let told = confluent(world.bootstrap(), registry.url(), &readings);
    let found = row(&told, &world.topic("avro"), &json!("b")).unwrap();
    assert_eq!(settled(found), json!({"id": "b", "more": true}));
    let found = row(&told, &world.topic("by_key"), &json!({"id": "a"})).unwrap();
    assert_eq!(settled(found), json!({"id": "a", "n": 3}));
}
