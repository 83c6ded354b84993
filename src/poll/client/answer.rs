//! An answer, read within bounds.

use bytes::{Bytes, BytesMut};
use reqwest::header::{CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER};

use crate::poll::answer_headers::AnswerHeaders;

use super::fault::{TransportError, TransportKind, describe};

/// Of an answer that is no page, only the beginning is read: enough for a message to quote.
const ERROR_BODY: u64 = 16 * 1024;
/// A server's word on the length is believed up to here before the bytes are there.
const LARGEST_RESERVE: u64 = 8 * 1024 * 1024;

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
