//! Rules of `client`: what HTTP can carry in a header, and which of it is secret.

use super::auth::{breaks_a_header, is_token};
use super::{paginator, transport};
use crate::config::check::learn_path;
use crate::config::read::read;
use crate::config::report::{Report, quoted};
use crate::config::source::{Auth, Client, Paginator};
use crate::config::tree::{Entry, Node};
use crate::model::{AllowedHost, Proxy, Redactor, Secret, Tls, Transport};

/// The client's parts that requests are made of.
pub(crate) struct ClientParts {
    pub base_url: String,
    pub headers: Vec<(String, Secret)>,
    pub auth: Option<Auth>,
    pub allowed_hosts: Vec<AllowedHost>,
    pub transport: Transport,
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
    let path = format!("{prefix}client");
    let allowed_hosts = transport::allowed_hosts(block, &path, report);
    let client: Client = read(block)?;
    let tls = match (&client.tls, block.get("tls")) {
        (Some(written), Some(node)) => transport::tls(written, node, &path, report)?,
        _ => Tls::default(),
    };
    let proxy = match client.proxy {
        Some(written) => transport::proxy(written, redactor)?,
        None => Proxy::Environment,
    };
    let headers = client.headers.map(|headers| headers.0).unwrap_or_default();
    Some(ClientParts {
        base_url: client.base_url,
        headers: headers.into_iter().map(|(name, value)| (name, value.0)).collect(),
        auth: client.auth,
        allowed_hosts,
        transport: Transport { tls, proxy },
        paginator: client.paginator,
    })
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
