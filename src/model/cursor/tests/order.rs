//! The order of cursor values, their stored form, and the edges of a range.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::support::{any_decimal, any_time, text, value};
use crate::model::cursor::moment::Moment;
use crate::model::{
    Cursor, CursorKind, CursorValue, Direction, Edge, Edges, Fingerprint, Incomparable, Json, Kind, NoCursor,
    Range, Side,
};

fn order(one: &str, other: &str) -> Option<Ordering> {
    value(one).compare(&value(other))
}

fn ascending(values: &[&str]) {
    for (i, one) in values.iter().enumerate() {
        for (j, other) in values.iter().enumerate() {
            assert_eq!(order(one, other), Some(i.cmp(&j)), "{one} {other}");
        }
    }
}

fn equal(values: &[&str]) {
    for one in values {
        for other in values {
            assert_eq!(order(one, other), Some(Ordering::Equal), "{one} {other}");
        }
    }
}

#[test]
fn numbers_are_compared_as_numbers_whatever_their_length() {
    ascending(&[
        "-1e999999999999999999999",
        "-12345678901234567890124",
        "-12345678901234567890123",
        "-1.5",
        "-1",
        "-1e-400",
        "0",
        "1e-400",
        "0.1",
        "0.10000000000000000001",
        "9",
        "10",
        "12345678901234567890123",
        "12345678901234567890123.5",
        "12345678901234567890124",
        "1e30",
    ]);
    equal(&["1", "1.0", "1.00", "10e-1", "0.1e1", "0.01E+2", "100e-2"]);
    equal(&["0", "-0", "0.0", "0e5", "-0.00"]);
}

#[test]
fn dates_and_times_are_compared_as_instants() {
    ascending(&[
        r#""0000-01-01T00:00:00+23:59""#,
        r#""1969-12-31T23:59:59.5Z""#,
        r#""1970-01-01""#,
        r#""2024-02-29T23:30:00+01:00""#,
        r#""2024-02-29T22:30:01Z""#,
        r#""2024-02-29T22:30:01.000000000000000000000001Z""#,
        r#""2024-03-01""#,
        r#""2024-03-01T00:00:00.1Z""#,
        r#""9999-12-31T23:59:59-00:01""#,
    ]);
    equal(&[
        r#""2024-01-01""#,
        r#""2024-01-01T00""#,
        r#""2024-01-01T00:00""#,
        r#""2024-01-01T00:00:00""#,
        r#""2024-01-01 00:00:00.000""#,
        r#""2024-01-01T00:00:00Z""#,
        r#""2024-01-01t00:00:00,0z""#,
        r#""2024-01-01 00:00:00 UTC""#,
        r#""2024-01-01T02:00:00+02:00""#,
        r#""2024-01-01T02:00:00+0200""#,
        r#""2024-01-01 02:00:00+02""#,
        r#""2023-12-31 21:30:00 -0230""#,
        r#""2023-12-31T23:59:60Z""#,
    ]);
}

#[test]
fn other_texts_are_compared_as_dlt_compares_them() {
    ascending(&[r#""""#, r#""10""#, r#""9""#, r#""a""#, r#""b""#, r#""é""#, r#""😀""#]);
    // Beside a date they keep dlt's order too, so that an initial_value of "" or "2024" does what it did.
    ascending(&[
        r#""""#,
        r#""2024""#,
        r#""2024-01""#,
        r#""2024-01-01T00:00:00Z""#,
        r#""2024-02-30""#,
        r#""n/a""#,
    ]);
    assert_eq!(order("1", r#""1""#), None);
    assert_eq!(order(r#""2024-01-01""#, "20240101"), None);
}

#[test]
fn what_is_not_quite_a_date_is_a_text() {
    for no_date in [
        "20240101",
        "2024-1-1",
        "2023-02-29",
        "2024-13-01",
        "2024-00-01",
        "2024-01-32",
        "2024-01-01T",
        "2024-01-01T24:00:00Z",
        "2024-01-01T10:60:00Z",
        "2024-01-01T10:00:61Z",
        "2024-01-01T10:00:00.Z",
        "2024-01-01T10:00:00+1",
        "2024-01-01T10:00:00+01:",
        "2024-01-01T10:00:00+01:60",
        "2024-01-01T10:00:00+24:00",
        "2024-01-01T10:00:00+01:00 ",
        "2024-01-01T10:00:00 ",
        "2024-01-01T10:00:00 CET",
        "+024-01-01",
        "2024-01-01é10:00:00",
        "2024-W01",
    ] {
        assert_eq!(text(no_date).kind(), CursorKind::Text, "{no_date}");
    }
    assert_eq!(value("1").kind(), CursorKind::Number);
    assert_eq!(text("2024-02-29").kind(), CursorKind::Date);
    assert_eq!(text("2024-02-29T10").kind(), CursorKind::Time);
}

#[test]
fn what_is_no_scalar_is_no_cursor_value() {
    for (json, kind) in
        [("null", Kind::Null), ("true", Kind::Bool), ("[1]", Kind::Array), ("{}", Kind::Object)]
    {
        assert_eq!(CursorValue::read(Json::trusted(json)), Err(NoCursor::Kind(kind)));
    }
    assert_eq!(CursorValue::read(Json::trusted(r#""\ud800""#)), Err(NoCursor::NotUnicode));
}

#[test]
fn a_mark_is_stored_with_its_numbers_by_their_text() {
    for (json, edge) in [
        ("12345678901234567890123.50", ""),
        ("1E5", ""),
        (r#""2024-01-01T00:00:00.10+02:00""#, ""),
        (r#""a\"\\é\n""#, r#","edge":["0123456789abcdeffedcba9876543210"]"#),
    ] {
        let stored = format!(r#"{{"of":"max(at)","value":{json}{edge}}}"#);
        let mark: Cursor = serde_json::from_str(&stored).unwrap();
        assert_eq!(mark.value, value(json));
        assert_eq!(serde_json::to_string(&mark).unwrap(), stored);
    }
    for wrong in
        [r#"{"of":"","value":null}"#, r#"{"of":"","value":[1]}"#, r#"{"of":"","value":1,"edge":["+"]}"#]
    {
        assert!(serde_json::from_str::<Cursor>(wrong).is_err(), "{wrong}");
    }
    let mark = Cursor { of: "max(at)".into(), value: value("1"), edge: vec![Fingerprint::from_u128(1)] };
    let stored = serde_json::to_string(&mark).unwrap();
    assert_eq!(serde_json::from_str::<Cursor>(&stored).unwrap(), mark);
}

fn side(range: &Range, json: &str) -> Side {
    range.side(value(json).borrowed()).unwrap()
}

#[test]
fn the_start_is_closed_and_the_end_open_unless_said_otherwise() {
    use Side::{BeforeStart, BeyondEnd, Inside};
    let range = |edges| Range { start: Some(value("10")), end: Some(value("20")), edges };
    let dlt = Edges::default();
    for (edges, sides) in [
        (dlt, [BeforeStart, Inside, Inside, BeyondEnd, BeyondEnd]),
        (Edges { start: Edge::Open, ..dlt }, [BeforeStart, BeforeStart, Inside, BeyondEnd, BeyondEnd]),
        (Edges { end: Edge::Closed, ..dlt }, [BeforeStart, Inside, Inside, Inside, BeyondEnd]),
    ] {
        let seen = ["9", "10.0", "15", "20.0", "21"].map(|json| side(&range(edges), json));
        assert_eq!(seen, sides, "{edges:?}");
    }
    let down = Edges { direction: Direction::Min, ..dlt };
    let range = Range { start: Some(value("20")), end: Some(value("10")), edges: down };
    let seen = ["21", "20", "15", "10", "9"].map(|json| side(&range, json));
    assert_eq!(seen, [BeforeStart, Inside, Inside, BeyondEnd, BeyondEnd]);
    assert_eq!(side(&Range::default(), "1"), Inside);
    let refused = range.side(text("2024-01-01").borrowed()).unwrap_err();
    let (date, number) = (CursorKind::Date, CursorKind::Number);
    assert_eq!(refused, Incomparable { value: date, edge: "end_value", kind: number });
}

#[test]
fn every_day_of_ten_thousand_years_is_the_one_after_the_day_before() {
    let mut day = Moment::read("0000-01-01").unwrap();
    let mut text = "0000-01-01".to_owned();
    let mut days = 1;
    while let Some(next) = day.written(&text, day.ticks(&text) + day.step()) {
        assert!(next > text, "{text} {next}");
        (day, text) = (Moment::read(&next).unwrap(), next);
        days += 1;
    }
    assert_eq!((days, text.as_str()), (3_652_425, "9999-12-31"));
}

fn any_text() -> impl Strategy<Value = String> {
    let near_dates =
        "202[34]-0[123]-(0[1-9]|[12][0-9]|3[01])([T ]0[0-2](:[0-5]0(:00(\\.[05]0?)?)?)?(Z|\\+0[12]:00)?)?";
    prop_oneof![any_time().prop_map(|(text, _)| text), near_dates, "[0-9:/-]{0,3}", any::<String>()]
}

proptest! {
    #[test]
    fn the_order_of_numbers_is_that_of_their_values(one in any_decimal(), other in any_decimal()) {
        prop_assert_eq!(order(&one.0, &other.0), Some(one.1.cmp(&other.1)));
    }

    #[test]
    fn the_order_of_times_is_that_of_their_instants(one in any_time(), other in any_time()) {
        prop_assert_eq!(text(&one.0).compare(&text(&other.0)), Some(one.1.cmp(&other.1)));
    }

    #[test]
    fn the_order_of_texts_is_total(a in any_text(), b in any_text(), c in any_text()) {
        let values = [a, b, c].map(|each| text(&each));
        let order = |i: usize, j: usize| values[i].compare(&values[j]).unwrap();
        for (i, j, k) in [(0, 1, 2), (1, 2, 0), (2, 0, 1), (0, 2, 1), (2, 1, 0), (1, 0, 2)] {
            prop_assert_eq!(order(i, i), Ordering::Equal);
            prop_assert_eq!(order(i, j), order(j, i).reverse());
            if order(i, j) == order(j, k) {
                prop_assert_eq!(order(i, k), order(i, j));
            }
        }
    }
}
