//! The embedded store: the one file that names it. Bytes under keys, in order, written in atomic batches.
//!
//! One table holds all resources of a connector, each under a prefix of its own. A table for each would cost a handful of
//! fsyncs to make and some milliseconds to open, which ten thousand resources would feel.
//!
//! What is written together is there together or not at all after a crash: in the journal by a checksum over the batch, in a
//! table made at once (`ingest`) by one exchange of the list of tables. Nothing waits for an fsync of the journal: the newest
//! batches may be gone after a power cut, never one without those before it.

use std::fmt;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use fjall::config::PartitioningPolicy;
use fjall::{Database, Error, Keyspace, KeyspaceCreateOptions, LsmError};

/// What all keys of a resource begin with.
pub(super) type Prefix = [u8; 8];

/// A key, without its resource's prefix, and what it is from now on; `None`: gone.
pub(super) type Write = (Box<[u8]>, Option<Box<[u8]>>);

/// The store of one connector. After an error that cannot be mended it is closed for the life of the process, and everything
/// goes on in memory.
pub(super) struct Disk {
    path: PathBuf,
    open: RwLock<Option<Open>>,
}

struct Open {
    database: Database,
    table: Keyspace,
}

/// Why the store cannot be used (any more).
#[derive(Debug, thiserror::Error)]
pub(super) enum DiskError {
    /// What is there cannot be understood.
    #[error("damaged ({0})")]
    Damaged(String),
    /// The operating system does not let it be read or written: full, read-only, broken.
    #[error("{0}")]
    Unusable(String),
    #[error("closed after an earlier error")]
    Closed,
}

/// The least that the store allows for its journal. Reading it is most of what opening costs: 64 MiB, one second.
const JOURNAL: u64 = 64 << 20;
/// Before this much has gathered in memory it becomes a table.
const GATHERED: u64 = 16 << 20;
/// So many writes at once do not pass through the journal but become a table: a third of the work, and nothing to be read
/// again at the next start.
const INGESTED: usize = 4096;
/// As long as so many young tables wait to be merged, writes go through the journal, which slows down by itself.
const YOUNG: usize = 24;

impl Disk {
    /// Opens the store in this directory, or makes it. One that is damaged is thrown away: the topics hold all of it.
    /// `cache`: how much memory it may use for what it has read, in bytes.
    ///
    /// Damage of some kinds takes the process with it (the store panics once more while it cleans up). A mark outlives that: the
    /// next start then finds that opening never came to its end, and does not try the same again.
    pub(super) fn open(path: &Path, cache: u64) -> Self {
        let mark = path.with_extension("opening");
        let mut opened = if mark.exists() {
            Err(DiskError::Damaged("opening it did not come to its end the last time".to_owned()))
        } else {
            let _ = fs::write(&mark, ""); // on a full disk without it
            try_open(path, cache)
        };
        if let Err(DiskError::Damaged(reason)) = &opened {
            tracing::warn!(
                directory = %path.display(),
                "the cache in {} is damaged ({reason}): it is thrown away, and what the topics hold is read from the topics",
                path.display()
            );
            opened = remove(path).and_then(|()| try_open(path, cache));
        }
        let _ = fs::remove_file(&mark);
        let disk = Self { path: path.to_owned(), open: RwLock::new(None) };
        match opened {
            Ok(open) => *disk.open.write().unwrap_or_else(PoisonError::into_inner) = Some(open),
            Err(error) => disk.tell(&error),
        }
        disk
    }

    /// Throws the store in this directory away, damaged or not. It must not be open.
    pub(super) fn discard(path: &Path) -> Result<(), DiskError> {
        remove(path)?;
        let _ = fs::remove_file(path.with_extension("opening")); // seldom there
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.open.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(super) fn get(&self, prefix: Prefix, key: &[u8]) -> Result<Option<Box<[u8]>>, DiskError> {
        self.with(|open| Ok(open.table.get(whole(prefix, key))?.map(|value| value.as_ref().into())))
    }

    /// In the order of the keys, whatever that is; they are looked for in ascending order.
    pub(super) fn get_many(
        &self,
        prefix: Prefix,
        keys: &[impl AsRef<[u8]> + Ord],
    ) -> Result<Vec<Option<Box<[u8]>>>, DiskError> {
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_unstable_by_key(|place| keys.get(*place));
        self.with(|open| {
            let mut found = vec![None; keys.len()];
            for place in order {
                let Some((key, found)) = keys.get(place).zip(found.get_mut(place)) else { continue };
                *found = open.table.get(whole(prefix, key.as_ref()))?.map(|value| value.as_ref().into());
            }
            Ok(found)
        })
    }

    /// The keys of a resource after this one, in ascending order, until `take` says that it has enough.
    pub(super) fn each(
        &self,
        prefix: Prefix,
        after: &[u8],
        mut take: impl FnMut(&[u8], &[u8]) -> bool,
    ) -> Result<(), DiskError> {
        let start = whole(prefix, after);
        self.with(|open| {
            for item in open.table.range(start.as_slice()..) {
                let (key, value) = item.into_inner()?;
                let Some(own) = key.strip_prefix(&prefix) else { break };
                if own != after && !take(own, &value) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// All of these or none. In ascending order, no key twice.
    pub(super) fn write(&self, prefix: Prefix, writes: Vec<Write>) -> Result<(), DiskError> {
        failpoint!("state::before_write", Err(self.fails()));
        self.with(|open| {
            if writes.len() >= INGESTED && open.table.l0_table_count() < YOUNG {
                open.ingest(prefix, writes)
            } else {
                open.write(prefix, writes)
            }
        })?;
        failpoint!("state::after_write");
        Ok(())
    }

    /// As when the operating system does not let it be written.
    #[cfg(feature = "failpoints")]
    fn fails(&self) -> DiskError {
        DiskError::Unusable("failed by a test".to_owned())
    }

    /// The prefixes under which anything is kept.
    pub(super) fn prefixes(&self) -> Result<Vec<Prefix>, DiskError> {
        self.with(|open| {
            let (mut prefixes, mut from) = (Vec::new(), Some(Prefix::default()));
            while let Some(start) = from {
                let Some(item) = open.table.range(start..).next() else { break };
                let key = item.key()?;
                let Some(prefix) = key.first_chunk::<8>().copied() else { break };
                prefixes.push(prefix);
                from = u64::from_be_bytes(prefix).checked_add(1).map(u64::to_be_bytes);
            }
            Ok(prefixes)
        })
    }

    /// How many keys there are at most; at least so many as were written and not removed.
    pub(super) fn keys_at_most(&self) -> Result<usize, DiskError> {
        self.with(|open| Ok(open.table.approximate_len()))
    }

    /// Closes the store and says why, once.
    pub(super) fn give_up(&self, error: &DiskError) {
        let closed = self.open.write().unwrap_or_else(PoisonError::into_inner).take();
        if closed.is_none() {
            return;
        }
        close(closed);
        if let DiskError::Damaged(_) = error {
            let _ = remove(&self.path); // or it is found damaged at the next start, and removed then
        }
        self.tell(error);
    }

    fn tell(&self, error: &DiskError) {
        let directory = self.path.display();
        tracing::error!(
            %directory,
            "the cache in {directory} cannot be used: {error}; krest goes on with what it has in memory, however much that is, and \
             reads the topics again at the next start. Make room, or see to the disk and its permissions, then restart krest"
        );
    }

    /// Damage may show as a panic of the store: then it is damage.
    fn with<T>(&self, work: impl FnOnce(&Open) -> Result<T, Error>) -> Result<T, DiskError> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let open = open.as_ref().ok_or(DiskError::Closed)?;
        unwound(|| work(open))
    }
}

impl Open {
    fn write(&self, prefix: Prefix, writes: Vec<Write>) -> Result<(), Error> {
        let mut batch = self.database.batch();
        for (key, value) in writes {
            match value {
                Some(value) => batch.insert(&self.table, whole(prefix, &key), value.as_ref()),
                None => batch.remove(&self.table, whole(prefix, &key)),
            }
        }
        batch.commit()
    }

    fn ingest(&self, prefix: Prefix, writes: Vec<Write>) -> Result<(), Error> {
        let mut ingestion = self.table.start_ingestion()?;
        for (key, value) in writes {
            match value {
                Some(value) => ingestion.write(whole(prefix, &key), value.as_ref())?,
                None => ingestion.write_tombstone(whole(prefix, &key))?,
            }
        }
        ingestion.finish()
    }
}

fn whole(prefix: Prefix, key: &[u8]) -> Vec<u8> {
    [prefix.as_slice(), key].concat()
}

fn try_open(path: &Path, cache: u64) -> Result<Open, DiskError> {
    unwound(|| {
        let database = Database::builder(path)
            .cache_size(cache)
            .worker_threads(1)
            // The journal is emptied as soon as it is full. So one that is sealed lives for moments only, and losing a part
            // of one that is not followed by another is losing what came last.
            .max_journaling_size(JOURNAL)
            .open()?;
        let table = database.keyspace("records", options)?;
        Ok(Open { database, table })
    })
}

/// Small blocks of filters and indexes, so that a small memory holds those that are in use.
fn options() -> KeyspaceCreateOptions {
    KeyspaceCreateOptions::default()
        .max_memtable_size(GATHERED)
        .filter_block_partitioning_policy(PartitioningPolicy::all(true))
        .index_block_partitioning_policy(PartitioningPolicy::all(true))
}

fn unwound<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, DiskError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| meaning(&error)),
        Err(_) => Err(DiskError::Damaged("the store cannot make sense of it".to_owned())),
    }
}

/// What the operating system refuses is not damage, but for files that should be there.
fn meaning(error: &Error) -> DiskError {
    if let Error::Poisoned = error {
        return DiskError::Unusable("an earlier write to it failed".to_owned());
    }
    if let Error::Locked = error {
        return DiskError::Unusable("another process holds it".to_owned());
    }
    let io = if let Error::Io(io) | Error::Storage(LsmError::Io(io)) = error { Some(io) } else { None };
    let refused = io.filter(|error| {
        let lacking = [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory, io::ErrorKind::IsADirectory];
        error.raw_os_error().is_some() && !lacking.contains(&error.kind())
    });
    match refused {
        Some(error) => DiskError::Unusable(error.to_string()),
        None => DiskError::Damaged(error.to_string()),
    }
}

/// The store may panic when it is closed after it has panicked.
fn close(open: Option<Open>) {
    let _ = catch_unwind(AssertUnwindSafe(|| drop(open)));
}

fn remove(path: &Path) -> Result<(), DiskError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(DiskError::Unusable(format!("it cannot be removed: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        close(self.open.get_mut().unwrap_or_else(PoisonError::into_inner).take());
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("path", &self.path).finish_non_exhaustive()
    }
}
