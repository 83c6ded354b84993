//! What the redactor has to know of a configuration.

use crate::config::tree::Node;
use crate::model::{Redactor, Secret};

/// Headers whose literal values are nobody's secret; starring `application/json` everywhere would only hide what went wrong.
const HARMLESS_HEADERS: &[&str] =
    &["accept", "accept-encoding", "accept-language", "cache-control", "content-type", "user-agent"];

/// Makes a secret text known: as a whole, the parts of it that came out of `${…}`, and what follows a scheme such as `Token `.
pub(super) fn learn(node: &Node, path: &str, redactor: &Redactor) {
    let Some(text) = node.text() else { return };
    learn_expanded(node, redactor);
    let header = path.rsplit_once(".headers.").or_else(|| path.split_once("headers.")).map(|(_, name)| name);
    if header.is_some_and(|name| HARMLESS_HEADERS.contains(&name.to_ascii_lowercase().as_str())) {
        return;
    }
    redactor.add(&Secret::new(text));
    if let Some((_, credential)) = text.rsplit_once(' ') {
        redactor.add(&Secret::new(credential));
    }
}

/// Makes known only what came out of `${…}`.
pub(crate) fn learn_expanded(node: &Node, redactor: &Redactor) {
    let Some(text) = node.text() else { return };
    for part in node.expanded.iter().filter_map(|range| text.get(range.clone())) {
        redactor.add(&Secret::new(part));
    }
}

/// Some APIs take their key as a part of the path (`/bot${env:TOKEN}/`): what came out of `${…}` behind the host is a secret.
/// A variable that gives scheme and host as well is an address, not a key.
pub(crate) fn learn_path(node: &Node, redactor: &Redactor) {
    let Some(text) = node.text() else { return };
    let host = text.find("://").map_or(0, |at| at + 3);
    let path = if host == 0 {
        0
    } else {
        text.get(host..).and_then(|rest| rest.find('/')).map_or(text.len(), |at| host + at)
    };
    for part in
        node.expanded.iter().filter(|range| range.start >= path).filter_map(|range| text.get(range.clone()))
    {
        redactor.add(&Secret::new(part.trim_matches('/')));
    }
}
