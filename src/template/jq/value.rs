//! JSON text to jaq's values and back. What an expression does not compute with keeps its text: decimals and large
//! numbers, the order of keys, strings by their meaning (also those that are no Unicode text).

use bytes::Bytes;
use jaq_json::{Map, Num, Val};

use super::JqProblem;
use crate::model::{FieldName, Json, Kind, MAX_DEPTH};

/// Longer integers stay text: reading one costs the square of its length.
const LONGEST_INTEGER: usize = 1000;

/// One copy of the text, which all its strings share. `fields`: the only ones of an object's that are wanted.
pub(super) fn read(record: Json<'_>, fields: Option<&[String]>) -> Result<Val, JqProblem> {
    let whole = Bytes::from(record.text().to_owned());
    let json = Json::trusted(std::str::from_utf8(&whole).unwrap_or_default());
    match fields {
        Some(wanted) if json.kind() == Kind::Object => {
            let is_wanted = |(name, _): &(FieldName<'_>, _)| wanted.iter().any(|field| name.is(field));
            object(json.fields().filter(is_wanted), &whole, MAX_DEPTH - 1)
        }
        _ => value(json, &whole, MAX_DEPTH),
    }
}

fn object<'j>(
    fields: impl Iterator<Item = (FieldName<'j>, Json<'j>)>,
    whole: &Bytes,
    depth: usize,
) -> Result<Val, JqProblem> {
    let fields = fields.map(|(name, field)| Ok((string(name.json(), whole), value(field, whole, depth)?)));
    Ok(Val::obj(fields.collect::<Result<Map, _>>()?))
}

fn value(json: Json<'_>, whole: &Bytes, depth: usize) -> Result<Val, JqProblem> {
    let Some(inner) = depth.checked_sub(1) else { return Err(JqProblem::Nested(MAX_DEPTH)) };
    Ok(match json.kind() {
        Kind::Null => Val::Null,
        Kind::Bool => Val::Bool(json.as_bool() == Some(true)),
        Kind::Number => Val::Num(number(json.text())),
        Kind::String => string(json, whole),
        Kind::Array => {
            json.elements().map(|element| value(element, whole, inner)).collect::<Result<_, _>>()?
        }
        Kind::Object => object(json.fields(), whole, inner)?,
    })
}

fn string(json: Json<'_>, whole: &Bytes) -> Val {
    match json.unescaped() {
        std::borrow::Cow::Borrowed(bytes) => Val::utf8_str(whole.slice_ref(bytes)),
        std::borrow::Cow::Owned(bytes) => Val::utf8_str(bytes),
    }
}

fn number(text: &str) -> Num {
    let whole = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    match text.parse() {
        Ok(0) if text.starts_with('-') => Num::Dec(text.to_owned().into()),
        Ok(small) => Num::Int(small),
        Err(_) => {
            let large =
                if whole && text.len() <= LONGEST_INTEGER { Num::from_str_radix(text, 10) } else { None };
            large.unwrap_or_else(|| Num::Dec(text.to_owned().into()))
        }
    }
}

/// Appends the value as JSON text without spaces.
pub(super) fn write(value: &Val, text: &mut String) -> Result<(), JqProblem> {
    written(value, text, MAX_DEPTH)
}

fn written(value: &Val, text: &mut String, depth: usize) -> Result<(), JqProblem> {
    let Some(inner) = depth.checked_sub(1) else {
        return Err(JqProblem::NotJson("a value nested too deeply"));
    };
    match value {
        Val::Null => text.push_str("null"),
        Val::Bool(value) => text.push_str(if *value { "true" } else { "false" }),
        Val::Num(Num::Float(number)) if number.is_nan() => {
            return Err(JqProblem::NotJson("not a number (NaN)"));
        }
        Val::Num(Num::Float(number)) if number.is_infinite() => {
            return Err(JqProblem::NotJson("an infinite number"));
        }
        Val::Num(Num::Dec(number)) => decimal(number, text),
        Val::Num(number) => {
            use std::fmt::Write as _;
            let _ = write!(text, "{number}");
        }
        Val::TStr(bytes) => quoted(bytes, text)?,
        Val::BStr(_) => return Err(JqProblem::NotJson("bytes")),
        Val::Arr(elements) => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { "," });
                written(element, text, inner)?;
            }
            text.push(']');
        }
        Val::Obj(fields) => {
            text.push('{');
            for (index, (name, field)) in fields.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { "," });
                let Val::TStr(name) = name else {
                    return Err(JqProblem::NotJson("an object with a key that is no string"));
                };
                quoted(name, text)?;
                text.push(':');
                written(field, text, inner)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

/// By its text. One that stands in the expression itself may begin with zeros, which JSON does not allow: `007.5`.
fn decimal(number: &str, text: &mut String) {
    let (sign, unsigned) = number.strip_prefix('-').map_or(("", number), |unsigned| ("-", unsigned));
    let short = unsigned.trim_start_matches('0');
    text.push_str(sign);
    text.push_str(if short.starts_with(|c: char| c.is_ascii_digit()) { "" } else { "0" });
    text.push_str(short);
}

/// In UTF-8, only `"`, `\` and control characters escaped; half of a surrogate pair as the escape that it was.
fn quoted(bytes: &[u8], text: &mut String) -> Result<(), JqProblem> {
    text.push('"');
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(all) => {
                escaped(all, text);
                break;
            }
            Err(error) => {
                let (valid, invalid) = rest.split_at(error.valid_up_to());
                escaped(std::str::from_utf8(valid).unwrap_or_default(), text);
                let [0xed, high @ 0xa0..=0xbf, low @ 0x80..=0xbf, after @ ..] = invalid else {
                    return Err(JqProblem::NotJson("a string that is no Unicode text"));
                };
                let half = 0xd000 | (u16::from(high & 0x3f) << 6) | u16::from(low & 0x3f);
                text.push_str(&format!("\\u{half:04x}"));
                rest = after;
            }
        }
    }
    text.push('"');
    Ok(())
}

fn escaped(plain: &str, text: &mut String) {
    let special = |byte: u8| byte < 0x20 || matches!(byte, b'"' | b'\\');
    let mut from = 0;
    for (at, byte) in plain.bytes().enumerate().filter(|(_, byte)| special(*byte)) {
        text.push_str(plain.get(from..at).unwrap_or_default());
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\r' => text.push_str("\\r"),
            b'\t' => text.push_str("\\t"),
            0x08 => text.push_str("\\b"),
            0x0c => text.push_str("\\f"),
            other => text.push_str(&format!("\\u{other:04x}")),
        }
        from = at + 1;
    }
    text.push_str(plain.get(from..).unwrap_or_default());
}
