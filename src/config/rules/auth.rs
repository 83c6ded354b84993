//! Rules of `auth`: what HTTP can carry, and what of it is secret.

use crate::config::check::learn_expanded;
use crate::config::providers::each_auth;
use crate::config::report::Report;
use crate::config::tree::{Entry, Node};
use crate::model::{Redactor, Secret};

/// Parameters of a token request whose literal values are nobody's secret.
const HARMLESS: &[&str] = &["audience", "grant_type", "resource", "scope", "scopes"];

/// Checks every `auth` that is written. `prefix` is the path of the dlt dictionary in messages.
pub(crate) fn auth(source: &mut Node, prefix: &str, redactor: &Redactor, report: &mut Report) {
    each_auth(source, &mut |entry, path| {
        let path = format!("{prefix}{path}");
        let node = &entry.node;
        credentials(node, &path, report);
        place_of_key(node, &path, report);
        oauth2(node, &path, report);
        learn(entry, redactor);
    });
}

fn credentials(auth: &Node, path: &str, report: &mut Report) {
    for key in ["token", "api_key", "client_id", "client_secret", "access_token_url"] {
        let Some(node) = auth.get(key) else { continue };
        match node.text() {
            Some("") => report.mistake(node.at, format!("{path}.{key}: is empty")),
            Some(text) if breaks_a_header(text) => {
                report.mistake(
                    node.at,
                    format!("{path}.{key}: holds a line break or another control character"),
                );
            }
            _ => {}
        }
    }
    if let Some(node) = auth.get("token")
        && node.text().is_some_and(|text| text.get(..7).is_some_and(|s| s.eq_ignore_ascii_case("bearer ")))
    {
        report.note(
            node.at,
            format!("{path}.token: begins with \"Bearer\", which is sent before every token: it will be there twice"),
        );
    }
    // RFC 7617: the colon ends the user name.
    if let Some(node) = auth.get("username").filter(|node| node.text().is_some_and(|name| name.contains(':')))
    {
        report.mistake(node.at, format!("{path}.username: holds a colon, which HTTP Basic cannot carry"));
    }
}

fn place_of_key(auth: &Node, path: &str, report: &mut Report) {
    let location = auth.get("location").and_then(Node::text).unwrap_or("header");
    let in_query = matches!(location, "query" | "param");
    if let Some(node) = auth.get("name")
        && let Some(name) = node.text()
        && (name.is_empty() || (!in_query && !is_token(name)))
    {
        let what = if location == "cookie" { "cookie" } else { "header" };
        report.mistake(node.at, format!("{path}.name: is no name that HTTP allows for a {what}"));
    }
    // RFC 6265, section 4.1.1.
    let breaks_a_cookie = |text: &str| text.contains([' ', '\t', '"', ',', ';', '\\']);
    if let Some(node) = auth.get("api_key").filter(|node| node.text().is_some_and(breaks_a_cookie))
        && location == "cookie"
    {
        report.mistake(
            node.at,
            format!("{path}.api_key: holds a character that no cookie can carry (space, comma, semicolon, quote, backslash)"),
        );
    }
}

fn oauth2(auth: &Node, path: &str, report: &mut Report) {
    if let Some(entry) = auth.entry("access_token").filter(|entry| entry.node.text().is_some()) {
        report.note(
            entry.at,
            format!("{path}.access_token: is not used, as in dlt: krest asks for a token of its own"),
        );
    }
}

/// The walk against the schema has made the plain secrets known; here is what they become on their way.
fn learn(auth: &Entry, redactor: &Redactor) {
    let text = |key: &str| auth.node.get(key).and_then(Node::text);
    let pairs = [("username", "password"), ("client_id", "client_secret")];
    for (one, two) in pairs.into_iter().filter_map(|(one, two)| text(one).zip(text(two))) {
        // What goes over the wire is the base64 of both together.
        redactor.add(&Secret::new(&format!("{one}:{two}")));
        let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        redactor.add(&Secret::new(&format!("{}:{}", encoded(one), encoded(two))));
    }
    for entry in auth.node.get("access_token_request_data").map(Node::entries).unwrap_or_default() {
        for node in std::iter::once(&entry.node).chain(entry.node.items()) {
            learn_expanded(node, redactor);
            if let Some(value) = node.text().filter(|_| !HARMLESS.contains(&entry.key.as_str())) {
                redactor.add(&Secret::new(value));
            }
        }
    }
    if let Some(password) = text("access_token_url")
        .and_then(|url| url::Url::parse(url).ok())
        .and_then(|url| url.password().map(Secret::new))
    {
        redactor.add(&password);
    }
}

/// RFC 9110, section 5.6.2.
pub(super) fn is_token(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

pub(super) fn breaks_a_header(value: &str) -> bool {
    value.chars().any(|c| c.is_control() && c != '\t')
}
