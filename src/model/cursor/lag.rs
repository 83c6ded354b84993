//! `lag`: the start of a walk moved back, so that what came late is asked for again.

use super::decimal::{Decimal, shifted};
use super::moment::{Moment, SECOND, TICK_DIGITS, Unit};
use super::value::{CursorKind, CursorValue};
use super::window::Direction;

const DAY: i128 = 86_400 * SECOND;

/// How far a start value is moved, not negative: seconds for date-times, days for dates, else a plain number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lag(String);

/// Why a start value cannot be moved.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LagError {
    #[error("a lag cannot be taken from a text that is neither a date nor a date-time")]
    Text,
    #[error("the lag leads out of the years 0 to 9999, or to a number with too many digits")]
    TooFar,
    #[error("the stored value is {value} and initial_value {initial}: the lag cannot stop there")]
    Incomparable { value: CursorKind, initial: CursorKind },
}

impl Lag {
    /// A JSON number that is not negative.
    pub fn new(number: &str) -> Option<Self> {
        (!number.starts_with('-')).then(|| Self(number.to_owned()))
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    /// `value` moved against its direction, in its own form, but never across `initial`. Where the form cannot tell the moved
    /// value, the range becomes larger, never smaller. The kind of `initial`, if it is a date or time, decides the unit, as in dlt.
    pub fn moved(
        &self,
        value: &CursorValue,
        initial: Option<&CursorValue>,
        direction: Direction,
    ) -> Result<CursorValue, LagError> {
        let moved = match value.kind() {
            CursorKind::Number => {
                shifted(value.text(), &self.0, direction == Direction::Max).ok_or(LagError::TooFar)?
            }
            CursorKind::Text | CursorKind::Date | CursorKind::Time => {
                self.moved_text(value, initial, direction)?
            }
        };
        let moved = value.with_text(moved);
        let Some(initial) = initial else { return Ok(moved) };
        let order = moved
            .compare(initial)
            .ok_or_else(|| LagError::Incomparable { value: value.kind(), initial: initial.kind() })?;
        Ok(if direction.oriented(order).is_gt() { moved } else { initial.clone() })
    }

    fn moved_text(
        &self,
        value: &CursorValue,
        initial: Option<&CursorValue>,
        direction: Direction,
    ) -> Result<String, LagError> {
        let text = value.text();
        let own = value.borrowed().moment().cloned();
        let moment = own.or_else(|| Moment::compact(text)).ok_or(LagError::Text)?;
        let in_days = initial.and_then(is_date).or_else(|| is_date(value)) == Some(true);
        let lag = Decimal::read(&self.0).to_integer(TICK_DIGITS as i64);
        let ticks = lag.and_then(|lag| if in_days { lag.checked_mul(86_400) } else { Some(lag) });
        let by = ticks.ok_or(LagError::TooFar)? * direction.back();
        let moved = if in_days {
            by_days(&moment, text, (by, direction))
        } else {
            moment.ticks(text).checked_add(by)
        };
        let moved = moved.map(|ticks| direction.outward(ticks, moment.step()));
        moved.and_then(|ticks| moment.written(text, ticks)).ok_or(LagError::TooFar)
    }
}

/// The UTC day of the moment is moved, and taken whole: from its start, or to its end where the smallest value is looked for.
fn by_days(moment: &Moment, text: &str, (by, direction): (i128, Direction)) -> Option<i128> {
    let day = (moment.ticks(text) - moment.offset_ticks()).div_euclid(DAY) * DAY;
    let moved = direction.outward(day.checked_add(by)?, DAY);
    let rest = match direction {
        Direction::Max => 0,
        Direction::Min if moment.unit == Unit::Day => 0,
        Direction::Min => DAY - moment.step(),
    };
    Some(moved + rest + moment.offset_ticks())
}

/// Whether it is a date rather than a date-time; `None` for what is neither.
fn is_date(value: &CursorValue) -> Option<bool> {
    match value.kind() {
        CursorKind::Date => Some(true),
        CursorKind::Time => Some(false),
        CursorKind::Text => Moment::compact(value.text()).map(|_| true),
        CursorKind::Number => None,
    }
}
