//! What a value in JSON is to a type, whatever the format: the same values fit, for the same reasons.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::{Instant, Json, Kind, scaled};
use crate::schema::{Field, Misfit, Slot, Type, Unit};

/// Why a value does not fit.
pub(super) fn misfit(ty: &Type, value: Json<'_>) -> Misfit {
    Misfit::new(format!("is {}, and its type is {}", of_kind(value.kind()), name(ty)))
}

/// Null, where there is no default.
pub(super) fn null(slot: &Slot) -> Result<(), Misfit> {
    if slot.nullable { Ok(()) } else { Err(Misfit::new("is null, which its type is not")) }
}

/// A field that a record lacks.
pub(super) fn missing(field: &Field) -> Misfit {
    Misfit::new("is missing, and may not be null").in_field(&field.name)
}

pub(super) fn may_lack(field: &Field) -> bool {
    field.slot.nullable || field.default.is_some()
}

/// The text of a value, if it is of this kind.
pub(super) fn of(value: Json<'_>, kind: Kind) -> Option<&str> {
    (value.kind() == kind).then(|| value.text())
}

/// An integer of this width, which is written as one.
pub(super) fn integer<T: std::str::FromStr>(value: Json<'_>) -> Option<T> {
    of(value, Kind::Number)?.parse().ok()
}

/// The double next to a number.
pub(super) fn double(value: Json<'_>) -> Option<f64> {
    of(value, Kind::Number)?.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The same of 32 bits.
pub(super) fn float(value: Json<'_>) -> Option<f32> {
    of(value, Kind::Number)?.parse().ok().filter(|number: &f32| number.is_finite())
}

/// Which one of these a text is.
pub(super) fn symbol(value: Json<'_>, symbols: &[String]) -> Option<usize> {
    let text = value.as_str()?;
    symbols.iter().position(|symbol| *symbol == text)
}

/// From base64.
pub(super) fn bytes(value: Json<'_>) -> Option<Vec<u8>> {
    STANDARD.decode(value.as_str()?.as_bytes()).ok()
}

/// A number, or a text that is one, times ten to the scale.
pub(super) fn decimal(value: Json<'_>, (precision, scale): (u32, u32)) -> Option<i128> {
    let text = value.as_str();
    let number = match &text {
        Some(text) => Json::parse(text.as_bytes()).ok()?,
        None => value,
    };
    let unscaled = scaled(of(number, Kind::Number)?, scale)?;
    let fits = 10_u128.checked_pow(precision).is_none_or(|limit| unscaled.unsigned_abs() < limit);
    fits.then_some(unscaled)
}

/// Two's complement, the highest byte first, no more of them than it takes.
pub(super) fn shortest(number: i128) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let spare = bytes.windows(2).take_while(|two| match two {
        [0, next] => *next < 0x80,
        [0xff, next] => *next >= 0x80,
        _ => false,
    });
    let from = spare.count();
    bytes.get(from..).unwrap_or_default().to_vec()
}

/// Since 1970.
pub(super) fn day(value: Json<'_>) -> Option<i32> {
    match Instant::read(&value.as_str()?)? {
        Instant::Day(day) => i32::try_from(day).ok(),
        Instant::Time { .. } => None,
    }
}

/// Since 1970. A date is its midnight; what is finer than the unit does not fit.
pub(super) fn moment(value: Json<'_>, unit: Unit) -> Option<i64> {
    let nanos = match Instant::read(&value.as_str()?)? {
        Instant::Day(day) => i128::from(day) * 86_400 * 1_000_000_000,
        Instant::Time { nanos, .. } => nanos,
    };
    let whole = nanos % unit.nanos() == 0;
    i64::try_from(nanos / unit.nanos()).ok().filter(|_| whole)
}

fn of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Bool => "a boolean",
        Kind::Number => "a number that does not fit",
        Kind::String => "a string that does not fit",
        Kind::Array => "a list",
        Kind::Object => "an object",
    }
}

fn name(ty: &Type) -> String {
    match ty {
        Type::Boolean => "boolean".to_owned(),
        Type::Int => "a 32-bit integer".to_owned(),
        Type::Long => "a 64-bit integer".to_owned(),
        Type::Float => "a floating-point number of 32 bits".to_owned(),
        Type::Double => "a floating-point number".to_owned(),
        Type::String | Type::Json => "string".to_owned(),
        Type::Enum { symbols, .. } => format!("one of {}", symbols.join(", ")),
        Type::Bytes => "bytes (in JSON a string in base64)".to_owned(),
        Type::Decimal { precision, scale } => {
            format!("a decimal of {precision} digits, {scale} of them behind the point")
        }
        Type::Date => "a date (2024-02-29)".to_owned(),
        Type::Timestamp(Unit::Millis) => {
            "a timestamp in milliseconds (2024-02-29T10:00:00.123Z); with precision: 6 it is one in microseconds"
                .to_owned()
        }
        Type::Timestamp(Unit::Micros) => {
            "a timestamp in microseconds (2024-02-29T10:00:00.123456Z)".to_owned()
        }
        Type::Array(_) => "a list".to_owned(),
        Type::Map(_) | Type::Record(_) => "an object".to_owned(),
    }
}
