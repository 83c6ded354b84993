//! The body of a page whose records were made anew: a JSON list of them, with their places.

use super::Problem;
use crate::model::{Page, Span};

pub(super) struct Body {
    text: String,
    records: Vec<Span>,
}

impl Body {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        let mut text = String::with_capacity(bytes + 2);
        text.push('[');
        Self { text, records: Vec::new() }
    }

    /// Appends one record. Fails where a place does not fit into a span any more.
    pub(super) fn push(&mut self, record: &str) -> Result<(), Problem> {
        self.push_parts(&[record])
    }

    /// The same for a record in pieces.
    pub(super) fn push_parts(&mut self, record: &[&str]) -> Result<(), Problem> {
        if !self.records.is_empty() {
            self.text.push(',');
        }
        let start = self.end()?;
        record.iter().for_each(|part| self.text.push_str(part));
        self.records.push(Span { start, end: self.end()? });
        Ok(())
    }

    /// The page with this body in place of its own.
    pub(super) fn replacing(mut self, page: &Page) -> Page {
        self.text.push(']');
        Page {
            number: page.number,
            url: page.url.clone(),
            arrival: page.arrival.clone(),
            body: self.text.into(),
            records: self.records,
            selection: page.selection.clone(),
            next: page.next.clone(),
        }
    }

    fn end(&self) -> Result<u32, Problem> {
        u32::try_from(self.text.len()).map_err(|_| Problem::TooLarge)
    }
}
