//! Which of a schema's forms a value is meant to have.

use serde_json::Value as Json;

use super::formats;
use super::walk::Spot;
use crate::config::later::{bare_refusal, value_refusal};
use crate::config::report::{Report, quoted};
use crate::config::suggest::{allowed, did_you_mean, either};
use crate::config::tree::{Node, Value, integer};
use crate::config::units::BY_TEXT;

/// One form that a value may have: no choice and no reference left in it.
#[derive(Clone)]
pub(super) struct Form<'s> {
    pub schema: &'s Json,
    /// The names of the definitions that led here, outermost first.
    pub blocks: Vec<&'s str>,
}

/// All forms of `schema`, through `$ref`, `anyOf` and `oneOf`.
pub(super) fn collect<'s>(root: &'s Json, schema: &'s Json, blocks: &[&'s str], forms: &mut Vec<Form<'s>>) {
    if let Some(reference) = schema.get("$ref").and_then(Json::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        if let Some(definition) = reference.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) {
            let mut blocks = blocks.to_vec();
            blocks.push(name);
            collect(root, definition, &blocks, forms);
        }
        return;
    }
    let choices = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Json::as_array);
    match choices {
        Some(choices) => choices.iter().for_each(|choice| collect(root, choice, blocks, forms)),
        None => forms.push(Form { schema, blocks: blocks.to_vec() }),
    }
}

/// The form for this value; `None` after a mistake has been reported.
pub(super) fn form<'s>(
    node: &Node,
    forms: &[Form<'s>],
    spot: &Spot<'_>,
    report: &mut Report,
) -> Option<Form<'s>> {
    let fitting: Vec<&Form<'s>> = forms.iter().filter(|form| takes(form.schema, &node.value)).collect();
    match (&node.value, fitting.as_slice()) {
        (_, []) => {
            report.mistake(node.at, spot.say(&wrong_kind(node, forms)));
            None
        }
        (Value::String(_), several) => {
            let free = several.iter().find(|form| words(form.schema).is_none());
            free.map_or_else(|| one_of_the_words(several, node, spot, report), |form| Some((*form).clone()))
        }
        (Value::Map(_), [_, _, ..]) => by_type(node, &fitting, spot, report),
        (_, [first, ..]) => Some((*first).clone()),
    }
}

/// The words that a text must be one of; `None` if it is free text.
fn words(schema: &Json) -> Option<Vec<&str>> {
    if schema.get(BY_TEXT).is_some() {
        return None;
    }
    if let Some(word) = schema.get("const").and_then(Json::as_str) {
        return Some(vec![word]);
    }
    schema.get("enum").and_then(Json::as_array).map(|words| words.iter().filter_map(Json::as_str).collect())
}

fn one_of_the_words<'s>(
    forms: &[&Form<'s>],
    node: &Node,
    spot: &Spot<'_>,
    report: &mut Report,
) -> Option<Form<'s>> {
    let text = node.text().unwrap_or_default();
    let has = |form: &&&Form<'s>| words(form.schema).is_some_and(|words| words.contains(&text));
    if let Some(form) = forms.iter().find(has) {
        return Some((*form).clone());
    }
    let all: Vec<&str> = forms.iter().filter_map(|form| words(form.schema)).flatten().collect();
    let blocks = forms.first().map(|form| form.blocks.as_slice()).unwrap_or_default();
    report.mistake(node.at, spot.say(&unknown_word(node, text, &all, blocks)));
    None
}

fn unknown_word(node: &Node, text: &str, words: &[&str], blocks: &[&str]) -> String {
    if let Some(refusal) = value_refusal(blocks, text).or_else(|| bare_refusal(blocks, text)) {
        return refusal;
    }
    if node.is_interpolated() || blocks.contains(&"kafka") {
        return format!("must be {}", either(words));
    }
    format!("unknown word {}{}{}", quoted(text), did_you_mean(text, words), allowed(words))
}

/// Mappings differ by their `type`.
fn by_type<'s>(node: &Node, forms: &[&Form<'s>], spot: &Spot<'_>, report: &mut Report) -> Option<Form<'s>> {
    let types = types_of(forms);
    let Some(given) = node.get("type") else {
        return without_type(node, forms, spot, report);
    };
    if given.is_wrong() {
        return None;
    }
    if let Some(form) = given.text().and_then(|word| forms.iter().find(|form| type_of(form) == Some(word))) {
        return Some((*form).clone());
    }
    let blocks = forms.first().map(|form| form.blocks.as_slice()).unwrap_or_default();
    let fault = match given.text() {
        Some(word) => unknown_word(given, word, &types, blocks),
        None => format!("must be {}, not {}", either(&types), kind_of(&given.value)),
    };
    report.mistake(given.at, format!("{}.type: {fault}", spot.path));
    None
}

fn types_of<'s>(forms: &[&Form<'s>]) -> Vec<&'s str> {
    forms.iter().filter_map(|form| type_of(form)).collect()
}

fn type_of<'s>(form: &Form<'s>) -> Option<&'s str> {
    form.schema.pointer("/properties/type/const").and_then(Json::as_str)
}

/// dlt reads a mapping without `type` as a bearer token; other mappings need one.
fn without_type<'s>(
    node: &Node,
    forms: &[&Form<'s>],
    spot: &Spot<'_>,
    report: &mut Report,
) -> Option<Form<'s>> {
    let likeness = |form: &Form<'s>| {
        let properties = form.schema.get("properties").and_then(Json::as_object);
        node.entries().iter().filter(|entry| properties.is_some_and(|p| p.contains_key(&entry.key))).count()
    };
    let needs_type = |form: &Form<'s>| {
        form.schema
            .get("required")
            .and_then(Json::as_array)
            .is_some_and(|keys| keys.iter().any(|key| key == "type"))
    };
    let typeless = forms.iter().find(|form| !needs_type(form));
    let likest = forms.iter().rev().max_by_key(|form| likeness(form))?;
    match typeless {
        Some(form) if likeness(form) == likeness(likest) => Some((*form).clone()),
        _ => {
            report.mistake(
                spot.owner,
                spot.say(&format!("the key \"type\" is missing{}", allowed(&types_of(forms)))),
            );
            None
        }
    }
}

fn wrong_kind(node: &Node, forms: &[Form<'_>]) -> String {
    let blocks = forms.first().map(|form| form.blocks.as_slice()).unwrap_or_default();
    let refusal = match &node.value {
        Value::String(text) => bare_refusal(blocks, text).or_else(|| value_refusal(blocks, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Seq(_) | Value::Map(_) | Value::Wrong => {
            None
        }
    };
    if let Some(refusal) = refusal {
        return refusal;
    }
    let mut wanted: Vec<&str> = Vec::new();
    for form in forms {
        for kind in kinds(form.schema) {
            if !wanted.contains(&kind) && kind != "null" {
                wanted.push(kind);
            }
        }
    }
    let hint = hint(node, &wanted, blocks).unwrap_or_default();
    format!("must be {}, not {}{hint}", either(&wanted), kind_of(&node.value))
}

fn hint(node: &Node, wanted: &[&str], blocks: &[&str]) -> Option<&'static str> {
    match &node.value {
        Value::String(_) if blocks.contains(&"auth") => Some(", like {type: bearer, token: \"${env:NAME}\"}"),
        Value::String(text) if wanted.contains(&"a whole number") && integer(text).is_some() => {
            Some("; write it without quotation marks")
        }
        Value::String(text)
            if wanted.contains(&"true or false") && matches!(text.as_str(), "yes" | "no" | "on" | "off") =>
        {
            Some("; YAML 1.2 has only true and false")
        }
        Value::Number(_) | Value::Bool(_) if wanted.contains(&"text") => {
            Some("; put it into quotation marks")
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Seq(_)
        | Value::Map(_)
        | Value::Wrong => None,
    }
}

/// The kinds of value that a form takes, as a message names them.
fn kinds(schema: &Json) -> Vec<&'static str> {
    let described = schema.get("format").and_then(Json::as_str).and_then(formats::describe);
    types(schema)
        .into_iter()
        .filter_map(|name| match name {
            "string" => Some(described.unwrap_or("text")),
            "integer" => Some("a whole number"),
            "number" => Some("a number"),
            "boolean" => Some("true or false"),
            "array" => Some("a list"),
            "object" => Some("a mapping"),
            "null" => Some("null"),
            _ => None,
        })
        .collect()
}

fn types(schema: &Json) -> Vec<&str> {
    match schema.get("type") {
        Some(Json::String(name)) => vec![name],
        Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a form takes values of this kind.
pub(super) fn takes(schema: &Json, value: &Value) -> bool {
    let types = types(schema);
    let any = |names: &[&str]| types.iter().any(|name| names.contains(name));
    match value {
        Value::Null => any(&["null"]),
        Value::Bool(_) => any(&["boolean"]),
        Value::Number(text) => any(&["number"]) || (any(&["integer"]) && integer(text).is_some()),
        Value::String(_) => any(&["string"]),
        Value::Seq(_) => any(&["array"]),
        Value::Map(_) => any(&["object"]),
        Value::Wrong => true,
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(text) if integer(text).is_some() => "a number",
        Value::Number(_) => "a number with a fraction",
        Value::String(_) => "text",
        Value::Seq(_) => "a list",
        Value::Map(_) => "a mapping",
        Value::Wrong => "what it is",
    }
}
