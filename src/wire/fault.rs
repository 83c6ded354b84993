//! Why no answer came that can be read. A `reqwest::Error` shows the whole URL, query included; none leaves what asks: each
//! becomes a [`TransportError`], whose text is the innermost cause alone.

use std::error::Error as StdError;
use std::io::ErrorKind;

use super::tls::{TlsFault, fault_of};

/// Why a request got no answer that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransportError {
    pub kind: TransportKind,
    /// The innermost cause, in the words of the library or the system. No URL.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TransportKind {
    Dns,
    Connect,
    ConnectTimeout,
    Tls(TlsFault),
    /// The proxy wants other credentials, or any.
    ProxyCredentials,
    /// The proxy does not connect to this host.
    ProxyRefused,
    /// No complete answer in time.
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

impl TransportKind {
    /// Whether another attempt may go better.
    pub fn is_passing(self) -> bool {
        match self {
            Self::Dns
            | Self::Connect
            | Self::ConnectTimeout
            | Self::Timeout
            | Self::Closed
            // Also a proxy's word for an upstream that does not answer.
            | Self::ProxyRefused
            | Self::Truncated => true,
            Self::Tls(_) | Self::ProxyCredentials | Self::Encoding | Self::TooLarge | Self::Client => false,
        }
    }
}

pub fn describe(error: reqwest::Error, in_body: bool) -> TransportError {
    let error = error.without_url();
    if let Some((fault, detail)) = fault_of(chain(&error)) {
        return TransportError { kind: TransportKind::Tls(fault), detail };
    }
    let kind = if error.is_timeout() {
        if error.is_connect() { TransportKind::ConnectTimeout } else { TransportKind::Timeout }
    } else if error.is_dns() {
        TransportKind::Dns
    } else if error.is_connect() {
        of_proxy(&error).unwrap_or(TransportKind::Connect)
    } else if error.is_builder() {
        TransportKind::Client
    } else if in_body {
        broken_body(&error)
    } else {
        TransportKind::Closed
    };
    TransportError { kind, detail: innermost(&error) }
}

/// What a proxy said to CONNECT. The connector's error has no type that can be named, but its words are fixed.
fn of_proxy(error: &reqwest::Error) -> Option<TransportKind> {
    chain(error).find_map(|cause| match cause.to_string().strip_prefix("tunnel error: ")? {
        "proxy authorization required" => Some(TransportKind::ProxyCredentials),
        "unsuccessful" => Some(TransportKind::ProxyRefused),
        _ => None,
    })
}

/// A decoder's complaint, or a connection that broke? Decoders speak through `io::Error`, and so does an early end. A framing that
/// is broken does as well, but behind the connection's own error, whose words are fixed.
fn broken_body(error: &reqwest::Error) -> TransportKind {
    if chain(error).any(|cause| cause.to_string().starts_with("error reading a body from connection")) {
        return TransportKind::Truncated;
    }
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

pub(super) fn innermost(error: &reqwest::Error) -> String {
    chain(error).last().map(ToString::to_string).unwrap_or_default()
}
