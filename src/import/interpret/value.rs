//! What an expression stands for, as far as it can be told without running the file.

use std::cell::RefCell;
use std::rc::Rc;

use super::scope::Scope;
use crate::import::python::Function;

/// Lists and dicts are shared as in Python: what changes one changes it under all of its names.
#[derive(Clone)]
pub(in crate::import) enum Value {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(Vec<Part>),
    List(Rc<RefCell<Vec<Spot>>>),
    Map(Rc<Map>),
    Setting(Setting),
    Function(Rc<Function>, Rc<Scope>),
    /// Something that the file imports or takes from Python, with dots: `dlt.secrets`, `max`.
    Symbol(String),
    /// A dlt source, by its number among those found, and what belongs to it.
    Source(usize),
    Lost(Lost),
}

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) enum Part {
    Plain(String),
    Setting(Setting),
}

/// An element of a list and its line.
#[derive(Clone)]
pub(in crate::import) struct Spot {
    pub line: usize,
    pub value: Value,
}

pub(in crate::import) struct Map {
    pub entries: RefCell<Vec<Entry>>,
    /// It was an object of dlt's `incremental`, which carries its type nowhere.
    pub is_incremental: bool,
}

#[derive(Clone)]
pub(in crate::import) struct Entry {
    pub key: String,
    pub line: usize,
    pub value: Value,
}

/// A value that Python looks up when it runs: krest reads it from a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) struct Setting {
    pub origin: Origin,
    /// `dlt.secrets["a.b"]` and `dlt.secrets["a"]["b"]` are `a`, `b`.
    pub path: Vec<String>,
    pub line: usize,
    /// The file has a value for the case that it is not set.
    pub has_default: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) enum Origin {
    Secrets,
    Config,
    Environment,
    /// `dlt.secrets.value`, `dlt.config.value`: dlt looks it up by the name of the argument (of this function) or key.
    Injected {
        function: String,
    },
    /// An argument of this function that the file gives no value.
    Argument {
        function: String,
    },
    /// Written out in the file where a secret stands; not copied.
    WrittenOut,
}

/// What cannot be told, or cannot be said in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::import) struct Lost {
    pub line: usize,
    /// Follows "line 12: ".
    pub what: String,
    /// The name under which dlt knows it, if it is a resource.
    pub resource: Option<String>,
}

impl Lost {
    pub(in crate::import) fn new(line: usize, what: impl Into<String>) -> Self {
        Self { line, what: what.into(), resource: None }
    }
}

impl Value {
    pub(in crate::import) fn text(text: impl Into<String>) -> Self {
        Self::Text(vec![Part::Plain(text.into())])
    }

    pub(in crate::import) fn list(items: Vec<Spot>) -> Self {
        Self::List(Rc::new(RefCell::new(items)))
    }

    pub(in crate::import) fn map(entries: Vec<Entry>) -> Self {
        Self::Map(Rc::new(Map { entries: RefCell::new(entries), is_incremental: false }))
    }

    pub(in crate::import) fn lost(line: usize, what: impl Into<String>) -> Self {
        Self::Lost(Lost::new(line, what))
    }

    pub(in crate::import) fn as_list(&self) -> Option<&RefCell<Vec<Spot>>> {
        if let Self::List(list) = self { Some(list) } else { None }
    }

    pub(in crate::import) fn as_map(&self) -> Option<&Rc<Map>> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }

    pub(in crate::import) fn as_lost(&self) -> Option<&Lost> {
        if let Self::Lost(lost) = self { Some(lost) } else { None }
    }

    pub(in crate::import) fn as_setting(&self) -> Option<&Setting> {
        if let Self::Setting(setting) = self { Some(setting) } else { None }
    }

    pub(in crate::import) fn as_int(&self) -> Option<i128> {
        if let Self::Int(number) = self { Some(*number) } else { None }
    }

    /// Why it cannot be used: its own reason, or this one.
    pub(in crate::import) fn why_lost(&self, line: usize, otherwise: &str) -> Lost {
        match (self.as_lost(), self) {
            (Some(lost), _) => lost.clone(),
            (None, Self::Symbol(name)) => Lost::new(line, name.clone()),
            (None, _) => Lost::new(line, otherwise),
        }
    }

    /// The text, if all of it is known.
    pub(in crate::import) fn plain(&self) -> Option<String> {
        let Self::Text(parts) = self else { return None };
        let mut whole = String::new();
        for part in parts {
            match part {
                Part::Plain(text) => whole.push_str(text),
                Part::Setting(_) => return None,
            }
        }
        Some(whole)
    }

    /// What Python's `str` makes of it, as far as it can be told.
    pub(in crate::import) fn to_text(&self) -> Option<Vec<Part>> {
        let plain = |text: String| Some(vec![Part::Plain(text)]);
        match self {
            Self::Text(parts) => Some(parts.clone()),
            Self::Setting(setting) => Some(vec![Part::Setting(setting.clone())]),
            Self::Int(number) => plain(number.to_string()),
            Self::Bool(true) => plain("True".to_owned()),
            Self::Bool(false) => plain("False".to_owned()),
            Self::None => plain("None".to_owned()),
            Self::Float(_)
            | Self::List(_)
            | Self::Map(_)
            | Self::Function(..)
            | Self::Symbol(_)
            | Self::Source(_)
            | Self::Lost(_) => None,
        }
    }

    /// Python's truth of it; `None` if it cannot be told. What is looked up counts as there.
    pub(in crate::import) fn truth(&self) -> Option<bool> {
        match self {
            Self::None => Some(false),
            Self::Bool(value) => Some(*value),
            Self::Int(number) => Some(*number != 0),
            Self::Float(number) => Some(*number != 0.0),
            Self::Text(_) => Some(self.plain().is_none_or(|text| !text.is_empty())),
            Self::List(list) => known(list.borrow().iter().map(|item| &item.value)),
            Self::Map(map) => known(map.entries.borrow().iter().map(|entry| &entry.value)),
            Self::Setting(_) | Self::Function(..) | Self::Source(_) => Some(true),
            Self::Symbol(_) | Self::Lost(_) => None,
        }
    }

    /// Whether the truth of it is an assumption: it is looked up when Python runs.
    pub(in crate::import) fn assumed(&self) -> Option<Setting> {
        let part = |part: &Part| match part {
            Part::Setting(setting) => Some(setting.clone()),
            Part::Plain(_) => None,
        };
        if let Self::Text(parts) = self { parts.iter().find_map(part) } else { self.as_setting().cloned() }
    }

    /// A copy that nothing in the file changes any more.
    pub(in crate::import) fn snapshot(&self) -> Self {
        self.copied(0, &mut 0)
    }

    fn copied(&self, depth: usize, count: &mut usize) -> Self {
        *count += 1;
        // A list that holds itself, or one that holds another twice, which holds another twice, …
        if depth > 60 || *count > LARGEST {
            return Self::lost(0, "lists and dicts in one another without end");
        }
        match self {
            Self::List(list) => {
                let items = list.borrow();
                let copied = items
                    .iter()
                    .map(|item| Spot { line: item.line, value: item.value.copied(depth + 1, count) });
                Self::list(copied.collect())
            }
            Self::Map(map) => {
                let entries = map.entries.borrow();
                let copied = entries
                    .iter()
                    .map(|entry| Entry { value: entry.value.copied(depth + 1, count), ..entry.clone() });
                let entries = RefCell::new(copied.collect());
                Self::Map(Rc::new(Map { entries, is_incremental: map.is_incremental }))
            }
            Self::None
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::Setting(_)
            | Self::Function(..)
            | Self::Symbol(_)
            | Self::Source(_)
            | Self::Lost(_) => self.clone(),
        }
    }
}

/// Elements of a list, or bytes of a text, beyond which nothing is added: doubled sixty times it would fill the memory.
pub(super) const LARGEST: usize = 100_000;

/// The truth of a list or a dict: whether anything is surely in it.
fn known<'v>(mut values: impl Iterator<Item = &'v Value>) -> Option<bool> {
    let Some(first) = values.next() else { return Some(false) };
    let sure = |value: &Value| !matches!(value, Value::Lost(_));
    (sure(first) || values.any(sure)).then_some(true)
}

impl Map {
    pub(in crate::import) fn get(&self, key: &str) -> Option<Value> {
        self.entries.borrow().iter().find(|entry| entry.key == key).map(|entry| entry.value.clone())
    }

    /// In its old place if it was there, as in Python.
    pub(in crate::import) fn set(&self, new: Entry) {
        put(&mut self.entries.borrow_mut(), new);
    }
}

/// Sets a key as a dict does.
pub(super) fn put(entries: &mut Vec<Entry>, new: Entry) {
    match entries.iter_mut().find(|entry| entry.key == new.key && !is_spread(entry)) {
        Some(old) => *old = new,
        None => entries.push(new),
    }
}

/// A spread of something unknown stands under this key; it may hold any key.
pub(in crate::import) const SPREAD: &str = "**";

fn is_spread(entry: &Entry) -> bool {
    entry.key == SPREAD
}
