//! Another writer: in the same topics, with a transaction open, or with messages of its own.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::{unique, until};

const LONG: Duration = Duration::from_secs(20);

/// Writes one message to partition 0 and leaves its transaction open. Dropped, the producer has died: the transaction is there
/// until the broker ends it after `lives`.
pub fn foreign_transaction(bootstrap: &str, topic: &str, key: &str, lives: Duration) -> BaseProducer {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("transactional.id", unique("foreigner"))
        .set("transaction.timeout.ms", lives.as_millis().to_string())
        .create()
        .expect("a producer");
    producer.init_transactions(LONG).expect("a transactional producer");
    producer.begin_transaction().expect("a transaction");
    producer.send(BaseRecord::to(topic).partition(0).key(key).payload("foreign")).expect("a message");
    until("the foreign message to be written", LONG, || {
        producer.poll(Duration::from_millis(1));
        (producer.in_flight_count() == 0).then_some(())
    });
    producer
}

/// Writes one message and waits until Kafka has it.
pub fn send_message(bootstrap: &str, topic: &str, key: Option<&str>, value: &str) {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", bootstrap).create().expect("a producer");
    let record = BaseRecord::<str, str>::to(topic).payload(value);
    let record = key.into_iter().fold(record, BaseRecord::key);
    producer.send(record).map_err(|(error, _)| error).expect("a message");
    producer.flush(LONG).expect("the message is written");
}

/// Takes the transactional id of a connector's first task away, as a second instance does; and claims nothing.
pub fn fence(bootstrap: &str, connector: &str) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("transactional.id", format!("krest-{connector}-0"))
        .create()
        .expect("a producer");
    producer.init_transactions(LONG).expect("the transactional id");
}
