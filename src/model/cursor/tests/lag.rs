//! Start values moved by a lag.

use std::cmp::Ordering;

use proptest::prelude::*;

use super::support::{any_decimal, any_time, text, value};
use crate::model::{CursorKind, Direction, Lag, LagError};

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
    let initial = r#""2024-01-01T00:00:00+01:00""#;
    let stays = lagged("86400", r#""2024-01-01T10:00:00Z""#, Some(initial), Direction::Max);
    assert_eq!(stays.as_deref(), Ok(initial));
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

proptest! {
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
