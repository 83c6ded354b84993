//! The client before any message: a connection that is refused, and a queue that is full.

use std::time::Duration;

use krest::kafka::{Checkpoint, Cluster, CommitPolicy, Disposition, Error};

use super::world::{Stage, batch, bootstrap, settings};
use crate::support::unique;

#[tokio::test]
async fn wrong_credentials_are_told_apart_from_a_broker_that_is_away() {
    // The broker knows no SASL: whoever comes with a password is refused.
    let mut wrong = settings(&unique("sasl"), &bootstrap().await);
    let sasl = [
        ("security.protocol", "sasl_plaintext"),
        ("sasl.mechanism", "PLAIN"),
        ("sasl.username", "krest"),
        ("sasl.password", "hush"),
    ];
    wrong.properties.extend(sasl.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let error = Cluster::connect(wrong).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::Credentials { .. }), "{text}");
    assert_eq!(error.disposition(), Disposition::Refuse);
    assert!(text.contains("refuses the connection") && text.contains("security.protocol"), "{text}");
}

#[tokio::test]
async fn messages_beyond_the_clients_queue_wait_and_all_arrive() {
    let mut small = settings(&unique("queue"), &bootstrap().await);
    small.properties.push(("queue.buffering.max.messages".to_owned(), "20".to_owned()));
    small.commit = CommitPolicy { linger: Duration::from_millis(5), ..CommitPolicy::default() };
    let stage = Stage::with(small).await;
    let producer = stage.producer(1).await;
    producer.send(batch(&stage.topic, 1, 0..500)).await.unwrap().await.unwrap();
    producer.close().await.unwrap();
    let (keys, _) = stage.read(Checkpoint::new()).await;
    assert_eq!(keys.len(), 500);
}
