//! Source and walk → request: URL, method, headers, body. Pure.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::auth::{Reach, Stranger};
use super::client::Headers;
use super::error::Failure;
use super::paginate::Asks;
use super::paginator::Place;
use super::source::{Method, Source};
use super::walk::Walk;
use crate::model::{RedactedUrl, Secret};
use crate::template::{Binding, BodyTemplate, Template, TemplateError, put_json};

/// RFC 3986's unreserved characters stay, all others are encoded; a space is `%20`.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What all requests of one walk have in common, its values filled in.
#[derive(Debug)]
pub(super) struct RequestTemplate {
    source: Arc<Source>,
    /// Which hosts may be asked, from here on.
    pub(super) reach: Reach,
    url: Url,
    params: Vec<(String, String)>,
    payload: Option<Payload>,
    headers: Headers,
}

/// One request, without its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub method: Method,
    pub url: Url,
    pub payload: Option<Payload>,
}

/// A body as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    Json(String),
    Form(String),
    /// Nobody said of what type it is.
    Text(String),
}

impl RequestTemplate {
    /// Fails on a value that the walk's record lacks, and on a header that cannot be sent.
    pub(super) fn new(source: Arc<Source>, walk: &Walk) -> Result<Self, Failure> {
        let binding = Binding { parent: walk.parent.as_ref(), window: walk.window.as_ref() };
        let mut url = source.url.render(&binding)?;
        let reach = Reach { home: source.url.home(&url), allowed_hosts: source.access.allowed_hosts.clone() };
        reach.admit(&mut url).map_err(|Stranger { target }| Failure::PathElsewhere { target })?;
        let headers = headers(&source, &binding)?;
        let params = pairs(&source.params, &binding)?;
        let payload = payload(&source.body, &binding)?;
        Ok(Self { source, reach, url, params, payload, headers })
    }

    /// The request for one page. A configured parameter with the name of one of the paginator's is overwritten where it stands;
    /// a link takes the place of the URL and of all parameters, as in dlt. The body stays.
    pub(super) fn request(&self, asks: &Asks<'_>) -> Request {
        let mut payload = self.payload.clone();
        let mut params = self.params.clone();
        let mut url = self.url.clone();
        match asks {
            Asks::Values(placed) => {
                for placed in placed {
                    match placed.place {
                        Place::Param(name) => put_param(&mut params, name, &placed.as_param()),
                        Place::Body(path) => payload = Some(put_body(payload, path, placed.as_json())),
                    }
                }
            }
            Asks::Link { url: link, put_back } => {
                params.retain(|(name, _)| put_back.contains(name));
                url = (*link).clone();
            }
        }
        append_query(&mut url, &params);
        Request { method: self.source.method, url, payload }
    }

    /// The request for what is no page.
    pub(super) fn plain(&self) -> Request {
        self.request(&Asks::Values(Vec::new()))
    }

    pub(super) fn headers_for(&self, request: &Request) -> Headers {
        let mut headers = self.headers.clone();
        let content_type = request.payload.as_ref().and_then(Payload::content_type);
        if let Some(content_type) = content_type.filter(|_| !headers.has("content-type")) {
            // Name and value are constants, and legal.
            let _ = headers.set("content-type", &Secret::new(content_type));
        }
        headers
    }

    pub(super) fn shown(&self, url: &Url) -> RedactedUrl {
        let secret: Vec<&str> = self.source.secret_params.iter().map(String::as_str).collect();
        RedactedUrl::new(url, &secret)
    }
}

impl Request {
    pub(super) fn body(&self) -> Option<&str> {
        self.payload.as_ref().map(Payload::text)
    }
}

impl Payload {
    fn text(&self) -> &str {
        match self {
            Self::Json(text) | Self::Form(text) | Self::Text(text) => text,
        }
    }

    fn content_type(&self) -> Option<&'static str> {
        match self {
            Self::Json(_) => Some("application/json"),
            Self::Form(_) => Some("application/x-www-form-urlencoded"),
            Self::Text(_) => None,
        }
    }
}

fn headers(source: &Source, binding: &Binding<'_>) -> Result<Headers, Failure> {
    let mut headers = Headers::default();
    let mut set = |name: &str, value: &Secret| {
        let refused = |why| Failure::Header { name: name.to_owned(), why };
        headers.set(name, value).map_err(refused)
    };
    let mut taken_back = Vec::new();
    for (name, value) in &source.headers {
        let name = name.render(binding)?;
        match value.as_ref().map(|value| value.render_if_set(binding)).transpose()?.flatten() {
            Some(value) => set(&name, &Secret::new(&value))?,
            None => taken_back.push(name),
        }
    }
    for name in taken_back {
        headers.remove(&name);
    }
    Ok(headers)
}

/// Names and values of one walk; a cursor value that is not there yet leaves its parameter out.
fn pairs(
    templates: &[(Template, Template)],
    binding: &Binding<'_>,
) -> Result<Vec<(String, String)>, TemplateError> {
    let mut pairs = Vec::with_capacity(templates.len());
    for (name, value) in templates {
        if let Some(value) = value.render_if_set(binding)? {
            pairs.push((name.render(binding)?, value));
        }
    }
    Ok(pairs)
}

fn payload(body: &BodyTemplate, binding: &Binding<'_>) -> Result<Option<Payload>, TemplateError> {
    Ok(match body {
        BodyTemplate::None => None,
        BodyTemplate::Json(json) => Some(Payload::Json(json.render(binding)?)),
        BodyTemplate::Text(text) => Some(Payload::Text(text.render(binding)?)),
        BodyTemplate::Form(fields) => {
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(pairs(fields, binding)?);
            Some(Payload::Form(form.finish()))
        }
    })
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

/// Configuration has no body of another type where a paginator writes into it.
fn put_body(payload: Option<Payload>, path: &[String], value: &str) -> Payload {
    match payload {
        Some(Payload::Json(json)) => Payload::Json(put_json(&json, path, value)),
        Some(other @ (Payload::Form(_) | Payload::Text(_))) => other,
        None => Payload::Json(put_json("", path, value)),
    }
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
