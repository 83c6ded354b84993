//! Rules of one resource, its defaults merged in, and its typed form.

use super::actions::response_actions;
use super::incremental::{beside_disposition, incremental};
use super::older::cursor_from_params;
use super::request::{self, Request, request};
use super::single_entity::is_single_entity;
use super::templates::Reference;
use super::{hints, paginator};
use crate::config::Place;
use crate::config::read::read;
use crate::config::report::Report;
use crate::config::source::{
    Auth, ColumnHint, HardDelete, KeyPart, Method, Paginator, Resource as Written, ResponseAction, Step,
};
use crate::config::tree::Node;
use crate::config::typed::{Disposition, Incremental};
use crate::model::Redactor;
use crate::template::{BodyTemplate, Template, UrlTemplate};

/// One resource, as far as its own keys and the client's tell.
pub(super) struct Parts {
    pub name: String,
    pub at: Place,
    pub url: UrlTemplate,
    pub params: Vec<(Template, Template)>,
    pub secret_params: Vec<String>,
    pub headers: Vec<(Template, Option<Template>)>,
    pub body: BodyTemplate,
    pub method: Method,
    pub auth: Option<Auth>,
    pub response_actions: Vec<ResponseAction>,
    pub include_from_parent: Vec<String>,
    pub incremental: Option<Incremental>,
    pub steps: Vec<Step>,
    pub selected: bool,
    pub primary_key: Vec<KeyPart>,
    pub hard_delete: Option<HardDelete>,
    pub columns: Vec<ColumnHint>,
    pub disposition: Disposition,
    pub data_selector: Option<String>,
    pub single_entity: bool,
    pub paginator: Paginator,
}

/// What a resource takes from its surroundings.
pub(super) struct Around<'a> {
    /// `source.resources[3]`.
    pub path: String,
    pub client: Option<&'a Node>,
    pub paginator: Option<&'a Paginator>,
    pub auth: Option<&'a Auth>,
    /// Its values have a schema.
    pub schema: bool,
    pub redactor: &'a Redactor,
}

/// One resource, and what it depends on, which is known even where something about it is wrong.
pub(super) struct Judged {
    pub parts: Option<Parts>,
    pub references: Vec<Reference>,
    /// Where `include_from_parent` stands, if it names anything.
    pub includes: Option<Place>,
}

pub(super) fn resource(mut merged: Node, around: &Around<'_>, report: &mut Report) -> Judged {
    cursor_from_params(&mut merged, &around.path, report);
    let base_url = around.client.and_then(|client| client.get("base_url")).and_then(Node::text);
    let place = request::Place { path: &around.path, base_url, redactor: around.redactor };
    let mut request = request(&merged, &place, report);
    check_paginator(&merged, around, report);
    empty_keys(&merged, &around.path, report);
    if let Some(actions) = merged.get("endpoint").and_then(|endpoint| endpoint.get("response_actions")) {
        response_actions(actions, &format!("{}.endpoint.response_actions", around.path), report);
    }
    hints::note_hints(&merged, around.schema, report);
    hints::one_hard_delete(&merged, &around.path, report);
    hints::digits(&merged, &around.path, report);
    let includes = merged.entry("include_from_parent").filter(|entry| !entry.node.items().is_empty());
    Judged {
        includes: includes.map(|entry| entry.at),
        references: std::mem::take(&mut request.references),
        parts: parts(&merged, request, around, report),
    }
}

/// `None` if something about the resource is wrong.
fn parts(merged: &Node, request: Request, around: &Around<'_>, report: &mut Report) -> Option<Parts> {
    let at = merged.entry("name").map_or(merged.at, |entry| entry.node.at);
    let incremental = incremental(merged, &around.path, report);
    let mut written: Written = read(merged)?;
    let (primary_key, hard_delete, columns) = hints::of_columns(&mut written);
    hints::note_append(&written, (primary_key.is_empty(), incremental.is_some()), at, report);
    let disposition = hints::disposition(written.write_disposition, !primary_key.is_empty());
    if let Some(cursor) = &incremental {
        beside_disposition(cursor, (disposition, !primary_key.is_empty()), (&around.path, at), report);
    }
    if let Some(column) = hard_delete.as_ref().filter(|_| disposition == Disposition::Append) {
        hints::note_hard_delete(column, &written.name, at, report);
    }
    let endpoint = written.endpoint.unwrap_or_default();
    let single_entity = is_single_entity(merged);
    Some(Parts {
        at,
        url: request.url?,
        params: request.params,
        secret_params: request.secret_params,
        headers: request.headers,
        body: request.body,
        method: endpoint.method,
        auth: endpoint.auth.unwrap_or_else(|| around.auth.cloned()),
        response_actions: endpoint.response_actions.unwrap_or_default(),
        include_from_parent: written.include_from_parent.unwrap_or_default(),
        incremental,
        steps: written.processing_steps.unwrap_or_default(),
        selected: written.selected.unwrap_or(true),
        disposition,
        primary_key,
        hard_delete,
        columns,
        single_entity: single_entity && endpoint.data_selector.is_none(),
        data_selector: endpoint.data_selector.or_else(|| single_entity.then(|| "$".to_owned())),
        paginator: paginator::chosen(endpoint.paginator, single_entity, around.paginator),
        name: written.name,
    })
}

/// The endpoint's or the defaults' (merged by now); the client's was looked at with the client.
fn check_paginator(merged: &Node, around: &Around<'_>, report: &mut Report) {
    let of_client = around.client.and_then(|client| client.given("paginator"));
    let own = merged.get("endpoint").and_then(|endpoint| endpoint.given("paginator"));
    if let Some(node) = own.or(of_client) {
        paginator::check(node, report);
    }
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
