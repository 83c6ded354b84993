//! A URL that may be shown.

use std::fmt;

/// A URL for people: user info and the values of secret parameters are `***`. It cannot be turned back into a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedactedUrl(String);

impl RedactedUrl {
    /// `secret_params` names the query parameters whose values are secrets.
    pub fn new(url: &url::Url, secret_params: &[&str]) -> Self {
        let mut shown = url.clone();
        if !shown.username().is_empty() || shown.password().is_some() {
            // Both calls fail only for URLs that cannot have user info, and this one has some.
            let _ = shown.set_username("***");
            let _ = shown.set_password(None);
        }
        if let Some(query) = url.query() {
            let parts: Vec<String> = query.split('&').map(|pair| redact_pair(pair, secret_params)).collect();
            shown.set_query(Some(&parts.join("&")));
        }
        shown.set_fragment(None);
        Self(shown.into())
    }
}

fn redact_pair(pair: &str, secret_params: &[&str]) -> String {
    let name = pair.split('=').next().unwrap_or_default();
    let decoded = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
    if secret_params.iter().any(|secret| *secret == decoded) || sounds_secret(&decoded) {
        format!("{name}=***")
    } else {
        pair.to_owned()
    }
}

/// Names that APIs give to credentials, wherever they come from: a literal in the configuration's URL, or a link of the API.
fn sounds_secret(name: &str) -> bool {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    if ["page", "next", "cursor", "continuation"].iter().any(|part| name.contains(part)) {
        return false; // a place in a listing
    }
    let parts = ["token", "secret", "password", "passwd", "apikey", "accesskey", "signature", "credential"];
    parts.iter().any(|part| name.contains(part)) || ["key", "auth", "sig", "pwd"].contains(&name.as_str())
}

impl RedactedUrl {
    /// Whether the value of a parameter of this name is starred, whoever wrote it.
    pub fn stars(name: &str) -> bool {
        sounds_secret(name)
    }
}

impl fmt::Display for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_with_the_name_of_a_secret_are_starred_and_page_tokens_are_not() {
        let url = url::Url::parse("http://h/p?Access-Token=a&key=b&monkey=c&page_token=d").unwrap();
        let shown = RedactedUrl::new(&url, &[]).to_string();
        assert_eq!(shown, "http://h/p?Access-Token=***&key=***&monkey=c&page_token=d");
    }

    #[test]
    fn a_secret_parameter_and_user_info_are_starred() {
        let url = url::Url::parse("https://me:pw@h.example/v1?api%5Fkey=abc&limit=1&api_key=x#f").unwrap();
        let shown = RedactedUrl::new(&url, &["api_key"]).to_string();
        assert_eq!(shown, "https://***@h.example/v1?api%5Fkey=***&limit=1&api_key=***");
    }
}
