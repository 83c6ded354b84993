//! The token endpoint's answer: an access token and how long it is good for, or why there is none.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::model::{Redactor, Secret};
use crate::poll::client::Answer;
use crate::poll::read::{Quote, excerpt};
use crate::wire::TransportError;

/// What an answer grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::poll) struct Grant {
    pub token: Secret,
    /// Zero: for one request.
    pub lifetime: Duration,
    /// When its request was sent. The token's life is counted from there: the server counts from somewhat later.
    pub asked: Instant,
}

/// Why there is no access token. Shown after the token endpoint's URL.
#[derive(Clone, Debug, thiserror::Error)]
pub(in crate::poll) enum TokenError {
    #[error("{0}")]
    Transport(TransportError),
    #[error("HTTP {status} {reason}{quote}")]
    Status { status: u16, reason: &'static str, quote: Quote, retry_after: Option<String> },
    #[error("an answer that is no JSON object")]
    NotJson,
    #[error("an answer without access_token; {0}")]
    NoToken(String),
    #[error("an access_token that no header can carry: it holds {0}")]
    Illegal(&'static str),
}

/// Some servers write numbers as text, and lifetimes with a fraction; what cannot be read counts as not given. No token is
/// good for longer than a year.
const LONGEST: f64 = 365.0 * 24.0 * 3600.0;

impl Grant {
    pub(super) fn read(
        answer: &Answer,
        asked: Instant,
        default: Duration,
        redactor: &Redactor,
    ) -> Result<Self, TokenError> {
        if !(200..300).contains(&answer.status) {
            let quote = Quote::of(answer, redactor);
            let (status, reason, retry_after) = (answer.status, answer.reason, answer.retry_after.clone());
            return Err(TokenError::Status { status, reason, quote, retry_after });
        }
        let Ok(Value::Object(body)) = serde_json::from_slice(&answer.body) else {
            return Err(TokenError::NotJson);
        };
        let token = match body.get("access_token") {
            Some(Value::String(token)) if !token.is_empty() => token.clone(),
            Some(Value::Number(token)) => token.to_string(),
            _ => return Err(TokenError::NoToken(instead(&body, redactor))),
        };
        if token.chars().any(char::is_control) {
            return Err(TokenError::Illegal("a line break or another control character"));
        }
        let seconds = match body.get("expires_in") {
            Some(Value::Number(seconds)) => seconds.as_f64(),
            Some(Value::String(seconds)) => seconds.trim().parse().ok(),
            _ => None,
        };
        let seconds =
            seconds.filter(|seconds| seconds.is_finite()).map(|seconds| seconds.clamp(0.0, LONGEST));
        let lifetime = seconds.map_or(default, Duration::from_secs_f64);
        Ok(Self { token: Secret::new(&token), lifetime, asked })
    }
}

impl TokenError {
    /// The token endpoint's `Retry-After`.
    pub(in crate::poll) fn retry_after(&self) -> Option<&str> {
        match self {
            Self::Status { retry_after, .. } => retry_after.as_deref(),
            Self::Transport(_) | Self::NotJson | Self::NoToken(_) | Self::Illegal(_) => None,
        }
    }
}

/// What the answer holds instead. Values of other keys than these may be a token under another name.
fn instead(body: &serde_json::Map<String, Value>, redactor: &Redactor) -> String {
    let told: Vec<&str> =
        ["error", "error_description"].iter().filter_map(|key| body.get(*key)?.as_str()).collect();
    if !told.is_empty() {
        return format!("it says: {}", excerpt(&told.join(": "), redactor));
    }
    let keys: Vec<&str> = body.keys().map(String::as_str).collect();
    format!("the keys that are there: {}", excerpt(&keys.join(", "), redactor))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn read(status: u16, body: &str) -> Result<(String, f64), String> {
        let answer = Answer {
            status,
            reason: "Reason",
            body: Bytes::copy_from_slice(body.as_bytes()),
            ..Answer::default()
        };
        let redactor = Redactor::default();
        redactor.add(&Secret::new("CANARY"));
        let grant = Grant::read(&answer, Instant::now(), Duration::from_secs(77), &redactor);
        let grant = grant.map_err(|error| error.to_string())?;
        Ok((grant.token.expose().to_owned(), grant.lifetime.as_secs_f64()))
    }

    #[test]
    fn a_lifetime_is_read_in_every_form_that_servers_write() {
        for (expires_in, seconds) in [
            ("3600", 3600.0),
            ("\"3600\"", 3600.0),
            ("59.5", 59.5),
            ("0", 0.0),
            ("-5", 0.0),
            ("null", 77.0),
            ("\"soon\"", 77.0),
            ("1e300", LONGEST),
            ("\"NaN\"", 77.0),
        ] {
            let body = format!("{{\"access_token\": \"t\", \"expires_in\": {expires_in}}}");
            assert_eq!(read(200, &body), Ok(("t".to_owned(), seconds)), "{expires_in}");
        }
        assert_eq!(read(201, r#"{"access_token": 12, "token_type": "bearer"}"#), Ok(("12".to_owned(), 77.0)));
    }

    #[test]
    fn an_answer_without_a_token_says_what_was_there_instead_and_no_value_that_may_be_a_token() {
        for (status, body, told) in [
            (
                400,
                r#"{"error":"invalid_client CANARY"}"#,
                r#"HTTP 400 Reason (no content type, begins: {"error":"invalid_client ***"})"#,
            ),
            (
                200,
                r#"{"error":"bad","error_description":"x\ny CANARY"}"#,
                r"an answer without access_token; it says: bad: x\ny ***",
            ),
            (
                200,
                r#"{"accessToken":"hush","CANARY":1}"#,
                "an answer without access_token; the keys that are there: ***, accessToken",
            ),
            (
                200,
                r#"{"access_token":null,"b":1}"#,
                "an answer without access_token; the keys that are there: access_token, b",
            ),
            (
                200,
                r#"{"access_token":""}"#,
                "an answer without access_token; the keys that are there: access_token",
            ),
            (200, "[]", "an answer that is no JSON object"),
            (200, "access_token=hush", "an answer that is no JSON object"),
            (
                200,
                r#"{"access_token":"a\nb"}"#,
                "an access_token that no header can carry: it holds a line break or another control character",
            ),
        ] {
            assert_eq!(read(status, body), Err(told.to_owned()), "{body}");
        }
    }
}
