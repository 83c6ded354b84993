//! Fingerprints as the source offset keeps them: a list of texts.

use serde::{Deserialize, Deserializer, Serializer};

use super::Fingerprint;

pub(super) fn serialize<S: Serializer>(list: &[Fingerprint], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(|fingerprint| format!("{fingerprint:?}")))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Fingerprint>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read = |text: &String| Fingerprint::from_hex(text.as_bytes());
    let read = texts.iter().map(read).collect::<Option<_>>();
    read.ok_or_else(|| serde::de::Error::custom("a fingerprint has 32 hex digits"))
}
