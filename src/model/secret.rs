//! Secrets: a type that cannot be shown, and the scrubber that every text passes on its way out.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, RwLock};

use base64::Engine as _;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A value that is never displayed, logged or serialised. `expose` is for the wire alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The value itself, to be sent to the one who asked for it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Knows every secret of the process, in every form in which it may turn up (raw, URL-encoded, base64, JSON-escaped),
/// and takes them out of texts. The last line of defence, behind the types: logs, errors and quoted bodies all pass it.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a secret that contains another is starred whole.
    forms: Arc<RwLock<Vec<String>>>,
}

/// Shorter values would star ordinary words.
const SHORTEST: usize = 4;

impl Redactor {
    pub fn add(&self, secret: &Secret) {
        let raw = secret.expose();
        if raw.len() < SHORTEST {
            return;
        }
        let mut new = vec![raw.to_owned(), utf8_percent_encode(raw, NON_ALPHANUMERIC).to_string()];
        new.push(url::form_urlencoded::byte_serialize(raw.as_bytes()).collect());
        new.push(base64::engine::general_purpose::STANDARD.encode(raw));
        new.extend(serde_json::to_string(raw).ok().map(|quoted| quoted.trim_matches('"').to_owned()));
        let mut forms = self.forms.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for form in new {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let forms = self.forms.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut clean = Cow::Borrowed(text);
        for form in forms.iter() {
            if clean.contains(form.as_str()) {
                clean = Cow::Owned(clean.replace(form.as_str(), "***"));
            }
        }
        clean
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_secret_is_taken_out() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("p+w /\"x"));
        for form in ["p+w /\"x", "p%2Bw%20%2F%22x", "p%2Bw+%2F%22x", "cCt3IC8ieA==", "p+w /\\\"x"] {
            assert_eq!(redactor.scrub(&format!("a {form} b")), "a *** b", "{form}");
        }
    }

    #[test]
    fn a_secret_inside_a_longer_one_does_not_leave_a_rest() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("token"));
        redactor.add(&Secret::new("token-and-more"));
        assert_eq!(redactor.scrub("token-and-more token"), "*** ***");
    }
}
