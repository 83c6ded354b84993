//! Numbers and moments of a text as integers, if they are such exactly: nothing is rounded, and nothing is cut off.

use std::cmp::Ordering;

use super::decimal::Decimal;
use super::moment::{Moment, SECOND, TICK_DIGITS, Unit, clock, date};

/// Whether two JSON numbers are the same, whatever their length.
pub fn same_number(one: &str, other: &str) -> bool {
    Decimal::read(one).compare(Decimal::read(other)) == Ordering::Equal
}

/// A JSON number times 10^`scale`; `None` if that is no integer, or too large for 127 bits.
pub fn scaled(number: &str, scale: u32) -> Option<i128> {
    let integer = Decimal::read(number).to_integer(i64::from(scale))?;
    same_number(&format!("{integer}e-{scale}"), number).then_some(integer)
}

/// What a text in ISO 8601 names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instant {
    /// A date without a time: days since 1970.
    Day(i64),
    /// Without a zone it is read as UTC.
    Time { nanos: i128, has_zone: bool },
}

impl Instant {
    /// `None` for other texts, and for times that are told finer than in nanoseconds.
    pub fn read(text: &str) -> Option<Self> {
        if text.as_bytes().get(4) != Some(&b'-') {
            return None;
        }
        let moment = Moment::read(text)?;
        let ticks = moment.ticks(text) - moment.offset_ticks();
        if moment.unit == Unit::Day {
            return i64::try_from(ticks.div_euclid(SECOND * 86_400)).ok().map(Self::Day);
        }
        let per_nano = 10_i128.pow(TICK_DIGITS as u32 - 9);
        let whole = moment.step() >= per_nano || ticks.rem_euclid(per_nano) == 0;
        whole.then(|| Self::Time { nanos: ticks.div_euclid(per_nano), has_zone: moment.has_zone })
    }

    /// In ISO 8601; a time in UTC, with so many digits of its second. `None` outside the years 0 to 9999.
    pub fn written(self, digits: u32) -> Option<String> {
        match self {
            Self::Day(day) => date(day),
            Self::Time { nanos, has_zone: _ } => {
                let seconds = i64::try_from(nanos.div_euclid(1_000_000_000)).ok()?;
                let fraction = nanos.rem_euclid(1_000_000_000) / 10_i128.pow(9_u32.saturating_sub(digits));
                let (hour, minute, second) = clock(seconds);
                let (date, width) = (date(seconds.div_euclid(86_400))?, digits as usize);
                Some(format!("{date}T{hour:02}:{minute:02}:{second:02}.{fraction:0width$}Z"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_scaled_only_if_nothing_of_it_is_lost() {
        for (number, scale, expected) in [
            ("12.50", 2, Some(1250)),
            ("12.500", 2, Some(1250)),
            ("-0.01", 2, Some(-1)),
            ("1e3", 0, Some(1000)),
            ("12.505", 2, None),
            (
                "99999999999999999999999999999999999999",
                0,
                Some(99_999_999_999_999_999_999_999_999_999_999_999_999),
            ),
            ("1e40", 0, None),
            ("1e999999999", 0, None),
        ] {
            assert_eq!(scaled(number, scale), expected, "{number}");
        }
        assert!(same_number("1.50", "15e-1") && !same_number("0.1", "0.10000000000000001"));
    }

    #[test]
    fn a_text_is_a_day_or_a_time_and_nothing_is_cut_off() {
        let time = |nanos, has_zone| Some(Instant::Time { nanos, has_zone });
        for (text, expected) in [
            ("1970-01-02", Some(Instant::Day(1))),
            ("1969-12-31", Some(Instant::Day(-1))),
            ("1970-01-01T01:00:00.5+01:00", time(500_000_000, true)),
            ("1970-01-01 00:00:01", time(1_000_000_000, false)),
            ("1970-01-01T00:00:00.0000000010Z", time(1, true)),
            ("1970-01-01T00:00:00.0000000001Z", None),
            ("19700102", None),
            ("1970-13-01", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(Instant::read(text), expected, "{text}");
        }
    }
}
