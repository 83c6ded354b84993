//! How far of its topic a cache knows, how that is kept on disk, and when it is too old to be believed.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::index::KeyHash;
use crate::model::Fingerprint;

/// How far of the output topic a cache knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoint {
    /// Kafka's id of the topic: another id voids the cache.
    pub topic_id: String,
    /// How the topic's keys are written: the rows of another way are others.
    pub(super) key_format: String,
    /// Whether the texts of rows stand beside their entries on disk, as far as they are known.
    pub(super) texts: bool,
    /// Partition → the first offset that the cache has not seen.
    pub offsets: BTreeMap<i32, i64>,
    /// When this was the end of the topic, or when the reading began that has come here; in milliseconds since 1970.
    pub(super) at: u64,
    pub(super) tally: Tally,
}

/// How many keys there are, and a sum over them: whatever is lost, added or changed on disk shows in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) keys: u64,
    sum: u64,
}

impl Tally {
    pub(super) fn add(&mut self, key: KeyHash, fingerprint: Fingerprint) {
        self.keys += 1;
        self.sum = self.sum.wrapping_add(part(key, fingerprint));
    }

    pub(super) fn take(&mut self, key: KeyHash, fingerprint: Fingerprint) {
        self.keys = self.keys.saturating_sub(1);
        self.sum = self.sum.wrapping_sub(part(key, fingerprint));
    }
}

fn part(key: KeyHash, fingerprint: Fingerprint) -> u64 {
    let mut bytes = [0; 32];
    let (first, second) = bytes.split_at_mut(16);
    first.copy_from_slice(&key.to_bytes());
    second.copy_from_slice(&fingerprint.to_bytes());
    xxh3_64(&bytes)
}

/// The topic as it is, for a cache that wants to know whether it still fits.
#[derive(Clone, Debug)]
pub struct Present<'a> {
    /// Its name.
    pub topic: &'a str,
    pub topic_id: &'a str,
    /// How its keys are written today; behind a space what their bytes depend on besides, if that is known.
    pub key_format: &'a str,
    pub partitions: i32,
    /// The topic's `delete.retention.ms`; `None` if the broker did not say.
    pub delete_retention: Option<Duration>,
    pub now: SystemTime,
}

/// What a topic grants at least, or krest refuses it.
const LEAST_RETENTION: Duration = Duration::from_secs(3600);
/// Clocks differ a little.
const AHEAD: Duration = Duration::from_secs(300);

impl Checkpoint {
    /// Why nothing that it stands for may be believed any more.
    pub(super) fn objection(&self, present: &Present<'_>) -> Option<String> {
        if self.topic_id != present.topic_id {
            return Some("the topic was deleted and made again".to_owned());
        }
        if !same_keys(&self.key_format, present.key_format) {
            return Some(format!("its keys were written in another format ({})", self.key_format));
        }
        if self.offsets.iter().any(|(partition, next)| *partition >= present.partitions || *next < 0) {
            return Some("it names partitions or offsets that the topic cannot have".to_owned());
        }
        let limit = present.delete_retention.unwrap_or(LEAST_RETENTION) / 2;
        let at = UNIX_EPOCH + Duration::from_millis(self.at);
        match present.now.duration_since(at) {
            Ok(age) if age > limit => Some(format!(
                "it was last brought up {} ago, more than half of the topic's delete.retention.ms: tombstones that it has not \
                 seen may be gone",
                hours(age)
            )),
            Err(ahead) if ahead.duration() > AHEAD => {
                Some("it was written at a time that has not come yet: its age is not known".to_owned())
            }
            Ok(_) | Err(_) => None,
        }
    }

    pub(super) fn set_time(&mut self, now: SystemTime) {
        self.at = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
    }
}

/// A format, and behind a space the id that is part of all keys. Where one of the two has none yet, the topic's keys had none when it was
/// taken down: a topic with keys has those of one id alone.
fn same_keys(one: &str, other: &str) -> bool {
    match (one.split_once(' '), other.split_once(' ')) {
        (Some((format, _)), None) => format == other,
        (None, Some((format, _))) => format == one,
        (Some(_), Some(_)) | (None, None) => one == other,
    }
}

fn hours(age: Duration) -> String {
    let minutes = age.as_secs() / 60;
    if minutes < 60 { format!("{minutes} min") } else { format!("{} h {} min", minutes / 60, minutes % 60) }
}

/// The form on disk, as JSON. Anything else than this very form is not understood, and then nothing is believed.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    format: u32,
    /// The name of the resource, which its prefix is only a hash of.
    resource: String,
    /// Whether the keys themselves stand beside their hashes.
    keyed: bool,
    topic_id: String,
    key_format: String,
    texts: bool,
    offsets: BTreeMap<i32, i64>,
    at: u64,
    keys: u64,
    sum: u64,
}

/// The form of everything on disk: of the entries, too. Since 2 each entry has the rule of its fingerprint, and the parent of its row.
/// Since 3 texts of rows may stand there, and the checkpoint tells how keys were written.
const FORMAT: u32 = 3;

/// What a checkpoint on disk belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner<'a> {
    pub(super) resource: &'a str,
    pub(super) keyed: bool,
}

pub(super) fn encode(checkpoint: &Checkpoint, owner: Owner<'_>) -> Vec<u8> {
    let Checkpoint { topic_id, key_format, texts, offsets, at, tally: Tally { keys, sum } } =
        checkpoint.clone();
    let Owner { resource, keyed } = owner;
    let resource = resource.to_owned();
    let kept = Kept { format: FORMAT, resource, keyed, topic_id, key_format, texts, offsets, at, keys, sum };
    serde_json::to_vec(&kept).unwrap_or_default() // cannot fail; nothing would be believed
}

fn read(bytes: &[u8]) -> Result<Kept, String> {
    /// What every form has.
    #[derive(Deserialize)]
    struct Form {
        format: u32,
    }
    let form: Form =
        serde_json::from_slice(bytes).map_err(|error| format!("its checkpoint is damaged ({error})"))?;
    if form.format != FORMAT {
        return Err(format!("it was written in the form {} of another version of krest", form.format));
    }
    serde_json::from_slice(bytes).map_err(|error| format!("its checkpoint is damaged ({error})"))
}

/// Or why it is not to be believed.
pub(super) fn decode(bytes: &[u8], owner: Owner<'_>) -> Result<Checkpoint, String> {
    let kept = read(bytes)?;
    if kept.resource != owner.resource {
        return Err(format!("it is that of resource {}", kept.resource));
    }
    if kept.keyed != owner.keyed {
        return Err("it was written under another write_disposition".to_owned());
    }
    Ok(kept.into())
}

/// The same for a look at what this resource has there, and whether keys stand with the entries.
pub(super) fn decode_any(bytes: &[u8], resource: &str) -> Result<(Checkpoint, bool), String> {
    let kept = read(bytes)?;
    if kept.resource != resource {
        return Err(format!("it is that of resource {}", kept.resource));
    }
    let keyed = kept.keyed;
    Ok((kept.into(), keyed))
}

impl From<Kept> for Checkpoint {
    fn from(kept: Kept) -> Self {
        let Kept { topic_id, key_format, texts, offsets, at, keys, sum, .. } = kept;
        Self { topic_id, key_format, texts, offsets, at, tally: Tally { keys, sum } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: Owner<'_> = Owner { resource: "users", keyed: false };
    const HOUR: Duration = Duration::from_secs(3600);

    fn checkpoint(at: SystemTime) -> Checkpoint {
        let mut checkpoint = Checkpoint {
            topic_id: "t".into(),
            key_format: "string".into(),
            texts: true,
            offsets: BTreeMap::from([(0, 7), (2, 9)]),
            ..Checkpoint::default()
        };
        checkpoint.set_time(at);
        checkpoint
    }

    fn present(now: SystemTime) -> Present<'static> {
        Present {
            topic: "shop.users",
            topic_id: "t",
            key_format: "string",
            partitions: 3,
            delete_retention: Some(24 * HOUR),
            now,
        }
    }

    #[test]
    fn a_checkpoint_is_read_back_as_it_was_and_only_for_its_owner() {
        let mut written = checkpoint(SystemTime::now());
        written.tally.add(KeyHash::of(b"a"), Fingerprint([1, 2]));
        let bytes = encode(&written, OWNER);
        assert_eq!(decode(&bytes, OWNER), Ok(written));
        for (owner, word) in [
            (Owner { resource: "posts", ..OWNER }, "resource users"),
            (Owner { keyed: true, ..OWNER }, "write_disposition"),
        ] {
            assert!(decode(&bytes, owner).unwrap_err().contains(word), "{word}");
        }
    }

    #[test]
    fn another_form_and_damage_are_not_believed() {
        let text = String::from_utf8(encode(&checkpoint(SystemTime::now()), OWNER)).unwrap();
        let newer = text.replace("\"format\":3", "\"format\":4,\"novelty\":true");
        assert!(decode(newer.as_bytes(), OWNER).unwrap_err().contains("form 4"), "{newer}");
        for damaged in [&text[1..], &text.replace("\"keys\"", "\"kexs\""), "", "{}"] {
            assert!(decode(damaged.as_bytes(), OWNER).unwrap_err().contains("damaged"), "{damaged}");
        }
    }

    #[test]
    fn what_is_older_than_half_the_tombstones_life_is_not_believed() {
        let now = SystemTime::now();
        let objection = |at, present: Present<'_>| checkpoint(at).objection(&present);
        assert_eq!(objection(now, present(now)), None);
        assert_eq!(objection(now - 11 * HOUR, present(now)), None);
        assert!(objection(now - 13 * HOUR, present(now)).unwrap().contains("13 h 0 min"));
        let silent = Present { delete_retention: None, ..present(now) };
        assert_eq!(objection(now - HOUR / 3, silent.clone()), None);
        assert!(objection(now - HOUR, silent).is_some());
        assert_eq!(objection(now + Duration::from_secs(60), present(now)), None);
        assert!(objection(now + HOUR, present(now)).is_some());
    }

    #[test]
    fn another_topic_other_keys_and_partitions_that_it_lacks_are_objected_to() {
        let now = SystemTime::now();
        assert!(checkpoint(now).objection(&Present { topic_id: "u", ..present(now) }).is_some());
        assert!(checkpoint(now).objection(&Present { partitions: 2, ..present(now) }).is_some());
        for (known, today, believed) in [
            ("string", "json", false),
            ("json_schema", "json", false),
            ("avro 7", "avro 8", false),
            ("avro", "avro 7", true),
            ("avro 7", "avro", true),
            ("avro 7", "avro 7", true),
        ] {
            let known = Checkpoint { key_format: known.to_owned(), ..checkpoint(now) };
            let objection = known.objection(&Present { key_format: today, ..present(now) });
            assert_eq!(objection.is_none(), believed, "{known:?} {today}");
            assert!(objection.is_none_or(|objection| objection.contains("another format (")));
        }
    }

    #[test]
    fn a_tally_tells_what_is_there_whatever_the_way() {
        let (a, b) = (KeyHash::of(b"a"), KeyHash::of(b"b"));
        let (mut one, mut other) = (Tally::default(), Tally::default());
        one.add(a, Fingerprint([1, 1]));
        one.add(b, Fingerprint([2, 2]));
        other.add(b, Fingerprint([2, 2]));
        other.add(a, Fingerprint([3, 3]));
        assert_ne!(one, other);
        other.take(a, Fingerprint([3, 3]));
        other.add(a, Fingerprint([1, 1]));
        assert_eq!(one, other);
    }
}
