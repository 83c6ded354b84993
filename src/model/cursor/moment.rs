//! ISO 8601 dates and date-times, read from text and written back in the same form.
//!
//! Read are `2024-02-29` and `2024-02-29T10:00:00.123+01:00` with what APIs make of it: a space or `t` for `T`, no seconds, a
//! comma before the fraction, `Z`, `z`, ` UTC`, `+01`, `+0100`, no zone at all (UTC). A zone is an offset, so a calendar and
//! multiplication are all that is needed. Other forms stay texts.

use std::cmp::Ordering;
use std::ops::Range;

const DAY: i64 = 86_400;

/// Ticks of a second in [`Moment::ticks`].
pub(super) const SECOND: i128 = 1_000_000_000_000_000_000;
pub(super) const TICK_DIGITS: usize = 18;

/// The last unit that the text tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Day,
    Hour,
    Minute,
    Second,
}

/// A date or date-time, with the places of its parts in the text it was read from.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// Seconds since 1970 by the clock of its own zone.
    local: i64,
    /// What that clock is ahead of UTC.
    offset: i64,
    pub(super) has_zone: bool,
    pub(super) unit: Unit,
    /// `20240229`; read only where a date is asked for.
    compact: bool,
    /// The digits behind the seconds.
    fraction: Range<usize>,
}

impl Moment {
    pub(super) fn read(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let dashed = bytes.get(4) == Some(&b'-') && bytes.get(7) == Some(&b'-');
        let date = dashed.then(|| days(number(text, 0..4)?, number(text, 5..7)?, number(text, 8..10)?))??;
        let mut moment = Self::date(date, false);
        if text.len() == 10 {
            return Some(moment);
        }
        if !matches!(bytes.get(10), Some(b'T' | b't' | b' ')) {
            return None;
        }
        let clock = Clock::read(text)?;
        let (offset, has_zone) = zone(text.get(clock.end..)?)?;
        moment.local += clock.seconds;
        (moment.offset, moment.has_zone) = (offset, has_zone);
        (moment.unit, moment.fraction) = (clock.unit, clock.fraction);
        Some(moment)
    }

    /// `20240229`, which looks like a number and is compared as text, but is a date to whoever asks for one.
    pub(super) fn compact(text: &str) -> Option<Self> {
        let eight = text.len() == 8;
        let date = eight.then(|| days(number(text, 0..4)?, number(text, 4..6)?, number(text, 6..8)?))??;
        Some(Self::date(date, true))
    }

    fn date(days: i64, compact: bool) -> Self {
        let (local, offset, has_zone, unit) = (days * DAY, 0, false, Unit::Day);
        Self { local, offset, has_zone, unit, compact, fraction: 0..0 }
    }

    /// As instants; each with its text.
    pub(super) fn compare(&self, text: &str, other: (&Self, &str)) -> Ordering {
        let (one, another) = (self.local - self.offset, other.0.local - other.0.offset);
        one.cmp(&another).then_with(|| self.digits(text).cmp(other.0.digits(other.1)))
    }

    /// In UTC and in a form that sorts as text: what a text that is no date is compared with.
    pub(super) fn sortable(&self, text: &str) -> String {
        let instant = self.local - self.offset;
        let (year, month, day) = civil(instant.div_euclid(DAY));
        // An offset may reach the year before 0 or behind 9999: `/` sorts before digits, `:` after them.
        let year = match year {
            0..=9999 => format!("{year:04}"),
            ..0 => "/".to_owned(),
            10_000.. => ":".to_owned(),
        };
        let (hour, minute, second) = clock(instant);
        let point = if self.digits(text).is_empty() { "" } else { "." };
        format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{point}{}", self.digits(text))
    }

    /// The digits behind the seconds without zeros at their end.
    fn digits<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.fraction.clone()).unwrap_or_default().trim_end_matches('0')
    }

    /// By the clock of its own zone. Digits behind the ticks are cut off.
    pub(super) fn ticks(&self, text: &str) -> i128 {
        let digits = self.digits(text).bytes().chain(std::iter::repeat(b'0')).take(TICK_DIGITS);
        let fraction = digits.fold(0, |ticks, digit| ticks * 10 + i128::from(digit - b'0'));
        i128::from(self.local) * SECOND + fraction
    }

    pub(super) fn offset_ticks(&self) -> i128 {
        i128::from(self.offset) * SECOND
    }

    /// Ticks between two neighbours that the text's form can tell.
    pub(super) fn step(&self) -> i128 {
        match self.unit {
            Unit::Day => i128::from(DAY) * SECOND,
            Unit::Hour => 3_600 * SECOND,
            Unit::Minute => 60 * SECOND,
            Unit::Second => 10_i128.pow(TICK_DIGITS.saturating_sub(self.fraction.len()) as u32),
        }
    }

    /// Another time in the form of `text`. `None` outside the years 0 to 9999.
    pub(super) fn written(&self, text: &str, ticks: i128) -> Option<String> {
        let seconds = i64::try_from(ticks.div_euclid(SECOND)).ok()?;
        let date = date(seconds.div_euclid(DAY))?;
        let date = if self.compact { date.replace('-', "") } else { date };
        let (hour, minute, second) = clock(seconds);
        let separator = text.get(10..11).unwrap_or_default();
        let time = match self.unit {
            Unit::Day => return Some(date),
            Unit::Hour => format!("{hour:02}"),
            Unit::Minute => format!("{hour:02}:{minute:02}"),
            Unit::Second => format!("{hour:02}:{minute:02}:{second:02}"),
        };
        let behind = text.get(11 + time.len()..)?;
        let mut written = format!("{date}{separator}{time}{behind}");
        let length = self.fraction.len();
        let fraction = format!("{:0TICK_DIGITS$}{:0length$}", ticks.rem_euclid(SECOND), 0);
        written.replace_range(self.fraction.clone(), fraction.get(..length)?);
        Some(written)
    }
}

/// The time of day in a text whose date is ten characters long.
struct Clock {
    seconds: i64,
    unit: Unit,
    fraction: Range<usize>,
    end: usize,
}

impl Clock {
    fn read(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let two = |from: usize, below: i64| number(text, from..from + 2).filter(|value| *value < below);
        let hour = two(11, 24)?;
        let part = |seconds, unit, end| Some(Self { seconds, unit, fraction: end..end, end });
        if bytes.get(13) != Some(&b':') {
            return part(hour * 3_600, Unit::Hour, 13);
        }
        let minutes = hour * 60 + two(14, 60)?;
        if bytes.get(16) != Some(&b':') {
            return part(minutes * 60, Unit::Minute, 16);
        }
        let seconds = minutes * 60 + two(17, 61)?; // 60 is a leap second: the first one of the next minute
        if !matches!(bytes.get(19), Some(b'.' | b',')) {
            return part(seconds, Unit::Second, 19);
        }
        let length = bytes.iter().skip(20).take_while(|byte| byte.is_ascii_digit()).count();
        let (fraction, end) = (20..20 + length, 20 + length);
        (length > 0).then_some(Self { seconds, unit: Unit::Second, fraction, end })
    }
}

/// Seconds ahead of UTC, and whether a zone was named at all.
fn zone(text: &str) -> Option<(i64, bool)> {
    let text = text.strip_prefix(' ').filter(|rest| !rest.is_empty()).unwrap_or(text);
    if text.is_empty() {
        return Some((0, false));
    }
    if matches!(text, "Z" | "z" | "UTC") {
        return Some((0, true));
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let hours = number(text, 1..3).filter(|hours| *hours < 24)?;
    let rest = text.get(3..)?;
    let rest = rest.strip_prefix(':').filter(|minutes| !minutes.is_empty()).unwrap_or(rest);
    let minutes = match rest.len() {
        0 => 0,
        2 => number(rest, 0..2).filter(|minutes| *minutes < 60)?,
        _ => return None,
    };
    Some((sign * (hours * 3_600 + minutes * 60), true))
}

fn number(text: &str, range: Range<usize>) -> Option<i64> {
    let digits = text.get(range).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    digits.parse().ok()
}

/// A day since 1970. `None` outside the years 0 to 9999.
pub(super) fn date(day: i64) -> Option<String> {
    let day = (-800_000..4_000_000).contains(&day).then_some(day)?;
    let (year, month, day) = civil(day);
    (0..=9999).contains(&year).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// Hour, minute and second of a day.
pub(super) fn clock(seconds: i64) -> (i64, i64, i64) {
    let second = seconds.rem_euclid(DAY);
    (second / 3_600, second / 60 % 60, second % 60)
}

/// Days since 1970 of a date in the Gregorian calendar, continued backwards. `None` if there is no such day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years begin in March here, so that the leap day is their last one: 153 days are five months, 146 097 are 400 years.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let of_year = (153 * month + 2) / 5 + day - 1;
    let years = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(years + of_year - 719_468)
}

/// The date of a day since 1970: year, month, day.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let year = year_of_era + days.div_euclid(146_097) * 400;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}
