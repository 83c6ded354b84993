//! An answer's body as checked JSON, or why it is none.

use std::fmt;

use bytes::Bytes;

use super::client::Answer;
use super::error::Failure;
use crate::model::{Json, Redactor};

/// So many characters of a body are quoted.
const QUOTED: usize = 200;
/// So many bytes are looked at for them.
const LOOKED_AT: usize = 8192;
/// And so many characters at the cut are never quoted: the half of a secret that stands there is not known as one.
const UNSAFE_TAIL: usize = 4096;

/// The beginning of a body, for a message: secrets taken out, control characters escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quote {
    content_type: String,
    text: String,
}

/// The body of a successful answer; of 204 and 205, which have none, the JSON `null`.
pub(super) fn body_of(answer: &Answer) -> Bytes {
    match answer.status {
        204 | 205 => Bytes::from_static(b"null"),
        _ => answer.body.clone(),
    }
}

/// JSON is read whatever its content type; a byte order mark is skipped.
pub(super) fn parse<'b>(answer: &Answer, body: &'b Bytes, redactor: &Redactor) -> Result<Json<'b>, Failure> {
    if is_blank(body) {
        return Err(Failure::EmptyBody { status: answer.status });
    }
    Json::parse(body).map_err(|error| {
        let quote = Quote::of(answer, redactor);
        if let Err(utf8) = std::str::from_utf8(body) {
            return Failure::NotUtf8 { at: utf8.valid_up_to(), quote };
        }
        if body.trim_ascii_start().starts_with(b"<") {
            return Failure::Html(quote);
        }
        let message = error.message;
        if error.truncated { Failure::CutOff { message, quote } } else { Failure::NotJson { message, quote } }
    })
}

fn is_blank(body: &[u8]) -> bool {
    body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).iter().all(u8::is_ascii_whitespace)
}

impl Quote {
    pub(super) fn of(answer: &Answer, redactor: &Redactor) -> Self {
        let head = answer.body.get(..LOOKED_AT);
        let text = String::from_utf8_lossy(head.unwrap_or(&answer.body));
        let text = redactor.scrub(&text);
        let tail = if head.is_some() { UNSAFE_TAIL } else { 0 };
        let safe: String = text.chars().take(text.chars().count().saturating_sub(tail)).collect();
        let content_type = redactor.scrub(answer.content_type.as_deref().unwrap_or_default());
        Self { content_type: escaped(&content_type), text: escaped(&safe) }
    }
}

/// A piece of an answer for a message, as a quote is made: secrets taken out, control characters escaped, cut.
pub(super) fn excerpt(text: &str, redactor: &Redactor) -> String {
    escaped(&redactor.scrub(text))
}

impl fmt::Display for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content_type = if self.content_type.is_empty() { "no content type" } else { &self.content_type };
        if self.text.is_empty() {
            return write!(f, " ({content_type}, nothing to quote)");
        }
        write!(f, " ({content_type}, begins: {})", self.text)
    }
}

fn escaped(text: &str) -> String {
    let mut quoted = String::new();
    let mut room = QUOTED;
    for character in text.chars() {
        let shown = shown(character);
        let width = shown.chars().count();
        if width >= room {
            quoted.push('…');
            break;
        }
        room -= width;
        quoted.push_str(&shown);
    }
    quoted
}

/// Control characters, and those that change the direction of writing, by their escapes.
fn shown(character: char) -> String {
    let hidden = character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    if hidden { character.escape_default().to_string() } else { character.to_string() }
}
