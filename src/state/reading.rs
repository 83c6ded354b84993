//! What a restore has read and not handed on yet: messages go into the store by thousands, with the offsets that they reach.

use std::collections::BTreeMap;

use super::error::StateError;
use super::pending::Expected;
use crate::model::StoredRecord;

#[derive(Debug, Default)]
pub(super) struct Reading {
    read: Vec<Expected>,
    /// By partition; `None`: nothing of it was read.
    reached: Vec<Option<i64>>,
    /// Nothing of what came after it is in the store.
    pub(super) failed: Option<StateError>,
}

/// As many as are written to disk at once.
const FULL: usize = 50_000;

impl Reading {
    pub(super) fn add(&mut self, message: &StoredRecord<'_>, expected: Expected) {
        let Ok(partition) = usize::try_from(message.partition) else { return };
        if self.failed.is_some() {
            return;
        }
        if self.reached.len() <= partition {
            self.reached.resize(partition + 1, None);
        }
        if let Some(reached) = self.reached.get_mut(partition) {
            *reached = Some(message.offset + 1);
        }
        self.read.push(expected);
    }

    pub(super) fn is_full(&self) -> bool {
        self.read.len() >= FULL
    }

    /// What was read since this was last asked, and where that ends: whatever comes next begins there or later.
    pub(super) fn take(&mut self) -> (BTreeMap<i32, i64>, Vec<Expected>) {
        let reached = (0..).zip(&self.reached).filter_map(|(partition, next)| Some((partition, (*next)?)));
        (reached.collect(), std::mem::take(&mut self.read))
    }
}
