//! Kafka Connect's JSON with a schema, as its `JsonConverter` reads it with `schemas.enable`: `{"schema":…,"payload":…}`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::model::{Instant, Json, Kind, scaled};
use crate::schema::{Field, Misfit, Record, Slot, Type, Unit};

/// The schema of a value, as text. Fields that may be missing are optional.
pub(super) fn schema(slot: &Slot) -> String {
    let mut out = String::new();
    write_schema(slot, None, &mut out);
    out
}

/// `field`: the one that has this type, if it is one's.
fn write_schema(slot: &Slot, field: Option<&Field>, out: &mut String) {
    let Form { ty, logical, parameters } = form(&slot.ty);
    out.push_str(&format!(r#"{{"type":"{ty}""#));
    match &slot.ty {
        Type::Record(record) => {
            out.push_str(r#","fields":["#);
            for (place, field) in record.fields().iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                write_schema(&field.slot, Some(field), out);
            }
            out.push(']');
        }
        Type::Array(items) => {
            out.push_str(r#","items":"#);
            write_schema(items, None, out);
        }
        Type::Map(values) => {
            out.push_str(r#","keys":{"type":"string","optional":false},"values":"#);
            write_schema(values, None, out);
        }
        Type::Boolean
        | Type::Int
        | Type::Long
        | Type::Float
        | Type::Double
        | Type::String
        | Type::Json
        | Type::Enum { .. }
        | Type::Bytes
        | Type::Decimal { .. }
        | Type::Date
        | Type::Timestamp(_) => {}
    }
    out.push_str(&format!(r#","optional":{}"#, slot.nullable));
    write_names(&slot.ty, logical, field, out);
    out.push_str(&parameters);
    if let Some(field) = field {
        field.default.iter().for_each(|default| out.push_str(&format!(r#","default":{default}"#)));
        out.push_str(&format!(r#","field":{}"#, quoted(&field.name)));
    }
    out.push('}');
}

/// What a type is called, and what is said of it.
fn write_names(ty: &Type, logical: Option<&str>, field: Option<&Field>, out: &mut String) {
    let record = if let Type::Record(record) = ty { Some(record) } else { None };
    if let Some(name) = record.map(|record| record.name.as_str()).or(logical) {
        out.push_str(&format!(r#","name":{}"#, quoted(name)));
        out.push_str(if logical.is_some() { r#","version":1"# } else { "" });
    }
    let of_field = field.and_then(|field| field.doc.as_ref());
    let doc = of_field.or(record.and_then(|record| record.doc.as_ref()));
    doc.iter().for_each(|doc| out.push_str(&format!(r#","doc":{}"#, quoted(doc))));
}

/// A type as Connect has it.
struct Form {
    ty: &'static str,
    logical: Option<&'static str>,
    parameters: String,
}

fn form(ty: &Type) -> Form {
    let plain = |ty| Form { ty, logical: None, parameters: String::new() };
    let logical = |ty, name| Form { ty, logical: Some(name), parameters: String::new() };
    match ty {
        Type::Boolean => plain("boolean"),
        Type::Int => plain("int32"),
        Type::Long => plain("int64"),
        Type::Float => plain("float"),
        Type::Double => plain("double"),
        Type::String | Type::Enum { .. } => plain("string"),
        Type::Json => logical("string", "io.debezium.data.Json"),
        Type::Bytes => plain("bytes"),
        Type::Decimal { precision, scale } => Form {
            parameters: format!(
                r#","parameters":{{"scale":"{scale}","connect.decimal.precision":"{precision}"}}"#
            ),
            ..logical("bytes", "org.apache.kafka.connect.data.Decimal")
        },
        Type::Date => logical("int32", "org.apache.kafka.connect.data.Date"),
        Type::Timestamp(Unit::Millis) => logical("int64", "org.apache.kafka.connect.data.Timestamp"),
        Type::Timestamp(Unit::Micros) => logical("int64", "io.debezium.time.MicroTimestamp"),
        Type::Array(_) => plain("array"),
        Type::Map(_) => plain("map"),
        Type::Record(_) => plain("struct"),
    }
}

/// A value as its type has it, behind what is there already. Numbers keep their text, and texts theirs.
pub(super) fn write_payload(slot: &Slot, value: Json<'_>, out: &mut String) -> Result<(), Misfit> {
    if value.kind() == Kind::Null {
        out.push_str("null");
        return if slot.nullable { Ok(()) } else { Err(Misfit::new("is null, which its type is not")) };
    }
    let other = || Misfit::new(format!("is {}, and its type is {}", of_kind(value.kind()), name(&slot.ty)));
    match &slot.ty {
        Type::Boolean => out.push_str(as_is(value, Kind::Bool).ok_or_else(other)?),
        Type::Int => out.push_str(number::<i32>(value).ok_or_else(other)?),
        Type::Long => out.push_str(number::<i64>(value).ok_or_else(other)?),
        Type::Float | Type::Double => {
            let finite = |text: &&str| text.parse::<f64>().is_ok_and(f64::is_finite);
            out.push_str(as_is(value, Kind::Number).filter(finite).ok_or_else(other)?);
        }
        Type::String if value.kind() == Kind::String => out.push_str(value.text()),
        Type::String | Type::Json => out.push_str(&quoted(&value.compact())),
        Type::Enum { symbols, .. } => {
            let known = |text: &str| symbols.iter().any(|symbol| symbol == text);
            out.push_str(value.as_str().filter(|text| known(text)).map(|_| value.text()).ok_or_else(other)?);
        }
        Type::Bytes => {
            let decodes = |text: &str| STANDARD.decode(text).is_ok();
            out.push_str(
                value.as_str().filter(|text| decodes(text)).map(|_| value.text()).ok_or_else(other)?,
            );
        }
        Type::Decimal { precision, scale } => {
            let unscaled = decimal(value, (*precision, *scale)).ok_or_else(other)?;
            out.push_str(&quoted(&STANDARD.encode(shortest(unscaled))));
        }
        Type::Date => out.push_str(&day(value).ok_or_else(other)?.to_string()),
        Type::Timestamp(unit) => out.push_str(&moment(value, *unit).ok_or_else(other)?.to_string()),
        Type::Array(items) => write_list(items, value, out, other)?,
        Type::Map(values) => write_map(values, value, out, other)?,
        Type::Record(record) => write_record(record, value, out, other)?,
    }
    Ok(())
}

fn write_list(
    items: &Slot,
    value: Json<'_>,
    out: &mut String,
    other: impl Fn() -> Misfit,
) -> Result<(), Misfit> {
    as_is(value, Kind::Array).ok_or_else(other)?;
    out.push('[');
    for (place, element) in value.elements().enumerate() {
        out.push_str(if place == 0 { "" } else { "," });
        write_payload(items, element, out).map_err(Misfit::in_list)?;
    }
    out.push(']');
    Ok(())
}

fn write_map(
    values: &Slot,
    value: Json<'_>,
    out: &mut String,
    other: impl Fn() -> Misfit,
) -> Result<(), Misfit> {
    as_is(value, Kind::Object).ok_or_else(other)?;
    out.push('{');
    for (place, (name, value)) in value.fields().enumerate() {
        out.push_str(if place == 0 { "" } else { "," });
        out.push_str(name.json().text());
        out.push(':');
        write_payload(values, value, out).map_err(|misfit| misfit.in_field(&name.text()))?;
    }
    out.push('}');
    Ok(())
}

/// What the record has and its type knows; of a name that comes twice, readers take the last.
fn write_record(
    record: &Record,
    value: Json<'_>,
    out: &mut String,
    other: impl Fn() -> Misfit,
) -> Result<(), Misfit> {
    as_is(value, Kind::Object).ok_or_else(other)?;
    let mut needed: Vec<bool> = record.fields().iter().map(|field| !may_lack(field)).collect();
    let opened = out.len();
    for (name, value) in value.fields() {
        let text = name.text();
        let Some((place, field)) = record.find(&text) else { continue };
        if value.kind() == Kind::Null && field.default.is_some() {
            continue; // the default stands for it
        }
        needed.get_mut(place).into_iter().for_each(|needed| *needed = false);
        out.push_str(if out.len() == opened { "{" } else { "," });
        out.push_str(name.json().text());
        out.push(':');
        write_payload(&field.slot, value, out).map_err(|misfit| misfit.in_field(&text))?;
    }
    out.push_str(if out.len() == opened { "{}" } else { "}" });
    match needed.iter().zip(record.fields()).find(|(needed, _)| **needed) {
        Some((_, field)) => Err(Misfit::new("is missing, and may not be null").in_field(&field.name)),
        None => Ok(()),
    }
}

fn may_lack(field: &Field) -> bool {
    field.slot.nullable || field.default.is_some()
}

/// The text of a value, if it is of this kind.
fn as_is(value: Json<'_>, kind: Kind) -> Option<&str> {
    (value.kind() == kind).then(|| value.text())
}

/// The text of an integer, if it is one of this width.
fn number<'v, T: std::str::FromStr>(value: Json<'v>) -> Option<&'v str> {
    as_is(value, Kind::Number).filter(|text| text.parse::<T>().is_ok())
}

/// A number, or a text that is one, times ten to the scale.
fn decimal(value: Json<'_>, (precision, scale): (u32, u32)) -> Option<i128> {
    let text = value.as_str();
    let number = match &text {
        Some(text) => Json::parse(text.as_bytes()).ok()?,
        None => value,
    };
    let unscaled = scaled(as_is(number, Kind::Number)?, scale)?;
    let fits = 10_u128.checked_pow(precision).is_none_or(|limit| unscaled.unsigned_abs() < limit);
    fits.then_some(unscaled)
}

/// Two's complement, the highest byte first, no more of them than it takes.
fn shortest(number: i128) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let spare = bytes.windows(2).take_while(|two| match two {
        [0, next] => *next < 0x80,
        [0xff, next] => *next >= 0x80,
        _ => false,
    });
    let from = spare.count();
    bytes.get(from..).unwrap_or_default().to_vec()
}

fn day(value: Json<'_>) -> Option<i32> {
    match Instant::read(&value.as_str()?)? {
        Instant::Day(day) => i32::try_from(day).ok(),
        Instant::Time { .. } => None,
    }
}

/// A date is its midnight; what is finer than the unit does not fit.
fn moment(value: Json<'_>, unit: Unit) -> Option<i64> {
    let nanos = match Instant::read(&value.as_str()?)? {
        Instant::Day(day) => i128::from(day) * 86_400 * 1_000_000_000,
        Instant::Time { nanos, .. } => nanos,
    };
    let whole = nanos % unit.nanos() == 0;
    i64::try_from(nanos / unit.nanos()).ok().filter(|_| whole)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
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
        Type::Float | Type::Double => "a floating-point number".to_owned(),
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
