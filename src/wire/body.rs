//! The body of an answer, read within bounds.

use bytes::{Bytes, BytesMut};

use super::fault::{TransportError, TransportKind, describe};

/// Of an answer that is not what was asked for, only the beginning is read: enough for a message to quote.
const ERROR_BODY: u64 = 16 * 1024;
/// A server's word on the length is believed up to here before the bytes are there.
const LARGEST_RESERVE: u64 = 8 * 1024 * 1024;

/// Counts decoded bytes as they come: a small compressed body may be a very large one.
pub async fn whole_body(response: &mut reqwest::Response, limit: u64) -> Result<Bytes, TransportError> {
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
pub async fn beginning(response: &mut reqwest::Response) -> Bytes {
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
