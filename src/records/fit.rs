//! Records whose messages are larger than their topic takes: they go aside, where that is tolerated.

use super::{Aside, Reader, RecordError, Rules};
use crate::model::{Page, Record, Stamp};

/// What the messages of a resource may come to.
#[derive(Clone, Copy, Debug)]
pub struct Fit<'r> {
    pub reader: &'r Reader,
    pub rules: &'r Rules,
    /// The most bytes of key and value. (The headers fit into what is kept free for the batch around a message.)
    pub largest: usize,
}

impl Fit<'_> {
    /// Leaves the records whose messages Kafka takes. What the topic holds already is no message; `known`: what it holds under a key.
    pub fn leave<'p>(
        &self,
        page: &'p Page,
        records: Vec<Record<'p>>,
        known: impl Fn(&str) -> Option<Stamp>,
        aside: &mut Aside<'_>,
    ) -> Result<Vec<Record<'p>>, RecordError> {
        let value = |record: &Record<'_>| if record.deleted { 0 } else { record.raw.len() };
        let size = |record: &Record<'_>| record.key.len() + value(record);
        if !aside.keeps() || records.iter().all(|record| size(record) <= self.largest) {
            return Ok(records);
        }
        let mut kept = Vec::with_capacity(records.len());
        for record in records {
            let bytes = size(&record);
            let is_there = || {
                let judged = known(&record.key)
                    .map(|known| self.rules.judge(self.reader, (page, &record), Some(known)));
                judged.is_some_and(|judged| judged.is_ok_and(|judged| judged.same))
            };
            if bytes <= self.largest || is_there() {
                kept.push(record);
            } else {
                self.reader.refuse_large(page, &record, (bytes, self.largest), aside)?;
            }
        }
        Ok(kept)
    }
}
