//! The form of `api.yaml`: what an API serves, whom it knows, and the answers that are not what was asked for.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Deserialize;

use super::{Collection, Follow, generated};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApiSpec {
    pub auth: Option<Auth>,
    pub collections: BTreeMap<String, CollectionSpec>,
    pub answers: Vec<Answer>,
}

/// Who may ask. Everyone else gets 401.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Auth {
    Query { name: String, value: String },
    Header { name: String, value: String },
    Bearer { token: String },
    Basic { username: String, password: String },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CollectionSpec {
    /// So many alike records, with the keys 1, 2, 3, …
    generate: usize,
    /// `[key as the topic should spell it, exact JSON text]`.
    records: Vec<(String, String)>,
    data: Option<String>,
    total: Option<String>,
    gzip: bool,
    follow: Follow,
}

impl Default for CollectionSpec {
    fn default() -> Self {
        let (data, total) = (Some("data".to_owned()), Some("total".to_owned()));
        Self { generate: 0, records: Vec::new(), data, total, gzip: false, follow: Follow::Count }
    }
}

impl From<CollectionSpec> for Collection {
    fn from(spec: CollectionSpec) -> Self {
        let mut rows: Vec<_> = (1..=spec.generate).map(|id| generated(id, 1, 120)).collect();
        rows.extend(spec.records);
        let mut collection = Self::new(rows);
        (collection.data, collection.total, collection.gzip) = (spec.data, spec.total, spec.gzip);
        collection.follow = spec.follow;
        collection
    }
}

/// An answer that is not simply the page: to which requests, how often, and what.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    /// Only requests for this path, …
    pub path: Option<String>,
    /// … with this offset.
    pub offset: Option<usize>,
    /// So many such requests are answered as usual first.
    pub after: usize,
    /// Then so many get this answer; `None`: all.
    pub times: Option<usize>,
    pub status: Option<u16>,
    pub headers: BTreeMap<String, String>,
    /// `Retry-After` as an HTTP date, so many seconds from now.
    pub retry_after_date: Option<u64>,
    /// Instead of the page.
    pub body: Option<String>,
    /// The same in hexadecimal, for what is not text.
    pub hex: Option<String>,
    /// A body of so many bytes: a JSON string that goes on and on.
    pub filler: Option<usize>,
    /// The connection breaks after so many bytes of the body.
    pub cut_after: Option<usize>,
    /// No answer at all, until the asker goes.
    pub hang: bool,
}

impl Answer {
    pub fn matches(&self, path: &str, offset: Option<usize>) -> bool {
        self.path.as_deref().is_none_or(|wanted| wanted == path)
            && self.offset.is_none_or(|wanted| wanted == offset.unwrap_or(0))
    }

    /// The body that stands for the page's, if there is one.
    pub fn own_body(&self) -> Option<Vec<u8>> {
        let filler = |size: usize| format!("{{\"data\":\"{}\"}}", "x".repeat(size)).into_bytes();
        let failed =
            self.status.is_some_and(|status| status >= 300).then(|| b"{\"error\":\"refused\"}".to_vec());
        let text = self.body.as_ref().map(|body| body.clone().into_bytes());
        let bytes = self.hex.as_deref().map(unhex);
        text.or(bytes).or(self.filler.map(filler)).or(failed)
    }

    pub fn retry_after(&self) -> Option<String> {
        // A date has whole seconds: one more, so that rounding never shortens the wait.
        let date = |seconds: u64| SystemTime::now() + Duration::from_secs(seconds + 1);
        self.retry_after_date.map(|seconds| httpdate::fmt_http_date(date(seconds)))
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex");
    digits.chunks(2).map(byte).collect()
}
