//! Faults made by librdkafka's in-process cluster: what a real broker does only now and then.

use std::time::{Duration, Instant};

use krest::kafka::{
    Boundary, Checkpoint, Claim, Cluster, CommitPolicy, Disposition, Ended, Error, Owner, Producer, Reading,
    Topic, TopicId, TopicPlan, TopicUse, Writer, ensure, look, read_offsets, restore,
};
use krest::model::{Batch, Redactor, ResourceName, Secret, StoredRecord};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};

use super::world::{batch, plan, settings};
use crate::support::unique;

pub struct Faulty {
    broker: MockCluster<'static, DefaultProducerContext>,
    cluster: Cluster,
    topic: Topic,
    offsets: Topic,
}

impl Faulty {
    pub async fn new() -> Self {
        let broker = MockCluster::new(1).unwrap();
        let mut settings = settings(&unique("faulty"), &broker.bootstrap_servers());
        settings.transaction_timeout = Duration::from_secs(5);
        settings.commit = CommitPolicy { linger: Duration::from_millis(5), ..CommitPolicy::default() };
        let topic = |name: &str| Topic {
            name: name.to_owned(),
            id: TopicId::default(),
            partitions: 2,
            max_message_bytes: None,
            delete_retention: None,
        };
        for name in ["users", "offsets"] {
            broker.create_topic(name, 2, 1).unwrap();
        }
        let cluster = Cluster::connect(settings).await.unwrap();
        Self { broker, cluster, topic: topic("users"), offsets: topic("offsets") }
    }

    pub async fn producer(&self) -> Producer {
        self.try_producer().await.unwrap()
    }

    pub async fn try_producer(&self) -> Result<Producer, Error> {
        let resources = [(ResourceName::new("users"), self.topic.clone())];
        Producer::start(&self.cluster, (Writer::Task(0), Boundary::Interval), &resources, &self.offsets).await
    }

    /// Sends one batch and waits for its end.
    pub async fn commit(&self, producer: &Producer) -> Result<(), Ended> {
        producer.send(batch(&self.topic, 1, 0..10)).await?.await.map(drop)
    }

    pub fn fail(&self, request: RDKafkaApiKey, errors: &[RDKafkaRespErr]) {
        self.broker.request_errors(request, errors);
    }
}

#[tokio::test]
async fn the_in_process_cluster_takes_what_a_real_one_takes() {
    let settings = settings(&unique("inprocess"), "nowhere:1");
    let offsets = TopicPlan::offsets(&settings.offsets_topic);
    let cluster = Cluster::in_process(settings).await.unwrap();
    assert_eq!(look(&cluster, "users", TopicUse::Table).await, Ok(None));
    let topic = ensure(&cluster, &plan("users", 2)).await.unwrap();
    assert_eq!((topic.id.as_str(), topic.partitions), ("", 2));
    let offsets = ensure(&cluster, &offsets).await.unwrap();
    let resources = [(ResourceName::new("users"), topic.clone())];
    let producer =
        Producer::start(&cluster, (Writer::Task(0), Boundary::Interval), &resources, &offsets).await.unwrap();
    producer
        .claim(&Claim {
            owner: Owner::new("i", 1, 1, "h"),
            topics: vec!["users".to_owned()],
            rules: Vec::new(),
            partitions: None,
        })
        .await
        .unwrap();
    producer.send(batch(&topic, 1, 0..100)).await.unwrap().await.unwrap();
    producer.close().await.unwrap();
    let count = |count: &mut usize, _: StoredRecord<'_>| *count += 1;
    let (count, end) = restore(&cluster, Reading::new(&topic, Checkpoint::new()), 0, count).await;
    assert_eq!((count, end.map(|end| end.values().sum())), (100, Ok(100)));
    let stored = read_offsets(&cluster, &offsets).await.unwrap();
    assert_eq!((stored.owner.unwrap().generation, stored.resources.len()), (1, 1));
}

#[tokio::test]
async fn a_broker_that_is_away_is_said_to_be_away() {
    let start = Instant::now();
    let error = Cluster::connect(settings("away", "127.0.0.1:1")).await.unwrap_err();
    assert_eq!(error.disposition(), Disposition::Retry);
    let text = error.to_string();
    assert!(text.contains("127.0.0.1:1 is away") && text.contains("refused"), "{text}");
    assert!(start.elapsed() < Duration::from_secs(13));
}

#[tokio::test]
async fn a_setting_that_librdkafka_does_not_take_is_named_and_a_secret_is_not() {
    let mut wrong = settings("wrong", "127.0.0.1:1");
    wrong.redactor = Redactor::default();
    let secret = Secret::new("hush-hush-hush");
    wrong.redactor.add(&secret);
    wrong.secrets =
        vec![("sasl.mechanism".to_owned(), secret.clone()), ("fetch.min.bytes".to_owned(), secret)];
    wrong.properties.push(("security.protocol".to_owned(), "sasl_plaintext".to_owned()));
    let error = Cluster::connect(wrong).await.unwrap_err();
    assert_eq!(error.disposition(), Disposition::Refuse);
    let text = error.to_string();
    assert!(
        (text.contains("fetch.min.bytes") || text.contains("sasl.mechanism")) && !text.contains("hush"),
        "{text}"
    );
}

#[tokio::test]
async fn errors_that_pass_are_outlasted() {
    let faulty = Faulty::new().await;
    faulty.fail(
        RDKafkaApiKey::InitProducerId,
        &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS; 2],
    );
    faulty.fail(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION; 2]);
    let producer = faulty.producer().await;
    faulty.commit(&producer).await.unwrap();
    producer.close().await.unwrap();
}

#[tokio::test]
async fn a_fenced_producer_says_so_whatever_the_code() {
    for code in [
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_PRODUCER_FENCED,
        RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
    ] {
        for request in [RDKafkaApiKey::AddPartitionsToTxn, RDKafkaApiKey::EndTxn, RDKafkaApiKey::Produce] {
            let faulty = Faulty::new().await;
            let producer = faulty.producer().await;
            faulty.fail(request, &[code]);
            let ended = faulty.commit(&producer).await.unwrap_err();
            assert_eq!(ended.disposition(), Disposition::Fenced, "{request:?} {code:?}: {ended}");
            assert_eq!(producer.ended().await, ended);
        }
    }
}

#[tokio::test]
async fn every_abort_ends_the_session() {
    for (request, code) in [
        (RDKafkaApiKey::Produce, RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING),
        (RDKafkaApiKey::AddPartitionsToTxn, RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING),
        (RDKafkaApiKey::EndTxn, RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING),
    ] {
        let faulty = Faulty::new().await;
        let producer = faulty.producer().await;
        faulty.fail(request, &[code]);
        let ended = faulty.commit(&producer).await.unwrap_err();
        assert!(matches!(ended, Ended::Aborted { .. }), "{request:?}: {ended}");
        assert_eq!(ended.disposition(), Disposition::Rebuild);
        assert_eq!(producer.send(batch(&faulty.topic, 2, 0..1)).await.unwrap_err(), ended);
        faulty.commit(&faulty.producer().await).await.unwrap();
    }
}

#[tokio::test]
async fn a_commit_that_failed_without_saying_how_is_unknown() {
    let faulty = Faulty::new().await;
    let producer = faulty.producer().await;
    faulty.fail(RDKafkaApiKey::EndTxn, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_INVALID_TXN_STATE]);
    let ended = faulty.commit(&producer).await.unwrap_err();
    assert!(matches!(ended, Ended::UnknownOutcome { .. }), "{ended}");
}

#[tokio::test]
async fn a_commit_that_was_repeated_gives_its_receipt_and_ends_the_session() {
    let faulty = Faulty::new().await;
    let producer = faulty.producer().await;
    faulty.fail(RDKafkaApiKey::EndTxn, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR__TRANSPORT]);
    faulty.commit(&producer).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), producer.ended()).await.unwrap();
    assert!(matches!(ended, Ended::Doubtful { .. }), "{ended}");
}

#[tokio::test]
async fn a_topic_that_vanishes_names_its_resource() {
    let faulty = Faulty::new().await;
    let producer = faulty.producer().await;
    faulty.fail(RDKafkaApiKey::Produce, &[RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED; 1]);
    let ended = faulty.commit(&producer).await.unwrap_err();
    assert!(matches!(ended, Ended::Rejected { .. }), "{ended}");
}

#[tokio::test]
async fn a_refusal_that_names_nobody_makes_all_that_took_part_suspects() {
    let faulty = Faulty::new().await;
    faulty.broker.create_topic("others", 2, 1).unwrap();
    let others = Topic { name: "others".to_owned(), ..faulty.topic.clone() };
    let resources =
        [(ResourceName::new("users"), faulty.topic.clone()), (ResourceName::new("others"), others.clone())];
    let place = (Writer::Task(0), Boundary::Interval);
    let producer = Producer::start(&faulty.cluster, place, &resources, &faulty.offsets).await.unwrap();
    let refusal = RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    faulty.fail(RDKafkaApiKey::AddPartitionsToTxn, &[refusal; 1]);
    let start = Instant::now();
    let first = producer.send(batch(&faulty.topic, 1, 0..10)).await.unwrap();
    let of_others = Batch { resource: 1, ..batch(&others, 1, 0..10) };
    let ended = match producer.send(of_others).await {
        Ok(ticket) => ticket.await.unwrap_err(),
        Err(ended) => ended,
    };
    assert!(matches!(&ended, Ended::Suspected { resources, .. } if resources == &[0, 1]), "{ended}");
    assert_eq!(first.await.unwrap_err(), ended);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_broker_that_dies_ends_the_session_in_time_and_nothing_hangs() {
    let faulty = Faulty::new().await;
    let producer = faulty.producer().await;
    faulty.commit(&producer).await.unwrap();
    faulty.broker.broker_down(1).unwrap();
    let start = Instant::now();
    let ended = faulty.commit(&producer).await.unwrap_err();
    assert!(matches!(ended, Ended::Aborted { .. }), "{ended}");
    assert!(start.elapsed() < Duration::from_secs(30), "the message time-out is 3.75 s");
    let closing = Instant::now();
    assert_eq!(producer.close().await, Err(ended));
    assert!(closing.elapsed() < Duration::from_secs(5), "{:?}", closing.elapsed());
}

#[tokio::test]
async fn closing_while_the_broker_is_away_takes_less_than_five_seconds() {
    let faulty = Faulty::new().await;
    let producer = faulty.producer().await;
    faulty.commit(&producer).await.unwrap();
    faulty.broker.broker_down(1).unwrap();
    let open = producer.send(batch(&faulty.topic, 2, 0..10)).await.unwrap();
    let start = Instant::now();
    let ended = producer.close().await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(open.await.unwrap_err(), ended);
}

#[tokio::test]
async fn a_start_that_nobody_waits_for_any_more_stops() {
    let faulty = Faulty::new().await;
    faulty.broker.broker_down(1).unwrap();
    let start = Instant::now();
    assert!(tokio::time::timeout(Duration::from_millis(300), faulty.try_producer()).await.is_err());
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn a_permission_that_is_missing_is_named_with_what_it_is_for() {
    for (request, code, what) in [
        (
            RDKafkaApiKey::InitProducerId,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            "transactional id",
        ),
        (
            RDKafkaApiKey::InitProducerId,
            RDKafkaRespErr::RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
            "transactional id",
        ),
    ] {
        let faulty = Faulty::new().await;
        faulty.fail(request, &[code]);
        let Err(error) = faulty.try_producer().await else { panic!("{request:?} {code:?} was no matter") };
        let text = error.to_string();
        assert!(matches!(error, Error::Forbidden { .. }), "{request:?}: {text}");
        assert_eq!(error.disposition(), Disposition::Refuse);
        assert!(text.contains("does not allow") && text.contains(what) && text.contains("ACL"), "{text}");
    }
}

#[tokio::test]
async fn too_few_replicas_are_waited_for_and_then_named() {
    const FEW: RDKafkaRespErr = RDKafkaRespErr::RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS;
    let faulty = Faulty::new().await;
    let producer = faulty.producer().await;
    faulty.fail(RDKafkaApiKey::Produce, &[FEW; 3]);
    faulty.commit(&producer).await.unwrap();
    // Until the message's time is over.
    faulty.fail(RDKafkaApiKey::Produce, &[FEW; 10_000]);
    let ended = faulty.commit(&producer).await.unwrap_err();
    assert_eq!(ended.disposition(), Disposition::Rebuild, "{ended}");
    assert!(ended.to_string().contains("aborted"), "{ended}");
}
