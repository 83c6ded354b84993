//! Rules of `client`: what HTTP can carry in a header, and which of it is secret.

use super::paginator;
use crate::config::check::learn_path;
use crate::config::read::read;
use crate::config::report::{Report, quoted};
use crate::config::source::{Auth, Client, Paginator};
use crate::config::tree::{Entry, Node, Value};
use crate::model::{Redactor, Secret};

/// The client's parts that requests are made of.
pub(crate) struct ClientParts {
    pub base_url: String,
    pub headers: Vec<(String, Secret)>,
    pub auth: Option<Auth>,
    pub paginator: Option<Paginator>,
}

/// `None` if something in the block is wrong. `prefix` is the path of the block in messages.
pub(crate) fn client(
    block: &mut Node,
    prefix: &str,
    redactor: &Redactor,
    report: &mut Report,
) -> Option<ClientParts> {
    for entry in block.get("headers").map(Node::entries).unwrap_or_default() {
        header(entry, prefix, report);
    }
    if let Some(auth) = block.get_mut("auth") {
        name_the_bearer(auth);
        credentials(auth, prefix, report);
    }
    if let Some(node) = block.get("paginator") {
        paginator::check(node, report);
    }
    if let Some(url) = block.get("base_url").and_then(Node::text).and_then(|text| url::Url::parse(text).ok())
        && let Some(password) = url.password()
    {
        redactor.add(&Secret::new(password));
    }
    if let Some(base_url) = block.get("base_url") {
        learn_path(base_url, redactor);
    }
    let client: Client = read(block)?;
    if let Some(Auth::HttpBasic(basic)) = &client.auth {
        // What goes over the wire is the base64 of both together.
        redactor.add(&Secret::new(&format!("{}:{}", basic.username.expose(), basic.password.expose())));
    }
    let headers = client.headers.map(|headers| headers.0).unwrap_or_default();
    Some(ClientParts {
        base_url: client.base_url,
        headers: headers.into_iter().map(|(name, value)| (name, value.0)).collect(),
        auth: client.auth,
        paginator: client.paginator,
    })
}

/// dlt's rule: a mapping without a type is a bearer token.
fn name_the_bearer(auth: &mut Node) {
    if matches!(auth.value, Value::Map(_)) && auth.entry("type").is_none() {
        let node = Node::new(auth.at, Value::String("bearer".to_owned()));
        auth.set(Entry { key: "type".to_owned(), at: auth.at, node });
    }
}

fn header(entry: &Entry, prefix: &str, report: &mut Report) {
    if !is_token(&entry.key) {
        report.mistake(
            entry.at,
            format!("{prefix}client.headers: {} is no name that HTTP allows", quoted(&entry.key)),
        );
    }
    if entry.node.text().is_some_and(breaks_a_header) {
        report.mistake(
            entry.node.at,
            format!(
                "{prefix}client.headers: the value of {} holds a line break or another control character",
                quoted(&entry.key)
            ),
        );
    }
}

fn credentials(auth: &Node, prefix: &str, report: &mut Report) {
    for key in ["token", "api_key"] {
        let Some(node) = auth.get(key) else { continue };
        match node.text() {
            Some("") => report.mistake(node.at, format!("{prefix}client.auth.{key}: is empty")),
            Some(text) if breaks_a_header(text) => {
                let fault = "holds a line break or another control character";
                report.mistake(node.at, format!("{prefix}client.auth.{key}: {fault}"));
            }
            _ => {}
        }
    }
    let in_header = !matches!(auth.get("location").and_then(Node::text), Some("query" | "param"));
    if let Some(node) = auth.get("name")
        && let Some(name) = node.text()
        && (name.is_empty() || (in_header && !is_token(name)))
    {
        report
            .mistake(node.at, format!("{prefix}client.auth.name: is no name that HTTP allows for a header"));
    }
    // RFC 7617: the colon ends the user name.
    if let Some(node) = auth.get("username").filter(|node| node.text().is_some_and(|name| name.contains(':')))
    {
        report.mistake(
            node.at,
            format!("{prefix}client.auth.username: holds a colon, which HTTP Basic cannot carry"),
        );
    }
}

/// RFC 9110, section 5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

fn breaks_a_header(value: &str) -> bool {
    value.chars().any(|c| c.is_control() && c != '\t')
}
