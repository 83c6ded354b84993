//! The keys of a mapping against one form: unknown ones, missing ones, and the values of the others.

use serde_json::{Map, Value as Json};

use super::choose;
use super::walk::{Spot, Walk};
use crate::config::later::{key_refusal, keys_of};
use crate::config::report::{below, quoted};
use crate::config::suggest::{allowed, closest, misspelt};
use crate::config::tree::{Entry, Node, Value};

pub(super) fn entries<'s, 'w: 's>(walk: &mut Walk<'w>, node: &mut Node, schema: &'s Json, spot: &Spot<'s>) {
    let none = Map::new();
    let properties = schema.get("properties").and_then(Json::as_object);
    let others = schema.get("additionalProperties").filter(|others| others.is_object());
    for entry in node.entries_mut() {
        let inner = Spot { path: below(&spot.path, &entry.key), owner: entry.at, blocks: context(spot) };
        if let Some(schema) = properties.and_then(|properties| properties.get(&entry.key)).or(others) {
            walk.node(&mut entry.node, schema, &inner);
        } else {
            let text = unknown_key(walk.schema, entry, properties.unwrap_or(&none), spot);
            walk.report.mistake(entry.at, spot.say(&text));
            entry.node.value = Value::Wrong;
        }
    }
    for key in schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str)
    {
        if node.entry(key).is_none() {
            let text = format!("the key {} is missing", quoted(key));
            walk.report.mistake(spot.owner, spot.say(&text));
        }
    }
}

/// Values inside `kafka` have no definitions of their own, but belong to it.
fn context<'s>(spot: &Spot<'s>) -> Vec<&'s str> {
    spot.blocks.iter().copied().filter(|block| *block == "kafka").collect()
}

fn unknown_key(root: &Json, entry: &Entry, properties: &Map<String, Json>, spot: &Spot<'_>) -> String {
    let key = entry.key.as_str();
    if let Some(refusal) = key_refusal(&spot.blocks, key) {
        return refusal;
    }
    let keys: Vec<&str> = properties.keys().map(String::as_str).collect();
    let shown = quoted(key);
    if let Some(home) = home(root, key, properties) {
        return format!("unknown key {shown}; it belongs under {}{}", quoted(home), allowed(&keys));
    }
    if let Some(meant) = closest(key, keys.iter().copied()) {
        return format!("unknown key {shown}; did you mean {}?{}", quoted(meant), allowed(&keys));
    }
    if let Some(meant) = misspelt(key, keys_of(&spot.blocks)) {
        return format!(
            "unknown key {shown}; if {} is meant: it is not supported yet{}",
            quoted(meant),
            allowed(&keys)
        );
    }
    format!("unknown key {shown}{}", allowed(&keys))
}

/// The neighbouring block that has this very key.
fn home<'p>(root: &Json, key: &str, properties: &'p Map<String, Json>) -> Option<&'p str> {
    let has = |schema: &Json| {
        let mut forms = Vec::new();
        choose::collect(root, schema, &[], &mut forms);
        forms.iter().any(|form| {
            let reads_it = form.schema.get("properties").is_some_and(|keys| keys.get(key).is_some());
            reads_it || keys_of(&form.blocks).contains(&key)
        })
    };
    // `type` and `name` are in too many blocks to say anything.
    let telling = !matches!(key, "type" | "name");
    properties.iter().find(|(_, schema)| telling && has(schema)).map(|(block, _)| block.as_str())
}
