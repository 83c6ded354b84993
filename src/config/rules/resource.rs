//! Rules of one resource, its defaults merged in, and its typed form.

use super::incremental::{beside_disposition, incremental};
use super::{braces, paginator, url::join_url};
use crate::config::Place;
use crate::config::check::{learn_expanded, learn_path};
use crate::config::read::read;
use crate::config::report::{Report, quoted};
use crate::config::source::{
    Auth, DispositionWord, Keys, Method, Paginator, ParamValue, Resource as Written, ResponseAction, Step,
    WriteDisposition,
};
use crate::config::tree::Node;
use crate::config::typed::{Disposition, Incremental};
use crate::model::Redactor;

/// One resource, as far as its own keys and the client's tell.
pub(super) struct Parts {
    pub name: String,
    pub at: Place,
    pub url: url::Url,
    pub params: Vec<(String, String)>,
    pub secret_params: Vec<String>,
    pub method: Method,
    pub auth: Option<Auth>,
    pub response_actions: Vec<ResponseAction>,
    pub parent: Option<String>,
    pub include_from_parent: Vec<String>,
    pub incremental: Option<Incremental>,
    pub steps: Vec<Step>,
    pub selected: bool,
    pub primary_key: Vec<String>,
    pub disposition: Disposition,
    pub data_selector: Option<String>,
    pub paginator: Paginator,
}

/// What a resource takes from its surroundings.
pub(super) struct Around<'a> {
    /// `source.resources[3]`.
    pub path: String,
    pub client: Option<&'a Node>,
    pub paginator: Option<&'a Paginator>,
    pub auth: Option<&'a Auth>,
    pub redactor: &'a Redactor,
}

/// `None` if something about the resource is wrong.
pub(super) fn resource(mut merged: Node, around: &Around<'_>, report: &mut Report) -> Option<Parts> {
    let at = merged.entry("name").map_or(merged.at, |entry| entry.node.at);
    let path = path(&merged, around, report);
    let params = merged.get_mut("endpoint").and_then(|endpoint| endpoint.get_mut("params"));
    let secret_params = params.map(|params| read_params(params, around, report)).unwrap_or_default();
    let url = path.and_then(|path| url(&path, around, report));
    check_paginator(&merged, at, around, report);
    empty_keys(&merged, &around.path, report);

    let incremental = incremental(&merged, &around.path, report);
    let written: Written = read(&merged)?;
    if written.primary_key.is_none() && incremental.is_none() {
        note_append(&written, at, report);
    }
    let disposition = disposition(&written);
    if let Some(cursor) = &incremental {
        beside_disposition(cursor, disposition, (&around.path, at), report);
    }
    let primary_key = written.primary_key.map(Keys::into_vec).unwrap_or_default();
    let endpoint = written.endpoint.unwrap_or_default();
    Some(Parts {
        at,
        url: url?,
        params: endpoint.params.map(|params| repeated(params.0)).unwrap_or_default(),
        secret_params,
        method: endpoint.method,
        auth: endpoint.auth.unwrap_or_else(|| around.auth.cloned()),
        response_actions: endpoint.response_actions.unwrap_or_default(),
        parent: None,
        include_from_parent: written.include_from_parent.unwrap_or_default(),
        incremental,
        steps: written.processing_steps.unwrap_or_default(),
        selected: written.selected.unwrap_or(true),
        disposition,
        primary_key,
        data_selector: endpoint.data_selector,
        paginator: endpoint.paginator.or_else(|| around.paginator.cloned())?,
        name: written.name,
    })
}

/// Not given: `merge` where there is a key. `merge` without a key is `append`, as in dlt.
fn disposition(written: &Written) -> Disposition {
    let word = match &written.write_disposition {
        None => DispositionWord::Merge,
        Some(WriteDisposition::Word(word)) => *word,
        Some(WriteDisposition::Full(full)) => full.disposition,
    };
    match word {
        DispositionWord::Merge if written.primary_key.is_some() => Disposition::Merge,
        DispositionWord::Merge | DispositionWord::Append => Disposition::Append,
        DispositionWord::Replace => Disposition::Replace,
        DispositionWord::Skip => Disposition::Skip,
    }
}

/// The path of the endpoint, or the name; doubled braces in it are taken apart.
fn path(merged: &Node, around: &Around<'_>, report: &mut Report) -> Option<Node> {
    let endpoint = merged.get("endpoint");
    if endpoint.is_some_and(Node::is_wrong) {
        return None;
    }
    let given = endpoint.and_then(|endpoint| endpoint.given("path"));
    let where_ = match given {
        Some(_) => format!("{}.endpoint.path", around.path),
        None => format!("{}: the name is the path here", around.path),
    };
    let mut node = given.or_else(|| merged.get("name"))?.clone();
    learn_path(&node, around.redactor);
    braces::unescape(&mut node, &where_, report);
    (!node.is_wrong()).then_some(node)
}

fn url(path: &Node, around: &Around<'_>, report: &mut Report) -> Option<url::Url> {
    let base = around.client?.get("base_url")?.text()?;
    let url = url::Url::parse(&join_url(base, path.text()?)).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if url.is_none() {
        report.mistake(path.at, format!("{}: \"base_url\" and the path together are no URL", around.path));
    }
    url
}

/// Takes the braces apart; gives the names of those parameters whose values came out of `${…}`.
fn read_params(params: &mut Node, around: &Around<'_>, report: &mut Report) -> Vec<String> {
    let mut secret = Vec::new();
    for entry in params.entries_mut() {
        let is_secret = entry.node.is_interpolated() || entry.node.items().iter().any(Node::is_interpolated);
        if is_secret {
            secret.push(entry.key.clone());
            learn_expanded(&entry.node, around.redactor);
            entry.node.items().iter().for_each(|item| learn_expanded(item, around.redactor));
        }
        let where_ = format!("{}.endpoint.params.{}", around.path, entry.key);
        braces::unescape(&mut entry.node, &where_, report);
    }
    secret
}

fn repeated(params: Vec<(String, Option<ParamValue>)>) -> Vec<(String, String)> {
    let values = |(name, value): (String, Option<ParamValue>)| {
        let values = value.map(ParamValue::into_vec).unwrap_or_default();
        values.into_iter().map(move |value| (name.clone(), value))
    };
    params.into_iter().flat_map(values).collect()
}

/// The endpoint's, the defaults' (merged by now) or the client's.
fn check_paginator(merged: &Node, at: Place, around: &Around<'_>, report: &mut Report) {
    let of_client = around.client.and_then(|client| client.given("paginator"));
    let endpoint = merged.get("endpoint");
    if endpoint.is_some_and(Node::is_wrong) {
        return;
    }
    let Some(node) = endpoint.and_then(|endpoint| endpoint.given("paginator")).or(of_client) else {
        report.mistake(
            at,
            format!("{}: no \"paginator\" for this resource; dlt would detect one, which is not supported yet: write single_page, or {{type: offset, limit: 100}}, here, in \"resource_defaults\" or in \"client\"", around.path),
        );
        return;
    };
    paginator::offset(node, report);
}

fn empty_keys(merged: &Node, path: &str, report: &mut Report) {
    let Some(keys) = merged.get("primary_key") else { return };
    for node in std::iter::once(keys).chain(keys.items()) {
        if node.text() == Some("") {
            report.mistake(node.at, format!("{path}.primary_key: is empty"));
        }
    }
    if merged.get("name").is_some_and(|name| name.text() == Some("")) {
        report.mistake(merged.at, format!("{path}.name: is empty"));
    }
}

/// `merge` where there is a key, `append` where there is none (dlt: always `append` unless said otherwise).
fn note_append(written: &Written, at: Place, report: &mut Report) {
    let why = match written.write_disposition {
        Some(_) => "\"merge\" without a \"primary_key\" is append",
        None => "without a \"primary_key\" its write disposition is append",
    };
    let name = quoted(&written.name);
    report.note(
        at,
        format!("the resource {name}: {why}, and without a cursor every scan publishes every record; name its \"primary_key\", or an \"incremental\" cursor"),
    );
}
