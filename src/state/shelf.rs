//! A resource's place in the store on disk, and the form of what stands there.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_64;

use super::checkpoint::{self, Checkpoint, Owner};
use super::disk::{Disk, DiskError, Prefix, Write};
use super::index::{Entry, KeyHash, RawHash};
use super::pending::Expected;
use super::roll::{Roll, Sharing};
use super::text::{from_disk, to_disk};
use crate::model::{Fingerprint, ResourceName, Stamp};

/// Under the resource's prefix: its checkpoint, under the empty key, and one entry for each key, under the key's hash; behind them,
/// where they are kept, the texts of rows. All in one table, so that it is of one moment whatever is lost in a crash.
#[derive(Debug)]
pub(super) struct Shelf {
    disk: Arc<Disk>,
    prefix: Prefix,
    resource: String,
    /// Whether the names of the rows stand with the entries.
    keyed: bool,
}

/// A checkpoint, and whether keys stand with the entries; or why it is none of this resource.
type AnyCheckpoint = Result<(Checkpoint, bool), String>;

/// Where it stands in how many scans rows were missing: no hash is so short.
const ABSENT: &[u8] = b"a";
/// The key of what is known of rows with several parents.
const SHARING: &[u8] = b"s";

/// What the keys of texts begin with, before the key's hash: behind every hash, so that who reads all entries does not read texts.
const TEXTS: [u8; 16] = [0xff; 16];

/// A key's hash.
const ENTRY_KEY: usize = 16;

/// How many keys a wipe removes at once.
const SWEEP: usize = 100_000;

impl Shelf {
    pub(super) fn new(disk: &Arc<Disk>, resource: &ResourceName, keyed: bool) -> Self {
        let resource = resource.to_string();
        Self { disk: Arc::clone(disk), prefix: prefix_of(&resource), resource, keyed }
    }

    /// `Err` inside: it is there, and not to be believed.
    pub(super) fn checkpoint(&self) -> Result<Option<Result<Checkpoint, String>>, DiskError> {
        let found = self.disk.get(self.prefix, &[])?;
        Ok(found.map(|bytes| checkpoint::decode(&bytes, self.owner())))
    }

    /// The same for a look, whatever it was written under.
    pub(super) fn any_checkpoint(&self) -> Result<Option<AnyCheckpoint>, DiskError> {
        let found = self.disk.get(self.prefix, &[])?;
        Ok(found.map(|bytes| checkpoint::decode_any(&bytes, &self.resource)))
    }

    pub(super) fn get_many(&self, keys: &[KeyHash]) -> Result<Vec<Option<Entry>>, DiskError> {
        let keys: Vec<[u8; 16]> = keys.iter().map(|key| key.to_bytes()).collect();
        let found = self.disk.get_many(self.prefix, &keys)?;
        found.into_iter().map(|found| found.map(|bytes| entry_of(&bytes)).transpose()).collect()
    }

    /// Every entry, until `take` says that it has enough.
    pub(super) fn each(&self, mut take: impl FnMut(KeyHash, Entry, &[u8]) -> bool) -> Result<(), DiskError> {
        let mut damage = None;
        self.disk.each(self.prefix, &[], |hash, value| match (hash.try_into(), split(value)) {
            (Ok(hash), Some((entry, name))) => take(KeyHash::from_bytes(hash), entry, name),
            _ if hash == ABSENT || hash == SHARING => true,
            _ if hash.starts_with(&TEXTS) => false,
            _ => {
                damage = Some(damaged());
                false
            }
        })?;
        damage.map_or(Ok(()), Err)
    }

    /// The updates and the checkpoint that they reach, in one write. In ascending order, no key twice.
    pub(super) fn save(&self, updates: &[Expected], checkpoint: &Checkpoint) -> Result<(), DiskError> {
        let texts = if checkpoint.texts { updates } else { &[] };
        let checkpoint = checkpoint::encode(checkpoint, self.owner());
        let mut writes = Vec::with_capacity(updates.len() + texts.len() + 1);
        writes.push((Box::default(), Some(checkpoint.into())));
        writes.extend(updates.iter().map(|update| (Box::from(update.key.to_bytes()), self.encode(update))));
        writes.extend(texts.iter().filter_map(text_of));
        self.disk.write(self.prefix, writes)
    }

    /// The texts of rows as far as they are kept, and are those of these stamps.
    pub(super) fn texts(&self, rows: &[(KeyHash, Stamp)]) -> Result<Vec<Option<Box<str>>>, DiskError> {
        let keys: Vec<Box<[u8]>> = rows.iter().map(|(key, _)| text_key(*key)).collect();
        let found = self.disk.get_many(self.prefix, &keys)?;
        let text = |(found, (_, stamp)): (Option<Box<[u8]>>, &(KeyHash, Stamp))| from_disk(&found?, *stamp);
        Ok(found.into_iter().zip(rows).map(text).collect())
    }

    /// What the texts of these rows take up.
    pub(super) fn size_of_texts(&self, rows: &[KeyHash]) -> Result<u64, DiskError> {
        let keys: Vec<Box<[u8]>> = rows.iter().map(|key| text_key(*key)).collect();
        let found = self.disk.get_many(self.prefix, &keys)?;
        let size = |text: Box<[u8]>| (self.prefix.len() + TEXTS.len() + ENTRY_KEY + text.len()) as u64;
        Ok(found.into_iter().flatten().map(size).sum())
    }

    /// Removes all of them.
    pub(super) fn wipe_texts(&self) -> Result<(), DiskError> {
        self.remove_after(TEXTS.into())
    }

    /// In how many scans rows were missing, and whether rows have several parents.
    pub(super) fn keep_roll(&self, roll: &Roll) {
        let bytes: Vec<u8> = roll
            .absent()
            .iter()
            .flat_map(|(hash, scans)| [hash.to_bytes().as_slice(), &[*scans]].concat())
            .collect();
        let absent = (ABSENT.into(), (!bytes.is_empty()).then(|| bytes.into()));
        let sharing: Option<&[u8]> = match roll.sharing() {
            Sharing::Unknown => None,
            Sharing::No => Some(b"no"),
            Sharing::Yes => Some(b"yes"),
        };
        let sharing = (SHARING.into(), sharing.map(Box::from));
        if let Err(error) = self.disk.write(self.prefix, vec![absent, sharing]) {
            let resource = &self.resource;
            tracing::warn!(resource, "in how many scans rows were missing cannot be kept: {error}");
        }
    }

    pub(super) fn recall_roll(&self, roll: &mut Roll) -> Result<(), DiskError> {
        roll.set_absent(self.absent()?);
        roll.set_sharing(match self.disk.get(self.prefix, SHARING)?.as_deref() {
            Some(b"no") => Sharing::No,
            Some(b"yes") => Sharing::Yes,
            Some(_) | None => Sharing::Unknown,
        });
        Ok(())
    }

    fn absent(&self) -> Result<Vec<(KeyHash, u8)>, DiskError> {
        let bytes = self.disk.get(self.prefix, ABSENT)?.unwrap_or_default();
        let (absent, _) = bytes.as_chunks::<17>();
        let one = |[hash @ .., scans]: &[u8; 17]| (KeyHash::from_bytes(*hash), *scans);
        Ok(absent.iter().map(one).collect())
    }

    /// Removes all, the checkpoint first: as long as it is gone, nothing of the rest is believed.
    pub(super) fn wipe(&self) -> Result<(), DiskError> {
        if self.disk.get(self.prefix, &[])?.is_some() {
            self.disk.write(self.prefix, vec![(Box::default(), None)])?;
        }
        self.remove_after(Box::default())
    }

    fn remove_after(&self, mut after: Box<[u8]>) -> Result<(), DiskError> {
        loop {
            let mut keys = Vec::new();
            self.disk.each(self.prefix, &after, |key, _| {
                keys.push((key.into(), None));
                keys.len() < SWEEP
            })?;
            let Some((last, _)) = keys.last() else { return Ok(()) };
            after = Box::clone(last);
            self.disk.write(self.prefix, keys)?;
        }
    }

    /// Whether so many keys can be there at all: a table that is missing shows.
    pub(super) fn can_hold(&self, keys: u64) -> Result<bool, DiskError> {
        Ok(self.disk.keys_at_most()? as u64 >= keys)
    }

    pub(super) fn give_up(&self, error: &DiskError) {
        self.disk.give_up(error);
    }

    pub(super) fn is_open(&self) -> bool {
        self.disk.is_open()
    }

    pub(super) fn resource(&self) -> &str {
        &self.resource
    }

    fn owner(&self) -> Owner<'_> {
        Owner { resource: &self.resource, keyed: self.keyed }
    }

    fn encode(&self, update: &Expected) -> Option<Box<[u8]>> {
        let Entry { fingerprint, raw } = update.entry?;
        let name: &[u8] = if self.keyed { update.name.as_bytes() } else { &[] };
        Some([fingerprint.to_bytes().as_slice(), &raw.0.to_be_bytes(), name].concat().into())
    }
}

/// Removes what belongs to none of these resources: they were taken out of the configuration.
pub(super) fn sweep<'n>(
    disk: &Arc<Disk>,
    resources: impl Iterator<Item = &'n ResourceName>,
) -> Result<usize, DiskError> {
    let known: Vec<Prefix> = resources.map(|name| prefix_of(name.as_str())).collect();
    let mut swept = 0;
    for prefix in disk.prefixes()?.into_iter().filter(|prefix| !known.contains(prefix)) {
        Shelf { disk: Arc::clone(disk), prefix, resource: String::new(), keyed: false }.wipe()?;
        swept += 1;
    }
    Ok(swept)
}

/// Names are any text, of any length. Should two have one hash, each finds the other's checkpoint, and believes nothing of it.
pub(super) fn prefix_of(resource: &str) -> Prefix {
    xxh3_64(resource.as_bytes()).to_be_bytes()
}

fn entry_of(bytes: &[u8]) -> Result<Entry, DiskError> {
    split(bytes).map(|(entry, _)| entry).ok_or_else(damaged)
}

fn split(bytes: &[u8]) -> Option<(Entry, &[u8])> {
    let (fingerprint, rest) = bytes.split_first_chunk::<16>()?;
    let (raw, name) = rest.split_first_chunk::<8>()?;
    let fingerprint = Fingerprint::from_u128(u128::from_be_bytes(*fingerprint));
    Some((Entry { fingerprint, raw: RawHash(u64::from_be_bytes(*raw)) }, name))
}

fn text_key(key: KeyHash) -> Box<[u8]> {
    [TEXTS, key.to_bytes()].concat().into()
}

/// What becomes of a row's text; `None`: nothing.
fn text_of(update: &Expected) -> Option<Write> {
    let kept = match (update.entry, update.text.new_text()) {
        (Some(_), None) if update.text.stays() => return None,
        (Some(entry), Some(text)) => Some(to_disk(entry, text)),
        (None, _) | (Some(_), None) => None,
    };
    Some((text_key(update.key), kept))
}

fn damaged() -> DiskError {
    DiskError::Damaged("an entry is cut short".to_owned())
}
