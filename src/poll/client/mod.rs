//! The HTTP client, and the only folder that names reqwest: one request out, one bounded answer in.

mod answer;
mod fault;
mod headers;
mod http;
mod tls;
mod words;

pub(super) use answer::Answer;
pub(super) use fault::{TransportError, TransportKind};
pub(super) use headers::Headers;
pub(super) use http::{Call, HttpClient};
#[cfg(test)]
pub(super) use tls::TlsFault;
