//! Rules of `client.tls` and `client.proxy`: files that can be read and hold what they should, a proxy that can be reached by
//! its URL. What is wrong here would otherwise show in the night in which the first connection is made.

use url::Url;

use super::pem;
use crate::config::report::{Report, quoted};
use crate::config::source::{ClientProxy, ClientTls, ProxyForm};
use crate::config::tree::Node;
use crate::model::{AllowedHost, Proxy, ProxyServer, Redactor, Secret, Tls};

/// The word for no proxy.
const DIRECT: &str = "direct";

/// The hosts of `allowed_hosts`; entries that are none are reported.
pub(super) fn allowed_hosts(block: &Node, path: &str, report: &mut Report) -> Vec<AllowedHost> {
    let mut hosts = Vec::new();
    for node in block.get("allowed_hosts").map(Node::items).unwrap_or_default() {
        let Some(text) = node.text() else { continue };
        match AllowedHost::parse(text) {
            Some(host) => hosts.push(host),
            None => report.mistake(
                node.at,
                format!("{path}.allowed_hosts: {} is no host; write one like files.example.com, files.example.com:8443 or http://files.example.com", if node.is_interpolated() { "this".to_owned() } else { quoted(text) }),
            ),
        }
    }
    hosts
}

/// `block` is the node of the settings, for the places of mistakes.
pub(super) fn tls(written: &ClientTls, block: &Node, path: &str, report: &mut Report) -> Option<Tls> {
    let path = format!("{path}.tls");
    let mut fault = |key: &str, text: &str| {
        let at = block.entry(key).map_or(block.at, |entry| entry.node.at);
        report.mistake(at, format!("{path}.{key}: {text}"));
    };
    if !written.system_roots && written.ca_file.is_none() {
        fault("system_roots", "without a \"ca_file\" nobody would be trusted");
    }
    if written.key_file.is_some() && written.cert_file.is_none() {
        fault("key_file", "needs its certificate: \"cert_file\" is missing");
    }
    let authorities = written.ca_file.as_deref().map(pem::authorities).transpose();
    let authorities = authorities.map_err(|why| fault("ca_file", &why)).ok();
    let identity = match &written.cert_file {
        None => Some(None),
        Some(cert) => match pem::identity(cert, written.key_file.as_deref()) {
            Ok(identity) => Some(Some(identity)),
            Err((key, why)) => {
                fault(key, &why);
                None
            }
        },
    };
    Some(Tls { authorities: authorities?, system_roots: written.system_roots, identity: identity? })
}

/// `None` after a mistake has been reported.
pub(super) fn proxy(written: ProxyForm, redactor: &Redactor) -> Option<Proxy> {
    let full = match written {
        ProxyForm::Text(url) => ClientProxy { url, username: None, password: None, no_proxy: None },
        ProxyForm::Full(full) => *full,
    };
    if full.url == DIRECT {
        return Some(Proxy::Direct);
    }
    let mut url = Url::parse(&full.url).ok()?;
    let decoded = |text: &str| Secret::new(&percent_encoding::percent_decode_str(text).decode_utf8_lossy());
    let in_url = (!url.username().is_empty())
        .then(|| (decoded(url.username()), decoded(url.password().unwrap_or_default())));
    let credentials = match (full.username, full.password) {
        (Some(username), password) => {
            Some((username.0, password.map_or_else(|| Secret::new(""), |password| password.0)))
        }
        (None, _) => in_url,
    };
    // Both fail only for URLs that cannot have user info.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if let Some((username, password)) = &credentials {
        redactor.add(password);
        redactor.add(&Secret::new(&format!("{}:{}", username.expose(), password.expose())));
    }
    Some(Proxy::Server(ProxyServer { url, credentials, except: full.no_proxy.unwrap_or_default() }))
}

/// Whether a text names a proxy, for the check against the schema.
pub(crate) fn is_proxy(text: &str) -> bool {
    text == DIRECT
        || Url::parse(text).is_ok_and(|url| {
            matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h")
                && url.has_host()
                && matches!(url.path(), "" | "/")
        })
}
