//! A value as Avro's binary form, by the schema that [`crate::schema::to_avro`] writes of its type. Without a header: what stands in
//! front of a value is its format's business.

use std::borrow::Cow;

use super::logical;
use crate::model::{Json, Kind};
use crate::schema::{Field, Misfit, Record, Slot, Type};

/// So many elements a block of a list has at most: their number is one byte then, and is written without being known before.
const BLOCK: u8 = 63;
/// The places of null and of the other type in a union, as they are written.
const FIRST: u8 = 0;
const SECOND: u8 = 2;

/// Writes behind what is there already; of a value that does not fit, nothing stays.
///
/// A text that is no Unicode (half of a surrogate pair, which JSON allows) does not fit, since Avro's strings are UTF-8. Of a name
/// that comes twice in a record the last value counts. A double is the one next to the number.
pub fn write_avro(slot: &Slot, value: Json<'_>, out: &mut Vec<u8>) -> Result<(), Misfit> {
    let before = out.len();
    let written = Writer { out, open: Vec::new() }.slot(slot, value);
    if written.is_err() {
        out.truncate(before);
    }
    written
}

struct Writer<'v, 'o> {
    out: &'o mut Vec<u8>,
    /// What was found of the records that are being written, each field at its place.
    open: Vec<Option<Json<'v>>>,
}

impl<'v> Writer<'v, '_> {
    /// A nullable one is a union with null in front.
    fn slot(&mut self, slot: &Slot, value: Json<'v>) -> Result<(), Misfit> {
        if value.kind() == Kind::Null {
            self.out.push(FIRST);
            return logical::null(slot);
        }
        if slot.nullable {
            self.out.push(SECOND);
        }
        self.ty(&slot.ty, value)
    }

    fn ty(&mut self, ty: &Type, value: Json<'v>) -> Result<(), Misfit> {
        match (ty, value.kind()) {
            (Type::Array(items), Kind::Array) => self.list(items, value),
            (Type::Map(values), Kind::Object) => self.map(values, value),
            (Type::Record(record), Kind::Object) => self.record(record, value),
            (Type::String, Kind::String) => self.text(value.as_str()),
            (ty, _) => self.scalar(ty, value).ok_or_else(|| logical::misfit(ty, value)),
        }
    }

    /// `None`: it does not fit.
    fn scalar(&mut self, ty: &Type, value: Json<'_>) -> Option<()> {
        match ty {
            Type::Boolean => self.out.push(value.as_bool()?.into()),
            Type::Int => self.long(logical::integer::<i32>(value)?.into()),
            Type::Long => self.long(logical::integer(value)?),
            Type::Float => self.out.extend(logical::float(value)?.to_le_bytes()),
            Type::Double => self.out.extend(logical::double(value)?.to_le_bytes()),
            Type::String | Type::Json => self.bytes(value.compact().as_bytes()),
            Type::Enum { symbols, .. } => self.long(logical::symbol(value, symbols)? as i64),
            Type::Bytes => self.bytes(&logical::bytes(value)?),
            Type::Decimal { precision, scale } => {
                self.bytes(&logical::shortest(logical::decimal(value, (*precision, *scale))?));
            }
            Type::Date => self.long(logical::day(value)?.into()),
            Type::Timestamp(unit) => self.long(logical::moment(value, *unit)?),
            Type::Array(_) | Type::Map(_) | Type::Record(_) => return None,
        }
        Some(())
    }

    fn list(&mut self, items: &Slot, list: Json<'v>) -> Result<(), Misfit> {
        let mut block = Block::none();
        for element in list.elements() {
            block.count(self.out);
            self.slot(items, element).map_err(Misfit::in_list)?;
        }
        self.out.push(0);
        Ok(())
    }

    /// A name that comes twice stands there twice: of two equal names readers take the last, as in JSON.
    fn map(&mut self, values: &Slot, map: Json<'v>) -> Result<(), Misfit> {
        let mut block = Block::none();
        for (name, value) in map.fields() {
            block.count(self.out);
            let written = self.text(name.json().as_str()).and_then(|()| self.slot(values, value));
            written.map_err(|misfit| misfit.in_field(&name.text()))?;
        }
        self.out.push(0);
        Ok(())
    }

    fn record(&mut self, record: &Record, object: Json<'v>) -> Result<(), Misfit> {
        let first = self.open.len();
        self.open.resize(first + record.fields().len(), None);
        let mut next = 0;
        for (name, value) in object.fields() {
            let Some(place) = record.place(&name.text(), next) else { continue };
            next = place + 1;
            self.open.get_mut(first + place).into_iter().for_each(|open| *open = Some(value));
        }
        for (place, field) in record.fields().iter().enumerate() {
            let value = self.open.get(first + place).copied().flatten();
            self.field(field, value)?;
        }
        self.open.truncate(first);
        Ok(())
    }

    /// With a default, the union has its type in front, and the default stands for null.
    fn field(&mut self, field: &Field, value: Option<Json<'v>>) -> Result<(), Misfit> {
        let (nullable, ty) = (field.slot.nullable, &field.slot.ty);
        let there = value.filter(|value| value.kind() != Kind::Null);
        let written = match (&field.default, there) {
            (Some(default), there) => {
                self.out.extend(nullable.then_some(FIRST));
                match there {
                    Some(value) => self.ty(ty, value),
                    None => self.default(ty, &default.to_string()),
                }
            }
            (None, None) if value.is_none() && !nullable => return Err(logical::missing(field)),
            (None, there) => self.slot(&field.slot, there.unwrap_or(Json::trusted("null"))),
        };
        written.map_err(|misfit| misfit.in_field(&field.name))
    }

    fn default(&mut self, ty: &Type, default: &str) -> Result<(), Misfit> {
        Writer { out: self.out, open: Vec::new() }.ty(ty, Json::trusted(default))
    }

    fn text(&mut self, text: Option<Cow<'_, str>>) -> Result<(), Misfit> {
        let no_unicode = || {
            Misfit::new(
                "is a string with half of a surrogate pair, which is no Unicode text; its column can have data_type: json",
            )
        };
        self.bytes(text.ok_or_else(no_unicode)?.as_bytes());
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.long(bytes.len() as i64);
        self.out.extend_from_slice(bytes);
    }

    /// The sign last, then seven bits a byte, the lowest first.
    fn long(&mut self, number: i64) {
        let mut left = ((number << 1) ^ (number >> 63)).cast_unsigned();
        while left >= 0x80 {
            self.out.push(left as u8 | 0x80);
            left >>= 7;
        }
        self.out.push(left as u8);
    }
}

/// Some elements of a list or a map, with their number in front.
struct Block {
    /// Where the number stands.
    at: usize,
    elements: u8,
}

impl Block {
    fn none() -> Self {
        Self { at: 0, elements: BLOCK }
    }

    /// One element more is going to be written.
    fn count(&mut self, out: &mut Vec<u8>) {
        if self.elements == BLOCK {
            *self = Self { at: out.len(), elements: 0 };
            out.push(0);
        }
        self.elements += 1;
        out.get_mut(self.at).into_iter().for_each(|number| *number = self.elements << 1);
    }
}
