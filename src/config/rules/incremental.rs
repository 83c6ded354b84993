//! Rules of `endpoint.incremental`, and its typed form.

use crate::config::read::read;
use crate::config::report::Report;
use crate::config::source::{Edge, Incremental as Written, Keys, LastValue};
use crate::config::tree::{Node, Place, Value, json_number};
use crate::config::typed::{Disposition, Incremental};
use crate::model::{CursorKind, CursorValue, Direction, Edge as ModelEdge, Edges, Json, Lag};

/// `merged`: a resource with its defaults. `None` without a cursor, and after a mistake has been reported.
pub(super) fn incremental(merged: &Node, path: &str, report: &mut Report) -> Option<Incremental> {
    let block = merged.get("endpoint")?.given("incremental").filter(|block| !block.is_wrong())?;
    let mut rules = Rules { block, path: format!("{path}.endpoint.incremental"), report };
    let (initial, end) = (rules.value("initial_value"), rules.value("end_value"));
    let lag = rules.lag();
    let written: Written = read(block)?;
    let edges = edges(&written);
    rules.range((initial.as_ref(), end.as_ref()), edges);
    rules.notes(&written, lag.as_ref());
    let no_keys = matches!(&written.primary_key, Some(Keys::Several(keys)) if keys.is_empty());
    Some(Incremental {
        cursor_path: written.cursor_path,
        initial,
        end,
        lag: lag.filter(|lag| lag.text() != "0"),
        edges,
        row_order: written.row_order,
        on_missing: written.on_cursor_value_missing,
        convert: written.convert,
        remembers_edge: !no_keys,
    })
}

/// What the cursor means together with what the resource does to its topic.
pub(super) fn beside_disposition(
    cursor: &Incremental,
    disposition: Disposition,
    (path, at): (&str, Place),
    report: &mut Report,
) {
    let says = match disposition {
        Disposition::Append if cursor.lag.is_some() => {
            "incremental.lag with append: every scan publishes the records of the lag window again, as in dlt; with a \"primary_key\" only changed ones are"
        }
        Disposition::Replace => {
            "incremental with replace: a scan that begins at a cursor value does not show everything, so it deletes nothing"
        }
        Disposition::Append | Disposition::Merge | Disposition::Skip => return,
    };
    report.note(at, format!("{path}.endpoint.{says}"));
}

fn edges(written: &Written) -> Edges {
    let edge = |edge: Edge| match edge {
        Edge::Open => ModelEdge::Open,
        Edge::Closed => ModelEdge::Closed,
    };
    Edges {
        direction: match written.last_value_func {
            LastValue::Max => Direction::Max,
            LastValue::Min => Direction::Min,
        },
        start: written.range_start.map_or(ModelEdge::Closed, edge),
        end: written.range_end.map_or(ModelEdge::Open, edge),
    }
}

struct Rules<'r> {
    block: &'r Node,
    path: String,
    report: &'r mut Report,
}

impl Rules<'_> {
    fn at(&self, key: &str) -> Place {
        self.block.get(key).map_or(self.block.at, |node| node.at)
    }

    fn mistake(&mut self, key: &str, what: &str) {
        self.report.mistake(self.at(key), format!("{}.{key}: {what}", self.path));
    }

    fn note(&mut self, key: &str, what: &str) {
        self.report.note(self.at(key), format!("{}.{key}: {what}", self.path));
    }

    fn value(&mut self, key: &str) -> Option<CursorValue> {
        let node = self.block.given(key).filter(|node| !node.is_wrong())?;
        let json = match &node.value {
            Value::String(text) => Some(serde_json::Value::from(text.as_str()).to_string()),
            Value::Number(text) => json_number(text),
            Value::Null | Value::Bool(_) | Value::Seq(_) | Value::Map(_) | Value::Wrong => None,
        };
        let value = json.and_then(|json| CursorValue::read(Json::trusted(&json)).ok());
        if value.is_none() {
            self.mistake(key, "must be a number, a text, a date or a date-time");
        }
        value
    }

    fn lag(&mut self) -> Option<Lag> {
        let Value::Number(text) = &self.block.given("lag")?.value else { return None };
        let lag = json_number(text).as_deref().and_then(Lag::new);
        if lag.is_none() {
            self.mistake(
                "lag",
                "must not be negative: a start value that is moved forward leaves records out",
            );
        }
        lag
    }

    /// `end_value` needs an initial value and stands beyond it.
    fn range(&mut self, (initial, end): (Option<&CursorValue>, Option<&CursorValue>), edges: Edges) {
        let Some(end) = end else { return };
        let Some(initial) = initial else {
            if self.block.given("initial_value").is_none() {
                self.mistake("end_value", "needs an \"initial_value\": with an end nothing is remembered");
            }
            return;
        };
        let kinds = (initial.kind(), end.kind());
        let (from, to) = kinds;
        let order =
            end.compare(initial).filter(|_| from.goes_with(to)).map(|order| edges.direction.oriented(order));
        let both_belong = edges.start == ModelEdge::Closed && edges.end == ModelEdge::Closed;
        match order {
            None => self.mistake(
                "end_value",
                &format!("is {to}, and \"initial_value\" is {from}: they cannot be compared"),
            ),
            Some(order) if order.is_gt() || (order.is_eq() && both_belong) => {
                self.mixed_zones(initial, end, kinds)
            }
            Some(_) => {
                let side = if edges.direction == Direction::Max { "higher" } else { "lower" };
                self.mistake("end_value", &format!("must be {side} than \"initial_value\""));
            }
        }
    }

    fn mixed_zones(&mut self, initial: &CursorValue, end: &CursorValue, kinds: (CursorKind, CursorKind)) {
        let (one, other) = (initial.borrowed().is_without_zone(), end.borrowed().is_without_zone());
        if kinds == (CursorKind::Time, CursorKind::Time) && one != other {
            let key = if one { "initial_value" } else { "end_value" };
            self.note(key, "names no time zone, and is read as UTC");
        }
    }

    fn notes(&mut self, written: &Written, lag: Option<&Lag>) {
        let stateless = self.block.given("end_value").is_some();
        if stateless {
            self.note("end_value", "every scan reads the same range, from \"initial_value\" to here; nothing is remembered, as in dlt");
        }
        if stateless && lag.is_some() {
            self.note("lag", "is not used beside \"end_value\", as in dlt");
        }
        if written.allow_external_schedulers == Some(true) {
            self.note("allow_external_schedulers", "has no meaning here: \"poll\" says when a scan begins");
        }
        if written.row_order == Some(crate::config::source::RowOrder::Asc) && !stateless {
            self.note("row_order", "asc ends a scan at \"end_value\", and there is none");
        }
    }
}
