//! Base URL and path become one URL, as dlt joins them; the values in the path come from a record or a cursor.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use super::binding::{Binding, TemplateError};
use super::placeholder::Placeholder;
use super::text::{Part, Template};

/// RFC 3986's unreserved characters stay.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What a path may hold besides (RFC 3986, `pchar` and the slash): `full_name: octo/cat` is two segments, as in dlt.
const PATH: &AsciiSet = &ENCODED
    .remove(b'/')
    .remove(b':')
    .remove(b'@')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=');

/// Where a resource's requests go.
#[derive(Clone)]
pub struct UrlTemplate {
    base: String,
    path: Template,
}

impl UrlTemplate {
    /// `None` if the two are no URL, whatever the values may be.
    pub fn new(base: &str, path: Template) -> Option<Self> {
        let this = Self { base: base.to_owned(), path };
        let begins_with_value = matches!(this.path.parts().first(), Some(Part::Value(_)));
        (this.shape().is_some() || (base.is_empty() && begins_with_value)).then_some(this)
    }

    /// The URL of one walk.
    pub fn render(&self, binding: &Binding<'_>) -> Result<Url, TemplateError> {
        let alone = self.path.is_one_value();
        let path =
            self.path.write(binding, &mut |done: &mut String, placeholder: &Placeholder, value: &str| {
                let piece =
                    piece(done, placeholder, value, alone).map_err(|what| TemplateError::OtherPath {
                        name: placeholder.name.clone(),
                        what,
                        record: binding.suffix(),
                    })?;
                done.push_str(&piece);
                Ok(())
            })?;
        http(&join_url(&self.base, &path)).ok_or_else(|| TemplateError::NoUrl { record: binding.suffix() })
    }

    /// Where credentials may go in a walk with this URL: the host that the operator named. Where the path begins with a value,
    /// which may be a URL of anywhere, that is the host of `base_url`, if there is one.
    pub fn home(&self, rendered: &Url) -> Option<Url> {
        match self.path.parts().first() {
            Some(Part::Value(_)) => http(&self.base),
            Some(Part::Text { .. }) | None => Some(rendered.clone()),
        }
    }

    /// The URL with placeholders by their names, for identities and hashes; nothing where only a value makes it one. What
    /// came out of `${…}` stands in it.
    pub fn shape(&self) -> Option<Url> {
        let text = |part: &Part| match part {
            Part::Text { text, .. } => text.clone(),
            // Braces are no part of a host.
            Part::Value(placeholder) => placeholder.name.replace(|c: char| !c.is_ascii_alphanumeric(), "-"),
        };
        let path: String = self.path.parts().iter().map(text).collect();
        http(&join_url(&self.base, &path))
    }

    pub fn path(&self) -> &Template {
        &self.path
    }
}

impl From<Url> for UrlTemplate {
    fn from(url: Url) -> Self {
        Self { base: url.into(), path: Template::default() }
    }
}

/// Base URLs may hold passwords.
impl fmt::Debug for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UrlTemplate").field(&self.path).finish()
    }
}

/// Trailing slashes of the base and leading ones of the path become one slash; an empty path leaves the base as it is;
/// a path that is a URL of its own replaces the base.
pub(super) fn join_url(base: &str, path: &str) -> String {
    if path.is_empty() {
        return base.to_owned();
    }
    if is_url(path) {
        return path.to_owned();
    }
    format!("{}/{}", base.trim_end_matches('/'), path.trim_start_matches('/'))
}

fn http(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn is_url(path: &str) -> bool {
    path.starts_with("http://") || path.starts_with("https://")
}

/// What is written for a value, or what is wrong with it. `before` is the path so far; `alone`: the path is this value.
fn piece(before: &str, placeholder: &Placeholder, value: &str, alone: bool) -> Result<String, &'static str> {
    if value.is_empty() {
        return Err("empty");
    }
    if value.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err("a step to another folder");
    }
    let encoded = |set| Ok(utf8_percent_encode(value, set).to_string());
    if placeholder.encoded || before.contains('?') {
        return encoded(ENCODED);
    }
    // A link that the API names: the whole path, its beginning, or what continues a path.
    let continues = value.starts_with('/') && !before.ends_with('/');
    if alone || continues || (before.is_empty() && is_url(value)) {
        return Ok(value.to_owned());
    }
    let in_host = before.split_once("://").is_some_and(|(_, host)| is_url(before) && !host.contains('/'));
    let of_a_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    if in_host && !value.chars().all(of_a_host) {
        return Err("no name of a host");
    }
    encoded(PATH)
}
