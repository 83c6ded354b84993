//! The HTTP client, and the only file that names reqwest: one request out, one bounded answer in.
//!
//! A `reqwest::Error` shows the whole URL, query included. None leaves this file: each becomes a [`TransportError`],
//! whose text is the innermost cause alone.

use std::error::Error as StdError;
use std::io::ErrorKind;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};

use super::source::{HostLimits, Method};
use crate::model::Secret;

/// Below the 60 s after which many servers and balancers drop an idle connection without a word.
const POOL_IDLE: Duration = Duration::from_secs(30);
/// Of an answer that is no page, only the beginning is read: enough for a message to quote.
const ERROR_BODY: u64 = 16 * 1024;
/// Spans are 32 bits wide.
const LARGEST_BODY: u64 = u32::MAX as u64;
/// A server's word on the length is believed up to here before the bytes are there.
const LARGEST_RESERVE: u64 = 8 * 1024 * 1024;

/// One pool of connections per connect time-out, which reqwest knows per client only.
#[derive(Default)]
pub(super) struct HttpClient {
    pools: Mutex<Vec<(Duration, reqwest::Client)>>,
}

/// What is sent.
pub(super) struct Call<'c> {
    pub method: Method,
    pub url: &'c url::Url,
    pub headers: &'c Headers,
    pub body: Option<&'c str>,
    /// Whether the body of an answer that is no page is read to its end as well.
    pub whole: bool,
    pub limits: &'c HostLimits,
}

/// An answer whose body has been read to its end if the status is 2xx, else as far as a message quotes it.
#[derive(Debug)]
pub(super) struct Answer {
    pub status: u16,
    /// The standard's words for the status, not the server's.
    pub reason: &'static str,
    pub content_type: Option<String>,
    pub retry_after: Option<String>,
    pub location: Option<String>,
    pub body: Bytes,
}

/// Headers that are known to be legal. Names are not case-sensitive; the last one set wins.
#[derive(Clone, Debug, Default)]
pub(super) struct Headers(HeaderMap);

/// Why a request got no answer that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TransportError {
    pub kind: TransportKind,
    /// The innermost cause, in the words of the library or the system. No URL.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TransportKind {
    Dns,
    Connect,
    ConnectTimeout,
    Tls,
    /// No complete answer within `limits.timeout`.
    Timeout,
    /// The connection broke before the answer began.
    Closed,
    /// The connection broke inside the body.
    Truncated,
    /// The body is not what its `Content-Encoding` says.
    Encoding,
    TooLarge,
    /// The client could not be made: no root certificates, a broken proxy setting.
    Client,
}

impl HttpClient {
    pub(super) async fn send(&self, call: &Call<'_>) -> Result<Answer, TransportError> {
        let client = self.pool(call.limits.connect_timeout)?;
        let mut request = client
            .request(method(call.method), call.url.clone())
            .timeout(call.limits.timeout)
            .headers(call.headers.0.clone());
        if let Some(body) = call.body {
            request = request.body(body.to_owned());
        }
        let response = request.send().await.map_err(|error| describe(error, false))?;
        read(response, call.limits.body.min(LARGEST_BODY), call.whole).await
    }

    fn pool(&self, connect_timeout: Duration) -> Result<reqwest::Client, TransportError> {
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = pools.iter().find(|(timeout, _)| *timeout == connect_timeout) {
            return Ok(client.clone());
        }
        let client = build(connect_timeout)
            .map_err(|error| TransportError { kind: TransportKind::Client, detail: innermost(&error) })?;
        pools.push((connect_timeout, client.clone()));
        Ok(client)
    }
}

fn build(connect_timeout: Duration) -> reqwest::Result<reqwest::Client> {
    // An error means that one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(concat!("krest/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(POOL_IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .build()
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
    }
}

async fn read(mut response: reqwest::Response, limit: u64, whole: bool) -> Result<Answer, TransportError> {
    let status = response.status();
    let text = |name: HeaderName| {
        let value = response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let (content_type, retry_after, location) = (text(CONTENT_TYPE), text(RETRY_AFTER), text(LOCATION));
    let body = if whole || status.is_success() {
        whole_body(&mut response, limit).await?
    } else {
        beginning(&mut response).await
    };
    let reason = status.canonical_reason().unwrap_or_default();
    Ok(Answer { status: status.as_u16(), reason, content_type, retry_after, location, body })
}

/// Counts decoded bytes as they come: a small compressed body may be a very large one.
async fn whole_body(response: &mut reqwest::Response, limit: u64) -> Result<Bytes, TransportError> {
    let announced = response.content_length().unwrap_or(0);
    if announced > limit {
        return Err(too_large(limit));
    }
    let mut body = BytesMut::with_capacity(usize::try_from(announced.min(LARGEST_RESERVE)).unwrap_or(0));
    while let Some(chunk) = response.chunk().await.map_err(|error| describe(error, true))? {
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(too_large(limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// The status says enough: that the rest of such a body cannot be read is no news.
async fn beginning(response: &mut reqwest::Response) -> Bytes {
    let mut body = BytesMut::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() as u64 >= ERROR_BODY {
            break;
        }
    }
    body.freeze()
}

fn too_large(limit: u64) -> TransportError {
    TransportError { kind: TransportKind::TooLarge, detail: format!("more than {limit} bytes") }
}

fn describe(error: reqwest::Error, in_body: bool) -> TransportError {
    let error = error.without_url();
    let kind = if error.is_timeout() {
        if error.is_connect() { TransportKind::ConnectTimeout } else { TransportKind::Timeout }
    } else if error.is_dns() {
        TransportKind::Dns
    } else if is_tls(&error) {
        TransportKind::Tls
    } else if error.is_connect() {
        TransportKind::Connect
    } else if error.is_builder() {
        TransportKind::Client
    } else if in_body {
        broken_body(&error)
    } else {
        TransportKind::Closed
    };
    TransportError { kind, detail: innermost(&error) }
}

fn is_tls(error: &reqwest::Error) -> bool {
    chain(error).any(|cause| cause.is::<rustls::Error>() || cause.downcast_ref().is_some_and(wraps_tls))
}

/// An `io::Error` leaves what it wraps out of the chain of sources; connectors wrap more than once.
fn wraps_tls(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(|inner| {
        inner.is::<rustls::Error>() || inner.downcast_ref::<std::io::Error>().is_some_and(wraps_tls)
    })
}

/// A decoder's complaint, or a connection that broke? Decoders speak through `io::Error`, and so does an early end.
fn broken_body(error: &reqwest::Error) -> TransportKind {
    let kinds =
        chain(error).filter_map(|cause| cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind));
    let mut kinds = kinds.peekable();
    let decoder = |kind| matches!(kind, ErrorKind::InvalidData | ErrorKind::Other);
    if kinds.peek().is_some() && kinds.all(decoder) {
        TransportKind::Encoding
    } else {
        TransportKind::Truncated
    }
}

fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}

impl Headers {
    /// Replaces a header of the same name. `Err` names what is wrong, never the value.
    pub(super) fn set(&mut self, name: &str, value: &Secret) -> Result<(), &'static str> {
        let name =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| "its name is not a legal header name")?;
        let mut value = HeaderValue::from_str(value.expose())
            .or_else(|_| HeaderValue::from_bytes(value.expose().as_bytes()))
            .map_err(|_| "its value holds a line break or another control character")?;
        value.set_sensitive(true);
        self.0.insert(name, value);
        Ok(())
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}
