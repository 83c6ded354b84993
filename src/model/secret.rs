//! Secrets: a type that cannot be shown, and the scrubber that every text passes on its way out.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

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
    forms: Arc<RwLock<Vec<Form>>>,
}

/// One way of writing a secret.
struct Form {
    text: String,
    /// How often it was made known; [`Redactor::forget`] takes one of these back.
    known: u32,
}

/// Shorter values would star ordinary words.
const SHORTEST: usize = 4;

impl Redactor {
    pub fn add(&self, secret: &Secret) {
        let raw = secret.expose();
        if raw.len() < SHORTEST {
            return;
        }
        let new = forms_of(raw);
        let mut forms = self.forms.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for text in new {
            match forms.iter_mut().find(|form| form.text == text) {
                Some(form) => form.known = form.known.saturating_add(1),
                None => forms.push(Form { text, known: 1 }),
            }
        }
        forms.sort_by_key(|form| std::cmp::Reverse(form.text.len()));
    }

    /// Takes back one `add` of a secret that is no longer one: an access token that is out of use. Without this, a process
    /// that runs for months would look through every token that it ever had, for each line of its log.
    pub fn forget(&self, secret: &Secret) {
        let old = forms_of(secret.expose());
        let mut forms = self.forms.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        for form in forms.iter_mut().filter(|form| old.contains(&form.text)) {
            form.known = form.known.saturating_sub(1);
        }
        forms.retain(|form| form.known > 0);
    }

    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let forms = self.forms.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut clean = Cow::Borrowed(text);
        for form in forms.iter() {
            if clean.contains(form.text.as_str()) {
                clean = Cow::Owned(clean.replace(form.text.as_str(), "***"));
            }
        }
        clean
    }
}

/// Every way of writing a secret that libraries and APIs are known for: percent-encoded with several sets of safe characters
/// and both cases of hex digits (RFC 3986, forms, Python's `quote`, JavaScript's `encodeURIComponent`), base64 and base64url
/// with and without padding, JSON with and without escaped slashes and other characters than ASCII's.
fn forms_of(raw: &str) -> Vec<String> {
    const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    const WITH_SLASH: &AsciiSet = &UNRESERVED.remove(b'/');
    const SCRIPT: &AsciiSet = &UNRESERVED.remove(b'!').remove(b'*').remove(b'\'').remove(b'(').remove(b')');
    let mut forms = vec![raw.to_owned(), url::form_urlencoded::byte_serialize(raw.as_bytes()).collect()];
    for safe in [NON_ALPHANUMERIC, UNRESERVED, WITH_SLASH, SCRIPT] {
        let encoded = utf8_percent_encode(raw, safe).to_string();
        forms.extend([encoded.replace("%20", "+"), lower_hex(&encoded), encoded]);
    }
    for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
        forms.push(engine.encode(raw));
    }
    let json = serde_json::Value::from(raw).to_string();
    let json = json.get(1..json.len() - 1).unwrap_or_default();
    for escaped in [json.to_owned(), ascii(json)] {
        forms.extend([escaped.replace('/', "\\/"), escaped]);
    }
    forms.extend(in_urls(raw));
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// What the URL standard makes of it in a path and in a query.
fn in_urls(raw: &str) -> impl Iterator<Item = String> {
    let url = url::Url::parse("http://h/").ok();
    let path = url.clone().map(|mut url| {
        url.set_path(raw);
        url.path().trim_start_matches('/').to_owned()
    });
    let query = url.and_then(|mut url| {
        url.set_query(Some(raw));
        url.query().map(str::to_owned)
    });
    path.into_iter().chain(query).filter(|form| form.len() >= SHORTEST)
}

fn lower_hex(encoded: &str) -> String {
    let mut left = 0;
    let lower = |c: char| {
        left = if c == '%' { 3 } else { usize::saturating_sub(left, 1) };
        if left > 0 { c.to_ascii_lowercase() } else { c }
    };
    encoded.chars().map(lower).collect()
}

/// JSON with nothing but ASCII in it, as Python writes it.
fn ascii(json: &str) -> String {
    let mut text = String::new();
    for unit in json.encode_utf16() {
        match char::from_u32(u32::from(unit)).filter(char::is_ascii) {
            Some(plain) => text.push(plain),
            None => text.push_str(&format!("\\u{unit:04x}")),
        }
    }
    text
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
    fn a_secret_is_found_in_the_forms_that_urls_give_it() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("123:AbC dé|x"));
        for form in ["bot123:AbC%20d%C3%A9|x/get", "?k=123:AbC%20d%C3%A9|x"] {
            assert!(!redactor.scrub(form).contains("AbC"), "{}", redactor.scrub(form));
        }
    }

    #[test]
    fn every_form_of_a_secret_is_taken_out() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("p+w /\"x"));
        for form in ["p+w /\"x", "p%2Bw%20%2F%22x", "p%2Bw+%2F%22x", "cCt3IC8ieA==", "p+w /\\\"x"] {
            assert_eq!(redactor.scrub(&format!("a {form} b")), "a *** b", "{form}");
        }
    }

    #[test]
    fn the_forms_of_other_languages_are_taken_out_too() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("a b\"c/é+x=&%zZ9"));
        for form in [
            r#"a b\"c/\u00e9+x=&%zZ9"#,
            r#"a b\"c\/é+x=&%zZ9"#,
            r#"a b\"c\/\u00e9+x=&%zZ9"#,
            "a%20b%22c/%C3%A9%2Bx%3D%26%25zZ9",
            "a%20b%22c%2f%c3%a9%2bx%3d%26%25zZ9",
            "a+b%22c%2F%C3%A9%2Bx%3D%26%25zZ9",
            "YSBiImMvw6kreD0mJXpaOQ",
        ] {
            assert_eq!(redactor.scrub(&format!("<{form}>")), "<***>", "{form}");
        }
    }

    #[test]
    fn a_secret_that_was_forgotten_as_often_as_it_was_told_is_none_any_more() {
        let redactor = Redactor::default();
        let token = Secret::new("token/1");
        redactor.add(&token);
        redactor.add(&token);
        redactor.forget(&token);
        assert_eq!(redactor.scrub("token/1 token%2F1"), "*** ***");
        redactor.forget(&token);
        assert_eq!(redactor.scrub("token/1 token%2F1"), "token/1 token%2F1");
        redactor.forget(&token);
        assert!(redactor.forms.read().unwrap().is_empty());
    }

    #[test]
    fn a_secret_inside_a_longer_one_does_not_leave_a_rest() {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("token"));
        redactor.add(&Secret::new("token-and-more"));
        assert_eq!(redactor.scrub("token-and-more token"), "*** ***");
    }
}
