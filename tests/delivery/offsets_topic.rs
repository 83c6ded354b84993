//! What an operator does to the offsets topic.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::seed::written;
use crate::support::checker::{Seen, read};
use crate::support::{World, add_partitions};

const SOURCE: &str = "  resource_defaults:
    write_disposition: append
    endpoint: {data_selector: data, paginator: {type: offset, limit: 50}}
  resources:
    - {name: events, endpoint: {path: events, incremental: {cursor_path: at, initial_value: 0}}}
    - {name: posts, write_disposition: merge, primary_key: id, endpoint: {path: posts}}
    - name: comments
      endpoint: {path: 'posts/{resources.posts.id}/comments', incremental: {cursor_path: at, initial_value: 0}}";

fn put(world: &World, path: &str, id: usize) {
    let text = format!("{{\"id\":{id},\"at\":{id}}}");
    world.api.change(path, |all| all.put(&id.to_string(), &text));
}

/// Of each key, the partitions that its records stand in.
fn places(records: &[Seen]) -> BTreeMap<String, BTreeSet<i32>> {
    let mut places: BTreeMap<String, BTreeSet<i32>> = BTreeMap::new();
    for record in records {
        places.entry(record.key_text().to_owned()).or_default().insert(record.partition);
    }
    places
}

fn generations(records: &[Seen]) -> BTreeSet<u64> {
    let owners = records.iter().filter(|record| record.key_text().ends_with("{\"krest\":\"owner\"}]"));
    let owner = |record: &Seen| serde_json::from_str::<Value>(record.value_text().unwrap()).unwrap();
    owners.map(|record| owner(record)["generation"].as_u64().unwrap()).collect()
}

#[test]
fn partitions_that_are_added_to_the_offsets_topic_take_nothing_back() {
    let world = World::new("wider").serving("auth: {query: {name: api_key, value: '${CANARY}'}}");
    (1..=5).for_each(|id| put(&world, "/events", id));
    (1..=3).for_each(|id| put(&world, "/posts", id));
    (1..=3).for_each(|id| put(&world, &format!("/posts/{id}/comments"), 10 * id));
    let file = written(&world, "wider.yaml", SOURCE, "");
    world.run_once(&file).exits(0);
    let counts = || ["events", "posts", "comments"].map(|name| world.read(name).len());
    assert_eq!(counts(), [5, 3, 3]);
    add_partitions(world.bootstrap(), &world.offsets_topic(), 40);
    put(&world, "/events", 6);
    put(&world, "/posts/2/comments", 21);
    for _ in 0..4 {
        world.run_once(&file).exits(0);
        assert_eq!(counts(), [6, 3, 4]);
    }
    let records = read(world.bootstrap(), &world.offsets_topic());
    let spread: Vec<_> = places(&records).into_iter().filter(|(_, places)| places.len() > 1).collect();
    assert_eq!(spread, [], "a key's records are in one partition, and so in one order");
    assert_eq!(generations(&records), (1..=5).collect());
}
