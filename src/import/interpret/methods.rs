//! Methods of texts, lists, dicts, settings and sources, as far as krest folds them.

use super::arguments::Arguments;
use super::fold::joined;
use super::run::Interpreter;
use super::value::{Entry, LARGEST, Part, SPREAD, Setting, Spot, Value};

/// What changes a source after it is made.
const CHANGES: &[&str] = &[
    "add_map",
    "add_filter",
    "add_yield_map",
    "add_limit",
    "add_step",
    "apply_hints",
    "bind",
    "with_resources",
];

impl Interpreter {
    pub(super) fn method(&mut self, base: &Value, name: &str, arguments: &Arguments) -> Value {
        let line = arguments.line;
        if let Some(setting) = base.as_setting() {
            return match (name, arguments.positional.first()) {
                ("get", Some(key)) => self.get_setting(base, &key.value, arguments),
                _ => Value::lost(line, format!("the method {name} of {}", setting.written())),
            };
        }
        if let Value::Source(number) = base {
            if CHANGES.contains(&name)
                && let Some(source) = self.sources.get_mut(*number)
            {
                let text = format!("{name} on the source is not carried over");
                source.notes.push(super::source::Note { line, text });
            }
            return Value::Source(*number);
        }
        let folded = if base.as_map().is_some() {
            self.of_map(base, name, arguments)
        } else if base.as_list().is_some() {
            self.of_list(base, name, arguments)
        } else {
            of_text(base, name, arguments)
        };
        folded.unwrap_or_else(|| match base.as_lost() {
            Some(lost) => Value::Lost(lost.clone()),
            None => Value::lost(line, format!("a call of the method {name}")),
        })
    }

    /// `dlt.secrets.get("a.b")`, `os.environ.get("A", "default")`
    pub(super) fn get_setting(&self, base: &Value, key: &Value, arguments: &Arguments) -> Value {
        let line = arguments.line;
        let (Some(setting), Some(key)) = (base.as_setting(), key.plain()) else {
            return Value::lost(line, "a setting whose name only Python knows");
        };
        // The second argument of dlt's `get` is a type.
        let default = arguments.positional.get(1).map(|item| &item.value).or(arguments.named("default"));
        let has_default = default.is_some_and(|value| !matches!(value, Value::None | Value::Symbol(_)));
        Value::Setting(Setting { has_default, ..setting.below(&key, line) })
    }

    fn of_map(&mut self, base: &Value, name: &str, arguments: &Arguments) -> Option<Value> {
        let map = base.as_map()?;
        let line = arguments.line;
        let first = arguments.positional.first().map(|item| &item.value);
        let otherwise = || arguments.positional.get(1).map_or(Value::None, |item| item.value.clone());
        let value = match name {
            "get" => map.get(&first?.plain()?).unwrap_or_else(otherwise),
            "pop" => {
                let key = first?.plain()?;
                let value = map.get(&key).unwrap_or_else(otherwise);
                self.remove(map, &key);
                value
            }
            "setdefault" => {
                let key = first?.plain()?;
                if map.get(&key).is_none() {
                    map.set(Entry { key: key.clone(), line, value: self.sure(otherwise()) });
                }
                map.get(&key)?
            }
            "update" => {
                first.into_iter().for_each(|with| self.update(map, with, line));
                if !arguments.named.is_empty() {
                    self.update(map, &Value::map(arguments.named.clone()), line);
                }
                Value::None
            }
            "copy" => Value::map(map.entries.borrow().clone()),
            "keys" => list_of(map.entries.borrow().iter().map(|entry| (entry.line, Value::text(&entry.key)))),
            "values" => list_of(map.entries.borrow().iter().map(|entry| (entry.line, entry.value.clone()))),
            "items" => list_of(map.entries.borrow().iter().map(|entry| {
                let pair = [(entry.line, Value::text(&entry.key)), (entry.line, entry.value.clone())];
                (entry.line, list_of(pair.into_iter()))
            })),
            "clear" | "popitem" => {
                let lost = Value::lost(line, format!("a dict after {name}, which krest does not follow"));
                *map.entries.borrow_mut() = vec![Entry { key: SPREAD.to_owned(), line, value: lost.clone() }];
                lost
            }
            _ => return None,
        };
        Some(value)
    }

    fn of_list(&mut self, base: &Value, name: &str, arguments: &Arguments) -> Option<Value> {
        let list = base.as_list()?;
        let (first, second) = (arguments.positional.first(), arguments.positional.get(1));
        match (name, first) {
            ("append", Some(new)) => {
                let value = self.sure(new.value.clone());
                list.borrow_mut().push(Spot { line: new.line, value });
            }
            ("extend", Some(new)) => {
                let lost = || vec![lost_spot(new.line, &new.value)];
                let more = new.value.as_list().map_or_else(lost, |more| more.borrow().clone());
                self.extend(&mut list.borrow_mut(), more);
            }
            ("insert", Some(place)) => {
                let (place, new) = (usize::try_from(place.value.as_int()?).ok()?, second?);
                let value = self.sure(new.value.clone());
                let mut items = list.borrow_mut();
                let place = place.min(items.len());
                items.insert(place, Spot { line: new.line, value });
            }
            ("copy", _) => return Some(Value::list(list.borrow().clone())),
            ("index" | "count", _) => return None,
            // What else is done to it: remove, clear, reverse, sort, pop.
            (_, _) => {
                let line = arguments.line;
                let lost = Value::lost(line, format!("a list after {name}, which krest does not follow"));
                *list.borrow_mut() = vec![Spot { line, value: lost }];
            }
        }
        Some(Value::None)
    }
}

fn lost_spot(line: usize, value: &Value) -> Spot {
    Spot { line, value: Value::Lost(value.why_lost(line, "a list that only Python knows")) }
}

fn list_of(items: impl Iterator<Item = (usize, Value)>) -> Value {
    Value::list(items.map(|(line, value)| Spot { line, value }).collect())
}

fn of_text(base: &Value, name: &str, arguments: &Arguments) -> Option<Value> {
    let text = base.plain()?;
    if name == "format" {
        return format(&text, arguments);
    }
    let first = arguments.positional.first().map(|item| &item.value);
    let argument = || first.map_or(Some(String::new()), Value::plain);
    let ends = |c: char, of: &str| if of.is_empty() { c.is_whitespace() } else { of.contains(c) };
    Some(match name {
        "strip" => argument().map(|of| Value::text(text.trim_matches(|c| ends(c, &of))))?,
        "rstrip" => argument().map(|of| Value::text(text.trim_end_matches(|c| ends(c, &of))))?,
        "lstrip" => argument().map(|of| Value::text(text.trim_start_matches(|c| ends(c, &of))))?,
        "lower" => Value::text(text.to_lowercase()),
        "upper" => Value::text(text.to_uppercase()),
        "join" => {
            let mut parts = Vec::new();
            for (index, item) in first?.as_list()?.borrow().iter().enumerate() {
                if index > 0 {
                    parts.push(Part::Plain(text.clone()));
                }
                parts.extend(item.value.to_text()?);
            }
            joined([parts]).map(Value::Text)?
        }
        "replace" => {
            let (old, new) = (first?.plain()?, arguments.positional.get(1)?.value.plain()?);
            let fits = !old.is_empty() && text.len().saturating_mul(new.len() + 1) < LARGEST;
            fits.then(|| Value::text(text.replace(&old, &new)))?
        }
        "split" => {
            let by = first?.plain().filter(|by| !by.is_empty() && arguments.positional.len() == 1)?;
            list_of(text.split(&by).map(|part| (arguments.line, Value::text(part))))
        }
        _ => return None,
    })
}

/// `"…{}…{name}".format(…)` with plain fields.
fn format(text: &str, arguments: &Arguments) -> Option<Value> {
    let (mut parts, mut plain, mut next) = (Vec::new(), String::new(), 0);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if (letter == '{' || letter == '}') && letters.next_if_eq(&letter).is_some() {
            plain.push(letter);
        } else if letter == '{' {
            let field: String = letters.by_ref().take_while(|c| *c != '}').collect();
            let value = match field.as_str() {
                "" => {
                    next += 1;
                    arguments.positional.get(next - 1).map(|item| &item.value)?
                }
                name => arguments.named(name)?,
            };
            parts.push(Part::Plain(std::mem::take(&mut plain)));
            parts.extend(value.to_text()?);
        } else {
            plain.push(letter);
        }
    }
    parts.push(Part::Plain(plain));
    joined([parts]).map(Value::Text)
}
