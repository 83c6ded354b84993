//! Records that cannot become messages: their values do not fit the schema of the topic, or their messages are larger than it takes.

use super::{Aside, Reader, RecordError, Rules};
use crate::model::{NoMessage, Page, Record, Stamp};

/// What the messages of a resource may come to.
#[derive(Clone, Copy, Debug)]
pub struct Fit<'r> {
    pub reader: &'r Reader,
    pub rules: &'r Rules,
    /// The most bytes of key and value. (The headers fit into what is kept free for the batch around a message.)
    pub largest: usize,
}

impl Fit<'_> {
    /// The most bytes of a message: where nothing goes aside, Kafka decides.
    pub fn room(&self, aside: &Aside<'_>) -> usize {
        if aside.keeps() { self.largest } else { usize::MAX }
    }

    /// Leaves the records whose messages Kafka takes. What the topic holds already is no message; `known`: what it holds under a key;
    /// `measure`: how many bytes key and value of a record are, for which there is so much room, or why there can be none. Large ones
    /// are left where nothing goes aside: Kafka decides about them.
    pub fn leave<'p>(
        &self,
        page: &'p Page,
        records: Vec<Record<'p>>,
        (known, mut measure): (
            impl Fn(&str) -> Option<Stamp>,
            impl FnMut(&Record<'p>, usize) -> Result<usize, NoMessage>,
        ),
        aside: &mut Aside<'_>,
    ) -> Result<Vec<Record<'p>>, RecordError> {
        let room = self.room(aside);
        let fits = |measured: &Result<usize, NoMessage>| measured.as_ref().is_ok_and(|bytes| *bytes <= room);
        let measured = records.iter().map(|record| measure(record, room)).enumerate();
        let mut misfits =
            measured.filter(|(_, measured)| !fits(measured)).collect::<Vec<_>>().into_iter().peekable();
        if misfits.peek().is_none() {
            return Ok(records);
        }
        let is_there = |record: &Record<'p>| self.is_there(page, record, known(&record.key));
        let mut kept = Vec::with_capacity(records.len());
        for (place, record) in records.into_iter().enumerate() {
            let misfit = misfits.next_if(|(misfit, _)| *misfit == place);
            match misfit.filter(|_| !is_there(&record)) {
                None => kept.push(record),
                Some((_, Ok(bytes))) => {
                    self.reader.refuse_large(page, &record, (bytes, self.largest), aside)?;
                }
                Some((_, Err(NoMessage::Value(why)))) => {
                    self.reader.refuse_unfit(page, &record, why, aside)?;
                }
                Some((_, Err(NoMessage::Key(why)))) => self.reader.refuse_key(page, &record, why, aside)?,
            }
        }
        Ok(kept)
    }

    /// Whether what the topic holds under the record's key, if anything, is the record.
    pub fn is_there(&self, page: &Page, record: &Record<'_>, known: Option<Stamp>) -> bool {
        let judged = known.map(|known| self.rules.judge(self.reader, (page, record), Some(known)));
        judged.is_some_and(|judged| judged.is_ok_and(|judged| judged.same))
    }
}
