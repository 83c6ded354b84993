//! A record of a parent resource, as the resources that depend on it see it.

use bytes::Bytes;

use super::{Json, ResourceName, Span};

/// One record of a parent, after the parent's own steps. Cheap to clone: it shares the page's body.
#[derive(Clone, Debug)]
pub struct Parent {
    pub resource: ResourceName,
    body: Bytes,
    span: Span,
    key: String,
    named: bool,
}

impl Parent {
    /// `key` names the record in errors, positions and cursors: its primary key, or a fingerprint where it has none.
    pub fn new(resource: ResourceName, body: Bytes, span: Span, key: String) -> Self {
        Self { resource, body, span, key, named: true }
    }

    /// The same, of a record that has no key: what stands for one is of this page alone.
    pub fn unnamed(self) -> Self {
        Self { named: false, ..self }
    }

    /// The key, if it is the record's own.
    pub fn name(&self) -> Option<&str> {
        self.named.then_some(self.key.as_str())
    }

    /// The record; null if the span is not of the body (which is never made).
    pub fn record(&self) -> Json<'_> {
        let range = self.span.start as usize..self.span.end as usize;
        let text = self.body.get(range).and_then(|bytes| std::str::from_utf8(bytes).ok());
        Json::trusted(text.unwrap_or("null"))
    }

    pub fn key(&self) -> &str {
        &self.key
    }
}
