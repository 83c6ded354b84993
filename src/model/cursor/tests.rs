//! The order of cursor values, their stored form, lag, and the edges of a window.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::moment::Moment;
use super::{
    Cursor, CursorKind, CursorValue, Direction, Edge, Edges, Incomparable, Lag, LagError, NoCursor, Range,
    Side,
};
use crate::model::{Fingerprint, Json, Kind};

fn value(json: &str) -> CursorValue {
    CursorValue::read(Json::parse(json.as_bytes()).unwrap()).unwrap()
}

fn text(text: &str) -> CursorValue {
    value(&serde_json::Value::from(text).to_string())
}

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

fn lagged(lag: &str, json: &str, initial: Option<&str>, direction: Direction) -> Result<String, LagError> {
    let initial = initial.map(value);
    Lag::new(lag)
        .unwrap()
        .moved(&value(json), initial.as_ref(), direction)
        .map(|moved| moved.json().into_owned())
}

#[test]
fn a_lag_moves_a_time_by_seconds_and_keeps_its_form() {
    for (lag, from, to) in [
        ("86400", "2024-03-01T00:00:00Z", "2024-02-29T00:00:00Z"),
        ("86400", "2023-03-01 00:00:00", "2023-02-28 00:00:00"),
        ("1", "2024-01-01T00:00:00+02:00", "2023-12-31T23:59:59+02:00"),
        ("1", "2000-01-01T00:00:00-0730", "1999-12-31T23:59:59-0730"),
        ("0.25", "1969-12-31T23:59:59.125Z", "1969-12-31T23:59:58.875Z"),
        ("0.5", "2024-01-01T00:00:00Z", "2023-12-31T23:59:59Z"),
        ("0.5", "2024-01-01T00:00:00.0Z", "2023-12-31T23:59:59.5Z"),
        ("60", "2024-01-01T10:00:00.123456789012345678901Z", "2024-01-01T09:59:00.123456789012345678000Z"),
        ("1", "2024-01-01T10:00+01", "2024-01-01T09:59+01"),
        ("1", "2024-01-01t10", "2024-01-01t09"),
        ("31622400", "2025-01-01T00:00:00 UTC", "2024-01-01T00:00:00 UTC"),
        ("0", "2024-01-01T00:00:60Z", "2024-01-01T00:01:00Z"),
    ] {
        assert_eq!(lagged(lag, &format!("{from:?}"), None, Direction::Max), Ok(format!("{to:?}")), "{from}");
    }
    assert_eq!(
        lagged("0.5", r#""2023-12-31T23:59:59Z""#, None, Direction::Min),
        Ok(r#""2024-01-01T00:00:00Z""#.into())
    );
}

#[test]
fn a_lag_moves_a_date_by_days() {
    for (lag, from, to) in [
        ("1", "2024-03-01", "2024-02-29"),
        ("1", "1900-03-01", "1900-02-28"),
        ("366", "2024-12-31", "2023-12-31"),
        ("0.5", "2024-01-01", "2023-12-31"),
        ("1", "20240101", "20231231"),
    ] {
        assert_eq!(lagged(lag, &format!("{from:?}"), None, Direction::Max), Ok(format!("{to:?}")), "{from}");
    }
    assert_eq!(lagged("1", r#""2024-02-29""#, None, Direction::Min), Ok(r#""2024-03-01""#.into()));
}

#[test]
fn the_kind_of_the_initial_value_decides_the_unit_of_a_lag_as_in_dlt() {
    let date = Some(r#""2020-01-01""#);
    for (direction, initial, from, to) in [
        (Direction::Max, date, "2024-01-02T10:00:00Z", "2024-01-01T00:00:00Z"),
        (Direction::Max, date, "2024-01-02T01:00:00+02:00", "2023-12-31T02:00:00+02:00"),
        (Direction::Min, Some(r#""2030-01-01""#), "2024-01-02T10:00:00.000Z", "2024-01-03T23:59:59.999Z"),
        (Direction::Max, Some(r#""2020-01-01T00:00:00Z""#), "2024-01-02", "2024-01-01"),
    ] {
        assert_eq!(lagged("1", &format!("{from:?}"), initial, direction), Ok(format!("{to:?}")), "{from}");
    }
}

#[test]
fn a_lag_moves_a_number_without_rounding_it() {
    for (lag, from, to) in [
        ("1", "100", "99"),
        ("10", "3", "-7"),
        ("3", "3", "0"),
        ("1", "12345678901234567890120", "12345678901234567890119"),
        ("2.5", "10", "7"),
        ("2.5", "-10", "-13"),
        ("0.5", "1", "0"),
        ("0.5", "0", "-1"),
        ("1", "10.50", "9.50"),
        ("0.25", "0.1", "-0.15"),
        ("1", "1e3", "999"),
        ("1e2", "-1.5", "-101.5"),
    ] {
        assert_eq!(lagged(lag, from, None, Direction::Max), Ok(to.into()), "{from} - {lag}");
    }
    for (lag, from, to) in [("2.5", "10", "13"), ("2.5", "-10", "-7"), ("0.5", "-0.5", "0.0")] {
        assert_eq!(lagged(lag, from, None, Direction::Min), Ok(to.into()), "{from} + {lag}");
    }
}

#[test]
fn a_lag_never_crosses_the_initial_value_and_says_what_it_cannot_move() {
    let initial = Some(r#""2024-01-01T00:00:00+01:00""#);
    let stays = lagged("86400", r#""2024-01-01T10:00:00Z""#, initial, Direction::Max);
    assert_eq!(stays.as_deref(), Ok(initial.unwrap()));
    assert_eq!(lagged("5", "12", Some("10"), Direction::Max).as_deref(), Ok("10"));
    assert_eq!(lagged("5", "8", Some("10"), Direction::Min).as_deref(), Ok("10"));
    assert_eq!(lagged("1", r#""n/a""#, None, Direction::Max), Err(LagError::Text));
    assert_eq!(lagged("1", "1e5000", None, Direction::Max), Err(LagError::TooFar));
    for lag in ["1e18", "1e5000"] {
        assert_eq!(lagged(lag, r#""2024-01-01""#, None, Direction::Max), Err(LagError::TooFar), "{lag}");
    }
    let (number, date) = (CursorKind::Number, CursorKind::Date);
    assert_eq!(
        lagged("1", "5", Some(r#""2024-01-01""#), Direction::Max),
        Err(LagError::Incomparable { value: number, initial: date })
    );
    assert!(Lag::new("-1").is_none());
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

/// A decimal with its value times 10^9.
fn any_decimal() -> impl Strategy<Value = (String, i128)> {
    let small = -999_999_999_999_i128..1_000_000_000_000;
    (small, 0_usize..6, -3_i32..4).prop_map(|(digits, scale, exponent)| {
        let sign = if digits < 0 { "-" } else { "" };
        let (unit, magnitude) = (10_i128.pow(scale as u32), digits.abs());
        let fraction = if scale == 0 { String::new() } else { format!(".{:0scale$}", magnitude % unit) };
        let exact = digits * 10_i128.pow((9 + exponent - scale as i32) as u32);
        (format!("{sign}{}{fraction}e{exponent}", magnitude / unit), exact)
    })
}

/// A date-time in one of many forms, with its instant in milliseconds.
fn any_time() -> impl Strategy<Value = (String, i64)> {
    let instants = prop_oneof![0..4_000_000_000_000_i64, 1_704_060_000_000..1_704_070_000_000_i64];
    let separators = prop::sample::select(vec!["T", " ", "t"]);
    let signs = prop::sample::select(vec!["", ":"]);
    (instants, -1_000_i64..1_000, separators, signs, 3_usize..9).prop_map(
        |(instant, offset, separator, colon, digits)| {
            let local = i128::from(instant + offset * 60_000) * 1_000_000_000_000_000;
            let form = format!("1970-01-01{separator}00:00:00.{:0digits$}", 0);
            let clock = Moment::read(&form).unwrap().written(&form, local).unwrap();
            let sign = if offset < 0 { '-' } else { '+' };
            let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
            (format!("{clock}{sign}{hours:02}{colon}{minutes:02}"), instant)
        },
    )
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

    #[test]
    fn a_lag_and_back_is_where_it_began((time, instant) in any_time(), milliseconds in 0_u64..4_000_000_000_000) {
        let lag = Lag::new(&format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000)).unwrap();
        let value = text(&time);
        let moved = lag.moved(&value, None, Direction::Max);
        prop_assume!(instant > milliseconds as i64 || moved.is_ok());
        let moved = moved.unwrap();
        prop_assert!(milliseconds == 0 || moved.compare(&value) == Some(Ordering::Less));
        prop_assert_eq!(moved.text().len(), value.text().len());
        prop_assert_eq!(lag.moved(&moved, None, Direction::Min).unwrap(), value);
    }

    #[test]
    fn a_number_moved_by_a_lag_is_their_difference(number in any_decimal(), lag in any_decimal()) {
        let lag = (lag.0.trim_start_matches('-').to_owned(), lag.1.abs());
        let moved = lagged(&lag.0, &number.0, None, Direction::Max).unwrap();
        let (whole, fraction) = moved.split_once('.').unwrap_or((&moved, ""));
        prop_assert!(fraction.len() <= 9);
        let scaled: i128 = format!("{whole}{fraction:0<9}").parse().unwrap();
        prop_assert_eq!(scaled, number.1 - lag.1);
    }

    #[test]
    fn any_text_is_read_without_a_panic(any in any::<String>(), near in "[0-9T:Z+ .-]{0,30}") {
        for each in [any, near] {
            let _ = lagged("1", &text(&each).json(), None, Direction::Max);
        }
    }
}
