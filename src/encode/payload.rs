//! A value as JSON by its type: texts and numbers as they were written, dates and moments as numbers, which is how Kafka Connect's
//! logical types have them.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::logical;
use crate::model::{Json, Kind};
use crate::schema::{Misfit, Record, Slot, Type};

/// How decimals are written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decimals {
    /// The bytes of the unscaled number.
    Base64,
    /// A number with all the digits that its type has behind the point.
    Number,
}

/// Writes behind what is there already.
pub(super) struct Payload<'o> {
    pub decimals: Decimals,
    pub out: &'o mut String,
}

impl Payload<'_> {
    pub(super) fn write(&mut self, slot: &Slot, value: Json<'_>) -> Result<(), Misfit> {
        if value.kind() == Kind::Null {
            self.out.push_str("null");
            return logical::null(slot);
        }
        match (&slot.ty, value.kind()) {
            (Type::Array(items), Kind::Array) => self.list(items, value),
            (Type::Map(values), Kind::Object) => self.map(values, value),
            (Type::Record(record), Kind::Object) => self.record(record, value),
            (ty, _) => self.scalar(ty, value).ok_or_else(|| logical::misfit(ty, value)),
        }
    }

    /// `None`: it does not fit.
    fn scalar(&mut self, ty: &Type, value: Json<'_>) -> Option<()> {
        let as_it_is = match ty {
            Type::Boolean => logical::of(value, Kind::Bool).is_some(),
            Type::Int => logical::integer::<i32>(value).is_some(),
            Type::Long => logical::integer::<i64>(value).is_some(),
            Type::Float => logical::float(value).is_some(),
            Type::Double => logical::double(value).is_some(),
            Type::String => value.kind() == Kind::String,
            Type::Enum { symbols, .. } => logical::symbol(value, symbols).is_some(),
            Type::Bytes => logical::bytes(value).is_some(),
            Type::Json
            | Type::Decimal { .. }
            | Type::Date
            | Type::Timestamp(_)
            | Type::Array(_)
            | Type::Map(_)
            | Type::Record(_) => false,
        };
        if as_it_is {
            self.out.push_str(value.text());
            return Some(());
        }
        let other = match ty {
            Type::String | Type::Json => quoted(&value.compact()),
            Type::Decimal { precision, scale } => {
                self.decimal(logical::decimal(value, (*precision, *scale))?, *scale)
            }
            Type::Date => logical::day(value)?.to_string(),
            Type::Timestamp(unit) => logical::moment(value, *unit)?.to_string(),
            Type::Boolean
            | Type::Int
            | Type::Long
            | Type::Float
            | Type::Double
            | Type::Enum { .. }
            | Type::Bytes
            | Type::Array(_)
            | Type::Map(_)
            | Type::Record(_) => return None,
        };
        self.out.push_str(&other);
        Some(())
    }

    fn decimal(&self, unscaled: i128, scale: u32) -> String {
        match self.decimals {
            Decimals::Base64 => quoted(&STANDARD.encode(logical::shortest(unscaled))),
            Decimals::Number => with_point(unscaled, scale as usize),
        }
    }

    fn list(&mut self, items: &Slot, list: Json<'_>) -> Result<(), Misfit> {
        self.out.push('[');
        for (place, element) in list.elements().enumerate() {
            self.out.push_str(if place == 0 { "" } else { "," });
            self.write(items, element).map_err(Misfit::in_list)?;
        }
        self.out.push(']');
        Ok(())
    }

    fn map(&mut self, values: &Slot, map: Json<'_>) -> Result<(), Misfit> {
        self.out.push('{');
        for (place, (name, value)) in map.fields().enumerate() {
            self.out.push_str(if place == 0 { "" } else { "," });
            self.out.push_str(name.json().text());
            self.out.push(':');
            self.write(values, value).map_err(|misfit| misfit.in_field(&name.text()))?;
        }
        self.out.push('}');
        Ok(())
    }

    /// What the record has and its type knows; of a name that comes twice, readers take the last.
    fn record(&mut self, record: &Record, object: Json<'_>) -> Result<(), Misfit> {
        let mut needed: Vec<bool> = record.fields().iter().map(|field| !logical::may_lack(field)).collect();
        let opened = self.out.len();
        for (name, value) in object.fields() {
            let text = name.text();
            let Some((place, field)) = record.find(&text) else { continue };
            if value.kind() == Kind::Null && field.default.is_some() {
                continue; // the default stands for it
            }
            needed.get_mut(place).into_iter().for_each(|needed| *needed = false);
            self.out.push_str(if self.out.len() == opened { "{" } else { "," });
            self.out.push_str(&as_in_schema(name.json().text(), &text));
            self.out.push(':');
            self.write(&field.slot, value).map_err(|misfit| misfit.in_field(&text))?;
        }
        self.out.push_str(if self.out.len() == opened { "{}" } else { "}" });
        match needed.iter().zip(record.fields()).find(|(needed, _)| **needed) {
            Some((_, field)) => Err(logical::missing(field)),
            None => Ok(()),
        }
    }
}

/// A field's name as the schema has it, where escapes could make another one of it: one that is no text is called by its JSON there.
fn as_in_schema<'n>(json: &'n str, text: &str) -> Cow<'n, str> {
    if json.contains('\\') { quoted(text).into() } else { json.into() }
}

/// A number with so many digits behind its point.
fn with_point(unscaled: i128, scale: usize) -> String {
    if scale == 0 {
        return unscaled.to_string();
    }
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_has_all_digits_of_its_scale() {
        for (unscaled, scale, expected) in [
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (-1250, 2, "-12.50"),
            (1250, 0, "1250"),
            (1, 38, "0.00000000000000000000000000000000000001"),
        ] {
            assert_eq!(with_point(unscaled, scale), expected);
        }
    }
}
