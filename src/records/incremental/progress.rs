//! How far the cursor has come in one walk.

use std::collections::HashSet;

use crate::model::{CursorMark, CursorValue, Fingerprint};

/// More records at the newest value than this are not remembered: the source offset is one message.
pub(super) const MOST_AT_EDGE: usize = 10_000;

/// Where a walk began and what it has reached so far. The stored cursor moves only when the walk has ended; until then both marks
/// go with the page position, so that a resumed walk asks with the values of its first page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    from: Option<CursorMark>,
    known: HashSet<Fingerprint>,
    value: Option<CursorValue>,
    edge: HashSet<Fingerprint>,
    pub(super) edge_overflowed: bool,
}

impl Progress {
    /// Of a walk that begins; `stored` is what the last one that ended had reached.
    pub fn begin(stored: Option<CursorMark>) -> Self {
        let to = stored.clone();
        Self::resume(stored, to)
    }

    /// Of a walk that goes on: its two marks as they were stored with its position.
    pub fn resume(from: Option<CursorMark>, to: Option<CursorMark>) -> Self {
        let known = from.iter().flat_map(|mark| mark.edge.iter().copied()).collect();
        let (value, edge) = to.map(|mark| (mark.value, mark.edge)).unzip();
        let edge = edge.into_iter().flatten().collect();
        Self { from, known, value, edge, edge_overflowed: false }
    }

    /// Where the walk began.
    pub fn from(&self) -> Option<&CursorMark> {
        self.from.as_ref()
    }

    /// The newest value so far; what is stored once the walk has ended.
    pub fn reached(&self) -> Option<CursorMark> {
        let mut edge: Vec<Fingerprint> = self.edge.iter().copied().collect();
        edge.sort_unstable_by_key(|fingerprint| fingerprint.0);
        self.value.clone().map(|value| CursorMark { value, edge })
    }

    pub(super) fn value(&self) -> Option<&CursorValue> {
        self.value.as_ref()
    }

    /// Whether a record at the start value was published by an earlier walk.
    pub(super) fn knows(&self, record: Fingerprint) -> bool {
        self.known.contains(&record)
    }

    pub(super) fn has_known(&self) -> bool {
        !self.known.is_empty()
    }

    pub(super) fn advance(&mut self, value: CursorValue) {
        self.value = Some(value);
        self.edge.clear();
        self.edge_overflowed = false;
    }

    /// A record that stands at the newest value. Whether it could not be remembered, and is the first such one.
    pub(super) fn remember(&mut self, record: Fingerprint) -> bool {
        if self.edge.len() < MOST_AT_EDGE || self.edge.contains(&record) {
            self.edge.insert(record);
            return false;
        }
        !std::mem::replace(&mut self.edge_overflowed, true)
    }
}
