//! Durations, sizes and rates as an operator writes them.

use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

/// So many requests in so much time: `10/s`, `600/m`, `100/h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub requests: u32,
    pub per: Duration,
}

pub(crate) const DURATION: &str = "duration";
pub(crate) const SIZE: &str = "size";
pub(crate) const RATE: &str = "rate";

/// `10ms`, `1s`, `5m`, `24h`.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    // A thousand years is no interval that anybody means, and it keeps sums of instants from overflowing.
    number
        .checked_mul(milliseconds)
        .filter(|ms| *ms > 0 && *ms < 31_536_000_000_000)
        .map(Duration::from_millis)
}

/// `512B`, `64KiB`, `64MiB`, `1GiB`, in bytes.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let bytes: u64 = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(bytes).filter(|size| *size > 0)
}

pub(crate) fn parse_rate(text: &str) -> Option<Rate> {
    let (number, unit) = text.split_once('/')?;
    let per = match unit.trim_start() {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        _ => return None,
    };
    let requests = number.trim_end().parse().ok().filter(|requests| *requests > 0)?;
    Some(Rate { requests, per: Duration::from_secs(per) })
}

fn split(text: &str) -> Option<(u64, &str)> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    Some((number.parse().ok()?, unit.trim_start()))
}

pub(crate) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text).ok_or_else(|| de::Error::custom("no duration"))
}

pub(crate) fn some_duration<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| parse_duration(&text).ok_or_else(|| de::Error::custom("no duration"))).transpose()
}

pub(crate) fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_size(&text).ok_or_else(|| de::Error::custom("no size"))
}

pub(crate) fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Rate>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| parse_rate(&text).ok_or_else(|| de::Error::custom("no rate"))).transpose()
}

pub(crate) fn duration_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "format": DURATION, "pattern": "^[0-9]+ ?(ms|s|m|h)$"})
}

pub(crate) fn size_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "format": SIZE, "pattern": "^[0-9]+ ?(B|KiB|MiB|GiB)$"})
}

pub(crate) fn rate_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "format": RATE, "pattern": "^[0-9]+ ?/ ?(s|m|h)$"})
}

/// A value that may be text, a number or a boolean, and is used as text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Scalar(pub String);

/// Keyword of the schema: scalars of any kind are read by their text.
pub(crate) const BY_TEXT: &str = "x-by-text";

impl JsonSchema for Scalar {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "scalar".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "number", "boolean"], BY_TEXT: true})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_sizes_and_rates_are_read_and_nothing_near_them() {
        assert_eq!(parse_duration("10ms"), Some(Duration::from_millis(10)));
        assert_eq!(parse_duration("24h"), Some(Duration::from_secs(86_400)));
        assert_eq!(parse_duration("5 m"), Some(Duration::from_secs(300)));
        for wrong in
            ["", "5", "s", "0s", "-1s", "1.5s", "1d", "1S", "99999999999999999999s", "9999999999999h", "5s "]
        {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
        assert_eq!(parse_size("64MiB"), Some(64 << 20));
        for wrong in ["64", "64MB", "64M", "0B", "99999999999GiB"] {
            assert_eq!(parse_size(wrong), None, "{wrong}");
        }
        assert_eq!(parse_rate("600/m"), Some(Rate { requests: 600, per: Duration::from_secs(60) }));
        for wrong in ["10", "10/", "/s", "0/s", "10/d", "1.5/s", "10/s/s"] {
            assert_eq!(parse_rate(wrong), None, "{wrong}");
        }
    }
}
