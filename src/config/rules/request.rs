//! What a resource asks for: path, parameters, headers and body, as templates.

use super::templates::{Reference, Spot, Templates};
use crate::config::check::learn_path;
use crate::config::report::{Report, below};
use crate::config::tree::{Entry, Node, Value};
use crate::model::{RedactedUrl, Redactor, Secret};
use crate::template::{BodyTemplate, Cursor, Scope, Template, UrlTemplate};

/// The requests of one resource.
pub(super) struct Request {
    /// `None` if something about it is wrong.
    pub url: Option<UrlTemplate>,
    pub params: Vec<(Template, Template)>,
    /// The parameters whose values came out of `${…}`.
    pub secret_params: Vec<String>,
    pub headers: Vec<(Template, Option<Template>)>,
    pub body: BodyTemplate,
    /// Every parent that a placeholder names.
    pub references: Vec<Reference>,
}

/// Where the resource stands.
pub(super) struct Place<'a> {
    /// `source.resources[3]`.
    pub path: &'a str,
    pub base_url: Option<&'a str>,
    pub redactor: &'a Redactor,
}

/// One of `params`.
struct Param<'n> {
    entry: &'n Entry,
    name: Template,
    /// A list has several; null has none.
    values: Vec<Template>,
    form: Form,
    secret: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    List,
    /// `{type: resolve}`: for the path alone.
    Resolve,
}

/// A literal that is starred in the URL is to be starred in a quoted answer, too.
fn learn_literals(params: Option<&Node>, redactor: &Redactor) {
    for entry in
        params.map(Node::entries).unwrap_or_default().iter().filter(|entry| RedactedUrl::stars(&entry.key))
    {
        // A plain word (`key: monitors`) is no credential, and would be starred wherever it stands.
        let is_one = |text: &&str| {
            text.len() >= 8 && text.contains(|c: char| c.is_ascii_digit()) && !text.contains('{')
        };
        if let Some(text) = entry.node.text().filter(is_one) {
            redactor.add(&Secret::new(text));
        }
    }
}

/// `merged`: the resource with its defaults, written out.
pub(super) fn request(merged: &Node, place: &Place<'_>, report: &mut Report) -> Request {
    let endpoint = merged.get("endpoint");
    let redactor = place.redactor;
    let where_ = format!("{}.endpoint", place.path);
    let block = |key| endpoint.and_then(|endpoint| endpoint.given(key));
    let incremental = block("incremental");
    let cursor = incremental.map(cursor);
    let mut read = Templates { cursor, incremental, redactor, report, references: Vec::new() };

    learn_literals(block("params"), redactor);
    let mut params = block("params").map(|params| params_of(params, &where_, &mut read)).unwrap_or_default();
    let url = url(merged, place, &mut params, &mut read);
    let secret = params.iter().filter(|param| param.secret).map(|param| param.entry.key.clone());
    let secret_params = secret.collect();
    let params = sent(params, incremental);
    let headers = block("headers").map(|headers| headers_of(headers, &where_, &mut read)).unwrap_or_default();
    let body = body(endpoint, &where_, &mut read);
    let mut references = read.references;
    references.sort_by_key(|reference| reference.at);
    Request { url, params, secret_params, headers, body, references }
}

fn cursor(block: &Node) -> Cursor {
    let text = |key| match &block.given(key)?.value {
        Value::String(text) | Value::Number(text) => Some(text.clone()),
        Value::Null | Value::Bool(_) | Value::Seq(_) | Value::Map(_) | Value::Wrong => None,
    };
    Cursor { cursor_path: text("cursor_path").unwrap_or_default(), lag: text("lag") }
}

fn params_of<'n>(params: &'n Node, where_: &str, read: &mut Templates<'_>) -> Vec<Param<'n>> {
    let good = params.entries().iter().filter(|entry| !entry.node.is_wrong());
    good.map(|entry| param(entry, &below(&format!("{where_}.params"), &entry.key), read)).collect()
}

fn param<'n>(entry: &'n Entry, where_: &str, read: &mut Templates<'_>) -> Param<'n> {
    let name = read.key(entry, where_, Spot::Field);
    let secret = read.learn(&entry.node);
    let (values, form) = match &entry.node.value {
        Value::Seq(items) => {
            let values = items.iter().filter_map(|item| read.scalar(item, where_, Spot::Field));
            (values.collect(), Form::List)
        }
        Value::Map(_) if entry.node.get("type").and_then(Node::text) == Some("resolve") => {
            (resolved(&entry.node, where_, read).into_iter().collect(), Form::Resolve)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Map(_) | Value::Wrong => {
            (read.scalar(&entry.node, where_, Spot::Field).into_iter().collect(), Form::Plain)
        }
    };
    Param { entry, name, values, form, secret }
}

/// `{type: resolve, resource: posts, field: id}` is another way to write `{resources.posts.id}`.
fn resolved(node: &Node, where_: &str, read: &mut Templates<'_>) -> Option<Template> {
    let (resource, field) = (node.get("resource")?.text()?, node.get("field")?.text()?);
    let text = format!("{{resources.{resource}.{field}}}");
    Some(read.text(&Node::new(node.at, Value::String(text)), where_, Spot::Field))
}

/// The path with the parameters that it names; those are not sent in the query.
fn url(
    merged: &Node,
    place: &Place<'_>,
    params: &mut Vec<Param<'_>>,
    read: &mut Templates<'_>,
) -> Option<UrlTemplate> {
    let endpoint = merged.get("endpoint");
    if endpoint.is_some_and(Node::is_wrong) {
        return None;
    }
    let given = endpoint.and_then(|endpoint| endpoint.given("path"));
    let where_ = match given {
        Some(_) => format!("{}.endpoint.path", place.path),
        None => format!("{}: the name is the path here", place.path),
    };
    let node = given.or_else(|| merged.get("name")).filter(|node| !node.is_wrong())?;
    learn_path(node, read.redactor);
    let names = Template::names(node.text().unwrap_or_default(), &node.expanded);
    let bound = bind(params, &names, &where_, read);
    let before = read.report.count();
    let path = read.text(node, &where_, Spot::Path(&bound));
    let url = place.base_url.and_then(|base| UrlTemplate::new(base, path));
    if url.is_none() && place.base_url.is_some() && read.report.count() == before {
        let text = format!("{}: \"base_url\" and the path together are no URL", place.path);
        read.report.mistake(node.at, text);
    }
    url
}

/// Takes the parameters that the path names out of the list.
fn bind(
    params: &mut Vec<Param<'_>>,
    names: &[String],
    where_: &str,
    read: &mut Templates<'_>,
) -> Vec<(String, Template)> {
    let mut bound = Vec::new();
    params.retain(|param| {
        let key = &param.entry.key;
        let is_named = names.contains(key);
        let fault = match (is_named, param.form, param.values.as_slice()) {
            (true, Form::Plain | Form::Resolve, [value]) => {
                bound.push((key.clone(), value.clone()));
                return false;
            }
            (true, Form::Plain, []) => "is null, and the path needs it",
            (true, Form::List, _) => "is a list, which cannot stand in the path",
            (false, Form::Resolve, _) => {
                "of the type resolve has to stand in the path; elsewhere write {resources.<parent>.<field>} in place of it"
            }
            _ => {
                // Not named, but perhaps meant.
                bound.push((key.clone(), Template::default()));
                return true;
            }
        };
        // The path would only say again that it lacks this.
        bound.push((key.clone(), Template::default()));
        read.report.mistake(param.entry.at, format!("{where_}: the parameter \"{key}\" {fault}"));
        false
    });
    bound
}

/// Names and values in the order in which they are sent. The values of a cursor take the place of parameters of their name.
fn sent(params: Vec<Param<'_>>, cursor: Option<&Node>) -> Vec<(Template, Template)> {
    let mut sent: Vec<(Template, Template)> = Vec::new();
    for param in params {
        sent.extend(param.values.into_iter().map(|value| (param.name.clone(), value)));
    }
    let known = Cursor::default();
    let scope = Scope { cursor: Some(&known), ..Scope::default() };
    for (key, value) in
        [("start_param", "{incremental.start_value}"), ("end_param", "{incremental.end_value}")]
    {
        let name = cursor.and_then(|cursor| cursor.given(key)).and_then(Node::text);
        let (Some(name), Ok(value)) = (name, Template::parse(value, &scope)) else { continue };
        let is_it = |(present, _): &(Template, Template)| present.as_literal().as_deref() == Some(name);
        match sent.iter_mut().find(|pair| is_it(pair)) {
            Some(pair) => pair.1 = value,
            None => sent.push((Template::open(name), value)),
        }
    }
    sent
}

fn headers_of(headers: &Node, where_: &str, read: &mut Templates<'_>) -> Vec<(Template, Option<Template>)> {
    let good = headers.entries().iter().filter(|entry| !entry.node.is_wrong());
    good.map(|entry| {
        let where_ = below(&format!("{where_}.headers"), &entry.key);
        (read.key(entry, &where_, Spot::Header), read.scalar(&entry.node, &where_, Spot::Header))
    })
    .collect()
}

fn body(endpoint: Option<&Node>, where_: &str, read: &mut Templates<'_>) -> BodyTemplate {
    let block = |key| endpoint.and_then(|endpoint| endpoint.given(key)).filter(|node| !node.is_wrong());
    let (json, data) = (block("json"), block("data"));
    let is_empty = |node: &Node| match &node.value {
        Value::String(text) => text.is_empty(),
        Value::Seq(_) | Value::Map(_) => node.items().is_empty() && node.entries().is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Wrong => false,
    };
    match (json, data.filter(|data| !is_empty(data))) {
        (Some(json), Some(data)) if !is_empty(json) => {
            read.report.mistake(data.at, format!("{where_}: \"json\" and \"data\" exclude each other"));
            BodyTemplate::None
        }
        (_, Some(data)) => {
            body_path_beside_data(endpoint, where_, read);
            data_of(data, &format!("{where_}.data"), read)
        }
        (Some(json), None) if matches!(json.value, Value::Map(_)) => {
            BodyTemplate::Json(read.json(json, &format!("{where_}.json")))
        }
        (Some(json), None) => {
            read.report.mistake(json.at, format!("{where_}.json: must be a mapping"));
            BodyTemplate::None
        }
        (None, None) => BodyTemplate::None,
    }
}

fn body_path_beside_data(endpoint: Option<&Node>, where_: &str, read: &mut Templates<'_>) {
    let paginator = endpoint.and_then(|endpoint| endpoint.given("paginator"));
    let entries = paginator.map(Node::entries).unwrap_or_default();
    let writes =
        |entry: &&Entry| entry.key.ends_with("_body_path") && !matches!(entry.node.value, Value::Null);
    if let Some(entry) = entries.iter().find(writes) {
        let key = &entry.key;
        let text = format!("{where_}.paginator.{key}: writes into a JSON body, and \"data\" is none");
        read.report.mistake(entry.at, text);
    }
}

/// A mapping or a list of pairs is a form, a text is sent as it is.
fn data_of(data: &Node, where_: &str, read: &mut Templates<'_>) -> BodyTemplate {
    match &data.value {
        Value::String(_) => BodyTemplate::Text(read.text(data, where_, Spot::Json)),
        Value::Map(entries) => {
            let mut fields = Vec::new();
            for entry in entries {
                let where_ = below(where_, &entry.key);
                let name = read.key(entry, &where_, Spot::Field);
                fields.extend(field(&name, &entry.node, &where_, read));
            }
            BodyTemplate::Form(fields)
        }
        Value::Seq(items) => {
            let mut fields = Vec::new();
            for (index, item) in items.iter().enumerate() {
                let where_ = format!("{where_}[{index}]");
                let [name, value] = item.items() else {
                    read.report.mistake(item.at, format!("{where_}: must be a pair, like [name, value]"));
                    continue;
                };
                let name = read.scalar(name, &where_, Spot::Field).unwrap_or_default();
                fields.extend(field(&name, value, &where_, read));
            }
            BodyTemplate::Form(fields)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Wrong => {
            let text = format!("{where_}: must be a mapping or a list of pairs (a form), or a text");
            read.report.mistake(data.at, text);
            BodyTemplate::None
        }
    }
}

/// A list repeats the field, null leaves it out.
fn field(name: &Template, node: &Node, where_: &str, read: &mut Templates<'_>) -> Vec<(Template, Template)> {
    let values =
        if let Value::Seq(items) = &node.value { items.as_slice() } else { std::slice::from_ref(node) };
    let values = values.iter().filter_map(|value| read.scalar(value, where_, Spot::Field));
    values.map(|value| (name.clone(), value)).collect()
}
