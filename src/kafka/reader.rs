//! Reading a topic to its end: how a cache is brought up, and how the offsets topic is read.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use super::blocking::{Cancelled, blocking};
use super::cluster::Cluster;
use super::code::{Meaning, code_of, meaning};
use super::delivery::{FINGERPRINT, PARENT_NAME, SOURCE_NAME};
use super::describe::last_header;
use super::error::Error;
use super::log::Voice;
use super::marks;
use super::topics::Topic;
use crate::model::{Stamp, StoredRecord};

/// Partition → the next offset to be read. A partition that is missing is read from its beginning.
pub type Checkpoint = BTreeMap<i32, i64>;

/// What is to be read.
pub struct Reading {
    topic: String,
    partitions: i32,
    from: Checkpoint,
    /// No further than here, by partition; `None`: to the end.
    until: Option<Checkpoint>,
    report: Option<Box<dyn FnMut(Progress) + Send>>,
    /// How long a transaction of another writer may hide what comes after it; `None`: it is not waited for.
    patience: Option<Duration>,
    believes: Option<Believes>,
    source: Option<String>,
}

/// Whether a value may have this fingerprint.
type Believes = Box<dyn Fn(&[u8], Stamp) -> bool + Send>;

/// How far a reading is, in offsets (of which a compacted topic lacks many).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
}

/// A message as it stands in a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawRecord<'m> {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<&'m [u8]>,
    pub value: Option<&'m [u8]>,
    pub fingerprint: Option<Stamp>,
    /// As in [`StoredRecord`]; nothing where [`Reading::of_rows`] was not asked for.
    pub foreign: bool,
    pub parent: Option<&'m [u8]>,
}

impl Reading {
    pub fn new(topic: &Topic, from: Checkpoint) -> Self {
        let patience = Some(marks::LONGEST_WAIT);
        Self {
            topic: topic.name.clone(),
            partitions: topic.partitions,
            from,
            until: None,
            report: None,
            patience,
            believes: None,
            source: None,
        }
    }

    /// Reads nothing at these offsets and after them. A partition that is missing is not read.
    pub fn until(mut self, until: Checkpoint) -> Self {
        self.until = Some(until);
        self
    }

    /// Reads what is committed now and does not wait for transactions that are open: good for a look, not for the truth.
    pub fn without_waiting(mut self) -> Self {
        self.patience = None;
        self
    }

    /// Waits no longer than this for transactions that are open: `Error::OpenTransaction` then.
    pub fn waiting_at_most(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// A fingerprint that is not believed counts as missing.
    pub fn believing(mut self, believes: impl Fn(&[u8], Stamp) -> bool + Send + 'static) -> Self {
        self.believes = Some(Box::new(believes));
        self
    }

    /// Also tells whose the rows are and which records they depend on. `source`: ours, as the header `krest.source` names it.
    pub fn of_rows(mut self, source: String) -> Self {
        self.source = Some(source);
        self
    }

    /// Calls `report` a few times a second, on the reading thread.
    pub fn reporting(mut self, report: impl FnMut(Progress) + Send + 'static) -> Self {
        self.report = Some(Box::new(report));
        self
    }
}

/// Reads an output topic from the checkpoint to its end and gives each record to `apply`; then the checkpoint of that end.
///
/// "The end" is the high watermark at the start; waits, and says so, while another writer's transaction is open below it.
/// The state comes back in either case: after an error it holds what was read, and reading again from the old checkpoint is
/// harmless. `Error::CheckpointGone`: the topic no longer has (or never had) what the checkpoint names.
/// Messages without a key belong to no row and are left out.
pub async fn restore<S, F>(
    cluster: &Cluster,
    reading: Reading,
    state: S,
    mut apply: F,
) -> (S, Result<Checkpoint, Error>)
where
    S: Send + 'static,
    F: FnMut(&mut S, StoredRecord<'_>) + Send + 'static,
{
    read_raw(cluster, reading, state, move |state, record| {
        let RawRecord { partition, offset, key, value, fingerprint, foreign, parent } = record;
        if let Some(key) = key {
            let deleted = value.is_none();
            let message = StoredRecord {
                partition,
                offset,
                key,
                fingerprint,
                deleted,
                foreign,
                parent,
                value,
                row: None,
            };
            apply(state, message);
        }
    })
    .await
}

/// The same for messages as they are.
pub async fn read_raw<S, F>(
    cluster: &Cluster,
    mut reading: Reading,
    state: S,
    mut apply: F,
) -> (S, Result<Checkpoint, Error>)
where
    S: Send + 'static,
    F: FnMut(&mut S, RawRecord<'_>) + Send + 'static,
{
    let cluster = cluster.clone();
    let (believes, source) = (reading.believes.take(), reading.source.take());
    blocking(move |cancelled| {
        let mut state = state;
        let end = read_to_end(&cluster, reading, cancelled, &mut |message| {
            let mut record = raw(message, source.as_deref());
            if let (Some(believes), Some(value)) = (&believes, record.value) {
                record.fingerprint = record.fingerprint.filter(|stamp| believes(value, *stamp));
            }
            apply(&mut state, record);
        });
        (state, end)
    })
    .await
}

pub(super) fn read_to_end(
    cluster: &Cluster,
    mut reading: Reading,
    cancelled: &Cancelled,
    apply: &mut dyn FnMut(&BorrowedMessage<'_>),
) -> Result<Checkpoint, Error> {
    let marks = marks::high_watermarks(cluster, &reading.topic, reading.partitions, cancelled)?;
    let mut places = places(&reading, &marks)?;
    if places.iter().all(|place| place.done) {
        return Ok(checkpoint(&places));
    }
    let reader = cluster.reader()?;
    if let Some(patience) = reading.patience {
        marks::wait_until_stable(cluster, &reader, (&reading.topic, &marks, patience), cancelled)?;
    }
    assign(cluster, &reader, &reading.topic, &places)?;
    let mut course =
        Course { cluster, reader: &reader, topic: &reading.topic, cancelled, patience: Instant::now() };
    let start = Instant::now();
    let mut reported = start;
    while places.iter().any(|place| !place.done) {
        course.step(&mut places, apply)?;
        course.go_on()?;
        if reported.elapsed() > Duration::from_millis(200)
            && let Some(report) = &mut reading.report
        {
            reported = Instant::now();
            report(progress(&places));
        }
    }
    tracing::debug!(topic = reading.topic, elapsed_ms = start.elapsed().as_millis(), "read to the end");
    // Closing takes 100 ms, for which nobody has to wait.
    std::thread::spawn(move || drop(reader));
    Ok(checkpoint(&places))
}

/// Where the reading of one partition stands.
struct Place {
    start: i64,
    next: i64,
    /// Its high watermark when the reading began, or where the reading is to end before that.
    mark: i64,
    /// Nothing from here on is handed out.
    limit: i64,
    done: bool,
}

fn places(reading: &Reading, marks: &[i64]) -> Result<Vec<Place>, Error> {
    let place = |(partition, mark): (i32, &i64)| {
        let start = reading.from.get(&partition).copied().unwrap_or(0);
        let bound = |until: &Checkpoint| until.get(&partition).copied().unwrap_or(start);
        let limit = reading.until.as_ref().map_or(i64::MAX, bound);
        let mark = limit.min(*mark);
        if start > mark {
            return Err(Error::CheckpointGone { topic: reading.topic.clone(), partition, offset: start });
        }
        Ok(Place { start, next: start, mark, limit, done: start == mark })
    };
    (0..).zip(marks).map(place).collect()
}

fn checkpoint(places: &[Place]) -> Checkpoint {
    (0..).zip(places.iter().map(|place| place.next)).collect()
}

fn progress(places: &[Place]) -> Progress {
    let sum = |part: fn(&Place) -> i64| places.iter().map(part).sum::<i64>().max(0).unsigned_abs();
    Progress { done: sum(|place| place.next - place.start), total: sum(|place| place.mark - place.start) }
}

/// Assigns what is not done. Offset 0 without a checkpoint means the beginning, wherever the log starts.
fn assign(
    cluster: &Cluster,
    reader: &BaseConsumer<Voice>,
    topic: &str,
    places: &[Place],
) -> Result<(), Error> {
    let failed = |error: KafkaError| {
        let code = code_of(&error);
        cluster.failure(code, &format!("read topic {topic}: {error}"))
    };
    let mut list = TopicPartitionList::new();
    for (partition, place) in (0..).zip(places).filter(|(_, place)| !place.done) {
        let offset = if place.start == 0 { Offset::Beginning } else { Offset::Offset(place.start) };
        list.add_partition_offset(topic, partition, offset).map_err(failed)?;
    }
    reader.assign(&list).map_err(failed)
}

struct Course<'a> {
    cluster: &'a Cluster,
    reader: &'a BaseConsumer<Voice>,
    topic: &'a str,
    cancelled: &'a Cancelled,
    /// Since when nothing has come.
    patience: Instant,
}

/// How long a reading may hear nothing before the broker counts as away.
const SILENCE: Duration = Duration::from_secs(60);

impl Course<'_> {
    /// Takes one message, or one piece of news.
    fn step(
        &mut self,
        places: &mut [Place],
        apply: &mut dyn FnMut(&BorrowedMessage<'_>),
    ) -> Result<(), Error> {
        match self.reader.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => {
                self.patience = Instant::now();
                if let Some(place) = place_of(places, message.partition()) {
                    if message.offset() >= place.limit {
                        (place.next, place.done) = (place.mark, true);
                        return Ok(());
                    }
                    place.next = message.offset() + 1;
                    place.done |= place.next >= place.mark;
                }
                apply(&message);
            }
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                if let Some(place) = place_of(places, partition) {
                    // The rest up to the mark is transaction markers and aborted messages.
                    place.next = place.next.max(place.mark);
                    place.done = true;
                }
                self.patience = Instant::now();
            }
            Some(Err(error)) => self.trouble(&error, places)?,
            None => self.silence()?,
        }
        Ok(())
    }

    fn trouble(&self, error: &KafkaError, places: &[Place]) -> Result<(), Error> {
        let code = code_of(error);
        // The group is never joined: being refused it does not matter.
        let forbidden =
            meaning(code) == Meaning::Forbidden && code != RDKafkaErrorCode::GroupAuthorizationFailed;
        if forbidden {
            let what = format!("topic {}", self.topic);
            return Err(Error::Forbidden { action: "reading", what, reason: code.to_string() });
        }
        if meaning(code) == Meaning::OffsetGone {
            let topic = self.topic.to_owned();
            let unread = (0..).zip(places).find(|(_, place)| !place.done && place.next == place.start);
            let (partition, offset) = unread.map_or((-1, -1), |(partition, place)| (partition, place.start));
            return Err(Error::CheckpointGone { topic, partition, offset });
        }
        // Connections come back by themselves.
        self.silence()
    }

    fn go_on(&self) -> Result<(), Error> {
        if self.cancelled.is_set() { Err(Error::Stopped { topic: self.topic.to_owned() }) } else { Ok(()) }
    }

    fn silence(&self) -> Result<(), Error> {
        if self.patience.elapsed() < SILENCE {
            return Ok(());
        }
        let heard = self.reader.context().complaint().map(|complaint| complaint.reason);
        let reason = heard.unwrap_or_else(|| "nothing came".to_owned());
        let servers = self.cluster.servers().to_owned();
        Err(Error::Away { servers, reason: format!("reading topic {} stopped: {reason}", self.topic) })
    }
}

fn place_of(places: &mut [Place], partition: i32) -> Option<&mut Place> {
    usize::try_from(partition).ok().and_then(|partition| places.get_mut(partition))
}

fn raw<'m>(message: &'m BorrowedMessage<'_>, source: Option<&str>) -> RawRecord<'m> {
    let is_other = |source: &str| last_header(message, SOURCE_NAME) != Some(source.as_bytes());
    RawRecord {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key(),
        value: message.payload(),
        fingerprint: last_header(message, FINGERPRINT).and_then(Stamp::from_header),
        foreign: source.is_some_and(is_other),
        parent: source.and_then(|_| last_header(message, PARENT_NAME)),
    }
}
