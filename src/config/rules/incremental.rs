//! Rules of `endpoint.incremental`, and its typed form.

use crate::config::read::read;
use crate::config::report::Report;
use crate::config::source::{Edge, Incremental as Written, LastValue};
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
    let no_keys =
        matches!(block.get("primary_key").map(|keys| &keys.value), Some(Value::Seq(keys)) if keys.is_empty());
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
    (disposition, has_key): (Disposition, bool),
    (path, at): (&str, Place),
    report: &mut Report,
) {
    let says = match disposition {
        Disposition::Append if cursor.lag.is_some() && !has_key => {
            "incremental.lag with append: every scan publishes the records of the lag window again, as in dlt; with a \"primary_key\" only changed ones are"
        }
        Disposition::Append | Disposition::Merge | Disposition::Replace | Disposition::Skip => return,
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
                self.mixed_zones(initial, end, kinds);
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::model::Redactor;

    /// The resource with this block, or every mistake; and the notes.
    fn parse(block: &str, resource: &str) -> Result<(Incremental, String), String> {
        let file = format!(
            "client: {{base_url: 'http://h/'}}\nresources: [{{name: r, {resource} endpoint: {{paginator: single_page, incremental: {{{block}}}}}}}]"
        );
        let config = Config::parse(file.as_bytes(), Path::new("f.yaml"), &|_| None, &Redactor::default());
        let config = config.map_err(|mistakes| mistakes.to_string())?;
        let notes = config.notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>().join("; ");
        Ok((config.resources[0].incremental.clone().unwrap(), notes))
    }

    fn read(block: &str) -> (Incremental, String) {
        parse(block, "primary_key: id,").unwrap()
    }

    #[test]
    fn a_block_has_dlts_defaults() {
        let (cursor, notes) = read("cursor_path: updated_at");
        assert_eq!(
            (cursor.cursor_path.as_str(), cursor.edges, notes.as_str()),
            ("updated_at", Edges::default(), "")
        );
        assert!(
            cursor.initial.is_none()
                && cursor.end.is_none()
                && cursor.lag.is_none()
                && cursor.convert.is_none()
        );
        assert_eq!(cursor.on_missing, crate::config::source::OnMissing::Raise);
        assert!(cursor.remembers_edge && cursor.row_order.is_none());
        assert!(!read("cursor_path: a, primary_key: []").0.remembers_edge);
        assert!(read("cursor_path: a, primary_key: [id]").0.remembers_edge);
        assert!(read("cursor_path: a, lag: 0").0.lag.is_none());
    }

    #[test]
    fn values_keep_their_kind_and_their_text() {
        for (written, json) in [
            ("12345678901234567890.10", "12345678901234567890.10"),
            ("0x10", "16"),
            ("+5", "5"),
            ("'12'", "\"12\""),
            ("2024-01-01", "\"2024-01-01\""),
            ("2024-01-01T00:00:00Z", "\"2024-01-01T00:00:00Z\""),
        ] {
            let (cursor, _) = read(&format!("cursor_path: a, initial_value: {written}"));
            assert_eq!(cursor.initial.unwrap().json(), json, "{written}");
        }
        assert_eq!(read("cursor_path: a, lag: 1.50").0.lag.unwrap().text(), "1.50");
        assert!(read("cursor_path: a, initial_value: null").0.initial.is_none());
    }

    #[test]
    fn an_end_has_to_stand_beyond_the_beginning() {
        let range = |rest: &str| {
            parse(&format!("cursor_path: a, {rest}"), "primary_key: id,").map(|(_, notes)| notes)
        };
        let stateless = "resources[0].endpoint.incremental.end_value: every scan reads the same range, from \"initial_value\" to here; nothing is remembered, as in dlt";
        for fine in [
            "initial_value: 1, end_value: 2",
            "initial_value: 2, end_value: 1, last_value_func: min",
            "initial_value: 2, end_value: 2, range_end: closed",
            "initial_value: 2024-01-01, end_value: '2024-01-01T00:00:01+00:00'",
            "initial_value: '9', end_value: 'a'",
        ] {
            assert_eq!(range(fine).unwrap(), stateless, "{fine}");
        }
        for (wrong, says) in [
            (
                "end_value: 2",
                "f.yaml:2:116: resources[0].endpoint.incremental.end_value: needs an \"initial_value\"",
            ),
            ("initial_value: 2, end_value: 2", "end_value: must be higher than \"initial_value\""),
            ("initial_value: 1, end_value: 2, last_value_func: min", "must be lower than"),
            ("initial_value: 2024-01-02, end_value: '2024-01-02T00:00:00+02:00'", "must be higher than"),
            (
                "initial_value: 1, end_value: '2'",
                "is a text, and \"initial_value\" is a number: they cannot be compared",
            ),
            (
                "initial_value: '2024-01-01', end_value: zzz",
                "is a text, and \"initial_value\" is a date: they",
            ),
            ("initial_value: true", "initial_value: must be a number, a text, a date or a date-time"),
            ("initial_value: [1], end_value: {a: 1}", "end_value: must be a number"),
            ("lag: -1", "lag: must not be negative"),
            ("convert: '.['", "not a jq expression: the jq expression \".[\", character 3"),
            ("transform: x", "\"transform\" is dlt's older name of \"convert\""),
            ("cursor_pat: x", "did you mean \"cursor_path\"?"),
            ("last_value_func: sum", "unknown word \"sum\""),
        ] {
            let told = range(wrong).unwrap_err();
            assert!(told.contains(says), "{wrong}\n{told}");
        }
        let told = parse("initial_value: 1", "primary_key: id,").unwrap_err();
        assert!(told.contains("the key \"cursor_path\" is missing"), "{told}");
        let told = parse("cursor_path: 'a['", "primary_key: id,").unwrap_err();
        assert!(told.contains("not a JSONPath: the path \"a[\", character"), "{told}");
    }

    #[test]
    fn a_parameter_of_the_type_incremental_is_the_same_cursor() {
        let file = "client: {base_url: 'http://h/'}\nresources: [{name: r, primary_key: id, endpoint: {paginator: single_page, \
                    params: {a: 1, since: {type: incremental, cursor_path: at, initial_value: 1.0, lag: 2}}}}]";
        let config = Config::parse(file.as_bytes(), Path::new("f.yaml"), &|_| None, &Redactor::default());
        let config = config.unwrap();
        let cursor = config.resources[0].incremental.clone().unwrap();
        assert_eq!((cursor.cursor_path.as_str(), cursor.initial.unwrap().text()), ("at", "1.0"));
        assert_eq!(cursor.lag.unwrap().text(), "2");
        let params = config.resources[0]
            .params
            .iter()
            .map(|(name, value)| format!("{}={}", name.shown(), value.shown()));
        assert_eq!(params.collect::<Vec<_>>(), ["a=1", "since={incremental.start_value}"]);
    }

    #[test]
    fn what_has_no_effect_or_a_costly_one_is_noted() {
        let zones = "initial_value: '2024-01-01T00:00:00', end_value: '2024-01-02T00:00:00Z'";
        for (block, resource, says) in [
            (
                "initial_value: 1, end_value: 2, lag: 1",
                "primary_key: id,",
                "lag: is not used beside \"end_value\"",
            ),
            (
                "allow_external_schedulers: true",
                "primary_key: id,",
                "allow_external_schedulers: has no meaning here",
            ),
            (
                "row_order: asc",
                "primary_key: id,",
                "row_order: asc ends a scan at \"end_value\", and there is none",
            ),
            (zones, "primary_key: id,", "incremental.initial_value: names no time zone, and is read as UTC"),
            ("lag: 1", "", "every scan publishes the records of the lag window again"),
            ("initial_value: 1", "write_disposition: replace, primary_key: id,", "so it deletes nothing"),
        ] {
            let (_, notes) = parse(&format!("cursor_path: a, {block}"), resource).unwrap();
            assert!(notes.contains(says), "{block}\n{notes}");
        }
        // Without a key, but with a cursor, append is what it should be.
        assert_eq!(parse("cursor_path: a", "").unwrap().1, "");
        assert_eq!(
            parse("cursor_path: a, lag: 1", "write_disposition: append, primary_key: id,").unwrap().1,
            ""
        );
    }
}
