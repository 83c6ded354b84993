//! Topics: looked at, made, refused; their ids.

use std::time::Duration;

use krest::kafka::{Cluster, Disposition, Error, TopicUse, ensure, identity, look};

use super::world::{bootstrap, delete_topic, foreign_topic, plan, settings};
use crate::support::unique;

async fn cluster() -> Cluster {
    Cluster::connect(settings(&unique("topics"), &bootstrap().await)).await.unwrap()
}

#[tokio::test]
async fn looking_at_a_missing_topic_finds_nothing_and_makes_nothing() {
    let cluster = cluster().await;
    let name = unique("missing");
    for _ in 0..3 {
        assert_eq!(look(&cluster, &name, TopicUse::Table).await, Ok(None));
        assert_eq!(identity(&cluster, &name).await, Ok(None));
    }
}

#[tokio::test]
async fn a_missing_topic_is_made_compacted_and_found_again() {
    let cluster = cluster().await;
    let name = unique("made");
    let mut wanted = plan(&name, 5);
    wanted.configs = vec![("max.message.bytes".to_owned(), "70000".to_owned())];
    let topic = ensure(&cluster, &wanted).await.unwrap();
    assert_eq!((topic.partitions, topic.max_message_bytes), (5, Some(70_000)));
    assert_eq!(topic.id.as_str().len(), 22, "a topic id as Kafka's tools print it");
    assert_eq!(look(&cluster, &name, TopicUse::Table).await, Ok(Some(topic.clone())));
    assert_eq!(ensure(&cluster, &plan(&name, 9)).await, Ok(topic), "another count is no error");
}

#[tokio::test]
async fn the_brokers_defaults_are_used_where_nothing_is_said() {
    let cluster = cluster().await;
    let mut wanted = plan(&unique("defaults"), 0);
    wanted.partitions = None;
    assert!(ensure(&cluster, &wanted).await.unwrap().partitions >= 1);
}

#[tokio::test]
async fn two_that_make_the_same_topic_at_once_both_get_it() {
    let cluster = cluster().await;
    let wanted = plan(&unique("race"), 2);
    let (one, other) = tokio::join!(ensure(&cluster, &wanted), ensure(&cluster, &wanted));
    assert_eq!(one.unwrap(), other.unwrap());
}

#[tokio::test]
async fn a_topic_that_contradicts_upserts_is_refused_with_the_command_that_mends_it() {
    let cluster = cluster().await;
    for (configs, fix) in [
        (&[("cleanup.policy", "delete")][..], "--add-config cleanup.policy=compact"),
        (&[("cleanup.policy", "compact,delete")], "--add-config cleanup.policy=compact"),
        (
            &[("cleanup.policy", "compact"), ("delete.retention.ms", "60000")],
            "--add-config delete.retention.ms=86400000",
        ),
    ] {
        let name = unique("wrong");
        foreign_topic(cluster.servers(), &name, configs).await;
        for error in [
            ensure(&cluster, &plan(&name, 1)).await.unwrap_err(),
            look(&cluster, &name, TopicUse::Table).await.unwrap_err(),
        ] {
            assert_eq!(error.disposition(), Disposition::Refuse);
            let text = error.to_string();
            assert!(text.contains(&name) && text.contains(fix), "{text}");
        }
    }
}

#[tokio::test]
async fn a_topic_is_not_made_with_settings_that_contradict_upserts_or_that_the_broker_refuses() {
    let cluster = cluster().await;
    for (key, value) in [("cleanup.policy", "delete"), ("max.message.bytes", "-5"), ("no.such.setting", "1")]
    {
        let mut wanted = plan(&unique("refused"), 1);
        wanted.configs = vec![(key.to_owned(), value.to_owned())];
        let error = ensure(&cluster, &wanted).await.unwrap_err();
        assert!(matches!(error, Error::Topic { .. }), "{key}={value}: {error}");
        assert_eq!(look(&cluster, &wanted.name, TopicUse::Table).await, Ok(None), "{key}={value}");
    }
}

#[tokio::test]
async fn a_topic_that_was_deleted_and_made_again_has_another_id() {
    let cluster = cluster().await;
    let wanted = plan(&unique("again"), 1);
    let first = ensure(&cluster, &wanted).await.unwrap();
    delete_topic(cluster.servers(), &wanted.name).await;
    let start = std::time::Instant::now();
    while look(&cluster, &wanted.name, TopicUse::Table).await.unwrap().is_some() {
        assert!(start.elapsed() < Duration::from_secs(10), "the topic does not go away");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let second = ensure(&cluster, &wanted).await.unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!(identity(&cluster, &wanted.name).await, Ok(Some((second.id, 1))));
}

#[tokio::test]
async fn names_of_every_kind_are_described_or_refused_and_never_crash() {
    let cluster = cluster().await;
    let long = "x".repeat(300);
    let odd = ["", ".", "..", "a b", "ü", "nul\0inside", "\0", "a/b", "%s%n", "\u{7f}", long.as_str()];
    let missing = unique("hammer");
    for round in 0..50 {
        for name in odd {
            let found = identity(&cluster, name).await;
            assert!(!matches!(found, Ok(Some(_))), "round {round}: {name:?} is {found:?}");
        }
        assert_eq!(identity(&cluster, &missing).await, Ok(None));
    }
}

#[tokio::test]
async fn many_descriptions_at_once_are_all_right() {
    let cluster = cluster().await;
    let topic = ensure(&cluster, &plan(&unique("many"), 4)).await.unwrap();
    let expected = Ok(Some((topic.id.clone(), 4)));
    for _ in 0..10 {
        let (a, b, c, d) = tokio::join!(
            identity(&cluster, &topic.name),
            identity(&cluster, "no-such-topic"),
            identity(&cluster, &topic.name),
            identity(&cluster, &topic.name),
        );
        assert_eq!((&a, &c, &d), (&expected, &expected, &expected));
        assert_eq!(b, Ok(None));
    }
}
