//! What a topic's settings must be for upserts to be true, as a function of the settings alone.

use std::collections::BTreeMap;
use std::time::Duration;

use super::error::Error;
use super::topics::TopicUse;

/// A reader that was away for longer than this misses tombstones; a topic that grants less is refused.
const SHORTEST_DELETE_RETENTION: Duration = Duration::from_secs(3600);

/// A topic's settings by name, as far as they are known.
pub(super) type Configs = BTreeMap<String, String>;

/// Refuses settings that contradict the topic's use, with the command that mends them. What is not known is not judged.
pub(super) fn check(servers: &str, (topic, usage): (&str, TopicUse), configs: &Configs) -> Result<(), Error> {
    let policy = configs.get("cleanup.policy");
    match (usage, policy) {
        (TopicUse::Table, Some(policy)) => check_table(servers, topic, policy)?,
        (TopicUse::Log | TopicUse::Letters, Some(policy)) => {
            return check_log(servers, (topic, usage), policy);
        }
        (TopicUse::Table, None) => {}
        (TopicUse::Log | TopicUse::Letters, None) | (TopicUse::Events, _) => return Ok(()),
    }
    match delete_retention(configs) {
        Some(retention) if retention < SHORTEST_DELETE_RETENTION => Err(Error::Topic {
            topic: topic.to_owned(),
            problem: format!(
                "has delete.retention.ms={}: tombstones vanish within the hour, and a reader or cache that was away for \
                 longer never hears of a delete",
                retention.as_millis()
            ),
            fix: alter(servers, topic, "delete.retention.ms=86400000"),
        }),
        Some(_) | None => Ok(()),
    }
}

/// How long tombstones stay, if known.
pub(super) fn delete_retention(configs: &Configs) -> Option<Duration> {
    configs.get("delete.retention.ms").and_then(|value| value.parse().ok()).map(Duration::from_millis)
}

/// The largest record batch that the topic takes, if known.
pub(super) fn max_message_bytes(configs: &Configs) -> Option<usize> {
    configs.get("max.message.bytes").and_then(|value| value.parse().ok())
}

fn check_table(servers: &str, topic: &str, policy: &str) -> Result<(), Error> {
    let words: Vec<&str> = policy.split(',').map(str::trim).collect();
    let problem = match (words.contains(&"compact"), words.contains(&"delete")) {
        (true, false) => return Ok(()),
        (true, true) => "retention removes rows that krest and every reader still believe in",
        (false, _) => "old versions of a key are kept, and rows are lost when retention passes",
    };
    Err(Error::Topic {
        topic: topic.to_owned(),
        problem: format!("has cleanup.policy={policy}, but upserts need compact alone: {problem}"),
        fix: alter(servers, topic, "cleanup.policy=compact"),
    })
}

/// A compacted topic refuses messages without a key, and keeps one message of each key where every message counts.
fn check_log(servers: &str, (topic, usage): (&str, TopicUse), policy: &str) -> Result<(), Error> {
    if !policy.split(',').any(|word| word.trim() == "compact") {
        return Ok(());
    }
    let contradiction = match usage {
        TopicUse::Table | TopicUse::Log | TopicUse::Events => {
            "`append` publishes every record as a message of its own: compaction would remove all but the newest of each key"
        }
        TopicUse::Letters => {
            "dead letters go there, many of them without a key, which a compacted topic refuses"
        }
    };
    Err(Error::Topic {
        topic: topic.to_owned(),
        problem: format!("has cleanup.policy={policy}, but {contradiction}"),
        fix: alter(servers, topic, "cleanup.policy=delete"),
    })
}

fn alter(servers: &str, topic: &str, config: &str) -> String {
    format!(
        "run: kafka-configs.sh --bootstrap-server {servers} --alter --entity-type topics --entity-name {topic} --add-config {config}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(configs: &[(&str, &str)]) -> Result<(), String> {
        let configs = configs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        check("k:9092", ("shop.users", TopicUse::Table), &configs).map_err(|error| error.to_string())
    }

    #[test]
    fn compact_alone_is_accepted_and_the_unknown_is_not_judged() {
        assert_eq!(verdict(&[("cleanup.policy", "compact"), ("delete.retention.ms", "3600000")]), Ok(()));
        assert_eq!(verdict(&[]), Ok(()));
    }

    #[test]
    fn a_topic_for_append_must_not_be_compacted() {
        let verdict = |policy: &str| {
            let configs = Configs::from([("cleanup.policy".to_owned(), policy.to_owned())]);
            check("k:9092", ("shop.log", TopicUse::Log), &configs).map_err(|error| error.to_string())
        };
        assert_eq!(verdict("delete"), Ok(()));
        for policy in ["compact", "compact,delete"] {
            assert!(verdict(policy).unwrap_err().contains("cleanup.policy=delete"), "{policy}");
        }
    }

    #[test]
    fn a_topic_for_dead_letters_must_not_be_compacted() {
        let verdict = |policy: &str| {
            let configs = Configs::from([("cleanup.policy".to_owned(), policy.to_owned())]);
            check("k:9092", ("shop.dlq", TopicUse::Letters), &configs).map_err(|error| error.to_string())
        };
        assert_eq!(verdict("delete"), Ok(()));
        for policy in ["compact", "compact,delete"] {
            let error = verdict(policy).unwrap_err();
            assert!(error.contains("dead letters") && error.contains("cleanup.policy=delete"), "{error}");
        }
    }

    #[test]
    fn what_breaks_upserts_is_refused_with_the_command_that_mends_it() {
        for (name, value, fix) in [
            ("cleanup.policy", "delete", "cleanup.policy=compact"),
            ("cleanup.policy", "compact,delete", "cleanup.policy=compact"),
            ("cleanup.policy", "delete, compact", "cleanup.policy=compact"),
            ("delete.retention.ms", "3599999", "delete.retention.ms=86400000"),
        ] {
            let error = verdict(&[(name, value)]).unwrap_err();
            for part in ["shop.users", value, "kafka-configs.sh --bootstrap-server k:9092 --alter", fix] {
                assert!(error.contains(part), "{part:?} is missing in: {error}");
            }
        }
    }
}
