//! What the messages of a page come to. Where their values have a schema, it is learned from the page at once: a schema that grows is
//! worked out anew, and as a whole, which is too much for every record of a page.

use super::values::Values;
use super::{KeyCodec, Metadata};
use crate::model::{NoMessage, Record};

/// Measures the records of one page.
pub struct Scale<'s> {
    values: &'s mut Values,
    message: (&'s KeyCodec, &'s Metadata),
    /// No record of the page adds anything to the schema any more.
    pub(super) learned: bool,
}

impl Values {
    /// For these records, whose messages may have so many bytes.
    pub fn scale<'s>(
        &'s mut self,
        message: (&'s KeyCodec, &'s Metadata),
        records: &[Record<'_>],
        largest: usize,
    ) -> Scale<'s> {
        let learned = self.learn_page(message, records, largest);
        Scale { values: self, message, learned }
    }

    /// What [`Values::measure`] learns from each of them, all at once where that can be. Whether it was all of them.
    fn learn_page(
        &mut self,
        (keys, metadata): (&KeyCodec, &Metadata),
        records: &[Record<'_>],
        largest: usize,
    ) -> bool {
        let Self::WithSchema(with_schema) = self else { return true };
        let is_new = |record: &&Record<'_>| !record.deleted && !with_schema.covers(record.raw);
        let mut new = Vec::new();
        for record in records.iter().filter(is_new) {
            // Else it is no message, and teaches nothing.
            let Ok(key) = keys.len(&record.key) else { return false };
            let room = largest.saturating_sub(key + metadata.headers_size());
            let text = metadata.envelope.as_ref().map(|envelope| envelope.probe(record.raw));
            new.push((record.raw, text, room));
        }
        with_schema.learn(&new)
    }
}

impl Scale<'_> {
    /// See [`Values::measure`].
    pub fn measure(&mut self, record: &Record<'_>, largest: usize) -> Result<usize, NoMessage> {
        self.values.measure_as(record, self.message, (largest, self.learned))
    }
}
