//! Random types, and random JSON of a type: fields in any order, missing, unknown or twice, texts with and without escapes.

use fastrand::Rng;
use serde_json::{Value, json};

use super::{Field, Record, Slot, Type, Unit};

/// Which types.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Types {
    /// Those that only a given schema has too.
    All,
    /// Those that are learned from records, all of them nullable.
    Learned,
}

/// What Avro calls them differs too.
const NAMES: [&str; 8] = ["a", "b", "first-name", "größe", "2nd", "x_y", "say \"hi\"", "back\\slash"];

pub struct Random {
    types: Types,
    random: Rng,
    records: usize,
}

impl Random {
    pub fn new(types: Types, seed: u64) -> Self {
        Self { types, random: Rng::with_seed(seed), records: 0 }
    }

    pub fn record(&mut self, depth: usize) -> Slot {
        Slot::required(Type::Record(self.record_type(depth)))
    }

    fn record_type(&mut self, depth: usize) -> Record {
        self.records += 1;
        let name = format!("shop.R{}", self.records);
        let mut names = NAMES;
        self.random.shuffle(&mut names);
        let kept = self.random.usize(1..=NAMES.len());
        let fields = names.into_iter().take(kept).map(|name| self.field(name, depth)).collect();
        Record::new(name, None, fields)
    }

    fn field(&mut self, name: &str, depth: usize) -> Field {
        let slot = self.slot(depth);
        let simple = self.types == Types::All && self.random.u8(..4) == 0;
        let default = if simple { default(&slot.ty) } else { None };
        Field { name: name.to_owned(), slot, doc: None, default }
    }

    fn slot(&mut self, depth: usize) -> Slot {
        let nullable = self.types == Types::Learned || self.random.bool();
        Slot { ty: self.ty(depth), nullable }
    }

    fn ty(&mut self, depth: usize) -> Type {
        let all = self.types == Types::All;
        let deep = depth > 0 && self.random.u8(..3) == 0;
        if deep {
            return match self.random.u8(..if all { 3 } else { 2 }) {
                0 => Type::Record(self.record_type(depth - 1)),
                1 => Type::Array(Box::new(self.slot(depth - 1))),
                _ => Type::Map(Box::new(self.slot(depth - 1))),
            };
        }
        let precision = self.random.u32(1..=38);
        match self.random.u8(..if all { 13 } else { 4 }) {
            0 => Type::Boolean,
            1 => Type::Long,
            2 => Type::Double,
            3 => Type::String,
            4 => Type::Int,
            5 => Type::Float,
            6 => Type::Json,
            7 => Type::Bytes,
            8 => Type::Decimal { precision, scale: self.random.u32(..=precision) },
            9 => Type::Date,
            10 => Type::Timestamp(Unit::Millis),
            11 => Type::Timestamp(Unit::Micros),
            _ => {
                self.records += 1;
                let symbols = ["LOW", "MID", "HIGH"].map(str::to_owned).to_vec();
                Type::Enum { name: format!("shop.E{}", self.records), symbols }
            }
        }
    }

    /// JSON that fits.
    pub fn value(&mut self, slot: &Slot) -> String {
        if slot.nullable && self.random.u8(..4) == 0 { "null".to_owned() } else { self.of(&slot.ty) }
    }

    fn of(&mut self, ty: &Type) -> String {
        match ty {
            Type::Boolean => self.random.bool().to_string(),
            Type::Int => (self.random.i32(..) >> self.random.u32(..32)).to_string(),
            Type::Long => self.long().to_string(),
            Type::Float => self.float(),
            Type::Double => self.double(),
            Type::String | Type::Json => self.text_or_other(ty),
            Type::Enum { symbols, .. } => quoted(&symbols[self.random.usize(..symbols.len())]),
            Type::Bytes => quoted(["", "AA==", "AQI=", "/////w==", "YWJjZGVm"][self.random.usize(..5)]),
            Type::Decimal { precision, scale } => self.decimal(*precision, *scale),
            Type::Date => quoted(&self.day()),
            Type::Timestamp(unit) => quoted(&self.moment(*unit)),
            Type::Array(items) => self.list(items),
            Type::Map(values) => {
                let mut text = || format!("k{}", self.random.u16(..));
                let names: Vec<String> = (0..3).map(|_| text()).collect();
                let fields: Vec<String> =
                    names.iter().map(|name| format!("{}: {}", quoted(name), self.value(values))).collect();
                format!("{{ {} }}", fields.join(" , "))
            }
            Type::Record(record) => self.object(record),
        }
    }

    fn long(&mut self) -> i64 {
        let most = if self.types == Types::All { 0 } else { 11 }; // beyond 2^53 nothing becomes a double
        self.random.i64(..) >> self.random.u32(most..64)
    }

    fn float(&mut self) -> String {
        let float = f32::from_bits(self.random.u32(..));
        if float.is_finite() { format!("{float:e}") } else { "1.5".to_owned() }
    }

    /// Sometimes without a fraction: a schema that learns has it for a long at first.
    fn double(&mut self) -> String {
        let double = f64::from_bits(self.random.u64(..));
        match self.random.u8(..4) {
            0 => self.random.i8(..).to_string(),
            1 => "-0.0".to_owned(),
            2 => format!("{}.5", self.random.i16(..)),
            _ if double.is_finite() => format!("{double:e}"),
            _ => "1e300".to_owned(),
        }
    }

    fn text_or_other(&mut self, ty: &Type) -> String {
        let other = self.types == Types::All && self.random.u8(..4) == 0;
        if other || *ty == Type::Json {
            return ["1.50", "{\"a\" : [1, \"x y\"]}", "true", "[]", "\"x\"", "12345678901234567890123"]
                [self.random.usize(..6)]
            .to_owned();
        }
        let text: String = (0..self.random.usize(..12)).map(|_| self.char()).collect();
        match self.random.bool() {
            true => quoted(&text),
            false => {
                let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect();
                format!("\"{units}\"")
            }
        }
    }

    fn char(&mut self) -> char {
        match self.random.u8(..4) {
            0 => self.random.char(..),
            1 => ['"', '\\', '\n', '/', '\0', 'é', '\u{1f600}'][self.random.usize(..7)],
            _ => self.random.alphanumeric(),
        }
    }

    /// As a number or as a text.
    fn decimal(&mut self, precision: u32, scale: u32) -> String {
        let digits: String = (0..precision).map(|_| char::from(b'0' + self.random.u8(..10))).collect();
        let number = digits.trim_start_matches('0');
        let number = if number.is_empty() { "0" } else { number };
        let text = format!("{}{number}e-{scale}", ["", "-"][self.random.usize(..2)]);
        if self.random.bool() { text } else { quoted(&text) }
    }

    fn day(&mut self) -> String {
        let (year, month, day) = (self.random.u16(1..=9998), self.random.u8(1..=12), self.random.u8(1..=28));
        format!("{year:04}-{month:02}-{day:02}")
    }

    fn moment(&mut self, unit: Unit) -> String {
        let (hour, minute, second) = (self.random.u8(..24), self.random.u8(..60), self.random.u8(..60));
        let fraction = match unit {
            Unit::Millis => format!("{:03}", self.random.u16(..1000)),
            Unit::Micros => format!("{:06}", self.random.u32(..1_000_000)),
        };
        let zone = ["Z", "+01:00", "-09:30"][self.random.usize(..3)];
        format!("{}T{hour:02}:{minute:02}:{second:02}.{fraction}{zone}", self.day())
    }

    /// Now and then a long one.
    fn list(&mut self, items: &Slot) -> String {
        let simple = !matches!(items.ty, Type::Array(_) | Type::Map(_) | Type::Record(_));
        let most = if simple && self.random.u8(..8) == 0 { 200 } else { 4 };
        let list: Vec<String> = (0..self.random.usize(..most)).map(|_| self.value(items)).collect();
        format!("[{}]", list.join(", "))
    }

    fn object(&mut self, record: &Record) -> String {
        let mut fields: Vec<String> = Vec::new();
        for field in record.fields() {
            let may_lack = field.slot.nullable || field.default.is_some();
            if may_lack && self.random.u8(..4) == 0 {
                continue;
            }
            let null = field.default.is_some() && self.random.u8(..4) == 0;
            let value = if null { "null".to_owned() } else { self.value(&field.slot) };
            fields.push(format!("{}:{value}", quoted(&field.name)));
        }
        if self.types == Types::All {
            fields.push(r#""unknown":{"a":[1,null]}"#.to_owned());
        }
        self.random.shuffle(&mut fields);
        if let Some(field) = record.fields().first().filter(|_| self.random.u8(..4) == 0) {
            let (again, name) = (self.of(&field.slot.ty), quoted(&field.name));
            fields.push(format!("{name} : {again}"));
        }
        format!("{{{}}}", fields.join(" ,\n"))
    }
}

fn default(ty: &Type) -> Option<Value> {
    match ty {
        Type::Boolean => Some(json!(true)),
        Type::Int | Type::Long => Some(json!(-7)),
        Type::Float | Type::Double => Some(json!(0.25)),
        Type::String => Some(json!("é")),
        Type::Enum { .. } => Some(json!("MID")),
        Type::Json
        | Type::Bytes
        | Type::Decimal { .. }
        | Type::Date
        | Type::Timestamp(_)
        | Type::Array(_)
        | Type::Map(_)
        | Type::Record(_) => None,
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
