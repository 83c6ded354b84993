//! What the poller hands on: one page of an API's answer, with the places of its records.

use bytes::Bytes;

use super::{Position, RedactedUrl};

/// A byte range in a page's body. 32 bits: bodies are limited to 4 GiB (`limits.body`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

/// One page: the body as it came, and where the records stand in it. Nothing is copied out of the body until a message is sent.
#[derive(Clone, Debug)]
pub struct Page {
    /// Counted from 1 in this scan, as requests were made; a resumed scan starts at 1 again.
    pub number: u64,
    pub url: RedactedUrl,
    pub arrival: Arrival,
    /// UTF-8 and valid JSON: the poller has checked both.
    pub body: Bytes,
    /// The records' own bytes, in the order of the page.
    pub records: Vec<Span>,
    pub selection: Selection,
    /// Where a scan goes on once this page's changes are committed; `None` after the last page.
    pub next: Option<Position>,
}

/// What is known of the answer that a page is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrival {
    /// When it came; in milliseconds since 1970.
    pub at: u64,
    /// The API's name for this state of it; not scrubbed of secrets.
    pub etag: Option<Box<str>>,
}

/// How the data selector fared on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// The selector matched (a list, perhaps an empty one), or the body was plainly empty.
    Found,
    /// The selector matched nothing: zero records, a warning, and never a complete scan.
    /// `present` names the top-level keys that were there instead.
    Nothing { present: Vec<String> },
}

impl Page {
    /// The bytes of one record, shared with the page; empty where `text` is.
    pub fn bytes(&self, span: Span) -> Bytes {
        let range = span.start as usize..span.end as usize;
        if self.body.get(range.clone()).is_some() { self.body.slice(range) } else { Bytes::new() }
    }

    /// The text of one record; empty if the span is not of this body (which the poller never makes).
    pub fn text(&self, span: Span) -> &str {
        let range = span.start as usize..span.end as usize;
        self.body.get(range).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}
