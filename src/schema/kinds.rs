//! What kinds of values were seen at one place, as a set. Numbers and texts are told apart by what a type of theirs could hold.

use serde::{Deserialize, Serialize};

use crate::model::{Instant, Json, Kind, same_number};

/// One kind. Null is none: every place may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum KindOf {
    Boolean,
    /// An integer that a 64-bit one and a double hold.
    Long,
    /// An integer that a 64-bit one holds, and no double.
    LargeLong,
    /// A number that a double holds: its text comes back from it.
    Double,
    /// A number that neither holds.
    Wide,
    Text,
    /// A text that is a date.
    Date,
    /// A text that is a moment with a zone, in milliseconds.
    Millis,
    /// The same, finer: in microseconds.
    Micros,
    Array,
    Object,
    /// An object whose fields are too many to be names.
    Many,
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<KindOf>", from = "Vec<KindOf>")]
pub(super) struct Kinds(u16);

const ALL: [KindOf; 12] = [
    KindOf::Boolean,
    KindOf::Long,
    KindOf::LargeLong,
    KindOf::Double,
    KindOf::Wide,
    KindOf::Text,
    KindOf::Date,
    KindOf::Millis,
    KindOf::Micros,
    KindOf::Array,
    KindOf::Object,
    KindOf::Many,
];

impl Kinds {
    pub(super) fn of(kind: KindOf) -> Self {
        Self(1 << kind as u16)
    }

    pub(super) fn add(&mut self, others: Self) {
        self.0 |= others.0;
    }

    pub(super) fn remove(&mut self, kind: KindOf) {
        self.0 &= !Self::of(kind).0;
    }

    pub(super) fn has(self, kind: KindOf) -> bool {
        self.0 & Self::of(kind).0 != 0
    }

    /// One kind stands for another.
    pub(super) fn replace(&mut self, kind: KindOf, by: KindOf) {
        if self.has(kind) {
            self.remove(kind);
            self.add(Self::of(by));
        }
    }

    /// Whether objects or lists are among other kinds: no rule gives those a type in common.
    pub(super) fn are_mixed(self) -> bool {
        let holding = self.among(&[KindOf::Array, KindOf::Object, KindOf::Many]);
        !holding.is_empty() && self.0.count_ones() > 1
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0 == 0
    }

    /// Those of these.
    pub(super) fn among(self, kinds: &[KindOf]) -> Self {
        let mut found = Self::default();
        kinds.iter().filter(|kind| self.has(**kind)).for_each(|kind| found.add(Self::of(*kind)));
        found
    }

    pub(super) fn list(self) -> impl Iterator<Item = KindOf> {
        ALL.into_iter().filter(move |kind| self.has(*kind))
    }
}

impl From<Kinds> for Vec<KindOf> {
    fn from(kinds: Kinds) -> Self {
        kinds.list().collect()
    }
}

impl From<Vec<KindOf>> for Kinds {
    fn from(list: Vec<KindOf>) -> Self {
        list.into_iter().fold(Self::default(), |mut kinds, kind| {
            kinds.add(Self::of(kind));
            kinds
        })
    }
}

impl KindOf {
    /// `None` for null.
    pub(super) fn of(value: Json<'_>) -> Option<Self> {
        Some(match value.kind() {
            Kind::Null => return None,
            Kind::Bool => Self::Boolean,
            Kind::Number => number(value.text()),
            Kind::String => text(value),
            Kind::Array => Self::Array,
            Kind::Object => Self::Object,
        })
    }

    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Boolean => "a boolean",
            Self::Long => "an integer",
            Self::LargeLong => "an integer beyond 2^53, which a double would round",
            Self::Double => "a number with a fraction or an exponent",
            Self::Wide => "a number that neither a 64-bit integer nor a double holds",
            Self::Text => "a string",
            Self::Date => "a date",
            Self::Millis => "a timestamp",
            Self::Micros => "a timestamp in microseconds",
            Self::Array => "a list",
            Self::Object => "an object",
            Self::Many => "an object with ever new fields",
        }
    }
}

fn number(text: &str) -> KindOf {
    if !text.bytes().any(|byte| matches!(byte, b'.' | b'e' | b'E')) {
        let Ok(integer) = text.parse::<i64>() else { return KindOf::Wide };
        let exact = (integer as f64) as i128 == i128::from(integer);
        return if exact { KindOf::Long } else { KindOf::LargeLong };
    }
    let Ok(double) = text.parse::<f64>() else { return KindOf::Wide };
    // Fifteen digits always survive a double, if it is an ordinary one.
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let ordinary = double.is_normal() && digits <= 15;
    if ordinary || (double.is_finite() && is_shortest(text, double)) { KindOf::Double } else { KindOf::Wide }
}

/// Whether a text is the shortest number that stands for a double. Where two are as short and as near, some write the even one (most
/// do), and others the one further from zero.
fn is_shortest(text: &str, double: f64) -> bool {
    let shortest = format!("{double:e}");
    let mantissa = shortest.split_once('e').map_or(shortest.as_str(), |(mantissa, _)| mantissa);
    let behind = mantissa.split_once('.').map_or(0, |(_, digits)| digits.len());
    same_number(text, &shortest) || same_number(text, &format!("{double:.behind$e}"))
}

fn text(value: Json<'_>) -> KindOf {
    let Some(text) = value.as_str().filter(|text| text.len() >= 10) else { return KindOf::Text };
    match Instant::read(&text) {
        Some(Instant::Day(_)) if text.len() == 10 => KindOf::Date,
        Some(Instant::Time { nanos, has_zone: true }) if nanos % 1_000_000 == 0 => KindOf::Millis,
        Some(Instant::Time { nanos, has_zone: true }) if nanos % 1_000 == 0 => KindOf::Micros,
        Some(Instant::Day(_) | Instant::Time { .. }) | None => KindOf::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_what_holds_it_without_rounding() {
        for (text, kind) in [
            ("0", KindOf::Long),
            ("-9007199254740992", KindOf::Long),
            ("9007199254740993", KindOf::LargeLong),
            ("9223372036854775807", KindOf::LargeLong),
            ("9223372036854775808", KindOf::Wide),
            ("0.1", KindOf::Double),
            ("1.50", KindOf::Double),
            ("-0.0", KindOf::Double),
            ("1e300", KindOf::Double),
            ("0.30000000000000004", KindOf::Double),
            ("0.30000000000000003", KindOf::Wide),
            ("-135488453719371.12", KindOf::Double), // the double is …71.125
            ("-135488453719371.13", KindOf::Double),
            ("-135488453719371.125", KindOf::Wide),
            ("0.1000000000000000055511151231257827", KindOf::Wide),
            ("1e999", KindOf::Wide),
            ("1e-999", KindOf::Wide),
        ] {
            assert_eq!(KindOf::of(Json::trusted(text)), Some(kind), "{text}");
        }
    }

    #[test]
    fn a_text_is_a_moment_only_if_it_names_its_zone() {
        for (text, kind) in [
            (r#""2024-02-29""#, KindOf::Date),
            (r#""2024-02-29T10:00:00Z""#, KindOf::Millis),
            (r#""2024-02-29T10:00:00.123+01:00""#, KindOf::Millis),
            (r#""2024-02-29T10:00:00.123456Z""#, KindOf::Micros),
            (r#""2024-02-29T10:00:00.123456789Z""#, KindOf::Text),
            (r#""2024-02-29T10:00:00""#, KindOf::Text),
            (r#""2024-02-30""#, KindOf::Text),
            (r#""abc""#, KindOf::Text),
        ] {
            assert_eq!(KindOf::of(Json::trusted(text)), Some(kind), "{text}");
        }
    }
}
