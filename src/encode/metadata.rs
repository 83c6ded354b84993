//! What messages say beside their records: headers that tell where a record comes from, and the envelope around it. Both are the same
//! for all messages of a page, and shared by them.

use std::sync::Arc;

use super::envelope::Envelope;
use super::key_row::KeyRow;
use super::letter::{LONGEST_HEADER, start_of};
use crate::model::{ConnectorName, Headers, Origin, Redactor, ResourceName};

/// What the messages of one resource say beside their records.
#[derive(Clone, Debug)]
pub struct MetadataPlan {
    pub connector: ConnectorName,
    pub resource: ResourceName,
    /// In the order in which they are written.
    pub headers: Vec<HeaderName>,
    pub envelope: bool,
    /// What keys tell of their rows.
    pub key: KeyRow,
    /// The most bytes that key, value and headers of a message may come to.
    pub largest: usize,
    pub redactor: Redactor,
}

/// A header that tells where a record comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderName {
    Connector,
    Resource,
    Scan,
    Page,
    Url,
    FetchedAt,
    Etag,
}

impl HeaderName {
    /// As dead letters have it, where they have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connector => "krest.connector",
            Self::Resource => "krest.resource",
            Self::Scan => "krest.scan",
            Self::Page => "krest.page",
            Self::Url => "krest.url",
            Self::FetchedAt => "krest.fetched_at",
            Self::Etag => "krest.etag",
        }
    }
}

/// What the messages of one page say beside their records; by default nothing.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    pub(super) headers: Option<Arc<Headers>>,
    pub(super) envelope: Option<Envelope>,
    pub(super) key: KeyRow,
    /// As [`MetadataPlan::largest`].
    pub(super) largest: usize,
}

impl MetadataPlan {
    pub fn metadata(&self, origin: &Origin<'_>) -> Metadata {
        let headers = (!self.headers.is_empty()).then(|| Arc::new(self.headers(origin)));
        let who = (&self.connector, &self.resource);
        let envelope = self.envelope.then(|| Envelope::new(who, origin, &self.redactor));
        Metadata { headers, envelope, key: self.key.clone(), largest: self.largest }
    }

    /// Those that are known: what is missing at the end of a scan has no page.
    fn headers(&self, origin: &Origin<'_>) -> Headers {
        let page = origin.page;
        let value = |name: &HeaderName| match name {
            HeaderName::Connector => Some(self.connector.to_string()),
            HeaderName::Resource => Some(self.text(self.resource.as_str())),
            HeaderName::Scan => Some(origin.scan.to_string()),
            HeaderName::Page => page.map(|page| page.number.to_string()),
            HeaderName::Url => page.map(|page| self.text(&page.url.to_string())),
            HeaderName::FetchedAt => page.map(|page| page.arrival.at.to_string()),
            HeaderName::Etag => {
                page.and_then(|page| page.arrival.etag.as_deref()).map(|etag| self.text(etag))
            }
        };
        Headers(self.headers.iter().filter_map(|name| Some((name.as_str(), value(name)?))).collect())
    }

    fn text(&self, text: &str) -> String {
        start_of(&self.redactor.scrub(text), LONGEST_HEADER).to_owned()
    }
}

impl Metadata {
    /// The most bytes that the headers take.
    pub(super) fn headers_size(&self) -> usize {
        self.headers.as_ref().map_or(0, |headers| headers.size())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Arrival, Page, Reading, RedactedUrl, Secret, Selection};

    const ALL: [HeaderName; 7] = [
        HeaderName::Etag,
        HeaderName::Connector,
        HeaderName::Resource,
        HeaderName::Scan,
        HeaderName::Page,
        HeaderName::Url,
        HeaderName::FetchedAt,
    ];

    fn metadata_plan(headers: &[HeaderName]) -> MetadataPlan {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("c4nary"));
        let (connector, resource) = (ConnectorName::new("shop"), ResourceName::new("users"));
        MetadataPlan {
            connector,
            resource,
            headers: headers.to_vec(),
            envelope: false,
            key: KeyRow::Nothing,
            largest: 1000,
            redactor,
        }
    }

    fn page(etag: &str) -> Page {
        let url = url::Url::parse("https://h.example/v1/c4nary?token=x&page=2").unwrap();
        Page {
            number: 2,
            url: RedactedUrl::new(&url, &[]),
            arrival: Arrival { at: 1_700_000_000_123, etag: Some(etag.into()) },
            body: bytes::Bytes::new(),
            records: Vec::new(),
            selection: Selection::Found,
            next: None,
        }
    }

    fn told(metadata_plan: &MetadataPlan, page: Option<&Page>) -> Vec<(&'static str, String)> {
        let origin = Origin { scan: 7, page, last: false, reading: Reading::Usual, now: 1 };
        metadata_plan.metadata(&origin).headers.map(|headers| headers.0.clone()).unwrap_or_default()
    }

    #[test]
    fn the_headers_that_were_asked_for_come_in_that_order_and_without_secrets() {
        let headers = told(&metadata_plan(&ALL), Some(&page("W/\"1-c4nary\"")));
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(
            headers,
            [
                ("krest.etag", "W/\"1-***\""),
                ("krest.connector", "shop"),
                ("krest.resource", "users"),
                ("krest.scan", "7"),
                ("krest.page", "2"),
                ("krest.url", "https://h.example/v1/***?token=***&page=2"),
                ("krest.fetched_at", "1700000000123"),
            ]
        );
    }

    #[test]
    fn what_no_page_shows_has_the_headers_that_are_known() {
        let names: Vec<&str> = told(&metadata_plan(&ALL), None).iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["krest.connector", "krest.resource", "krest.scan"]);
    }

    #[test]
    fn nothing_is_made_where_nothing_was_asked_for_and_long_texts_are_cut() {
        assert_eq!(told(&metadata_plan(&[]), Some(&page("x"))), []);
        let headers = told(&metadata_plan(&[HeaderName::Etag]), Some(&page(&"e".repeat(9000))));
        assert_eq!(headers[0].1.len(), LONGEST_HEADER);
    }
}
