//! How far the cursor has come in one walk.

use std::collections::HashSet;

use crate::model::{Cursor, CursorValue, Fingerprint};

/// More records at the newest value than this are not remembered: the source offset is one message.
pub(super) const MOST_AT_EDGE: usize = 10_000;

/// Where a walk began and what it has reached so far. The stored cursor moves only when the walk has ended; until then both go
/// with the page position, so that a resumed walk asks with the values of its first page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Whose progress it is.
    of: String,
    from: Option<CursorValue>,
    known: HashSet<Fingerprint>,
    value: Option<CursorValue>,
    edge: HashSet<Fingerprint>,
    pub(super) edge_overflowed: bool,
}

impl Progress {
    pub(super) fn new(of: String, stored: Option<&Cursor>, running: Option<&Cursor>) -> Self {
        let edge =
            |cursor: Option<&Cursor>| cursor.into_iter().flat_map(|cursor| &cursor.edge).copied().collect();
        let reached = running.or(stored);
        Self {
            of,
            from: stored.map(|cursor| cursor.value.clone()),
            known: edge(stored),
            value: reached.map(|cursor| cursor.value.clone()),
            edge: edge(reached),
            edge_overflowed: false,
        }
    }

    /// The newest value so far; what is stored once the walk has ended.
    pub fn cursor(&self) -> Option<Cursor> {
        let mut edge: Vec<Fingerprint> = self.edge.iter().copied().collect();
        edge.sort_unstable_by_key(|fingerprint| fingerprint.0);
        self.value.clone().map(|value| Cursor { of: self.of.clone(), value, edge })
    }

    /// Where the walk began, before the lag.
    pub(super) fn from(&self) -> Option<&CursorValue> {
        self.from.as_ref()
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
