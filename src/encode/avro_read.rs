//! Avro's binary form back to a record's JSON, by the schema that it was written by: for who compares values, or looks at them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key_binary::quoted;
use crate::model::{Instant, Json};
use crate::schema::{Field, Record, Slot, Type, Unit};

/// Nested deeper than any schema of krest's is.
const DEEPEST: usize = 64;

/// The JSON that [`super::write_avro`] makes these bytes from: fields that are null are left out, numbers of doubles are the shortest that
/// mean them. `None`: they are no value of this type, or more than one.
pub fn read_avro(slot: &Slot, mut bytes: &[u8]) -> Option<String> {
    read_front(slot, &mut bytes).filter(|_| bytes.is_empty())
}

/// The same of a value with others behind it, which are left.
pub(super) fn read_front(slot: &Slot, bytes: &mut &[u8]) -> Option<String> {
    let mut reader = Reader { bytes, out: String::new() };
    reader.slot(slot, (false, DEEPEST))?;
    *bytes = reader.bytes;
    Some(reader.out)
}

struct Reader<'b> {
    /// What is not read yet.
    bytes: &'b [u8],
    out: String,
}

impl Reader<'_> {
    /// `value_first`: a union has its null behind.
    fn slot(&mut self, slot: &Slot, (value_first, depth): (bool, usize)) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        if !slot.nullable {
            return self.ty(&slot.ty, depth);
        }
        match (self.long()?, value_first) {
            (0, false) | (1, true) => {
                self.out.push_str("null");
                Some(())
            }
            (1, false) | (0, true) => self.ty(&slot.ty, depth),
            _ => None,
        }
    }

    fn ty(&mut self, ty: &Type, depth: usize) -> Option<()> {
        let text = match ty {
            Type::Boolean => match self.take(1)? {
                [0] => "false".to_owned(),
                [1] => "true".to_owned(),
                _ => return None,
            },
            Type::Int => i32::try_from(self.long()?).ok()?.to_string(),
            Type::Long => self.long()?.to_string(),
            Type::Float => {
                let float = f32::from_le_bytes(self.take(4)?.try_into().ok()?);
                float.is_finite().then(|| format!("{float:?}"))?
            }
            Type::Double => number(f64::from_le_bytes(self.take(8)?.try_into().ok()?))?,
            Type::String => quoted(std::str::from_utf8(self.sized()?).ok()?),
            Type::Json => {
                let json = self.sized()?;
                Json::parse(json).ok()?.text().to_owned()
            }
            Type::Enum { symbols, .. } => quoted(symbols.get(usize::try_from(self.long()?).ok()?)?),
            Type::Bytes => quoted(&STANDARD.encode(self.sized()?)),
            Type::Decimal { scale, .. } => decimal(self.sized()?, *scale)?,
            Type::Date => quoted(&Instant::Day(self.long()?).written(0)?),
            Type::Timestamp(unit) => {
                let nanos = i128::from(self.long()?) * unit.nanos();
                let digits = match unit {
                    Unit::Millis => 3,
                    Unit::Micros => 6,
                };
                quoted(&Instant::Time { nanos, has_zone: true }.written(digits)?)
            }
            Type::Array(items) => {
                return self.blocks('[', ']', |reader| reader.slot(items, (false, depth)));
            }
            Type::Map(values) => {
                return self.blocks('{', '}', |reader| {
                    let name = quoted(std::str::from_utf8(reader.sized()?).ok()?);
                    reader.out.push_str(&name);
                    reader.out.push(':');
                    reader.slot(values, (false, depth))
                });
            }
            Type::Record(record) => return self.record(record, depth),
        };
        self.out.push_str(&text);
        Some(())
    }

    fn record(&mut self, record: &Record, depth: usize) -> Option<()> {
        let opened = self.out.len();
        for field in record.fields() {
            self.field(field, (opened, depth))?;
        }
        self.out.push_str(if self.out.len() == opened { "{}" } else { "}" });
        Some(())
    }

    fn field(&mut self, field: &Field, (opened, depth): (usize, usize)) -> Option<()> {
        let before = self.out.len();
        self.out.push(if before == opened { '{' } else { ',' });
        self.out.push_str(&quoted(&field.name));
        self.out.push(':');
        let value = self.out.len();
        self.slot(&field.slot, (field.default.is_some(), depth))?;
        if self.out.get(value..) == Some("null") {
            self.out.truncate(before);
        }
        Some(())
    }

    /// The elements of a list or a map: blocks with their number in front; a negative one is followed by the block's size.
    fn blocks(
        &mut self,
        open: char,
        close: char,
        mut each: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.out.push(open);
        let opened = self.out.len();
        loop {
            let mut count = self.long()?;
            if count < 0 {
                self.long()?;
                count = count.checked_neg()?;
            }
            if count == 0 {
                break;
            }
            for _ in 0..count {
                let comma = if self.out.len() == opened { "" } else { "," };
                self.out.push_str(comma);
                let left = self.bytes.len();
                each(self)?;
                // An element without bytes (a record without fields) could come without end.
                (self.bytes.len() < left).then_some(())?;
            }
        }
        self.out.push(close);
        Some(())
    }

    /// Seven bits a byte, the lowest first; the sign last.
    fn long(&mut self) -> Option<i64> {
        let mut number = 0_u64;
        for place in 0..10 {
            let [byte] = self.take(1)? else { return None };
            number |= u64::from(byte & 0x7f).checked_shl(7 * place)?;
            if byte & 0x80 == 0 {
                return Some((number >> 1).cast_signed() ^ -((number & 1).cast_signed()));
            }
        }
        None
    }

    fn sized(&mut self) -> Option<&[u8]> {
        let length = usize::try_from(self.long()?).ok()?;
        self.take(length)
    }

    fn take(&mut self, length: usize) -> Option<&[u8]> {
        let (taken, left) = self.bytes.split_at_checked(length)?;
        self.bytes = left;
        Some(taken)
    }
}

/// `None`: JSON has no such number.
fn number(number: f64) -> Option<String> {
    serde_json::Number::from_f64(number).map(|number| number.to_string())
}

/// Two's complement, the highest byte first.
fn decimal(bytes: &[u8], scale: u32) -> Option<String> {
    let sign = if bytes.first()? & 0x80 == 0 { 0 } else { 0xff };
    let mut all = [sign; 16];
    let start = all.len().checked_sub(bytes.len())?;
    all.get_mut(start..)?.copy_from_slice(bytes);
    let unscaled = i128::from_be_bytes(all);
    let scale = scale as usize;
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at_checked(digits.len() - scale)?;
    let sign = if unscaled < 0 { "-" } else { "" };
    let point = if scale == 0 { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::random::{Random, Types};
    use super::super::write_avro;
    use super::*;
    use crate::schema::Given;

    fn written(slot: &Slot, record: &str) -> Vec<u8> {
        let mut out = Vec::new();
        write_avro(slot, Json::trusted(record), &mut out).unwrap();
        out
    }

    proptest! {
        #[test]
        fn what_is_read_back_is_written_as_the_same_bytes(one in any::<u64>(), other in any::<u64>()) {
            let slot = Random::new(Types::All, one).record(2);
            let bytes = written(&slot, &Random::new(Types::All, other).value(&slot));
            let read = read_avro(&slot, &bytes).unwrap();
            prop_assert!(Json::parse(read.as_bytes()).is_ok(), "{read}");
            prop_assert_eq!(written(&slot, &read), bytes, "{}", read);
        }

        #[test]
        fn bytes_of_another_type_are_refused_or_read_but_no_trouble(
            one in any::<u64>(),
            bytes in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let slot = Random::new(Types::All, one).record(2);
            let read = read_avro(&slot, &bytes);
            prop_assert!(read.is_none_or(|read| Json::parse(read.as_bytes()).is_ok()));
        }
    }

    #[test]
    fn values_are_told_as_an_api_would() {
        let fields = concat!(
            r#"{"name":"d","type":{"type":"int","logicalType":"date"}},{"name":"f","type":"float"},"#,
            r#"{"name":"ms","type":{"type":"long","logicalType":"timestamp-millis"}},"#,
            r#"{"name":"n","type":["null","long"],"default":null},{"name":"l","type":{"type":"array","items":["null","long"]}},"#,
            r#"{"name":"sum","type":{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}}"#,
        );
        let text = format!(r#"{{"type":"record","name":"shop.Users","fields":[{fields}]}}"#);
        let slot = Given::read(&text).unwrap().slot;
        let record =
            r#"{"d":"1969-12-31","f":0.1,"ms":"2024-02-29T01:00:00.060+01:00","l":[null,1],"sum":-0.05}"#;
        assert_eq!(
            read_avro(&slot, &written(&slot, record)).unwrap(),
            r#"{"d":"1969-12-31","f":0.1,"ms":"2024-02-29T00:00:00.060Z","l":[null,1],"sum":-0.05}"#
        );
    }
}
