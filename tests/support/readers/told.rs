//! What a reader is asked for, and what it tells of a message.

use serde::Deserialize;
use serde_json::Value;

/// How a key or a value is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    String,
    Json,
    Avro,
    /// By the newest schema of its subject, whichever it was written by.
    AvroLatest,
    JsonSr,
    JsonSrLatest,
}

/// A topic, and the forms of its keys and values.
#[derive(Clone, Debug)]
pub struct Reading {
    pub topic: String,
    pub key: Form,
    pub value: Form,
}

/// One message. What JSON has no type for is an object with one field: `$decimal`, `$bytes`, `$moment`, `$date`, and `$integer` for those
/// beyond 64 bits. A null value is a tombstone.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub key: Value,
    pub value: Value,
    pub headers: Value,
}

impl Form {
    /// The word for it that the programs know.
    fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Json => "json",
            Self::Avro => "avro",
            Self::AvroLatest => "avro-latest",
            Self::JsonSr => "json_sr",
            Self::JsonSrLatest => "json_sr-latest",
        }
    }
}

/// The programs' arguments.
pub(super) fn arguments<'a>(bootstrap: &'a str, registry: &'a str, readings: &'a [Reading]) -> Vec<&'a str> {
    let each = readings.iter().flat_map(|one| [one.topic.as_str(), one.key.word(), one.value.word()]);
    [bootstrap, registry].into_iter().chain(each).collect()
}

/// What a program has printed: one message a line, of each topic in the order of its partitions.
#[track_caller]
pub(super) fn messages(program: &str, output: &std::process::Output) -> Vec<Told> {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {}\n{said}", output.status);
    let text = std::str::from_utf8(&output.stdout).expect("UTF-8");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
        .collect()
}

/// The newest value under a key; none: there is no such key.
pub fn row<'t>(messages: &'t [Told], topic: &str, key: &Value) -> Option<&'t Value> {
    let mut all = messages.iter().filter(|message| message.topic == topic);
    all.rfind(|message| message.key == *key).map(|message| &message.value)
}
