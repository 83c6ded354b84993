//! How far a cursor has come, as the source offset keeps it.

use serde::{Deserialize, Serialize};

use super::value::CursorValue;
use crate::model::{Fingerprint, hex};

/// The newest value, and, where records have no key to tell them apart by, what the records that stand exactly there hold:
/// those are not published again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// `max(updated_at)`: what a resource with another cursor does not go on with.
    pub of: String,
    pub value: CursorValue,
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "hex")]
    pub edge: Vec<Fingerprint>,
}
