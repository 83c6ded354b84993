//! The newest message of each key, newest first. A topic is read backwards in pieces: what is held is one piece and a hash of
//! each key that was met, however large the topic is.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};

use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::error::AdminError;
use crate::kafka::{self, Browsed, Checkpoint, Cluster, Reading, Topic};

/// A message as it stands in a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicRow {
    pub partition: i32,
    pub offset: i64,
    /// In milliseconds since 1970.
    pub timestamp: Option<i64>,
    pub key: Option<Box<[u8]>>,
    /// `None`: a tombstone; and where only keys were asked for.
    pub value: Option<String>,
    pub headers: Vec<(String, Option<String>)>,
    pub deleted: bool,
}

/// Which messages are rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// So many of each partition; the newest of all are among them.
    pub most: usize,
    /// Tombstones, too.
    pub deleted: bool,
    /// Of each key the newest message; else all messages.
    pub by_key: bool,
    pub detail: Detail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Values and headers are left out.
    Keys,
    All,
}

/// A topic on its way from its end to its beginning.
pub struct Backwards {
    cluster: Cluster,
    topic: Topic,
    wanted: Wanted,
    /// Of each partition that is not done: what stands here and after it was read.
    to: Checkpoint,
    /// How many rows of each partition were handed out.
    given: BTreeMap<i32, usize>,
    /// Offsets of each partition in the next piece.
    piece: i64,
    met: HashSet<u128>,
}

/// Of each partition, at first: most look for a screenful.
const FIRST: i64 = 100;
const LARGEST: i64 = 50_000;
/// A piece that holds more is followed by a smaller one.
const HEAVY: usize = 16 << 20;

impl Backwards {
    /// From where the topic ends now; what is committed at each moment is read, and nothing is waited for.
    pub async fn new(cluster: &Cluster, topic: Topic, wanted: Wanted) -> Result<Self, AdminError> {
        let mut to = kafka::topic_ends(cluster, &topic).await?;
        to.retain(|_, end| *end > 0);
        let (cluster, given, met) = (cluster.clone(), BTreeMap::new(), HashSet::new());
        Ok(Self { cluster, topic, wanted, to, given, piece: FIRST, met })
    }

    /// How many offsets are left to be read; compacted topics lack many of them.
    pub fn left(&self) -> u64 {
        self.to.values().sum::<i64>().unsigned_abs()
    }

    /// The rows of the next piece, the newest first; `None`: that was all.
    pub async fn next(&mut self) -> Result<Option<Vec<TopicRow>>, AdminError> {
        if self.to.is_empty() {
            return Ok(None);
        }
        let from: Checkpoint =
            self.to.iter().map(|(partition, to)| (*partition, (to - self.piece).max(0))).collect();
        let (piece, reached) = match self.read(from.clone()).await {
            // The topic begins later: from there.
            Err(kafka::Error::CheckpointGone { .. }) => {
                let beginning: Checkpoint = from.keys().map(|partition| (*partition, 0)).collect();
                (self.read(beginning.clone()).await?, beginning)
            }
            piece => (piece?, from),
        };
        self.piece = if piece.bytes > HEAVY { self.piece / 4 } else { self.piece * 4 }.clamp(1, LARGEST);
        let rows = self.new_rows(piece);
        self.to = reached;
        let (given, most) = (&self.given, self.wanted.most);
        self.to.retain(|partition, to| *to > 0 && given.get(partition).is_none_or(|given| *given < most));
        Ok(Some(rows))
    }

    async fn read(&self, from: Checkpoint) -> Result<Piece, kafka::Error> {
        let reading = Reading::new(&self.topic, from).until(self.to.clone()).without_waiting();
        let piece = Piece { wanted: self.wanted, ..Piece::default() };
        let (piece, end) = kafka::browse(&self.cluster, reading, piece, Piece::take).await;
        end.map(|_| piece)
    }

    /// Those whose keys no later piece had.
    fn new_rows(&mut self, piece: Piece) -> Vec<TopicRow> {
        let Self { wanted, met, given, .. } = self;
        let mut rows: Vec<TopicRow> = piece.rows.into_values().chain(piece.keyless).collect();
        rows.sort_by_key(|row| (Reverse(row.timestamp), row.partition, Reverse(row.offset)));
        rows.retain(|row| {
            let seed = u64::from(row.partition.unsigned_abs());
            let key = row.key.as_deref().filter(|_| wanted.by_key);
            let new = key.is_none_or(|key| met.insert(xxh3_128_with_seed(key, seed)));
            let shown = new && (wanted.deleted || !row.deleted);
            if shown {
                *given.entry(row.partition).or_default() += 1;
            }
            shown
        });
        rows
    }
}

/// A part of the topic while it is read forward.
struct Piece {
    wanted: Wanted,
    /// By partition and key the newest.
    rows: HashMap<(i32, Box<[u8]>), TopicRow>,
    /// Where messages are not rows by their keys.
    keyless: Vec<TopicRow>,
    bytes: usize,
}

impl Default for Piece {
    fn default() -> Self {
        let wanted = Wanted { most: 0, deleted: true, by_key: true, detail: Detail::Keys };
        Self { wanted, rows: HashMap::new(), keyless: Vec::new(), bytes: 0 }
    }
}

impl Piece {
    fn take(&mut self, message: &Browsed<'_>) {
        let row = self.row(message);
        self.bytes += row.value.as_ref().map_or(0, String::len);
        match &row.key {
            Some(key) if self.wanted.by_key => drop(self.rows.insert((row.partition, key.clone()), row)),
            None if self.wanted.by_key => {} // it belongs to no row
            Some(_) | None => self.keyless.push(row),
        }
    }

    fn row(&self, message: &Browsed<'_>) -> TopicRow {
        let (value, headers) = match self.wanted.detail {
            Detail::Keys => (None, Vec::new()),
            Detail::All => {
                let value = message.value().map(|value| String::from_utf8_lossy(value).into_owned());
                (value, message.headers())
            }
        };
        TopicRow {
            partition: message.partition(),
            offset: message.offset(),
            timestamp: message.timestamp(),
            key: message.key().map(Into::into),
            value,
            headers,
            deleted: message.value().is_none(),
        }
    }
}
