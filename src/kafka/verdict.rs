//! What an outcome means: whether a commit is beyond doubt, whether a call is to be repeated, whether a message was refused for
//! what it is. Functions of what librdkafka reported; no I/O.

use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::code::{Meaning, meaning};
use super::delivery::Failure;

/// How a commit went that went well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Commit {
    Clean,
    /// Known to be committed; the producer must not be used any more.
    Doubtful(String),
}

/// A commit that took longer may have sent its request more than once.
const CLEAN: Duration = Duration::from_secs(2);
/// librdkafka keeps silent about the second of two equal failures within 30 s ...
const SILENT: Duration = Duration::from_secs(31);
/// ... but a request cannot be repeated faster than this (`retry.backoff.ms`, and reconnecting).
const FASTEST_REPEAT: Duration = Duration::from_millis(80);

/// Whether anything suggests that the commit's request was sent more than once.
pub(super) fn doubts(start: Instant, end: Instant, last_lost: Option<Instant>) -> Commit {
    let took = end.duration_since(start);
    let lost = last_lost.is_some_and(|at| at >= start);
    let lost_silently =
        last_lost.is_some_and(|at| start.duration_since(at) < SILENT && took > FASTEST_REPEAT);
    if lost || lost_silently {
        Commit::Doubtful("a request timed out or a connection was lost during the commit".to_owned())
    } else if took > CLEAN {
        Commit::Doubtful(format!("the commit took {} ms", took.as_millis()))
    } else {
        Commit::Clean
    }
}

/// librdkafka asks for the same call again. A flush that timed out inside a commit leaves the transaction open, too.
pub(super) fn is_retriable(error: &KafkaError) -> bool {
    if let KafkaError::Transaction(error) = error {
        return error.is_retriable() && !error.is_fatal() && !error.txn_requires_abort();
    }
    matches!(error, KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut))
}

/// Whether a code says that data, or what it was meant for, is refused for good, rather than that Kafka is in trouble.
pub(super) fn speaks_of_data(code: RDKafkaErrorCode) -> bool {
    match meaning(code) {
        Meaning::TooLarge
        | Meaning::TopicMissing
        | Meaning::Forbidden
        | Meaning::Clock
        | Meaning::BadData => true,
        Meaning::Fenced
        | Meaning::Credentials
        | Meaning::TopicExists
        | Meaning::TopicInvalid
        | Meaning::OffsetGone
        | Meaning::TransactionTimeout
        | Meaning::Fatal
        | Meaning::Trouble => false,
    }
}

/// What is wrong with the data or its topic; `None`: the code does not speak of them.
pub(super) fn rejection(failure: &Failure, topic: &str) -> Option<String> {
    let Failure { code, key_length, size, .. } = failure;
    match meaning(*code) {
        Meaning::TooLarge => Some(format!(
            "a message of {size} bytes (its key: {key_length}) is more than topic {topic} takes; raise max.message.bytes of the \
             topic (kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config max.message.bytes=…), and \
             message.max.bytes under kafka: if it is set"
        )),
        Meaning::TopicMissing => Some(format!("topic {topic} does not exist any more, or lost partitions")),
        Meaning::Forbidden => {
            Some(format!("kafka does not allow writing to topic {topic}; ask for that permission (ACL)"))
        }
        Meaning::Clock => Some(format!(
            "topic {topic} does not take messages of this time: the clocks of this machine and of the broker differ by more than \
             the topic allows (message.timestamp.before.max.ms, message.timestamp.after.max.ms); set the clocks right, or raise \
             the two"
        )),
        Meaning::BadData => Some(format!(
            "topic {topic}: {code}; the broker has rules for its records, or the clocks of this machine and of the broker differ"
        )),
        Meaning::Fenced
        | Meaning::Credentials
        | Meaning::TopicExists
        | Meaning::TopicInvalid
        | Meaning::OffsetGone
        | Meaning::TransactionTimeout
        | Meaning::Fatal
        | Meaning::Trouble => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::delivery::Slot;

    fn commit(took_ms: u64, lost_before_ms: Option<i64>) -> Commit {
        let start = Instant::now() + Duration::from_secs(100);
        let lost = lost_before_ms.map(|ms| {
            let distance = Duration::from_millis(ms.unsigned_abs());
            if ms < 0 { start + distance } else { start - distance }
        });
        doubts(start, start + Duration::from_millis(took_ms), lost)
    }

    #[test]
    fn a_quick_quiet_commit_is_clean() {
        assert_eq!(commit(5, None), Commit::Clean);
        assert_eq!(commit(1900, Some(40_000)), Commit::Clean);
        assert_eq!(commit(5, Some(1000)), Commit::Clean, "a connection was lost, but before this commit");
    }

    #[test]
    fn a_commit_whose_request_may_have_been_repeated_ends_the_session() {
        for (took, lost) in [(2001, None), (5, Some(-1)), (5, Some(0)), (200, Some(29_000))] {
            assert!(matches!(commit(took, lost), Commit::Doubtful(_)), "{took} ms, lost {lost:?}");
        }
    }

    #[test]
    fn a_rejected_message_is_named_with_what_to_change() {
        let failure =
            |code| Failure { slot: Slot::Resource(0), code, partition: 1, key_length: 3, size: 2_000_000 };
        let text = rejection(&failure(RDKafkaErrorCode::MessageSizeTooLarge), "shop.users").unwrap();
        assert!(text.contains("2000000 bytes (its key: 3)") && text.contains("max.message.bytes"), "{text}");
        let text = rejection(&failure(RDKafkaErrorCode::InvalidTimestamp), "shop.users").unwrap();
        assert!(text.contains("clocks"), "{text}");
        assert_eq!(rejection(&failure(RDKafkaErrorCode::MessageTimedOut), "shop.users"), None);
    }
}
