//! Rules of `errors:`, the file's own block and those in `overrides`, and the topics of dead letters.

use std::collections::HashMap;

use super::resources::Given;
use crate::config::merge::overlay;
use crate::config::report::{Report, below, quoted};
use crate::config::topics::{TopicName, illegal_topic};
use crate::config::tree::{Node, Value, float};
use crate::model::ConnectorName;

const TOPIC: &str = "deadletterqueue.topic.name";
const REPLICATION: &str = "deadletterqueue.topic.replication.factor";
const MAX: &str = "max.per.scan";
/// What has a meaning only where dead letters are made.
const OF_LETTERS: [&str; 4] = [TOPIC, REPLICATION, "deadletterqueue.context.headers.enable", MAX];

/// A resource by its name, and its output topic.
pub(super) struct Output<'o> {
    pub name: &'o str,
    pub topic: &'o str,
}

/// The topic of dead letters of each resource that has one. Several may share it; it is no output topic.
/// `taken`: what the other topics hold.
pub(super) fn letter_topics(
    given: &Given<'_>,
    outputs: &[Output<'_>],
    taken: &HashMap<String, String>,
    report: &mut Report,
) -> HashMap<String, String> {
    blocks(given.root).for_each(|(path, block)| values(&path, block, report));
    notes(given.root, report);
    let letters = Letters { given, taken };
    let mut topics = HashMap::new();
    for output in outputs {
        if let Some(topic) = letters.topic(output, report) {
            topics.insert(output.name.to_owned(), topic);
        }
    }
    topics
}

struct Letters<'l> {
    given: &'l Given<'l>,
    taken: &'l HashMap<String, String>,
}

impl Letters<'_> {
    fn topic(&self, output: &Output<'_>, report: &mut Report) -> Option<String> {
        let Output { name, topic } = *output;
        let over = self.given.root.get("overrides").and_then(|overrides| overrides.get(name));
        let over = over.and_then(|over| over.get("errors"));
        let own = self.given.root.get("errors");
        let block = overlay(own, over);
        if !tolerates(&block) {
            return None;
        }
        let written = block.given(TOPIC);
        let letters = match written.map(|node| &node.value) {
            None => format!("{topic}.dlq"),
            Some(Value::String(template)) => match TopicName::parse(template) {
                Ok(template) => template.of(self.given.connector.map(ConnectorName::as_str)?, name),
                Err(_) => return None, // said where the block was looked at
            },
            Some(_) => return None,
        };
        let at = written.or(block.get("tolerance")).map_or(self.given.root.at, |node| node.at);
        let of = format!("the dead letters of the resource {} would go to", quoted(name));
        if let Some(why) = illegal_topic(&letters).filter(|_| self.given.kafka.is_some()) {
            let text =
                format!("{of} {}, which is no topic name: {why}; set \"errors.{TOPIC}\"", quoted(&letters));
            report.mistake(at, text);
        } else if let Some(other) = self.taken.get(&letters) {
            let text = format!(
                "{of} {}, the topic of {other}; set another \"errors.{TOPIC}\": dead letters need a topic of their own",
                quoted(&letters)
            );
            report.mistake(at, text);
        }
        Some(letters)
    }
}

/// Every `errors` block with its path.
fn blocks(root: &Node) -> impl Iterator<Item = (String, &Node)> {
    let of_resource =
        |entry: &'_ crate::config::tree::Entry| below(&below("overrides", &entry.key), "errors");
    let overrides = root.get("overrides").map(Node::entries).unwrap_or_default().iter();
    let own = root.get("errors").map(|block| ("errors".to_owned(), block));
    own.into_iter()
        .chain(overrides.filter_map(move |entry| Some((of_resource(entry), entry.node.get("errors")?))))
}

fn values(path: &str, block: &Node, report: &mut Report) {
    if let Some(node) = block.given(MAX)
        && let Value::Number(text) = &node.value
        && float(text).is_some_and(|number| number <= 0.0 || (number >= 1.0 && number.fract() != 0.0))
    {
        report.mistake(
            node.at,
            format!(
                "{path}.{MAX}: must be a share below 1, like 0.1, or a whole number of records; \"tolerance: none\" stops at the first"
            ),
        );
    }
    if let Some(node) = block.given(REPLICATION)
        && let Value::Number(text) = &node.value
        && float(text) == Some(0.0)
    {
        report.mistake(
            node.at,
            format!("{path}.{REPLICATION}: must be at least 1, or -1 for the broker's default"),
        );
    }
    if let Some(node) = block.given(TOPIC)
        && let Some(Err(fault)) = node.text().map(TopicName::parse)
    {
        report.mistake(node.at, format!("{path}.{TOPIC}: {fault}"));
    }
}

/// Settings of dead letters where none are made.
fn notes(root: &Node, report: &mut Report) {
    let own = root.get("errors");
    let overrides = root.get("overrides").map(Node::entries).unwrap_or_default();
    let anywhere = overrides.iter().any(|entry| entry.node.get("errors").is_some_and(tolerates));
    for (path, block) in blocks(root) {
        let is_own = path == "errors";
        let used = if is_own { tolerates(block) || anywhere } else { tolerates(&overlay(own, Some(block))) };
        for entry in block.entries().iter().filter(|entry| !used && OF_LETTERS.contains(&entry.key.as_str()))
        {
            report.note(entry.at, format!("{path}.{}: has no effect without \"tolerance: all\"", entry.key));
        }
    }
}

fn tolerates(block: &Node) -> bool {
    block.get("tolerance").and_then(Node::text) == Some("all")
}
