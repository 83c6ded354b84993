//! dlt's merging of `resource_defaults` into a resource, on the tree, so that every value keeps its place.

use super::tree::{Entry, Node, Value};

/// A resource with its short forms written out and the defaults filled in. What is wrong stays marked as wrong.
///
/// The keys of the resource replace those of the defaults, whole; only `endpoint`, and in it `params` and `json`, are
/// merged key by key, and `columns` hint by hint. A null in the resource switches a default off.
pub(crate) fn with_defaults(resource: &Node, defaults: Option<&Node>) -> Node {
    let own = written_out(resource);
    let Some(defaults) = defaults else { return own };
    let mut merged = Node::new(own.at, Value::Map(defaults.entries().to_vec()));
    let default_endpoint = defaults.given("endpoint");
    if let Some(endpoint) = merged.get_mut("endpoint") {
        *endpoint = without_path(endpoint);
    }
    for entry in own.entries() {
        let node = match (entry.key.as_str(), default_endpoint) {
            ("endpoint", Some(default)) => endpoint(&entry.node, &without_path(default)),
            ("columns", _) => columns(&entry.node, defaults.given("columns")),
            _ => entry.node.clone(),
        };
        merged.set(Entry { node, ..entry.clone() });
    }
    merged
}

/// The entries of `over` in those of `base`, key by key.
pub(crate) fn overlay(base: Option<&Node>, over: Option<&Node>) -> Node {
    let mut merged = base.cloned().unwrap_or_else(|| Node::new(super::Place::START, Value::Map(Vec::new())));
    for entry in over.map(Node::entries).unwrap_or_default() {
        merged.set(entry.clone());
    }
    merged
}

fn written_out(resource: &Node) -> Node {
    let mut full = if resource.text().is_some() { mapping("name", resource) } else { resource.clone() };
    if let Some(endpoint) = full.get_mut("endpoint")
        && endpoint.text().is_some()
    {
        *endpoint = mapping("path", endpoint);
    }
    full
}

fn mapping(key: &str, value: &Node) -> Node {
    let entry = Entry { key: key.to_owned(), at: value.at, node: value.clone() };
    Node::new(value.at, Value::Map(vec![entry]))
}

/// dlt accepts a path in the defaults and never uses it: every resource has one of its own by then.
fn without_path(endpoint: &Node) -> Node {
    let kept = endpoint.entries().iter().filter(|entry| entry.key != "path").cloned().collect();
    if matches!(endpoint.value, Value::Map(_)) {
        Node::new(endpoint.at, Value::Map(kept))
    } else {
        endpoint.clone()
    }
}

fn endpoint(own: &Node, default: &Node) -> Node {
    match own.value {
        Value::Null => default.clone(),
        Value::Map(_) => {
            let mut merged = overlay(Some(default), Some(own));
            merged.at = own.at;
            for key in ["params", "json"] {
                if let (Some(own), Some(default)) = (own.given(key), default.given(key))
                    && let Some(block) = merged.get_mut(key)
                    && matches!(own.value, Value::Map(_))
                {
                    *block = Node { at: own.at, ..overlay(Some(default), Some(own)) };
                }
            }
            merged
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Seq(_) | Value::Wrong => own.clone(),
    }
}

/// Each column's hints on top of those of the default; a list of columns is the same as a mapping by their names.
fn columns(own: &Node, default: Option<&Node>) -> Node {
    let (Some(default), Value::Map(_) | Value::Seq(_)) = (default, &own.value) else { return own.clone() };
    let own = by_name(own);
    let mut merged = by_name(default);
    merged.at = own.at;
    for entry in own.entries() {
        let node = overlay(merged.get(&entry.key), Some(&entry.node));
        merged.set(Entry { node: Node { at: entry.node.at, ..node }, ..entry.clone() });
    }
    merged
}

fn by_name(columns: &Node) -> Node {
    let Value::Seq(items) = &columns.value else { return columns.clone() };
    let named = items.iter().filter_map(|item| {
        let name = item.get("name")?;
        Some(Entry { key: name.text()?.to_owned(), at: name.at, node: item.clone() })
    });
    Node::new(columns.at, Value::Map(named.collect()))
}
