//! Credentials onto a request: the header, the query parameter, the cookie.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use super::kinds::Auth;
use crate::model::Secret;
use crate::poll::client::Headers;
use crate::poll::error::Failure;

/// RFC 3986's unreserved characters stay, all others are encoded.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Adds the credentials; `token` is the access token where there is one. They win over a header of the same name, as in dlt,
/// and over a parameter of the same name: a link that carries the key already is not given it twice (dlt: `key=K&key=K`).
pub(in crate::poll) fn sign(
    auth: &Auth,
    token: Option<&Secret>,
    url: &mut Url,
    headers: &mut Headers,
) -> Result<(), Failure> {
    match auth {
        Auth::None => Ok(()),
        Auth::Bearer { token } => set(headers, "authorization", &bearer(token)),
        Auth::OAuth2(_) => token.map_or(Ok(()), |token| set(headers, "authorization", &bearer(token))),
        Auth::Basic { username, password } => set(headers, "authorization", &basic(username, password)),
        Auth::ApiKeyHeader { name, key } => set(headers, name, key),
        Auth::ApiKeyCookie { name, key } => {
            let cookies = with_cookie(headers.text("cookie").as_deref(), name, key);
            set(headers, "cookie", &cookies)
        }
        Auth::ApiKeyQuery { name, key } => {
            put_key(url, name, key);
            Ok(())
        }
    }
}

/// What was sent, for the message of a 401 or 403; never the secret, nor a part of it.
pub(in crate::poll) fn used(auth: &Auth) -> String {
    match auth {
        Auth::None => "no credentials were sent: this resource has no auth".to_owned(),
        Auth::Bearer { .. } => "a bearer token was sent".to_owned(),
        Auth::OAuth2(_) => "an OAuth 2.0 access token was sent".to_owned(),
        Auth::Basic { .. } => "user name and password were sent (HTTP Basic)".to_owned(),
        Auth::ApiKeyHeader { name, .. } => format!("the API key was sent in the header {name}"),
        Auth::ApiKeyCookie { name, .. } => format!("the API key was sent in the cookie {name}"),
        Auth::ApiKeyQuery { name, .. } => format!("the API key was sent in the query parameter {name}"),
    }
}

/// User name and password as HTTP Basic sends them (RFC 7617, UTF-8).
pub(super) fn basic(username: &Secret, password: &Secret) -> Secret {
    let pair = format!("{}:{}", username.expose(), password.expose());
    Secret::new(&format!("Basic {}", STANDARD.encode(pair)))
}

fn bearer(token: &Secret) -> Secret {
    Secret::new(&format!("Bearer {}", token.expose()))
}

fn set(headers: &mut Headers, name: &str, value: &Secret) -> Result<(), Failure> {
    headers.set(name, value).map_err(|why| Failure::Header { name: name.to_owned(), why })
}

/// Replaces a cookie of the same name, and keeps the others.
fn with_cookie(present: Option<&str>, name: &str, key: &Secret) -> Secret {
    let own = format!("{name}={}", key.expose());
    let others = present.unwrap_or_default().split(';').map(str::trim).filter(|cookie| !cookie.is_empty());
    let others = others.filter(|cookie| cookie.split('=').next() != Some(name));
    let all: Vec<&str> = others.chain([own.as_str()]).collect();
    Secret::new(&all.join("; "))
}

/// In the place of a parameter of the same name, or at the end. One that holds the key already stays as it is written.
fn put_key(url: &mut Url, name: &str, key: &Secret) {
    let own = format!("{}={}", utf8_percent_encode(name, QUERY), utf8_percent_encode(key.expose(), QUERY));
    let mut parts: Vec<&str> = Vec::new();
    let mut placed = false;
    for pair in url.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
        let (written, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (decoded(written) == name, placed) {
            (false, _) => parts.push(pair),
            (true, false) => {
                parts.push(if decoded(value) == key.expose() { pair } else { &own });
                placed = true;
            }
            (true, true) => {}
        }
    }
    if !placed {
        parts.push(&own);
    }
    let query = parts.join("&");
    url.set_query(Some(&query));
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(auth: &Auth, url: &str, cookie: Option<&str>) -> (String, Headers) {
        let (mut url, mut headers) = (Url::parse(url).unwrap(), Headers::default());
        headers.set("Authorization", &Secret::new("configured")).unwrap();
        if let Some(cookie) = cookie {
            headers.set("Cookie", &Secret::new(cookie)).unwrap();
        }
        sign(auth, Some(&Secret::new("fresh")), &mut url, &mut headers).unwrap();
        (url.into(), headers)
    }

    #[test]
    fn credentials_win_over_a_header_of_the_same_name() {
        let secret = |text: &str| Secret::new(text);
        let basic = Auth::Basic { username: secret("Jörg"), password: secret("") };
        let header = Auth::ApiKeyHeader { name: "AUTHORIZATION".into(), key: secret("raw") };
        for (auth, expected) in [
            (Auth::None, "configured"),
            (Auth::Bearer { token: secret("t") }, "Bearer t"),
            (basic, "Basic SsO2cmc6"),
            (header, "raw"),
        ] {
            assert_eq!(signed(&auth, "http://h/", None).1.text("authorization").unwrap(), expected);
        }
    }

    #[test]
    fn a_key_in_the_query_is_there_once() {
        let auth = Auth::ApiKeyQuery { name: "api key".into(), key: Secret::new("a/b&c") };
        for (before, after) in [
            ("http://h/p", "http://h/p?api%20key=a%2Fb%26c"),
            ("http://h/p?x=1&", "http://h/p?x=1&api%20key=a%2Fb%26c"),
            ("http://h/p?api+key=a%2fb%26c&x=1", "http://h/p?api+key=a%2fb%26c&x=1"),
            ("http://h/p?x=1&api%20key=***&api%20key=&y", "http://h/p?x=1&api%20key=a%2Fb%26c&y"),
            ("http://h/p?api%20keys=1", "http://h/p?api%20keys=1&api%20key=a%2Fb%26c"),
        ] {
            assert_eq!(signed(&auth, before, None).0, after, "{before}");
        }
    }

    #[test]
    fn a_key_in_a_cookie_joins_the_cookies_that_are_there() {
        let auth = Auth::ApiKeyCookie { name: "sid".into(), key: Secret::new("k") };
        for (before, after) in [
            (None, "sid=k"),
            (Some("a=b"), "a=b; sid=k"),
            (Some("sid=old; a=b=c;sid2=x"), "a=b=c; sid2=x; sid=k"),
        ] {
            assert_eq!(signed(&auth, "http://h/", before).1.text("cookie").unwrap(), after);
        }
    }
}
