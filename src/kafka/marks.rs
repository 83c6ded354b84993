//! Where a topic ends, for a reader that must miss nothing.
//!
//! A read_committed reader is told the last stable offset and an end there, also when another writer's open transaction hides
//! what comes after. So: take the high watermarks first, by a handle that sees everything; then wait until the last stable
//! offset of each partition has reached them.

use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::blocking::{Cancelled, blocking};
use super::cluster::{Cluster, PATIENCE};
use super::code::code_of;
use super::error::{Error, remedy};
use super::log::Voice;
use super::reader::Checkpoint;
use super::topics::Topic;

/// Twice Kafka's largest transaction time-out (`transaction.max.timeout.ms`, 15 min by default): no healthy transaction is older.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(2 * 15 * 60);
/// No transaction of krest's own is older (`transaction.timeout.ms` is at most a minute), whatever the broker takes to end it.
const OWN: Duration = Duration::from_secs(90);
/// How often waiting is reported.
const REPORT: Duration = Duration::from_secs(30);
/// How long a cluster may fail to say where a topic ends.
const AWAY: Duration = Duration::from_secs(30);

/// Where the partitions of a topic end now, open transactions included.
pub async fn topic_ends(cluster: &Cluster, topic: &Topic) -> Result<Checkpoint, Error> {
    let (cluster, name, partitions) = (cluster.clone(), topic.name.clone(), topic.partitions);
    let marks = blocking(move |cancelled| high_watermarks(&cluster, &name, partitions, cancelled)).await?;
    Ok((0..).zip(marks).collect())
}

/// The ends of the partitions of a topic, by partition, open transactions included.
pub(super) fn high_watermarks(
    cluster: &Cluster,
    topic: &str,
    partitions: i32,
    cancelled: &Cancelled,
) -> Result<Vec<i64>, Error> {
    let ends = ends(cluster, cluster.looker(), &Asked { topic, partitions, cancelled });
    cluster.serve();
    ends
}

/// Waits until everything below `marks` is decided: committed or aborted. No longer than the patience.
pub(super) fn wait_until_stable(
    cluster: &Cluster,
    reader: &BaseConsumer<Voice>,
    (topic, marks, patience): (&str, &[i64], Duration),
    cancelled: &Cancelled,
) -> Result<(), Error> {
    let asked = Asked { topic, partitions: i32::try_from(marks.len()).unwrap_or(i32::MAX), cancelled };
    let start = Instant::now();
    let mut reported: Option<Instant> = None;
    let mut pause = Duration::from_millis(20);
    loop {
        let stable = ends(cluster, reader, &asked)?;
        let behind = stable.iter().zip(marks).position(|(stable, mark)| stable < mark);
        let Some(behind) = behind else {
            return Ok(());
        };
        let partition = i32::try_from(behind).unwrap_or(i32::MAX);
        if start.elapsed() > patience {
            let servers = cluster.servers().to_owned();
            return Err(Error::OpenTransaction {
                servers,
                topic: topic.to_owned(),
                partition,
                waited: start.elapsed(),
            });
        }
        if start.elapsed() > PATIENCE / 20 && reported.is_none_or(|at| at.elapsed() > REPORT) {
            reported = Some(Instant::now());
            report(cluster.servers(), topic, partition, start.elapsed());
        }
        if cancelled.is_set() {
            return Err(Error::Stopped { topic: topic.to_owned() });
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(500));
    }
}

/// As information while it is nothing but a wait, as a warning once it does not look like one.
fn report(servers: &str, topic: &str, partition: i32, waited: Duration) {
    let waited_s = waited.as_secs();
    let what = format!("waiting for another writer's open transaction on {topic}[{partition}]");
    match suspicion(servers, (topic, partition), waited) {
        None => tracing::info!(topic, partition, waited_s, "{what}"),
        Some(suspicion) => tracing::warn!(topic, partition, waited_s, "{what}, {suspicion}"),
    }
}

/// That the broker may have forgotten the transaction: 4.3.1 does so (KAFKA-20734), and only its administrator can end it then.
fn suspicion(servers: &str, (topic, partition): (&str, i32), waited: Duration) -> Option<String> {
    let remedy = || remedy(servers, topic, partition);
    (waited > OWN).then(|| {
        format!("which is older than krest's own can be; if the broker has forgotten it: {}", remedy())
    })
}

struct Asked<'a> {
    topic: &'a str,
    partitions: i32,
    cancelled: &'a Cancelled,
}

/// The ends of all partitions as this handle's isolation level sees them; asks again while leaders move.
fn ends(cluster: &Cluster, handle: &BaseConsumer<Voice>, asked: &Asked<'_>) -> Result<Vec<i64>, Error> {
    let start = Instant::now();
    loop {
        let error = match ends_once(handle, asked) {
            Ok(ends) => return Ok(ends),
            Err(error) => error,
        };
        if asked.cancelled.is_set() {
            return Err(Error::Stopped { topic: asked.topic.to_owned() });
        }
        if let Some(error) = hopeless(cluster, asked, &error, start.elapsed()) {
            return Err(error);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// What asking again would not cure, or has not cured in time.
fn hopeless(cluster: &Cluster, asked: &Asked<'_>, error: &KafkaError, tried: Duration) -> Option<Error> {
    let (topic, code) = (asked.topic, code_of(error));
    match Error::of_topic(code, "reading", topic) {
        // A topic that was just made is not known to every broker at once.
        Some(Error::TopicMissing { .. }) if tried <= Duration::from_secs(2) => None,
        Some(error) => Some(error),
        None => {
            let away = || cluster.failure(code, &format!("ask for the end of topic {topic}: {error}"));
            (tried > AWAY).then(away)
        }
    }
}

/// One request per leader: `offsets_for_times` with the time "end", which follows the handle's isolation level
/// (librdkafka 2.12, `rd_kafka_ListOffsetsRequest`).
fn ends_once(handle: &BaseConsumer<Voice>, asked: &Asked<'_>) -> Result<Vec<i64>, KafkaError> {
    let mut wanted = TopicPartitionList::new();
    for partition in 0..asked.partitions {
        wanted.add_partition_offset(asked.topic, partition, Offset::End)?;
    }
    let found = handle.offsets_for_times(wanted, PATIENCE)?;
    let mut ends = vec![0; found.count()];
    for element in found.elements() {
        element.error()?;
        let place = usize::try_from(element.partition()).ok().and_then(|partition| ends.get_mut(partition));
        match (element.offset(), place) {
            (Offset::Offset(offset), Some(end)) => *end = offset,
            (_, None) => {}
            // The broker sent no offset: the leader is moving.
            (_, Some(_)) => return Err(KafkaError::OffsetFetch(RDKafkaErrorCode::LeaderNotAvailable)),
        }
    }
    Ok(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_is_longer_than_krests_own_transactions_says_how_to_end_it() {
        let after = |seconds| suspicion("kafka:9092", ("shop.users", 2), Duration::from_secs(seconds));
        assert_eq!(after(60), None);
        let text = after(120).unwrap();
        for words in ["--bootstrap-server kafka:9092 find-hanging --topic shop.users --partition 2", "abort"]
        {
            assert!(text.contains(words), "{text}");
        }
    }
}
