//! Cursor values for the tests beside it.

use proptest::prelude::*;

use crate::model::cursor::moment::Moment;
use crate::model::{CursorValue, Json};

pub(super) fn value(json: &str) -> CursorValue {
    CursorValue::read(Json::parse(json.as_bytes()).unwrap()).unwrap()
}

pub(super) fn text(text: &str) -> CursorValue {
    value(&serde_json::Value::from(text).to_string())
}

/// A decimal with its value times 10^9.
pub(super) fn any_decimal() -> impl Strategy<Value = (String, i128)> {
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
pub(super) fn any_time() -> impl Strategy<Value = (String, i64)> {
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
