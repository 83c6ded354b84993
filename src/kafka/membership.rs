//! A running connector's seat in its consumer group, `krest-<connector>`: who sits there is running. What it reads there are
//! signals; what it is a member of otherwise is the offsets topic, which is never read through it.
//!
//! The consumer lives on a thread of its own and has no part in delivery: if the group cannot be joined, krest says so once and
//! goes on.

use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rdkafka::config::{FromClientConfigAndContext as _, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientConfig, ClientContext};

use super::blocking::blocking;
use super::cluster::{Cluster, PATIENCE};
use super::code::{Meaning, code_of, meaning};
use super::error::Error;
use super::settings::Settings;
use crate::model::Redactor;

/// How long the thread looks for messages before it looks for requests.
const GLANCE: Duration = Duration::from_millis(100);

/// How long leaving the group may keep a stop waiting. Whoever cannot leave is counted out by the broker ten seconds later.
const LEAVING: Duration = Duration::from_millis(1500);

/// One of those who sit in a connector's group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMember {
    /// `krest-<connector>` and the instance's host, unless the configuration has a `client.id`.
    pub client_id: String,
    /// The address from which it is connected, as the broker tells it.
    pub host: String,
}

impl std::fmt::Display for GroupMember {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.client_id, self.host.trim_start_matches('/'))
    }
}

/// The instances of the cluster's connector that run at this moment, `--once` included. One that was killed counts for ten more
/// seconds; one that may not join its group (ACL) does not show.
pub async fn running_instances(cluster: &Cluster) -> Result<Vec<GroupMember>, Error> {
    let cluster = cluster.clone();
    blocking(move |cancelled| {
        let (group, start) = (cluster.settings().group(), Instant::now());
        loop {
            let found = members(&cluster, &group);
            cluster.serve();
            match found {
                Ok(members) => return Ok(members),
                // A broker that has just started, or a coordinator that moves.
                Err(error) if start.elapsed() < PATIENCE && passes(&error) && !cancelled.is_set() => {}
                Err(error) => return Err(refused(&cluster, &group, &error)),
            }
            std::thread::sleep(GLANCE);
        }
    })
    .await
}

fn members(cluster: &Cluster, group: &str) -> Result<Vec<GroupMember>, KafkaError> {
    let list = cluster.looker().client().fetch_group_list(Some(group), PATIENCE)?;
    let members = list.groups().iter().flat_map(rdkafka::groups::GroupInfo::members);
    let member = |member: &rdkafka::groups::GroupMemberInfo| GroupMember {
        client_id: member.client_id().to_owned(),
        host: member.client_host().to_owned(),
    };
    Ok(members.map(member).collect())
}

fn passes(error: &KafkaError) -> bool {
    meaning(code_of(error)) == Meaning::Trouble
}

fn refused(cluster: &Cluster, group: &str, error: &KafkaError) -> Error {
    let code = code_of(error);
    if meaning(code) == Meaning::Forbidden {
        let what = format!("consumer group {group}");
        return Error::Forbidden { action: "looking", what, reason: code.to_string() };
    }
    cluster.failure(code, &format!("ask for the members of group {group}: {error}"))
}

/// A record of the signals topic, as it stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawSignal {
    pub place: SignalPlace,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SignalPlace {
    pub partition: i32,
    pub offset: i64,
}

/// Where signals go that the group's member reads.
pub struct Signals {
    pub topic: String,
    pub inbox: tokio::sync::mpsc::UnboundedSender<RawSignal>,
}

/// The seat; it is given up when this is dropped.
pub struct Membership {
    requests: Sender<Request>,
    thread: Option<JoinHandle<()>>,
}

enum Request {
    /// Everything before this place took effect.
    Commit(SignalPlace),
    Leave,
}

impl Membership {
    /// Takes a seat, in the background. `host`: for people. `signals`: `None` if none are to be read.
    pub fn join(settings: &Settings, host: &str, signals: Option<Signals>) -> Self {
        let (requests, asked) = mpsc::channel();
        let (settings, host) = (settings.clone(), host.to_owned());
        let thread = std::thread::spawn(move || match Seat::take(&settings, &host, signals) {
            Ok(seat) => seat.sit(&asked),
            Err(error) => warn(&settings.group(), &settings.redactor.scrub(&error.to_string())),
        });
        Self { requests, thread: Some(thread) }
    }

    /// Everything of its partition before this place took effect: the next start begins there.
    pub fn commit(&self, next: SignalPlace) {
        let _ = self.requests.send(Request::Commit(next)); // a thread that has ended has said why
    }

    /// Gives the seat up; waits for that a moment.
    pub async fn leave(mut self) {
        let _ = self.requests.send(Request::Leave);
        let Some(thread) = self.thread.take() else { return };
        let (left, gone) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let _ = thread.join(); // it has nothing to give, and a panic of it is nobody's
            let _: Result<(), ()> = left.send(());
        });
        let _ = tokio::time::timeout(LEAVING, gone).await;
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let _ = self.requests.send(Request::Leave);
    }
}

impl std::fmt::Debug for Membership {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Membership")
    }
}

/// The seat, on its own thread.
struct Seat {
    consumer: BaseConsumer<SeatVoice>,
    group: String,
    signals: Option<Signals>,
    warned: bool,
}

impl Seat {
    fn take(settings: &Settings, host: &str, signals: Option<Signals>) -> Result<Self, KafkaError> {
        let topic = signals.as_ref().map(|signals| signals.topic.clone());
        let mut subscription = vec![settings.offsets_topic.as_str()];
        subscription.extend(topic.as_deref());
        let context = SeatVoice { redactor: settings.redactor.clone(), topic: topic.clone() };
        let consumer = BaseConsumer::from_config_and_context(&settings.member(host), context)?;
        consumer.subscribe(&subscription)?;
        Ok(Self { consumer, group: settings.group(), signals, warned: false })
    }

    fn sit(mut self, asked: &Receiver<Request>) {
        loop {
            match asked.try_recv() {
                Ok(Request::Commit(next)) => self.commit(next),
                Ok(Request::Leave) | Err(mpsc::TryRecvError::Disconnected) => break,
                Err(mpsc::TryRecvError::Empty) => self.look(),
            }
        }
        let start = Instant::now();
        let group = std::mem::take(&mut self.group);
        drop(self.consumer); // leaves the group
        tracing::debug!(group, took_ms = start.elapsed().as_millis(), "left the consumer group");
    }

    fn look(&mut self) {
        let failed = match self.consumer.poll(GLANCE) {
            None => None,
            Some(Ok(message)) => {
                if let Some(signals) = &self.signals {
                    let _ = signals.inbox.send(raw(&message)); // nobody reads any more: krest stops
                }
                None
            }
            Some(Err(error)) => Some(error),
        };
        if let Some(error) = failed {
            self.complain(&error);
        }
    }

    fn commit(&mut self, next: SignalPlace) {
        let Some(signals) = &self.signals else { return };
        let mut offsets = TopicPartitionList::new();
        let added = offsets.add_partition_offset(&signals.topic, next.partition, Offset::Offset(next.offset));
        let committed = added.and_then(|()| self.consumer.commit(&offsets, CommitMode::Async));
        if let Err(error) = committed {
            self.complain(&error);
        }
    }

    /// Once: what delivery needs is said by those who deliver, and here nothing waits.
    fn complain(&mut self, error: &KafkaError) {
        let code = code_of(error);
        let serious = match meaning(code) {
            Meaning::Forbidden | Meaning::Fatal | Meaning::BadData => true,
            // The topic may come to be, the broker may come back, and who may not connect at all hears of it elsewhere.
            Meaning::TopicMissing
            | Meaning::Trouble
            | Meaning::Credentials
            | Meaning::Fenced
            | Meaning::TopicExists
            | Meaning::TopicInvalid
            | Meaning::OffsetGone
            | Meaning::TooLarge
            | Meaning::Clock
            | Meaning::TransactionTimeout => false,
        };
        let text = self.consumer.context().redactor.scrub(&error.to_string()).into_owned();
        if serious && !self.warned {
            self.warned = true;
            warn(&self.group, &text);
        } else {
            tracing::debug!(group = self.group, "the consumer group: {text}");
        }
    }
}

fn warn(group: &str, problem: &str) {
    tracing::warn!(
        group,
        "consumer group {group} cannot be used: {problem}; krest goes on without it: signals may not be read, and whether this \
         instance runs does not show there"
    );
}

fn raw(message: &BorrowedMessage<'_>) -> RawSignal {
    RawSignal {
        place: SignalPlace { partition: message.partition(), offset: message.offset() },
        key: message.key().map(<[u8]>::to_vec),
        value: message.payload().map(<[u8]>::to_vec),
    }
}

impl Settings {
    /// The consumer group of the connector's instances while they run.
    pub(super) fn group(&self) -> String {
        format!("krest-{}", self.connector)
    }

    /// For being a member of that group, and for reading signals: little, and seldom.
    fn member(&self, host: &str) -> ClientConfig {
        let name = if host.is_empty() { self.group() } else { format!("{}@{host}", self.group()) };
        let mut config = self.base(&[("client.id", &name)]);
        for (name, value) in [
            ("isolation.level", "read_committed"),
            ("auto.offset.reset", "earliest"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("partition.assignment.strategy", "range"),
            ("session.timeout.ms", "10000"),
            ("heartbeat.interval.ms", "3000"),
            // A topic that appears is found this soon.
            ("topic.metadata.refresh.interval.ms", "3000"),
        ] {
            config.set(name, value);
        }
        config.set("group.id", self.group());
        config
    }
}

/// What the seat's consumer says; and of what the group assigns, only the signals are taken.
struct SeatVoice {
    redactor: Redactor,
    topic: Option<String>,
}

/// A connection that fails is told by those who deliver; a topic of signals that is not there yet is no news.
impl ClientContext for SeatVoice {
    fn log(&self, _: RDKafkaLogLevel, kind: &str, text: &str) {
        tracing::debug!(role = "signals", kind, "librdkafka: {}", self.redactor.scrub(text));
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(role = "signals", %error, "librdkafka: {}", self.redactor.scrub(reason));
    }
}

impl ConsumerContext for SeatVoice {
    /// The strategy is an eager one (`Settings::member`): each assignment is whole.
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        code: RDKafkaRespErr,
        assigned: &mut TopicPartitionList,
    ) {
        let done = if code == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            consumer.assign(&self.signals_of(assigned))
        } else {
            consumer.unassign()
        };
        if let Err(error) = done {
            tracing::debug!("the consumer group: {}", self.redactor.scrub(&error.to_string()));
        }
    }
}

impl SeatVoice {
    fn signals_of(&self, assigned: &TopicPartitionList) -> TopicPartitionList {
        let mut signals = TopicPartitionList::new();
        for element in assigned.elements() {
            if self.topic.as_deref() == Some(element.topic()) {
                signals.add_partition(element.topic(), element.partition());
            }
        }
        signals
    }
}
