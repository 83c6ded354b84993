//! A topic that remembers all that was ever written to it, and caches of it on disk.

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use crate::model::{
    Before, ConnectorName, Fingerprint, Judged, Record, ResourceName, RuleId, Stamp, StoredRecord,
};
use crate::state::disk::Disk;
use crate::state::shelf::prefix_of;
use crate::state::{Cache, Diff, Directory, LocalState, Present};

pub(super) const ALL: u64 = 512 << 20;
/// Less than any index: everything is looked up on disk.
pub(super) const NOTHING: u64 = 1;

/// Stands for a record that says that it is deleted.
pub(super) const DELETED: &str = "deleted";

/// Of one partition; compaction has not come yet.
#[derive(Default)]
pub(super) struct Topic {
    pub messages: Vec<(String, Option<String>)>,
    /// What rows were cannot be told from its values.
    pub unreadable: bool,
}

impl Topic {
    pub(super) fn end(&self) -> i64 {
        self.messages.len() as i64
    }

    /// Has the cache read it from its checkpoint to its end, as a start does.
    pub(super) fn bring_up(&self, cache: &mut Cache) {
        cache.recall(&present("t", SystemTime::now()));
        self.read_into(cache);
    }

    pub(super) fn read_into(&self, cache: &mut Cache) -> usize {
        let from = cache.checkpoint().offsets.get(&0).copied().unwrap_or_default();
        for (offset, (key, value)) in (0..).zip(&self.messages).skip(from as usize) {
            let fingerprint = value.as_deref().map(of);
            let deleted = value.is_none();
            cache.restore(&StoredRecord {
                partition: 0,
                offset,
                key: key.as_bytes(),
                fingerprint,
                deleted,
                foreign: false,
                parent: None,
                value: value.as_deref().map(str::as_bytes),
                row: value.as_deref().filter(|_| !self.unreadable),
            });
        }
        cache.restored([(0, self.end())]).unwrap();
        self.messages.len() - from as usize
    }

    /// The page is compared, and what it changes is written and committed.
    pub(super) fn commit(&mut self, cache: &mut Cache, records: &[(&str, &str)]) -> usize {
        let diff = diff(cache, records);
        self.messages.extend(
            diff.changes.iter().map(|change| (change.key().to_string(), change.value().map(str::to_owned))),
        );
        cache.committed(diff.sequence, [(0, self.end())]).unwrap();
        diff.changes.len()
    }

    pub(super) fn delete(&mut self, cache: &mut Cache, keys: &[&str]) {
        let keys: Vec<Box<[u8]>> = keys.iter().map(|key| key.as_bytes().into()).collect();
        let sequence = cache.delete(&keys);
        for key in keys {
            self.messages.push((String::from_utf8(key.into()).unwrap(), None));
        }
        cache.committed(sequence, [(0, self.end())]).unwrap();
    }
}

/// What stands behind a `#` does not count.
pub(super) fn of(raw: &str) -> Stamp {
    let counts = raw.split('#').next().unwrap();
    Stamp::whole(Fingerprint::from_u128(xxhash_rust::xxh3::xxh3_128(counts.as_bytes())))
}

/// All of a record counts.
pub(super) fn judged(stamp: Stamp, known: Option<Stamp>) -> Judged {
    Judged { stamp, same: known == Some(stamp) }
}

pub(super) fn diff<'p>(cache: &mut Cache, records: &[(&'p str, &'p str)]) -> Diff<'p> {
    let record =
        |(key, raw): &(&'p str, &'p str)| Record { key: (*key).into(), raw, deleted: *raw == DELETED };
    let page = records.iter().map(record).collect();
    let content =
        |record: &Record<'_>, known| Ok::<_, std::convert::Infallible>(judged(of(record.raw), known));
    cache.diff(page, RuleId::WHOLE, content).unwrap().unwrap()
}

/// What the topic held under the key, as its next change would tell.
pub(super) fn before(cache: &mut Cache, key: &str) -> Before {
    let before = diff(cache, &[(key, "something else")]).changes[0].before().clone();
    cache.abort();
    before
}

pub(super) fn text(text: &str) -> Before {
    Before::Text(text.into())
}

pub(super) fn present(topic_id: &str, now: SystemTime) -> Present<'_> {
    let delete_retention = Some(Duration::from_secs(24 * 3600));
    Present { topic: "shop.users", topic_id, key_format: "string", partitions: 1, delete_retention, now }
}

/// A directory and what a process keeps open of it.
pub(super) struct Machine {
    pub directory: TempDir,
    memory: u64,
    state: Option<LocalState>,
}

impl Machine {
    pub(super) fn new(memory: u64) -> Self {
        Self { directory: tempfile::tempdir().unwrap(), memory, state: None }
    }

    /// The cache of a resource, in a process that may just have started.
    pub(super) fn cache(&mut self, resource: &str, whole_scans: bool) -> Cache {
        let state = self.state.get_or_insert_with(|| open(self.directory.path(), self.memory));
        state.cache(&ResourceName::new(resource), whole_scans)
    }

    pub(super) fn users(&mut self) -> Cache {
        self.cache("users", false)
    }

    /// The process ends; its caches are gone already.
    pub(super) fn stop(&mut self) {
        self.state = None;
    }

    pub(super) fn keep_only(&mut self, resources: &[&str]) {
        let names: Vec<ResourceName> = resources.iter().map(|name| ResourceName::new(name)).collect();
        self.state.as_ref().unwrap().keep_only(names.iter());
    }

    /// From now on no file can be made in the store's directory.
    pub(super) fn lose_the_disk(&self) {
        fs::remove_dir_all(self.directory.path().join("shop/cache")).unwrap();
    }

    /// Overwrites the checkpoint of a resource, as another version or a bad disk would.
    pub(super) fn write_checkpoint(&mut self, resource: &str, bytes: &[u8]) {
        self.disk().write(prefix_of(resource), vec![(Box::default(), Some(bytes.into()))]).unwrap();
        self.stop();
    }

    /// The keys that stand beside their hashes change places.
    pub(super) fn swap_names(&mut self, resource: &str) {
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        self.disk()
            .each(prefix_of(resource), &[], |key, value| {
                keys.push(Box::from(key));
                values.push(Some(Box::from(value)));
                true
            })
            .unwrap();
        for (at, with) in values.clone().into_iter().flatten().rev().enumerate() {
            let with: Box<[u8]> = with;
            values[at].as_mut().unwrap()[24..].copy_from_slice(&with[24..]);
        }
        self.disk().write(prefix_of(resource), keys.into_iter().zip(values).collect()).unwrap();
        self.stop();
    }

    fn disk(&mut self) -> std::sync::Arc<Disk> {
        drop(self.users());
        self.state.as_ref().unwrap().disk.clone().unwrap()
    }

    /// What a `kill -9` at this moment would leave: on another machine, which has it as it is.
    pub(super) fn killed_now(&self) -> Self {
        let copy = Self::new(self.memory);
        copy_all(self.directory.path(), copy.directory.path());
        copy
    }

    /// The files of the store.
    pub(super) fn files(&self) -> Vec<std::path::PathBuf> {
        let files = walkdir::WalkDir::new(self.directory.path().join("shop/cache")).sort_by_file_name();
        let files = files.into_iter().flatten().filter(|entry| entry.file_type().is_file());
        files.map(walkdir::DirEntry::into_path).collect()
    }
}

fn open(directory: &Path, memory: u64) -> LocalState {
    LocalState::open(Directory::claim(directory, &ConnectorName::new("shop")).unwrap(), memory)
}

fn copy_all(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).min_depth(1).into_iter().flatten() {
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            // A file that is merged away meanwhile is not in the list of tables any more.
            let _ = fs::copy(entry.path(), target);
        }
    }
}
