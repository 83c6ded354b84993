//! Expressions → values.

use std::rc::Rc;

use super::fold::joined;
use super::run::Interpreter;
use super::scope::Scope;
use super::value::{Entry, Origin, Part, SPREAD, Setting, Spot, Value, put};
use crate::import::python::{Comprehension, Expr, Kind, Piece};

impl Interpreter {
    pub(super) fn eval(&mut self, expr: &Expr, scope: &Rc<Scope>) -> Value {
        if self.is_tired() {
            return Value::lost(expr.line, "the file does more than krest follows");
        }
        let line = expr.line;
        match &expr.kind {
            Kind::None => Value::None,
            Kind::Bool(value) => Value::Bool(*value),
            Kind::Int(digits) => {
                digits.parse().map_or_else(|_| Value::lost(line, "a very large number"), Value::Int)
            }
            Kind::Float(number) => Value::Float(*number),
            Kind::Text(text) => Value::text(text),
            Kind::Format(pieces) => self.format(pieces, line, scope),
            Kind::Name(name) => self.name(name, scope),
            Kind::Attribute(base, name) => {
                let base = self.eval(base, scope);
                attribute(&base, name, line)
            }
            Kind::Subscript(base, index) => self.subscript((base, index), line, scope),
            Kind::Call { function, positional, named } => {
                self.call(expr, function, (positional, named), scope)
            }
            Kind::Dict(entries) => self.dict(entries, scope),
            Kind::List(items) => self.list(items, scope),
            Kind::Starred(inner) | Kind::Yield(Some(inner)) => self.eval(inner, scope),
            Kind::Yield(None) => Value::None,
            Kind::Lambda(function) => Value::Function(Rc::clone(function), Rc::clone(scope)),
            Kind::Not(_) | Kind::And(_) | Kind::Or(_) | Kind::Compare(..) => self.logic(expr, scope),
            Kind::Negative(inner) => self.negative(inner, scope),
            Kind::Binary(left, operator, right) => {
                let (left, right) = (self.eval(left, scope), self.eval(right, scope));
                self.binary(&left, *operator, &right, line)
            }
            Kind::Choice(choice) => match self.truth(&choice.test, scope) {
                Some(true) => self.eval(&choice.body, scope),
                Some(false) => self.eval(&choice.otherwise, scope),
                None => Value::lost(line, "one of two, under a condition that only Python knows"),
            },
            Kind::Comprehension(comprehension) => self.comprehension(comprehension, line, scope),
            Kind::Walrus(target, value) => {
                let value = self.eval(value, scope);
                self.assign(target, value.clone(), scope);
                value
            }
            Kind::Other(what) => Value::lost(line, *what),
        }
    }

    /// Whether a condition holds; says so where that is an assumption.
    pub(super) fn truth(&mut self, test: &Expr, scope: &Rc<Scope>) -> Option<bool> {
        let value = self.eval(test, scope);
        if let Some(setting) = value.assumed() {
            self.note(test.line, format!("taken as if {} were set", setting.written()));
        }
        value.truth()
    }

    fn name(&mut self, name: &str, scope: &Rc<Scope>) -> Value {
        let Some(bound) = scope.find(name) else {
            return match name {
                "__name__" => Value::text("__main__"),
                _ => Value::Symbol(name.to_owned()),
            };
        };
        if let Some(line) = bound.default {
            self.note(line, format!("the argument {name} is taken at its default"));
        }
        if let Value::Symbol(dotted) = &bound.value { named(dotted, 0) } else { bound.value }
    }

    fn format(&mut self, pieces: &[Piece], line: usize, scope: &Rc<Scope>) -> Value {
        let mut parts = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Plain(text) => parts.push(Part::Plain(text.clone())),
                Piece::Formatted => return Value::lost(line, "a text that only Python can format"),
                Piece::Value(expr) => {
                    let value = self.eval(expr, scope);
                    match value.to_text() {
                        Some(text) => parts.extend(text),
                        None => {
                            return Value::Lost(value.why_lost(line, "a text that only Python can format"));
                        }
                    }
                }
            }
        }
        joined([parts]).map_or_else(|| Value::lost(line, "a very long text"), Value::Text)
    }

    fn subscript(&mut self, (base, index): (&Expr, &Expr), line: usize, scope: &Rc<Scope>) -> Value {
        let (base, index) = (self.eval(base, scope), self.eval(index, scope));
        if let Some(setting) = base.as_setting() {
            return match index.plain() {
                Some(key) => Value::Setting(setting.below(&key, line)),
                None => Value::lost(line, "a setting whose name only Python knows"),
            };
        }
        if let (Some(map), Some(key)) = (base.as_map(), index.plain()) {
            return map.get(&key).unwrap_or_else(|| Value::lost(line, format!("the key {key:?} of a dict")));
        }
        if let (Some(list), Some(place)) = (base.as_list(), index.as_int()) {
            let items = list.borrow();
            let length = i128::try_from(items.len()).unwrap_or(i128::MAX);
            let place = if place < 0 { place.saturating_add(length) } else { place };
            let item = usize::try_from(place).ok().and_then(|place| items.get(place));
            return item.map_or_else(|| Value::lost(line, "an element of a list"), |item| item.value.clone());
        }
        // `dlt.sources.incremental[str]`, `List[str]`: the same with a type.
        if matches!(base, Value::Symbol(_) | Value::Source(_)) {
            return base;
        }
        Value::Lost(base.why_lost(line, "an element that only Python knows"))
    }

    fn dict(&mut self, written: &[(Option<Expr>, Expr)], scope: &Rc<Scope>) -> Value {
        let mut entries = Vec::new();
        for (key, expr) in written {
            let Some(key) = key else {
                let spread = self.eval(expr, scope);
                spread_into(&mut entries, &spread, expr.line);
                continue;
            };
            let line = key.line;
            let key = self.eval(key, scope).plain();
            let value = self.eval(expr, scope);
            match key {
                Some(key) => put(&mut entries, Entry { key, line, value }),
                None => entries.push(Entry {
                    key: SPREAD.to_owned(),
                    line,
                    value: Value::lost(line, "a key that only Python knows"),
                }),
            }
        }
        Value::map(entries)
    }

    fn list(&mut self, written: &[Expr], scope: &Rc<Scope>) -> Value {
        let mut items = Vec::new();
        for expr in written {
            let line = expr.line;
            let value = self.eval(expr, scope);
            let spread = matches!(expr.kind, Kind::Starred(_));
            match (spread, value.as_list()) {
                (true, Some(list)) => items.extend(list.borrow().iter().cloned()),
                (true, None) => {
                    let lost = value.why_lost(line, "a list that only Python knows");
                    items.push(Spot { line, value: Value::Lost(lost) });
                }
                (false, _) => items.push(Spot { line, value }),
            }
        }
        Value::list(items)
    }

    fn comprehension(&mut self, of: &Comprehension, line: usize, scope: &Rc<Scope>) -> Value {
        let Some(list) = self.items(&of.list, scope) else {
            return Value::lost(line, "a comprehension over what only Python knows");
        };
        let inner = Scope::new(scope.function.clone(), Some(Rc::clone(scope)));
        let (mut items, mut entries) = (Vec::new(), Vec::new());
        for item in list {
            self.assign(&of.target, item.value, &inner);
            let mut kept = Some(true);
            for condition in &of.conditions {
                kept = if kept == Some(true) { self.truth(condition, &inner) } else { kept };
            }
            match kept {
                Some(true) => {}
                Some(false) => continue,
                None => return Value::lost(line, "a comprehension with a condition that only Python knows"),
            }
            let value = self.eval(&of.element, &inner);
            match &of.key {
                None => items.push(Spot { line: of.element.line, value }),
                Some(key) => match self.eval(key, &inner).plain() {
                    Some(key) => put(&mut entries, Entry { key, line, value }),
                    None => return Value::lost(line, "a key that only Python knows"),
                },
            }
        }
        if of.key.is_some() { Value::map(entries) } else { Value::list(items) }
    }
}

/// `**value` in a dict or among arguments.
pub(super) fn spread_into(entries: &mut Vec<Entry>, value: &Value, line: usize) {
    match value.as_map() {
        Some(map) => map.entries.borrow().iter().for_each(|entry| put(entries, entry.clone())),
        None => {
            let lost = value.why_lost(line, "a dict that only Python knows");
            entries.push(Entry { key: SPREAD.to_owned(), line, value: Value::Lost(lost) });
        }
    }
}

/// What a name with dots stands for: some are where settings come from.
pub(super) fn named(dotted: &str, line: usize) -> Value {
    let origin = match dotted {
        "dlt.secrets" => Origin::Secrets,
        "dlt.config" => Origin::Config,
        "os.environ" => Origin::Environment,
        _ => return Value::Symbol(dotted.to_owned()),
    };
    Value::Setting(Setting { origin, path: Vec::new(), line, has_default: false })
}

fn attribute(base: &Value, name: &str, line: usize) -> Value {
    if let Some(setting) = base.as_setting() {
        let injected = setting.path.is_empty() && name == "value";
        return if injected {
            let origin = Origin::Injected { function: String::new() };
            Value::Setting(Setting { origin, line, ..setting.clone() })
        } else {
            Value::lost(line, format!("the attribute {name} of a setting"))
        };
    }
    if let Value::Symbol(of) = base {
        return named(&format!("{of}.{name}"), line);
    }
    if let Value::Source(number) = base {
        return Value::Source(*number);
    }
    Value::Lost(base.why_lost(line, &format!("the attribute {name} of a Python object")))
}

impl Setting {
    /// `setting["key"]`; dots in a key of dlt's are steps.
    pub(super) fn below(&self, key: &str, line: usize) -> Self {
        let mut path = self.path.clone();
        match self.origin {
            Origin::Environment => path.push(key.to_owned()),
            Origin::Secrets
            | Origin::Config
            | Origin::Injected { .. }
            | Origin::Argument { .. }
            | Origin::WrittenOut => path.extend(key.split('.').map(str::to_owned)),
        }
        Self { path, line, ..self.clone() }
    }

    /// As the file has it, for comments.
    pub(in crate::import) fn written(&self) -> String {
        let path = self.path.join(".");
        match &self.origin {
            Origin::Secrets => format!("dlt.secrets[{path:?}]"),
            Origin::Config => format!("dlt.config[{path:?}]"),
            Origin::Environment => format!("os.environ[{path:?}]"),
            Origin::Injected { function } if function.is_empty() => "a value that dlt injects".to_owned(),
            Origin::Injected { function } | Origin::Argument { function } => {
                format!("the argument {path} of {function}")
            }
            Origin::WrittenOut => "a secret that is written out".to_owned(),
        }
    }
}
