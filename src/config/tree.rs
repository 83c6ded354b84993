//! The text of a configuration as a tree of values, each with the place where it stands. YAML and JSON both become this.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use super::report::{Report, quoted};
use crate::model::{Json, Kind};

/// Where something stands in the file. Lines and columns count from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl Place {
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A value and its place.
#[derive(Clone)]
pub(crate) struct Node {
    pub at: Place,
    pub value: Value,
    /// The parts of a text that came from `${…}`: never shown, never expanded again, never read as placeholders.
    pub expanded: Vec<Range<usize>>,
}

#[derive(Clone)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// As it is written: `1.0` stays `1.0`.
    Number(String),
    String(String),
    Seq(Vec<Node>),
    Map(Vec<Entry>),
    /// A mistake has been reported here; nothing more is to be said about it.
    Wrong,
}

#[derive(Clone)]
pub(crate) struct Entry {
    pub key: String,
    pub at: Place,
    pub node: Node,
}

impl Node {
    pub(crate) fn new(at: Place, value: Value) -> Self {
        Self { at, value, expanded: Vec::new() }
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        if let Value::Map(entries) = &self.value { entries } else { &[] }
    }

    pub(crate) fn entries_mut(&mut self) -> &mut [Entry] {
        if let Value::Map(entries) = &mut self.value { entries } else { &mut [] }
    }

    pub(crate) fn items(&self) -> &[Self] {
        if let Value::Seq(items) = &self.value { items } else { &[] }
    }

    pub(crate) fn items_mut(&mut self) -> &mut [Self] {
        if let Value::Seq(items) = &mut self.value { items } else { &mut [] }
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.node)
    }

    /// The value of a key that is there and not null.
    pub(crate) fn given(&self, key: &str) -> Option<&Self> {
        self.get(key).filter(|node| !matches!(node.value, Value::Null))
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        self.entries_mut().iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.node)
    }

    /// Sets a key, in its old position if it was there; does nothing to a node that is no mapping.
    pub(crate) fn set(&mut self, new: Entry) {
        if let Value::Map(entries) = &mut self.value {
            match entries.iter_mut().find(|entry| entry.key == new.key) {
                Some(old) => *old = new,
                None => entries.push(new),
            }
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        if let Value::String(text) = &self.value { Some(text) } else { None }
    }

    pub(crate) fn is_wrong(&self) -> bool {
        matches!(self.value, Value::Wrong)
    }

    pub(crate) fn is_interpolated(&self) -> bool {
        !self.expanded.is_empty()
    }

    /// How many values this is, itself included.
    pub(crate) fn size(&self) -> usize {
        let inner: usize = match &self.value {
            Value::Seq(items) => items.iter().map(Self::size).sum(),
            Value::Map(entries) => entries.iter().map(|entry| entry.node.size()).sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Wrong => 0,
        };
        inner + 1
    }
}

/// The value of a whole number as YAML's core schema and JSON write it.
pub(crate) fn integer(text: &str) -> Option<i128> {
    if let Some(hex) = text.strip_prefix("0x") {
        return i128::from_str_radix(hex, 16).ok();
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return i128::from_str_radix(octal, 8).ok();
    }
    text.parse().ok()
}

/// A number as JSON writes it, by its text if that is JSON; `None` for what JSON cannot say.
pub(crate) fn json_number(text: &str) -> Option<String> {
    if Json::parse(text.as_bytes()).is_ok_and(|json| json.kind() == Kind::Number) {
        return Some(text.to_owned());
    }
    integer(text).map(|whole| whole.to_string()).or_else(|| float(text).map(|number| number.to_string()))
}

/// The value of a number that is finite.
pub(crate) fn float(text: &str) -> Option<f64> {
    #[allow(clippy::cast_precision_loss, reason = "a bound or a factor, for which 53 bits are plenty")]
    let whole = integer(text).map(|number| number as f64);
    whole.or_else(|| text.parse().ok()).filter(|number: &f64| number.is_finite())
}

/// Gathers the entries of one mapping; a key that comes twice is a mistake, and the first one counts.
#[derive(Default)]
pub(crate) struct MapBuilder {
    entries: Vec<Entry>,
    seen: HashMap<String, Place>,
}

impl MapBuilder {
    pub(crate) fn push(&mut self, entry: Entry, report: &mut Report) {
        if let Some(first) = self.seen.get(&entry.key) {
            let key = quoted(&entry.key);
            report.mistake(entry.at, format!("the key {key} is given twice, first in line {}", first.line));
            return;
        }
        self.seen.insert(entry.key.clone(), entry.at);
        self.entries.push(entry);
    }

    pub(crate) fn finish(self) -> Value {
        Value::Map(self.entries)
    }
}
