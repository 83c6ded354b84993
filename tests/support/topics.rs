//! Topics as an operator makes them: created, changed, described and deleted with Kafka's admin calls.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;

use super::api::runtime;
use super::checker::partitions;
use super::until;

pub fn create_topic(bootstrap: &str, name: &str, partitions: i32, settings: &[(&str, &str)]) {
    let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
    for (key, value) in settings {
        topic = topic.set(key, value);
    }
    let results = runtime().block_on(admin(bootstrap).create_topics([&topic], &AdminOptions::new()));
    results.expect("an answer")[0].as_ref().expect("the topic is created");
    let there = || (super::checker::partitions(bootstrap, name) == partitions).then_some(());
    until(&format!("topic {name}"), Duration::from_secs(10), there);
}

pub fn delete_topic(bootstrap: &str, name: &str) {
    let results = runtime().block_on(admin(bootstrap).delete_topics(&[name], &AdminOptions::new()));
    results.expect("an answer")[0].as_ref().expect("the topic is deleted");
    until(&format!("topic {name} to be gone"), Duration::from_secs(10), || {
        (partitions(bootstrap, name) == 0).then_some(())
    });
}

pub fn add_partitions(bootstrap: &str, name: &str, total: usize) {
    let wanted = NewPartitions::new(name, total);
    let results = runtime().block_on(admin(bootstrap).create_partitions([&wanted], &AdminOptions::new()));
    results.expect("an answer")[0].as_ref().expect("the partitions are added");
    until(&format!("{total} partitions of {name}"), Duration::from_secs(10), || {
        (partitions(bootstrap, name) as usize == total).then_some(())
    });
}

/// Replaces all settings of a topic.
pub fn alter_topic(bootstrap: &str, name: &str, settings: &[(&str, &str)]) {
    let mut altered = AlterConfig::new(ResourceSpecifier::Topic(name));
    for (key, value) in settings {
        altered = altered.set(key, value);
    }
    let results = runtime().block_on(admin(bootstrap).alter_configs([&altered], &AdminOptions::new()));
    results.expect("an answer")[0].as_ref().expect("the topic is altered");
    until(&format!("the settings of {name}"), Duration::from_secs(10), || {
        let now = topic_settings(bootstrap, name);
        settings.iter().all(|(key, value)| now.get(*key).is_some_and(|now| now == value)).then_some(())
    });
}

/// A topic's settings, the broker's defaults included.
pub fn topic_settings(bootstrap: &str, name: &str) -> BTreeMap<String, String> {
    let asked = [ResourceSpecifier::Topic(name)];
    let results = runtime().block_on(admin(bootstrap).describe_configs(&asked, &AdminOptions::new()));
    let described = results.expect("an answer").remove(0).expect("the topic's settings");
    described.entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect()
}

fn admin(bootstrap: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", bootstrap).create().expect("an admin client")
}
