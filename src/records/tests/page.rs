//! Pages for the tests.

use bytes::Bytes;

use crate::model::{Arrival, Json, Page, RedactedUrl, Selection, Span};

/// A page whose body is a list of records.
pub(super) fn page(body: &str) -> Page {
    let start = body.as_ptr() as usize;
    let span = |text: &str| {
        let from = text.as_ptr() as usize - start;
        Span { start: from as u32, end: (from + text.len()) as u32 }
    };
    Page {
        number: 2,
        url: RedactedUrl::new(&url::Url::parse("https://h.example/v1?api_key=canary").unwrap(), &["api_key"]),
        arrival: Arrival::default(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        records: Json::trusted(body).elements().map(|json| span(json.text())).collect(),
        selection: Selection::Found,
        next: None,
    }
}
