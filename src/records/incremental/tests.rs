//! Which rows pass, how far a walk comes, and what it remembers: against dlt's algorithm written down once more, slowly.

use std::collections::HashSet;

use bytes::Bytes;
use proptest::prelude::*;

use super::{Incremental, Latest, OnMissing, Progress};
use crate::model::{
    Arrival, Cursor, CursorKind, CursorValue, Direction, Edge, Edges, Json, Lag, LagError, NoCursor, Page,
    Record, RedactedUrl, ResourceName, Selection, Span, Window,
};
use crate::records::{Aside, Problem, WindowProblem};
use crate::template::{Jq, JsonPath};

fn page(body: &str) -> Page {
    let start = body.as_ptr() as usize;
    let span = |text: &str| {
        let from = text.as_ptr() as usize - start;
        Span { start: from as u32, end: (from + text.len()) as u32 }
    };
    Page {
        number: 3,
        url: RedactedUrl::new(&url::Url::parse("https://h.example/v1").unwrap(), &[]),
        arrival: Arrival::default(),
        body: Bytes::copy_from_slice(body.as_bytes()),
        records: Json::trusted(body).elements().map(|json| span(json.text())).collect(),
        selection: Selection::Found,
        next: None,
    }
}

pub(super) fn value(json: &str) -> CursorValue {
    CursorValue::read(Json::trusted(json)).unwrap()
}

pub(super) fn stored(json: &str) -> Cursor {
    Cursor { of: "max(at)".to_owned(), value: value(json), edge: Vec::new() }
}

pub(super) fn on(path: &str) -> Incremental {
    Incremental {
        resource: ResourceName::new("posts"),
        path: JsonPath::parse(path).unwrap(),
        initial: None,
        end: None,
        lag: None,
        edges: Edges::default(),
        missing: OnMissing::Raise,
        convert: None,
        remembers_edge: true,
    }
}

/// What one walk lets through, and what it has reached.
pub(super) fn walk(
    incremental: &Incremental,
    stored: Option<&Cursor>,
    pages: &[&str],
) -> (Vec<String>, Option<Cursor>) {
    let mut progress = incremental.progress(stored, None);
    let mut kept = Vec::new();
    for body in pages {
        let window = incremental.window(stored).unwrap();
        let page = incremental.filter(page(body), &window, &mut progress, &mut Aside::refusing()).unwrap();
        kept.extend(page.records.iter().map(|span| page.text(*span).to_owned()));
    }
    (kept, progress.cursor())
}

fn problem(incremental: &Incremental, body: &str) -> Problem {
    let window = incremental.window(None).unwrap();
    *incremental
        .filter(page(body), &window, &mut Progress::default(), &mut Aside::refusing())
        .unwrap_err()
        .problem
}

#[test]
fn a_walk_gives_what_is_not_older_than_the_last_one_reached() {
    let posts = on("at");
    let (kept, mark) = walk(&posts, None, &[r#"[{"at":"2024-01-02"},{"at":"2024-01-01T00:00:00Z"}]"#]);
    assert_eq!(kept.len(), 2);
    let (kept, mark) = walk(
        &posts,
        mark.as_ref(),
        &[r#"[{"at":"2024-01-01"},{"at":"2024-01-02","new":1},{"at":"2024-01-03"}]"#],
    );
    assert_eq!(kept, [r#"{"at":"2024-01-02","new":1}"#, r#"{"at":"2024-01-03"}"#]);
    assert_eq!(mark.unwrap().value, value(r#""2024-01-03""#));
}

#[test]
fn an_appended_row_at_the_edge_is_published_once_and_again_when_it_changed() {
    let posts = on("at");
    let (_, mark) = walk(&posts, None, &[r#"[{"at":1},{"at":2,"id":1},{"at":2,"id":2}]"#]);
    assert_eq!(mark.as_ref().unwrap().edge.len(), 2);
    // The order of fields does not matter; dlt takes a changed row of a known primary key for the old one, krest does not.
    let body = r#"[{"id":1,"at":2},{"at":2,"id":2,"changed":true},{"at":3},{"at":2,"id":1}]"#;
    let (kept, next) = walk(&posts, mark.as_ref(), &[body]);
    assert_eq!(kept, [r#"{"at":2,"id":2,"changed":true}"#, r#"{"at":3}"#]);
    assert_eq!(next.unwrap().edge.len(), 1);
    let (kept, next) = walk(&posts, mark.as_ref(), &[r#"[{"at":2,"id":3}]"#]);
    assert_eq!((kept.len(), next.unwrap().edge.len()), (1, 3));
}

#[test]
fn a_cursor_is_never_lowered_by_what_a_source_shows() {
    let posts = on("at");
    for restored in [r#"[{"at":3},{"at":5}]"#, "[]"] {
        let (kept, mark) = walk(&posts, Some(&stored("9")), &[restored]);
        assert_eq!((kept.len(), mark), (0, Some(stored("9"))), "{restored}");
    }
}

#[test]
fn nothing_is_remembered_at_the_edge_where_it_could_not_be_used() {
    let posts = on("at");
    let end = Some(value("9"));
    let open = Edges { start: Edge::Open, ..Edges::default() };
    for incremental in [
        Incremental { remembers_edge: false, ..posts.clone() },
        Incremental { lag: Lag::new("1"), ..posts.clone() },
        Incremental { end, initial: Some(value("0")), ..posts.clone() },
        Incremental { edges: open, ..posts },
    ] {
        let (_, mark) = walk(&incremental, None, &[r#"[{"at":1},{"at":2}]"#]);
        assert_eq!(mark.unwrap(), stored("2"));
    }
}

#[test]
fn a_resumed_walk_keeps_its_start_and_goes_on_with_its_maximum() {
    let posts = on("at");
    let (_, first) = walk(&posts, None, &[r#"[{"at":5}]"#]);
    let mut progress = posts.progress(first.as_ref(), None);
    let window = posts.window(first.as_ref()).unwrap();
    posts.filter(page(r#"[{"at":9,"id":1}]"#), &window, &mut progress, &mut Aside::refusing()).unwrap();
    let written = |mark: Option<&Cursor>| serde_json::to_string(&mark).unwrap();
    let (from, to) = (written(first.as_ref()), written(progress.cursor().as_ref()));

    let read = |text: &str| serde_json::from_str::<Option<Cursor>>(text).unwrap();
    let (from, to) = (read(&from), read(&to));
    let mut resumed = posts.progress(from.as_ref(), to.as_ref());
    assert_eq!(resumed, progress);
    let again = posts.window(from.as_ref()).unwrap();
    assert_eq!(again, window);
    let rest = posts
        .filter(page(r#"[{"at":6},{"at":9,"id":2},{"at":5}]"#), &again, &mut resumed, &mut Aside::refusing())
        .unwrap();
    assert_eq!(rest.records.len(), 2);
    let reached = resumed.cursor().unwrap();
    assert_eq!((reached.value, reached.edge.len()), (value("9"), 2));
}

#[test]
fn the_window_begins_at_the_stored_value_less_the_lag() {
    let lagging = Incremental { initial: Some(value("10")), lag: Lag::new("5"), ..on("at") };
    let start = |incremental: &Incremental, last: Option<&str>| {
        let stored = last.map(stored);
        let window = incremental.window(stored.as_ref()).unwrap();
        assert_eq!(window.start, window.range.start);
        assert_eq!(window.start, window.last);
        window.start.map(|start| start.text().to_owned())
    };
    assert_eq!(start(&lagging, None).as_deref(), Some("10"));
    assert_eq!(start(&lagging, Some("30")).as_deref(), Some("25"));
    assert_eq!(start(&lagging, Some("12")).as_deref(), Some("10"));
    assert_eq!(start(&on("at"), None), None);
    let stateless = Incremental { end: Some(value("99")), ..lagging.clone() };
    assert_eq!(start(&stateless, Some("30")).as_deref(), Some("10"));
    let refused = lagging.window(Some(&stored(r#""n/a""#))).unwrap_err();
    assert_eq!(refused.problem, WindowProblem::Lag(LagError::Text));
    assert_eq!(
        refused.to_string(),
        "resource posts: the start value cannot be moved by incremental.lag: a lag cannot be taken from a text that is neither \
         a date nor a date-time; no request was made, its position stays where it was"
    );
}

#[test]
fn what_is_sent_is_converted_and_what_is_compared_is_not() {
    let times = |text: &str| Incremental {
        initial: Some(value(r#""2024-01-01T00:00:00Z""#)),
        lag: Lag::new("1"),
        convert: Some(Jq::compile(text).unwrap()),
        ..on("at")
    };
    let last = stored(r#""2024-01-01T00:01:00Z""#);
    let window = times("fromdateiso8601").window(Some(&last)).unwrap();
    assert_eq!(
        (window.initial, window.start.clone()),
        (Some(value("1704067200")), Some(value("1704067259")))
    );
    assert_eq!((window.last, window.end), (window.start, None));
    assert_eq!(window.range.start, Some(value(r#""2024-01-01T00:00:59Z""#)));
    let first = times(".[:10]").window(None).unwrap();
    assert_eq!(first.start, Some(value(r#""2024-01-01""#)));

    let problem = |text: &str| times(text).window(None).unwrap_err().problem;
    assert_eq!(problem("empty"), WindowProblem::Results { name: "start_value", count: 0 });
    assert_eq!(problem(".,."), WindowProblem::Results { name: "start_value", count: 2 });
    let list = NoCursor::Kind(crate::model::Kind::Array);
    assert_eq!(problem("[.]"), WindowProblem::Result { name: "start_value", reason: list });
    assert!(matches!(problem("error(\"no\")"), WindowProblem::Convert { name: "start_value", .. }));
}

#[test]
fn what_another_cursor_has_reached_is_not_gone_on_with() {
    let down = Edges { direction: Direction::Min, ..Edges::default() };
    for other in [on("id"), Incremental { edges: down, ..on("at") }] {
        assert_eq!(other.window(Some(&stored("5"))).unwrap(), other.window(None).unwrap());
        assert_eq!(other.progress(Some(&stored("5")), Some(&stored("6"))).cursor(), None);
    }
}

#[test]
fn a_missing_or_null_value_is_an_error_or_passes_or_is_dropped() {
    let body = r#"[{"at":1},{"at":null},{}]"#;
    for (missing, rows) in [(OnMissing::Include, 3), (OnMissing::Exclude, 1)] {
        let (kept, mark) = walk(&Incremental { missing, ..on("at") }, None, &[body]);
        assert_eq!((kept.len(), mark.unwrap().value), (rows, value("1")));
    }
    let missing = |what| Problem::CursorMissing { field: "at".into(), what };
    assert_eq!(problem(&on("at"), body), missing("null"));
    assert_eq!(problem(&on("at"), r#"[{"x":{"at":1}}]"#), missing("missing"));
    assert_eq!(problem(&on("at"), "[7]"), missing("missing"));
    let window = Window::default();
    let error =
        on("at").filter(page(body), &window, &mut Progress::default(), &mut Aside::refusing()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "resource posts, page 3 (https://h.example/v1), record 2: the cursor field \"at\" is null; \
         on_cursor_value_missing can be include or exclude"
    );
}

#[test]
fn a_path_finds_the_first_of_several_values_and_a_quoted_name_is_one_name() {
    for (path, body) in [
        ("a.at", r#"[{"a":{"at":7}}]"#),
        ("'a.at'", r#"[{"a":{"at":1},"a.at":7}]"#),
        ("log[*].at", r#"[{"log":[{"at":7},{"at":9}]}]"#),
        ("log[-1].at", r#"[{"log":[{"at":9},{"at":7}]}]"#),
    ] {
        assert_eq!(walk(&on(path), None, &[body]).1.unwrap().value, value("7"), "{path}");
    }
}

#[test]
fn values_of_two_kinds_are_an_error_that_names_both() {
    let kinds = |value, other, kind| Problem::CursorKinds { field: "at".into(), value, other, kind };
    let (number, text, time) = (CursorKind::Number, CursorKind::Text, CursorKind::Time);
    let newest = "the newest value so far";
    assert_eq!(problem(&on("at"), r#"[{"at":1},{"at":"2"}]"#), kinds(text, newest, number));
    assert_eq!(
        problem(&on("at"), r#"[{"at":"2024-01-01T00:00:00Z"},{"at":"n/a"}]"#),
        kinds(text, newest, time)
    );
    let since = Incremental { initial: Some(value("1")), ..on("at") };
    assert_eq!(problem(&since, r#"[{"at":"2"}]"#), kinds(text, "start_value", number));
    let until = Incremental { end: Some(value(r#""x""#)), ..since };
    assert_eq!(problem(&until, r#"[{"at":2}]"#), kinds(number, "end_value", text));
    let error = problem(&on("at"), r#"[{"at":[1]}]"#);
    assert_eq!(
        error,
        Problem::NoCursorValue { field: "at".into(), reason: NoCursor::Kind(crate::model::Kind::Array) }
    );
    // A text in the configuration may stand before all dates.
    let (kept, _) = walk(
        &Incremental { initial: Some(value(r#""2024""#)), ..on("at") },
        None,
        &[r#"[{"at":"2024-01-01"}]"#],
    );
    assert_eq!(kept.len(), 1);
}

#[test]
fn more_rows_at_the_edge_than_are_remembered_come_again() {
    let rows = |range: std::ops::Range<usize>| {
        let rows: Vec<String> = range.map(|id| format!(r#"{{"at":1,"id":{id}}}"#)).collect();
        format!("[{}]", rows.join(","))
    };
    let most = super::progress::MOST_AT_EDGE;
    let (kept, mark) = walk(&on("at"), None, &[&rows(0..most), &rows(most..most + 5)]);
    assert_eq!((kept.len(), mark.as_ref().unwrap().edge.len()), (most + 5, most));
    let (kept, _) = walk(&on("at"), mark.as_ref(), &[&rows(0..most + 5)]);
    assert_eq!(kept.len(), 5);
}

#[test]
fn an_older_version_of_a_record_is_not_taken_for_a_newer_one() {
    let mut latest = Latest::default();
    let mut stale = |incremental: &Incremental, rows: &[(&'static str, &'static str)]| {
        let record =
            |(key, raw): &(&'static str, &'static str)| Record { key: (*key).into(), raw, deleted: false };
        let (kept, stale) = latest.without_stale(incremental, rows.iter().map(record).collect());
        (kept.iter().map(|record| record.raw).collect::<Vec<_>>(), stale)
    };
    let posts = Incremental { missing: OnMissing::Include, ..on("at") };
    let (one, two, none) = (r#"{"at":"1","v":1}"#, r#"{"at":"2"}"#, r#"{"at":null}"#);
    assert_eq!(stale(&posts, &[("a", one), ("b", two), ("a", two), ("a", one)]), (vec![one, two, two], 1));
    assert_eq!(stale(&posts, &[("a", one), ("b", two), ("a", none), ("c", one)]), (vec![two, none, one], 1));
    let down = Edges { direction: Direction::Min, ..Edges::default() };
    assert_eq!(stale(&Incremental { edges: down, ..posts }, &[("a", one)]), (vec![one], 0));
}

/// dlt's `JsonIncremental.__call__` for integers, line by line; rows that it lets through, and the state that it leaves.
struct Dlt {
    end: Option<i64>,
    edges: Edges,
    dedup: bool,
    start: Option<i64>,
    last: Option<i64>,
    start_hashes: HashSet<(i64, u8)>,
    hashes: HashSet<(i64, u8)>,
}

impl Dlt {
    fn func(&self, one: i64, other: Option<i64>) -> i64 {
        let Some(other) = other else { return one };
        if self.edges.direction == Direction::Max { one.max(other) } else { one.min(other) }
    }

    fn passes(&mut self, row: (i64, u8)) -> bool {
        if let Some(end) = self.end
            && (self.func(row.0, Some(end)) != end || (self.edges.end == Edge::Open && row.0 == end))
        {
            return false;
        }
        if self.last != Some(self.func(row.0, self.last)) {
            self.last = Some(row.0);
            self.hashes = HashSet::from([row]);
            return true;
        }
        if self.edges.start == Edge::Open && self.start == Some(row.0) {
            return false;
        }
        let is_known = self.dedup && self.start_hashes.contains(&row);
        if Some(self.func(row.0, self.start)) == self.start && (self.start != Some(row.0) || is_known) {
            return false;
        }
        if self.last == Some(row.0) {
            self.hashes.insert(row);
        }
        true
    }
}

fn any_edges() -> impl Strategy<Value = Edges> {
    let edge = || prop::sample::select(vec![Edge::Closed, Edge::Open]);
    let direction = prop::sample::select(vec![Direction::Max, Direction::Min]);
    (direction, edge(), edge()).prop_map(|(direction, start, end)| Edges { direction, start, end })
}

fn any_rows() -> impl Strategy<Value = Vec<(i64, u8)>> {
    prop::collection::vec((0_i64..8, 0_u8..3), 0..30)
}

fn split(rows: &[(i64, u8)], cuts: &[prop::sample::Index]) -> Vec<String> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(rows.len() + 1)).collect();
    places.extend([0, rows.len()]);
    places.sort_unstable();
    let json = |(at, id): &(i64, u8)| format!(r#"{{"at":{at},"id":{id}}}"#);
    let body = |rows: &[(i64, u8)]| format!("[{}]", rows.iter().map(json).collect::<Vec<_>>().join(","));
    places.windows(2).map(|pair| body(&rows[pair[0]..pair[1]])).collect()
}

proptest! {
    #[test]
    fn two_walks_give_what_dlt_gives_however_their_rows_are_split_into_pages(
        (first, second) in (any_rows(), any_rows()),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        edges in any_edges(),
        (initial, until) in (prop::option::of(0_i64..8), prop::option::of(0_i64..8)),
    ) {
        let end = until.filter(|_| initial.is_some());
        let json = |number: Option<i64>| number.map(|number| value(&number.to_string()));
        let ours = Incremental { initial: json(initial), end: json(end), edges, ..on("at") };
        let dedup = end.is_none() && edges.start == Edge::Closed;
        let state = Dlt { end, edges, dedup, start: initial, last: initial, start_hashes: HashSet::new(), hashes: HashSet::new() };
        let (mut dlt, mut stored) = (state, None);
        for rows in [first, second] {
            let expected: Vec<String> = rows.iter().filter(|row| dlt.passes(**row))
                .map(|(at, id)| format!(r#"{{"at":{at},"id":{id}}}"#)).collect();
            let pages = split(&rows, &cuts);
            let (kept, mark) = walk(&ours, stored.as_ref(), &pages.iter().map(String::as_str).collect::<Vec<_>>());
            prop_assert_eq!(&kept, &expected);
            let reached = mark.as_ref().map(|mark| mark.value.text().to_owned());
            prop_assert_eq!(reached.or(initial.map(|initial| initial.to_string())), dlt.last.map(|last| last.to_string()));
            if dedup && dlt.last.is_some() {
                prop_assert_eq!(mark.as_ref().map_or(0, |mark| mark.edge.len()), dlt.hashes.len());
            }
            stored = if end.is_some() { None } else { mark };
            let (start, last) = if end.is_some() { (initial, initial) } else { (dlt.last, dlt.last) };
            dlt = Dlt { start, last, start_hashes: dlt.hashes.clone(), ..dlt };
        }
    }
}
