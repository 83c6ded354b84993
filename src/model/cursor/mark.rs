//! How far a cursor has come, as the source offset keeps it.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::value::CursorValue;
use crate::model::Fingerprint;

/// The newest value, and, where records have no key to tell them apart by, what the records that stand exactly there hold:
/// those are not published again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// `max(updated_at)`: what a resource with another cursor does not go on with.
    pub of: String,
    pub value: CursorValue,
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "as_hex",
        deserialize_with = "from_hex"
    )]
    pub edge: Vec<Fingerprint>,
}

fn as_hex<S: Serializer>(edge: &[Fingerprint], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(edge.iter().map(|fingerprint| format!("{fingerprint:?}")))
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Fingerprint>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let read = |text: &String| Fingerprint::from_hex(text.as_bytes());
    texts
        .iter()
        .map(read)
        .collect::<Option<_>>()
        .ok_or_else(|| serde::de::Error::custom("a fingerprint has 32 hex digits"))
}
