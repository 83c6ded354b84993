//! dlt's merging of `resource_defaults` into a resource, on the tree, so that every value keeps its place.

use super::tree::{Entry, Node, Value};

/// A resource with its short forms written out and the defaults filled in. What is wrong stays marked as wrong.
///
/// The keys of the resource replace those of the defaults, whole; only `endpoint`, and in it `params`, are merged key
/// by key. A null in the resource switches a default off.
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
            if let (Some(own), Some(default)) = (own.given("params"), default.given("params"))
                && let Some(params) = merged.get_mut("params")
                && matches!(own.value, Value::Map(_))
            {
                *params = overlay(Some(default), Some(own));
            }
            merged
        }
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Seq(_) | Value::Wrong => own.clone(),
    }
}
