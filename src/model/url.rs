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
    if secret_params.iter().any(|secret| *secret == decoded) {
        format!("{name}=***")
    } else {
        pair.to_owned()
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
    fn a_secret_parameter_and_user_info_are_starred() {
        let url = url::Url::parse("https://me:pw@h.example/v1?api%5Fkey=abc&limit=1&api_key=x#f").unwrap();
        let shown = RedactedUrl::new(&url, &["api_key"]).to_string();
        assert_eq!(shown, "https://***@h.example/v1?api%5Fkey=***&limit=1&api_key=***");
    }
}
