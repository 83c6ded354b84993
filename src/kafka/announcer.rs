//! A small idempotent producer for what goes along with delivery and is no part of it: notifications, signals, and what is paused.
//! One thread; whoever has something to tell waits until Kafka has it, or until Kafka did not take it in time.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use rdkafka::ClientContext;
use rdkafka::config::{FromClientConfigAndContext as _, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, DeliveryResult, Producer as _, ProducerContext};
use tokio::sync::oneshot;

use super::cluster::refused;
use super::code::code_of;
use super::error::Error;
use super::settings::Settings;
use crate::model::Redactor;

/// How long Kafka may take with one of them.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the thread waits for the next one before it serves librdkafka.
const GLANCE: Duration = Duration::from_millis(50);

/// A record of its own, in no transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    pub topic: String,
    /// `None`: the one that the key says.
    pub partition: Option<i32>,
    pub key: String,
    pub value: Option<String>,
}

/// The thread's handle: the thread ends with it.
#[derive(Debug)]
pub struct Announcer {
    requests: Sender<Request>,
    servers: String,
}

type Told = oneshot::Sender<Result<(), RDKafkaErrorCode>>;

struct Request {
    record: Announcement,
    told: Told,
}

impl Announcer {
    /// Connects in the background; nothing is waited for.
    pub fn start(settings: &Settings) -> Result<Self, Error> {
        let context = Reports(settings.redactor.clone());
        let mut config = settings.base(&[]);
        for name in ["delivery.timeout.ms", "batch.size", "linger.ms"] {
            config.remove(name);
        }
        let patience = PATIENCE.as_millis().to_string();
        for (name, value) in [
            ("message.timeout.ms", patience.as_str()),
            ("enable.idempotence", "true"),
            ("acks", "all"),
            ("partitioner", "murmur2_random"),
        ] {
            config.set(name, value);
        }
        let producer = BaseProducer::from_config_and_context(&config, context);
        let producer = producer.map_err(|error| refused(settings, &error))?;
        let (requests, asked) = mpsc::channel();
        std::thread::spawn(move || serve(&producer, &asked));
        Ok(Self { requests, servers: settings.servers().to_owned() })
    }

    /// Waits until Kafka has it.
    pub async fn tell(&self, record: Announcement) -> Result<(), Error> {
        let (told, answer) = oneshot::channel();
        let topic = record.topic.clone();
        let sent = self.requests.send(Request { record, told });
        let answer = async { answer.await.unwrap_or(Err(RDKafkaErrorCode::Fail)) };
        let told = if sent.is_ok() { answer.await } else { Err(RDKafkaErrorCode::Fail) };
        told.map_err(|code| self.failure(&topic, code))
    }

    fn failure(&self, topic: &str, code: RDKafkaErrorCode) -> Error {
        Error::of_topic(code, "writing", topic).unwrap_or_else(|| {
            let reason = format!("write to topic {topic}: {code}");
            Error::Away { servers: self.servers.clone(), reason }
        })
    }
}

fn serve(producer: &BaseProducer<Reports>, asked: &Receiver<Request>) {
    loop {
        match asked.recv_timeout(GLANCE) {
            Ok(request) => send(producer, request),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        producer.poll(Duration::ZERO);
        while producer.in_flight_count() > 0 {
            producer.poll(GLANCE);
            asked.try_iter().for_each(|request| send(producer, request));
        }
    }
}

fn send(producer: &BaseProducer<Reports>, Request { record, told }: Request) {
    let message = BaseRecord::with_opaque_to(&record.topic, Box::new(told)).key(&record.key);
    let message = record.partition.into_iter().fold(message, BaseRecord::partition);
    let message = match &record.value {
        Some(value) => message.payload(value),
        None => message,
    };
    if let Err((error, message)) = producer.send(message) {
        let _ = message.delivery_opaque.send(Err(code_of(&error))); // nobody waits any more
    }
}

/// The producer's context: each report goes to whoever waits for it.
struct Reports(Redactor);

/// Whoever waits hears what failed, and says so.
impl ClientContext for Reports {
    fn log(&self, _: RDKafkaLogLevel, kind: &str, text: &str) {
        tracing::debug!(role = "announcer", kind, "librdkafka: {}", self.0.scrub(text));
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(role = "announcer", %error, "librdkafka: {}", self.0.scrub(reason));
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = Box<Told>;

    fn delivery(&self, result: &DeliveryResult<'_>, told: Self::DeliveryOpaque) {
        let outcome = result.as_ref().map(drop).map_err(|(error, _)| code_of(error));
        let _ = told.send(outcome); // nobody waits any more
    }
}
