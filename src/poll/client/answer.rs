//! An answer, read within bounds.

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};

use crate::poll::answer_headers::AnswerHeaders;
use crate::wire::{TransportError, beginning, whole_body};

/// An answer whose body has been read to its end if the status is 2xx, else as far as a message quotes it.
#[derive(Debug, Default)]
pub(in crate::poll) struct Answer {
    pub status: u16,
    /// The standard's words for the status, not the server's.
    pub reason: &'static str,
    pub content_type: Option<String>,
    pub retry_after: Option<String>,
    pub location: Option<String>,
    pub headers: AnswerHeaders,
    pub body: Bytes,
}

pub(super) async fn read(
    mut response: reqwest::Response,
    limit: u64,
    whole: bool,
) -> Result<Answer, TransportError> {
    let status = response.status();
    let text = |name: HeaderName| {
        let value = response.headers().get(name)?;
        Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let (content_type, retry_after, location) = (text(CONTENT_TYPE), text(RETRY_AFTER), text(LOCATION));
    let headers =
        AnswerHeaders::new(response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
    let body = if whole || status.is_success() {
        whole_body(&mut response, limit).await?
    } else {
        beginning(&mut response).await
    };
    let reason = status.canonical_reason().unwrap_or_default();
    Ok(Answer { status: status.as_u16(), reason, content_type, retry_after, location, headers, body })
}
