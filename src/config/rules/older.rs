//! dlt's older way to write a cursor, as one of `params`: brought into the form of `endpoint.incremental`.

use crate::config::report::Report;
use crate::config::tree::{Entry, Node, Value};

/// `params: {since: {type: incremental, …}}` is the block without its type, and `since` is its start parameter. As in dlt
/// there can be one, and it wins over a block that is written beside it.
pub(super) fn cursor_from_params(merged: &mut Node, path: &str, report: &mut Report) {
    let Some(endpoint) = merged.get_mut("endpoint") else { return };
    let params = endpoint.get("params").map(Node::entries).unwrap_or_default();
    let is_cursor = |entry: &&Entry| entry.node.get("type").and_then(Node::text) == Some("incremental");
    let mut found = params.iter().filter(is_cursor);
    let Some(first) = found.next().cloned() else { return };
    if let Some(second) = found.next() {
        let text =
            format!("{path}.endpoint.params: a second parameter of the type incremental; there can be one");
        report.mistake(second.at, text);
    }
    if let Some(block) =
        endpoint.entry("incremental").filter(|block| !matches!(block.node.value, Value::Null))
    {
        let key = &first.key;
        let text = format!(
            "{path}.endpoint.incremental: is not used, as in dlt: the parameter {key:?} is the cursor"
        );
        report.note(block.at, text);
    }
    if let Some(params) = endpoint.get_mut("params") {
        let value = Node::new(first.node.at, Value::String("{incremental.start_value}".to_owned()));
        params.set(Entry { node: value, ..first.clone() });
    }
    let mut entries: Vec<Entry> =
        first.node.entries().iter().filter(|entry| entry.key != "type").cloned().collect();
    let name = Node::new(first.at, Value::String(first.key));
    entries.push(Entry { key: "start_param".to_owned(), at: first.at, node: name });
    let node = Node::new(first.node.at, Value::Map(entries));
    endpoint.set(Entry { key: "incremental".to_owned(), at: first.at, node });
}
