//! Numbers and texts against one form, and scalars turned into the kind that the schema wants.

use serde_json::Value as Json;

use super::choose::{Form, takes};
use super::formats;
use super::walk::Spot;
use crate::config::report::{Report, quoted};
use crate::config::secret::SECRET;
use crate::config::tree::{Node, Value, float, integer};
use crate::config::units::BY_TEXT;

/// A scalar where text of any kind is taken becomes text; one that came out of `${…}` becomes the number or boolean
/// that it spells where only such is taken.
pub(super) fn coerce(node: &mut Node, forms: &[Form<'_>]) {
    let by_text = forms.iter().any(|form| form.schema.get(BY_TEXT).is_some());
    let text = match &node.value {
        Value::Bool(value) if by_text => value.to_string(),
        Value::Number(text) if by_text => text.clone(),
        Value::String(text) if node.is_interpolated() => {
            let takes_it = |value: &Value| forms.iter().any(|form| takes(form.schema, value));
            let candidates = [
                integer(text).map(|_| Value::Number(text.clone())),
                float(text).map(|_| Value::Number(text.clone())),
                text.parse().ok().map(Value::Bool),
            ];
            if takes_it(&node.value) {
                return;
            }
            if let Some(value) = candidates.into_iter().flatten().find(takes_it) {
                node.value = value;
            }
            return;
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Seq(_)
        | Value::Map(_)
        | Value::Wrong => {
            return;
        }
    };
    node.value = Value::String(text);
}

pub(super) fn number(node: &Node, schema: &Json, spot: &Spot<'_>, report: &mut Report) {
    let Value::Number(text) = &node.value else { return };
    let bound = |keyword: &str| schema.get(keyword).and_then(Json::as_f64);
    let Some(number) = float(text) else {
        report.mistake(node.at, spot.say("must be a finite number"));
        return;
    };
    if let Some(min) = bound("minimum").filter(|min| number < *min) {
        report.mistake(node.at, spot.say(&format!("must be at least {min}")));
    }
    let max = bound("maximum").or_else(|| largest(schema)).filter(|max| number > *max);
    if let Some(max) = max {
        report.mistake(node.at, spot.say(&format!("must be at most {max}")));
    }
}

/// The largest number of the Rust type behind a whole number (schemars names it as the format).
fn largest(schema: &Json) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "no configured number comes near")]
    match schema.get("format").and_then(Json::as_str)? {
        "uint32" => Some(f64::from(u32::MAX)),
        "uint64" => Some(i64::MAX as f64),
        _ => None,
    }
}

pub(super) fn text(node: &Node, schema: &Json, spot: &Spot<'_>, report: &mut Report) {
    let (Some(text), Some(format)) = (node.text(), schema.get("format").and_then(Json::as_str)) else {
        return;
    };
    let Some(fault) = formats::fault(format, text) else { return };
    let wanted = formats::describe(format).unwrap_or_default();
    let quiet = node.is_interpolated() || schema.get(SECRET).is_some() || !formats::may_be_shown(format);
    let message = match (quiet, fault.as_str()) {
        (true, _) => format!("must be {wanted}"),
        (false, "") => format!("{} is wrong: must be {wanted}", quoted(text)),
        (false, fault) => format!("not {wanted}: {fault}"),
    };
    report.mistake(node.at, spot.say(&message));
}
