//! The rows that every format has to carry, as the API sends them and as they are read.

use serde_json::{Map, Value, json};

/// Scan by scan: what the API says of each row; `None`: it is gone.
pub const SCANS: [&[(&str, Option<&str>)]; 4] = [
    &[("a", Some(A)), ("b b", Some(B)), ("gone", Some(r#"{"id":"gone","n":1}"#))],
    // Nothing new is needed for these: an integer, null for what was there, the end of a row.
    &[("b b", Some(B_LATER)), ("gone", None)],
    // A field that no row had, in the record and below it; a fraction where integers were.
    &[("a", Some(A_GROWN)), ("c", Some(r#"{"id":"c","small":0.1}"#))],
    &[("c", None)],
];

const A: &str = r#"{"id":"a","n":9007199254740993,"small":7,"rate":1.50,"on":true,"made":"2024-02-29T10:00:00.5Z","day":"2024-02-29",
 "sum":"12.50","big":123456789012345678901234567890,"text":"Ürgüp \ud83e\udd80 \"\\ \u0000","tags":["x",null,"\u00fc"],
 "at":{"city":"Ürgüp","geo":{"lat":-38.63}},"list":[{"k":1},{"k":null},{"l":[true]}],"nothing":null,"empty":[],"first-name":"Zoë"}"#;
const B: &str = r#"{"id":"b b","n":-9223372036854775808,"on":false,"sum":-0.01,"big":-123456789012345678901234567890,"tags":[],"at":null,"list":[null]}"#;
const B_LATER: &str = r#"{"id":"b b","n":9223372036854775807,"rate":1e10,"sum":0,"big":99999999999999999999,"tags":[""],"at":{"geo":{"lat":1e-7}}}"#;
const A_GROWN: &str = r#"{"id":"a","n":1,"new":{"x":[1]},"small":8,"at":{"city":"Ürgüp","zip":"50400"},"made":"1969-12-31T23:59:59.999Z"}"#;

/// The columns that are said to be something.
pub const COLUMNS: &str = "{sum: {data_type: decimal, precision: 10, scale: 2}}";

/// How a value format says what JSON has no type for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// As the API did.
    Own,
    /// In numbers.
    Numbers,
    /// By logical types.
    Types,
    /// As numbers, decimals in base64.
    Connect,
}

impl Says {
    pub fn of(format: &str) -> Self {
        match format {
            "json" => Self::Own,
            "json_sr" => Self::Numbers,
            "json_schema" => Self::Connect,
            "avro" => Self::Types,
            other => panic!("{other} is no format of values"),
        }
    }

    fn pick(self, own: Value, numbers: Value, types: Value, connect: Value) -> Value {
        match self {
            Self::Own => own,
            Self::Numbers => numbers,
            Self::Types => types,
            Self::Connect => connect,
        }
    }

    fn moment(self, own: &str, millis: i64, typed: &str) -> Value {
        self.pick(json!(own), json!(millis), json!({"$moment": typed}), json!(millis))
    }
}

/// What each row is, one after the other, as it is read with nulls left out; its end is null.
pub fn expected(id: &str, says: Says) -> Vec<Value> {
    match id {
        "a" => vec![a(says), grown(says)],
        "b b" => vec![b(says), later(says)],
        "gone" => vec![json!({"id": "gone", "n": 1}), Value::Null],
        "c" => vec![json!({"id": "c", "small": 0.1}), Value::Null],
        other => panic!("there is no row {other}"),
    }
}

fn a(says: Says) -> Value {
    let mut row = json!({
        "id": "a",
        "n": 9_007_199_254_740_993_i64,
        "small": 7,
        "rate": 1.5,
        "on": true,
        "made": says.moment("2024-02-29T10:00:00.5Z", 1_709_200_800_500, "2024-02-29T10:00:00.500000+00:00"),
        "day": says.pick(json!("2024-02-29"), json!(19_782), json!({"$date": "2024-02-29"}), json!(19_782)),
        "sum": says.pick(json!("12.50"), json!(12.5), json!({"$decimal": "12.50"}), json!("BOI=")),
        "big": says.big("123456789012345678901234567890", "AY7pD/bDc+DuTj8K0g=="),
        "text": "Ürgüp 🦀 \"\\ \0",
        "tags": ["x", null, "ü"],
        "at": {"city": "Ürgüp", "geo": {"lat": -38.63}},
        "list": [{"k": 1}, {}, {"l": [true]}],
    });
    // Avro allows no other name; the real one stands in the schema.
    let name = if says == Says::Types { "first_name" } else { "first-name" };
    row[name] = json!("Zoë");
    if says == Says::Own {
        row["empty"] = json!([]); // nobody knows a type for it yet
    }
    row
}

fn grown(says: Says) -> Value {
    json!({
        "id": "a",
        "n": 1,
        "new": {"x": [1]},
        "small": 8,
        "at": {"city": "Ürgüp", "zip": "50400"},
        "made": says.moment("1969-12-31T23:59:59.999Z", -1, "1969-12-31T23:59:59.999000+00:00"),
    })
}

fn b(says: Says) -> Value {
    json!({
        "id": "b b",
        "n": i64::MIN,
        "on": false,
        "sum": says.pick(json!(-0.01), json!(-0.01), json!({"$decimal": "-0.01"}), json!("/w==")),
        "big": says.big("-123456789012345678901234567890", "/nEW8Ak8jB8RscD1Lg=="),
        "tags": [],
        "list": [null],
    })
}

fn later(says: Says) -> Value {
    json!({
        "id": "b b",
        "n": i64::MAX,
        "rate": 1e10,
        "sum": says.pick(json!(0), json!(0), json!({"$decimal": "0.00"}), json!("AA==")),
        "big": says.big("99999999999999999999", "BWvHXi1jD///"),
        "tags": [""],
        "at": {"geo": {"lat": 1e-7}},
    })
}

impl Says {
    /// A number beyond 64 bits, which the readers tell apart.
    fn big(self, digits: &str, base64: &str) -> Value {
        let number = json!({"$integer": digits});
        self.pick(number.clone(), number, json!({"$decimal": digits}), json!(base64))
    }
}

/// A value in the form in which two can be compared: a field that is null is one that is not there, in every schema; a double that is
/// an integer is one, whichever of the two a schema says.
pub fn settled(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.iter().filter(|(_, field)| !field.is_null());
            Value::Object(fields.map(|(name, field)| (name.clone(), settled(field))).collect::<Map<_, _>>())
        }
        Value::Array(elements) => Value::Array(elements.iter().map(settled).collect()),
        Value::Number(number) => {
            let whole = number.as_f64().filter(|double| double.fract() == 0.0 && double.abs() < 1e15);
            whole.map_or(value.clone(), |double| json!(double as i64))
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}
