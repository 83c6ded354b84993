//! One transactional librdkafka producer and the recipe of a transaction. Everything here blocks, on the producer's thread.
//!
//! Two facts shape it. rdkafka's `commit_transaction` waits in steps of 100 ms while delivery reports are outstanding: they are
//! drained first. And librdkafka repeats requests inside a call (it lacks KIP-890): a call that returned Ok can still be undone
//! by a delayed request, so an abort, and a commit that was not clean, end the session.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::OwnedHeaders;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::cluster::{Cluster, refused};
use super::code::code_of;
use super::delivery::{Deliveries, Failure, Slot};
use super::describe::hurry;
use super::error::{Ended, Error};
use super::log::Voice;
use super::settings::{Delivery, Sizes, Writer};
use super::verdict::{Commit, doubts, is_retriable};

/// Blocking calls are made in slices, so that a stop is noticed between them. librdkafka resumes where it was.
pub(super) const SLICE: Duration = Duration::from_millis(500);
/// How long `init_transactions` may take: it waits for a predecessor's transaction to be ended.
const INIT: Duration = Duration::from_secs(60);
/// What a producer that was asked to stop may still take.
const GRACE: Duration = Duration::from_secs(3);
/// An abort that takes longer is left to the broker.
const ABORT: Duration = Duration::from_millis(1500);
const PAUSE: Duration = Duration::from_micros(200);
/// Long enough for the connections' threads to wake up, short because they spin while it lasts ...
const HURRY: Duration = Duration::from_millis(1);
/// ... and repeated, because one round sends what fits into five requests a partition.
const HURRY_AGAIN: Duration = Duration::from_millis(4);
/// When so long nothing moves, the topics that it hangs on are looked at: one that was deleted would be waited for until its
/// messages time out.
const LATE: Duration = Duration::from_secs(1);

/// Tells the producer's thread to come to an end.
#[derive(Debug, Default)]
pub(super) struct Stop {
    asked: OnceLock<Instant>,
    abandoned: AtomicBool,
}

impl Stop {
    /// What is open may still be committed, within the grace.
    pub(super) fn ask(&self) {
        self.asked.get_or_init(Instant::now);
    }

    /// Nobody waits for anything any more.
    pub(super) fn abandon(&self) {
        self.ask();
        self.abandoned.store(true, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed) || self.asked.get().is_some_and(|at| at.elapsed() > GRACE)
    }
}

/// A message on its way out. Its bytes are copied by librdkafka.
pub(super) struct Outgoing<'m> {
    pub(super) topic: &'m str,
    pub(super) slot: Slot,
    pub(super) partition: i32,
    pub(super) key: Option<&'m [u8]>,
    /// `None`: a tombstone.
    pub(super) value: Option<&'m [u8]>,
    pub(super) headers: Option<OwnedHeaders>,
}

pub(super) struct Transactor {
    pub(super) client: BaseProducer<Deliveries>,
    pub(super) cluster: Cluster,
    pub(super) writer: Writer,
    /// By resource, for messages to people: its name and its topic.
    pub(super) names: Vec<(String, String)>,
    /// By resource: where its dead letters were sent.
    pub(super) letter_topics: HashMap<String, String>,
    stop: Arc<Stop>,
    open: bool,
    /// By resource: how many messages of its topic were sent since the last commit, and how many reports had come before.
    pub(super) sent: BTreeMap<usize, Sent>,
    /// Since when nothing but waiting is done.
    waiting: Option<Instant>,
    /// When librdkafka was last told not to linger.
    hurried: Option<Instant>,
}

/// What a transaction has of one resource.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    pub(super) count: u64,
    pub(super) reported_before: u64,
}

impl Transactor {
    /// `names`: each resource's name and topic. Connects nowhere yet.
    pub(super) fn new(
        cluster: &Cluster,
        (writer, sizes): (Writer, Sizes),
        names: Vec<(String, String)>,
        stop: Arc<Stop>,
    ) -> Result<Self, Error> {
        let settings = cluster.settings();
        let voice = Voice::new("producer", settings.redactor.clone());
        let client = settings
            .producer(writer, sizes)
            .create_with_context(Deliveries::new(voice))
            .map_err(|error| refused(settings, &error))?;
        let (sent, letter_topics) = (BTreeMap::new(), HashMap::new());
        let (open, waiting, hurried) = (false, None, None);
        let cluster = cluster.clone();
        Ok(Self { client, cluster, writer, names, letter_topics, stop, open, sent, waiting, hurried })
    }

    /// Fences the predecessor, and waits until its open transaction is ended.
    pub(super) fn init(&self, nobody_waits: &dyn Fn() -> bool) -> Result<(), Error> {
        if !self.has_transactions() {
            return Ok(()); // nobody can be fenced
        }
        let start = Instant::now();
        failpoint!("kafka::before_init");
        loop {
            let error = match self.client.init_transactions(SLICE) {
                Ok(()) => {
                    failpoint!("kafka::after_init");
                    return Ok(());
                }
                Err(error) => error,
            };
            self.serve();
            let refusal =
                self.complaint().and_then(|(code, reason)| Some(self.cluster.failure(code?, &reason)));
            if let Some(refusal @ Error::Credentials { .. }) = refusal {
                return Err(refusal);
            }
            if !is_retriable(&error) || nobody_waits() || start.elapsed() > INIT {
                return Err(self.not_started(&error));
            }
            std::thread::sleep(SLICE / 10);
        }
    }

    pub(super) fn deliveries(&self) -> &Deliveries {
        self.client.context()
    }

    /// Begins a transaction if none is open. Local: the broker hears of it with the first message.
    pub(super) fn begin(&mut self) -> Result<(), Ended> {
        if !self.open && self.has_transactions() {
            self.client.begin_transaction().map_err(|error| self.failed("begin", &error))?;
            failpoint!("kafka::after_begin");
        }
        self.open = true;
        Ok(())
    }

    /// What was sent so far has to be in the topics before what is sent from now on: without a transaction, a position must not
    /// be ahead of the records that it stands for.
    pub(super) fn settle(&mut self) -> Result<(), Ended> {
        if self.has_transactions() { Ok(()) } else { self.drain() }
    }

    /// Hands a message to librdkafka; waits while its queue is full.
    pub(super) fn send(&mut self, message: Outgoing<'_>) -> Result<(), Ended> {
        self.begin()?;
        let Outgoing { topic, slot, partition, key, value, headers } = message;
        if let Slot::Letter(resource) = slot
            && let Some((name, _)) = self.names.get(resource)
            && self.letter_topics.get(name).is_none_or(|known| known != topic)
        {
            self.letter_topics.insert(name.clone(), topic.to_owned());
        }
        let mut record = BaseRecord::<[u8], [u8], usize>::with_opaque_to(topic, slot.tag());
        record = record.partition(partition);
        (record.key, record.payload, record.headers) = (key, value, headers);
        self.note(slot);
        loop {
            match self.client.send(record) {
                Ok(()) => {
                    self.waiting = None;
                    failpoint!("kafka::after_send");
                    return Ok(());
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    self.pause()?;
                }
                Err((error, _)) => {
                    let code = code_of(&error);
                    let key_length = key.map_or(0, <[u8]>::len);
                    let size = key_length + value.map_or(0, <[u8]>::len);
                    return Err(self.undelivered(&Failure { slot, code, partition, key_length, size }));
                }
            }
        }
    }

    /// Takes delivery reports, log lines and errors that are waiting.
    pub(super) fn serve(&self) {
        let voice = self.deliveries().voice();
        let mut before = u64::MAX;
        while before != voice.events() {
            before = voice.events();
            self.client.poll(Duration::ZERO);
        }
    }

    /// Commits what was sent. An error means: not known to be committed.
    pub(super) fn commit(&mut self) -> Result<Commit, Ended> {
        failpoint!("kafka::before_flush");
        self.drain()?;
        failpoint!("kafka::before_commit", Err(no_word_of("commit")));
        if !self.has_transactions() {
            self.closed();
            return Ok(Commit::Clean);
        }
        let start = Instant::now();
        let limit = self.cluster.settings().transaction_timeout();
        while let Err(error) = self.client.commit_transaction(SLICE) {
            self.serve();
            if !is_retriable(&error) {
                return Err(self.failed("commit", &error));
            }
            if self.stop.is_over() || start.elapsed() > limit {
                return Err(Ended::UnknownOutcome { reason: self.explain("commit", &error) });
            }
            std::thread::sleep(SLICE / 20);
        }
        self.closed();
        failpoint!("kafka::after_commit", Err(no_word_of("commit")));
        self.serve();
        Ok(doubts(start, Instant::now(), self.deliveries().voice().last_lost()))
    }

    /// Ends the session: aborts what is open, as far as that can be done in short time. Returns `why`, or the cause that came to
    /// light behind it: reports of messages that were thrown away may come before the report of the one that was refused.
    pub(super) fn end(&mut self, why: Ended) -> Ended {
        let start = Instant::now();
        if self.open {
            failpoint!("kafka::before_abort");
        }
        while self.open && self.has_transactions() {
            let aborted = self.client.abort_transaction(SLICE);
            self.serve();
            match aborted {
                Ok(()) => {
                    self.open = false;
                    failpoint!("kafka::after_abort");
                }
                Err(error) if is_retriable(&error) && start.elapsed() < ABORT => {}
                Err(error) => {
                    tracing::debug!("the open transaction is left to the next producer to end: {error}");
                    break;
                }
            }
        }
        let cause = self.deliveries().failure().filter(|failure| !failure.is_consequence());
        match (&why, cause) {
            (Ended::Aborted { .. }, Some(cause)) => self.undelivered(&cause),
            (_, _) => why,
        }
    }

    /// Waits for all reports.
    fn drain(&mut self) -> Result<(), Ended> {
        (self.hurried, self.waiting) = (None, None);
        while self.client.in_flight_count() > 0 {
            self.pause()?;
        }
        self.serve();
        self.check()
    }

    fn closed(&mut self) {
        self.open = false;
        self.sent.clear();
    }

    fn note(&mut self, slot: Slot) {
        if let Slot::Resource(resource) = slot {
            let reported_before = || self.client.context().reported(resource);
            let sent = self
                .sent
                .entry(resource)
                .or_insert_with(|| Sent { count: 0, reported_before: reported_before() });
            sent.count += 1;
        }
    }

    pub(super) fn has_transactions(&self) -> bool {
        match self.cluster.settings().delivery {
            Delivery::ExactlyOnce => true,
            Delivery::AtLeastOnce => false,
        }
    }

    /// Lets librdkafka work for a moment, and has it send what it would keep for fuller batches: someone waits for it.
    fn pause(&mut self) -> Result<(), Ended> {
        self.serve();
        self.check()?;
        if self.stop.is_over() {
            return Err(Ended::Aborted { reason: "krest stops and kafka does not answer".to_owned() });
        }
        if self.waiting.get_or_insert_with(Instant::now).elapsed() > LATE {
            self.waiting = None;
            self.look_at_what_is_late()?;
        }
        if self.hurried.is_none_or(|at| at.elapsed() > HURRY_AGAIN) {
            hurry(self.client.client(), HURRY);
            self.hurried = Some(Instant::now());
        } else if self.client.in_flight_count() > 0 {
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }
}

/// As when the answer of a call is lost.
#[cfg(feature = "failpoints")]
fn no_word_of(call: &str) -> Ended {
    Ended::UnknownOutcome { reason: format!("{call}: failed by a test") }
}
