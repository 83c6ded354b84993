//! Rules between the keys of the `offset` paginator.

use crate::config::report::Report;
use crate::config::tree::{Node, Value};

/// `at` in the messages is the paginator's own place, so that one of the client's is reported once.
pub(super) fn offset(paginator: &Node, report: &mut Report) {
    if paginator.get("type").and_then(Node::text) != Some("offset") {
        return;
    }
    place("offset", paginator, report);
    place("limit", paginator, report);
    same_param(paginator, report);
    let stops_at_empty =
        paginator.get("stop_after_empty_page").is_none_or(|node| !matches!(node.value, Value::Bool(false)));
    let total_is_off = paginator.get("total_path").is_some_and(|node| matches!(node.value, Value::Null));
    let has = |key| paginator.given(key).is_some();
    // A key that was not understood may be the one that ends it.
    let understood = paginator.entries().iter().all(|entry| !entry.node.is_wrong());
    if understood && !stops_at_empty && total_is_off && !has("maximum_offset") && !has("has_more_path") {
        report.mistake(
            paginator.at,
            "paginator: would never end: \"stop_after_empty_page\" is false, and there is no \"total_path\", \"maximum_offset\" or \"has_more_path\"",
        );
    }
}

/// Each of the two numbers goes into a parameter or into the body, one of them.
fn place(number: &str, paginator: &Node, report: &mut Report) {
    let (param, body) = (format!("{number}_param"), format!("{number}_body_path"));
    if let (Some(_), Some(second)) = (paginator.given(&param), paginator.given(&body)) {
        report.mistake(second.at, format!("paginator: \"{param}\" and \"{body}\" exclude each other"));
    }
    for key in [&param, &body] {
        let Some(node) = paginator.given(key) else { continue };
        let is_empty = |text: &str| text.is_empty() || (*key == body && text.split('.').any(str::is_empty));
        if node.text().is_some_and(is_empty) {
            report.mistake(node.at, format!("paginator.{key}: a name is missing"));
        }
    }
}

fn same_param(paginator: &Node, report: &mut Report) {
    let name = |number: &'static str| {
        if paginator.given(&format!("{number}_body_path")).is_some() {
            return None;
        }
        Some(paginator.given(&format!("{number}_param")).and_then(Node::text).unwrap_or(number).to_owned())
    };
    let (offset, limit) = (name("offset"), name("limit"));
    if offset.is_some() && offset == limit {
        report.mistake(paginator.at, "paginator: \"offset_param\" and \"limit_param\" are the same");
    }
}
