//! Rules of `response_actions`.

use crate::config::report::{Report, quoted};
use crate::config::tree::{Node, Value};

/// A status may be written as text, which dlt accepts and never finds in an answer.
pub(super) fn response_actions(list: &Node, where_: &str, report: &mut Report) {
    for (index, action) in list.items().iter().enumerate() {
        let where_ = format!("{where_}[{index}]");
        if let Some(node) = action.get("status_code")
            && let Some(status) = status(node)
            && !(100..=599).contains(&status.unwrap_or_default())
        {
            let shown = node.text().map(|text| format!(", not {}", quoted(text))).unwrap_or_default();
            report.mistake(node.at, format!("{where_}.status_code: must be a number from 100 to 599{shown}"));
        }
        let has = |key| action.given(key).is_some();
        if matches!(action.value, Value::Map(_)) && !has("status_code") && !has("content") {
            report.note(
                action.at,
                format!(
                    "{where_}: has neither \"status_code\" nor \"content\": it fits no answer, as in dlt"
                ),
            );
        }
    }
}

/// `None`: not given.
fn status(node: &Node) -> Option<Option<u16>> {
    match &node.value {
        Value::Number(text) | Value::String(text) => Some(text.trim().parse().ok()),
        Value::Null | Value::Bool(_) | Value::Seq(_) | Value::Map(_) | Value::Wrong => None,
    }
}
