//! The HTTP client, one request out, one bounded answer in.

mod answer;
mod headers;
mod http;
mod words;

pub(super) use answer::Answer;
pub(super) use headers::Headers;
pub(super) use http::{Call, HttpClient};
