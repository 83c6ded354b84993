//! What krest stands on, each alone: the HTTP client, and librdkafka. Nothing is parsed.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use crate::meter::{Mark, Sample};
use crate::server::Server;
use crate::{PARTITIONS, Work, data};

/// krest's own: see `CommitPolicy`.
const TRANSACTION: usize = 20_000;
/// Long enough for any commit here.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks for page after page with krest's HTTP client and drops the bodies.
pub(crate) async fn fetch(server: &Server, work: Work) -> Sample {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let mut bytes = 0;
    let begin = Mark::now();
    for offset in (0..work.records).step_by(work.size) {
        let url = format!("{}records?offset={offset}&limit={}", server.base, work.size);
        let answer = client.get(url).send().await.expect("an answer");
        bytes += answer.bytes().await.expect("a body").len();
    }
    assert!(bytes > work.records * 400, "the API sent {bytes} bytes");
    begin.until(Mark::now(), work.records as u64)
}

/// Sends as many records, with krest's settings, headers and transactions, to a topic of as many partitions. The records are
/// those of one transaction, again and again, so that no memory is spent on having them.
pub(crate) fn produce(bootstrap: &str, topic: &str, work: Work) -> Sample {
    let page = data::page(data::body(0, TRANSACTION.min(work.records), 0).into());
    let keys: Vec<String> = (0..page.records.len()).map(|id| id.to_string()).collect();
    let producer = producer(bootstrap, topic);
    producer.init_transactions(PATIENCE).expect("the broker takes transactions");
    let begin = Mark::now();
    let mut left = work.records;
    while left > 0 {
        let count = left.min(keys.len());
        producer.begin_transaction().expect("a transaction begins");
        for (n, (key, span)) in keys.iter().zip(&page.records).take(count).enumerate() {
            send(&producer, record(topic, n, key, page.text(*span)));
        }
        while producer.in_flight_count() > 0 {
            // Times out at once, but has librdkafka send what still lingers.
            let _ = producer.flush(Duration::ZERO);
            producer.poll(Duration::ZERO);
            std::thread::sleep(Duration::from_millis(1));
        }
        producer.commit_transaction(PATIENCE).expect("the transaction commits");
        left -= count;
    }
    begin.until(Mark::now(), work.records as u64)
}

/// krest's settings: see `Settings::producer`.
fn producer(bootstrap: &str, id: &str) -> BaseProducer {
    ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("transactional.id", id)
        .set("enable.idempotence", "true")
        .set("acks", "all")
        .set("linger.ms", "250")
        .set("batch.size", "1000000")
        .set("queue.buffering.max.messages", "100000")
        .set("queue.buffering.max.kbytes", "65536")
        .create()
        .expect("a producer")
}

fn record<'r>(topic: &'r str, n: usize, key: &'r str, value: &'r str) -> BaseRecord<'r, str, str> {
    let source = "{\"connector\":\"bench\",\"resource\":\"records\"}";
    let headers = OwnedHeaders::new_with_capacity(2)
        .insert(Header { key: "krest.fingerprint", value: Some("0123456789abcdef0123456789abcdef") })
        .insert(Header { key: "krest.source", value: Some(source) });
    let partition = n as i32 % PARTITIONS;
    BaseRecord::to(topic).partition(partition).key(key).payload(value).headers(headers)
}

fn send(producer: &BaseProducer, record: BaseRecord<'_, str, str>) {
    if let Err((error, _)) = producer.send(record) {
        panic!("{error}");
    }
}
