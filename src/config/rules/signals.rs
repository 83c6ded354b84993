//! The topics of signals and notifications: legal names that nothing else has.

use std::collections::HashMap;

use crate::config::kafka::Kafka;
use crate::config::report::{Report, quoted};
use crate::config::topics::illegal_topic;
use crate::config::tree::Node;
use crate::config::typed::Resource;

/// By block, key, what goes there, and its default.
const TOPICS: [(&str, &str, &str, &str); 2] = [
    ("signal", "kafka.topic", "signals", "krest-signals"),
    ("notification", "sink.topic.name", "notifications", "krest-notifications"),
];

/// Only what Kafka has to do with needs topics.
pub(crate) fn signal_topics(root: &Node, kafka: Option<&Kafka>, resources: &[Resource], report: &mut Report) {
    let Some(kafka) = kafka else { return };
    let mut taken: HashMap<&str, String> =
        HashMap::from([(kafka.offsets_topic.as_str(), "the source offsets".to_owned())]);
    for resource in resources {
        let name = quoted(resource.name.as_str());
        taken.insert(&resource.topic, format!("the resource {name}"));
        taken.extend(
            resource
                .letters
                .as_deref()
                .map(|topic| (topic, format!("the dead letters of the resource {name}"))),
        );
    }
    for (block, key, what, default) in TOPICS {
        let block_node = root.get(block);
        if block_node
            .and_then(|node| node.get("enabled.channels"))
            .is_some_and(|node| node.items().is_empty())
        {
            continue;
        }
        let written = block_node.and_then(|node| node.given(key));
        let at = written.or(block_node).map_or(root.at, |node| node.at);
        let topic = written.and_then(Node::text).unwrap_or(default);
        if let Some(why) = illegal_topic(topic) {
            report.mistake(at, format!("{block}.{key}: {} is no topic name: {why}", quoted(topic)));
        } else if let Some(other) = taken.insert(topic, what.to_owned()) {
            report.mistake(
                at,
                format!(
                    "{block}.{key}: {} is the topic of {other}; {what} need a topic of their own",
                    quoted(topic)
                ),
            );
        }
    }
}
