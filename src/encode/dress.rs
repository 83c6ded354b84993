//! What messages say beside their records: headers that tell where a record comes from, and the envelope around it. Both are the same
//! for all messages of a page, and shared by them.

use std::sync::Arc;

use super::envelope::Envelope;
use super::letter::{LONGEST_HEADER, start_of};
use crate::model::{ConnectorName, Headers, Origin, Redactor, ResourceName};

/// What the messages of one resource say beside their records.
#[derive(Clone, Debug)]
pub struct Wardrobe {
    pub connector: ConnectorName,
    pub resource: ResourceName,
    /// In the order in which they are written.
    pub headers: Vec<HeaderName>,
    pub envelope: bool,
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
pub struct Dress {
    pub(super) headers: Option<Arc<Headers>>,
    pub(super) envelope: Option<Envelope>,
    /// As [`Wardrobe::largest`].
    pub(super) largest: usize,
}

impl Wardrobe {
    pub fn dress(&self, origin: &Origin<'_>) -> Dress {
        let headers = (!self.headers.is_empty()).then(|| Arc::new(self.headers(origin)));
        let who = (&self.connector, &self.resource);
        let envelope = self.envelope.then(|| Envelope::new(who, origin, &self.redactor));
        Dress { headers, envelope, largest: self.largest }
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

impl Dress {
    /// The most bytes that the headers take.
    pub(super) fn headers_size(&self) -> usize {
        self.headers.as_ref().map_or(0, |headers| headers.size())
    }
}
