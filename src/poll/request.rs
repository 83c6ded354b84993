//! Source and paginator state → request: URL, headers, body. Pure.

use std::sync::Arc;

use base64::Engine as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use url::Url;

use super::client::Headers;
use super::error::Failure;
use super::paginate::Asks;
use super::paginator::Place;
use super::source::{Auth, Source};
use crate::model::{RedactedUrl, Secret};

/// RFC 3986's unreserved characters stay, all others are encoded; a space is `%20`.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What all requests of one scan have in common.
#[derive(Debug)]
pub(super) struct RequestTemplate {
    source: Arc<Source>,
    pub(super) headers: Headers,
}

/// One request, without its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub url: Url,
    pub body: Option<String>,
}

impl RequestTemplate {
    /// Fails on a header that cannot be sent.
    pub(super) fn new(source: Arc<Source>) -> Result<Self, Failure> {
        let mut headers = Headers::default();
        let mut set = |name: &str, value: &Secret| {
            let refused = |why| Failure::Header { name: name.to_owned(), why };
            headers.set(name, value).map_err(refused)
        };
        for (name, value) in &source.headers {
            set(name, value)?;
        }
        // Last, so that it wins over a header of the same name.
        if let Some((name, value)) = auth_header(&source.auth) {
            set(name, &value)?;
        }
        Ok(Self { source, headers })
    }

    /// The request for one page. A configured parameter with the name of one of the paginator's is overwritten where it stands;
    /// a link takes the place of the URL and of all parameters, as in dlt.
    pub(super) fn request(&self, asks: &Asks<'_>) -> Request {
        let mut json = Value::Null;
        let mut url = match asks {
            Asks::Values(placed) => {
                let mut params = self.source.params.clone();
                for placed in placed {
                    match placed.place {
                        Place::Param(name) => put_param(&mut params, name, &placed.as_param()),
                        Place::Body(path) => put_body(&mut json, path, placed.as_json()),
                    }
                }
                let mut url = self.source.url.clone();
                append_query(&mut url, &params);
                url
            }
            Asks::Link { url, put_back } => {
                let of_link = |(name, _): &&(String, String)| put_back.contains(name);
                let params: Vec<_> = self.source.params.iter().filter(of_link).cloned().collect();
                let mut url = (*url).clone();
                append_query(&mut url, &params);
                url
            }
        };
        self.add_api_key(&mut url);
        Request { url, body: (!json.is_null()).then(|| json.to_string()) }
    }

    /// Adds an API key that goes into the query, unless the URL carries it.
    pub(super) fn add_api_key(&self, url: &mut Url) {
        if let Auth::ApiKeyQuery { name, key } = &self.source.auth
            && !url.query_pairs().any(|(present, _)| present == name.as_str())
        {
            append_query(url, &[(name.clone(), key.expose().to_owned())]);
        }
    }

    pub(super) fn headers_for(&self, request: &Request) -> Headers {
        let mut headers = self.headers.clone();
        if request.body.is_some() && !headers.has("content-type") {
            // Name and value are constants, and legal.
            let _ = headers.set("content-type", &Secret::new("application/json"));
        }
        headers
    }

    pub(super) fn shown(&self, url: &Url) -> RedactedUrl {
        let secret: Vec<&str> = self.source.secret_params.iter().map(String::as_str).collect();
        RedactedUrl::new(url, &secret)
    }
}

fn auth_header(auth: &Auth) -> Option<(&str, Secret)> {
    match auth {
        Auth::None | Auth::ApiKeyQuery { .. } => None,
        Auth::Bearer { token } => Some(("authorization", Secret::new(&format!("Bearer {}", token.expose())))),
        Auth::Basic { username, password } => {
            let pair = format!("{}:{}", username.expose(), password.expose());
            let encoded = base64::engine::general_purpose::STANDARD.encode(pair);
            Some(("authorization", Secret::new(&format!("Basic {encoded}"))))
        }
        Auth::ApiKeyHeader { name, key } => Some((name, key.clone())),
    }
}

fn put_param(params: &mut Vec<(String, String)>, name: &str, value: &str) {
    let Some(first) = params.iter().position(|(present, _)| present == name) else {
        params.push((name.to_owned(), value.to_owned()));
        return;
    };
    let mut at = 0;
    params.retain_mut(|(present, old)| {
        let keep = present != name || at == first;
        if at == first {
            value.clone_into(old);
        }
        at += 1;
        keep
    });
}

/// Makes the maps on the way; whatever else stood there gives way.
fn put_body(json: &mut Value, path: &[String], value: Value) {
    let mut here = json;
    for key in path {
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        let Value::Object(map) = here else { return };
        here = map.entry(key.clone()).or_insert(Value::Null);
    }
    *here = value;
}

fn append_query(url: &mut Url, params: &[(String, String)]) {
    if params.is_empty() {
        return;
    }
    let mut query = url.query().unwrap_or_default().to_owned();
    for (name, value) in params {
        if !query.is_empty() && !query.ends_with('&') {
            query.push('&');
        }
        query.extend(utf8_percent_encode(name, QUERY));
        query.push('=');
        query.extend(utf8_percent_encode(value, QUERY));
    }
    url.set_query(Some(&query));
}
