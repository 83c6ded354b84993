//! Calls: what is handed over, and the names under which a function of the file gets it.

use std::rc::Rc;

use super::eval::spread_into;
use super::run::{Flow, Interpreter};
use super::scope::Scope;
use super::value::{Entry, Lost, Origin, SPREAD, Setting, Spot, Value};
use crate::import::python::{Expr, Function, Kind, Parameter};

/// How many calls stand in one another before krest gives up.
const DEEPEST: usize = 15;

/// Decorators that leave what a function returns as it is.
const HARMLESS: &[&str] = &["cache", "lru_cache", "staticmethod", "wraps"];

/// The arguments of a call, spreads of known dicts and lists taken apart.
pub(super) struct Arguments {
    pub line: usize,
    pub positional: Vec<Spot>,
    pub named: Vec<Entry>,
}

impl Arguments {
    pub(super) fn none(line: usize) -> Self {
        Self { line, positional: Vec::new(), named: Vec::new() }
    }

    pub(super) fn named(&self, name: &str) -> Option<&Value> {
        self.named.iter().find(|entry| entry.key == name).map(|entry| &entry.value)
    }

    /// By its name, or by its place.
    pub(super) fn get(&self, name: &str, place: usize) -> Option<&Value> {
        self.named(name).or_else(|| self.positional.get(place).map(|item| &item.value))
    }

    /// Something is handed over of which nobody knows the names.
    pub(super) fn unknown(&self) -> Option<&Value> {
        self.named(SPREAD)
    }
}

impl Interpreter {
    pub(super) fn arguments(
        &mut self,
        line: usize,
        (positional, named): (&[Expr], &[(Option<String>, Expr)]),
        scope: &Rc<Scope>,
    ) -> Arguments {
        let mut arguments = Arguments::none(line);
        for expr in positional {
            let value = self.eval(expr, scope);
            let spread = matches!(expr.kind, Kind::Starred(_));
            match value.as_list().filter(|_| spread) {
                Some(list) => arguments.positional.extend(list.borrow().iter().cloned()),
                None => arguments.positional.push(Spot { line: expr.line, value }),
            }
        }
        for (name, expr) in named {
            let value = self.eval(expr, scope);
            match name {
                Some(name) => arguments.named.push(Entry { key: name.clone(), line: expr.line, value }),
                None => spread_into(&mut arguments.named, &value, expr.line),
            }
        }
        arguments
    }

    /// Looks at the body of a function of the file, with these arguments.
    pub(super) fn call_function(
        &mut self,
        function: &Rc<Function>,
        outer: &Rc<Scope>,
        arguments: &Arguments,
    ) -> Value {
        let line = arguments.line;
        let again = self.stack.iter().any(|running| running.offset == function.offset);
        if again || self.stack.len() >= DEEPEST {
            return Value::lost(line, format!("what {} returns, which calls itself", shown(function)));
        }
        self.called.insert(function.offset);
        let scope = Scope::new(Some(Rc::clone(function)), Some(Rc::clone(outer)));
        let before = self.sources.len();
        self.stack.push(Rc::clone(function));
        let perhaps = std::mem::take(&mut self.perhaps_returned);
        self.hand_over(function, arguments, (&scope, outer));
        let flow = self.block(&function.body, &scope);
        let perhaps = std::mem::replace(&mut self.perhaps_returned, perhaps);
        self.stack.pop();
        let returned = match flow {
            Flow::Return(_) | Flow::Next if perhaps => {
                Value::lost(line, format!("what {} returns, which depends on a condition", shown(function)))
            }
            Flow::Return(value) => value,
            Flow::Next | Flow::Break | Flow::Continue => Value::None,
            Flow::Raise => Value::lost(line, format!("what {} returns, which fails", shown(function))),
        };
        self.result(function, returned, before..self.sources.len())
    }

    /// What comes out of a decorated function is what the decorator makes of it.
    fn result(&self, function: &Function, returned: Value, made: std::ops::Range<usize>) -> Value {
        let line = function.line;
        match decoration(function) {
            Decoration::Source if made.len() == 1 => Value::Source(made.start),
            Decoration::Source => Value::lost(line, format!("the dlt source {}", function.name)),
            Decoration::Resource => resource(function),
            Decoration::None => returned,
            Decoration::Other => {
                Value::lost(line, format!("what {} returns, which is decorated", shown(function)))
            }
        }
    }

    fn hand_over(
        &mut self,
        function: &Function,
        arguments: &Arguments,
        (scope, outer): (&Rc<Scope>, &Rc<Scope>),
    ) {
        let unknown = arguments.unknown().cloned();
        for (place, parameter) in function.parameters.iter().enumerate() {
            let name = parameter.name.as_str();
            if let Some(value) = arguments.get(name, place) {
                scope.bind(name, injected(value.clone(), parameter, function));
            } else if let Some(unknown) = &unknown {
                scope.bind(
                    name,
                    Value::Lost(unknown.why_lost(arguments.line, "arguments that only Python knows")),
                );
            } else if let Some(default) = &parameter.default {
                let value = self.eval(default, outer);
                let value = injected(value, parameter, function);
                if value.as_setting().is_some() {
                    scope.bind(name, value);
                } else {
                    scope.bind_default(name, value, parameter.line);
                }
            } else {
                scope.bind(name, missing(parameter, function));
            }
        }
    }
}

/// `dlt.secrets.value` is looked up under the name of the argument that it is given to.
fn injected(value: Value, parameter: &Parameter, function: &Function) -> Value {
    let is_injected = |setting: &Setting| matches!(setting.origin, Origin::Injected { .. });
    if !value.as_setting().is_some_and(is_injected) {
        return value;
    }
    Value::Setting(Setting {
        origin: Origin::Injected { function: shown(function) },
        path: vec![parameter.name.clone()],
        line: parameter.line,
        has_default: false,
    })
}

/// An argument that nobody in the file gives: a variable, if it can be a text or a number.
fn missing(parameter: &Parameter, function: &Function) -> Value {
    const PLAIN: &[&str] = &["", "str", "int", "float", "TSecretStrValue", "TSecretValue", "Any"];
    let annotation = parameter.annotation.as_str();
    let inner = annotation.strip_prefix("Optional[").and_then(|rest| rest.strip_suffix(']'));
    let inner = inner.or_else(|| annotation.strip_suffix(" | None")).unwrap_or(annotation);
    let last = inner.rsplit('.').next().unwrap_or_default();
    if PLAIN.contains(&last) {
        return Value::Setting(Setting {
            origin: Origin::Argument { function: shown(function) },
            path: vec![parameter.name.clone()],
            line: parameter.line,
            has_default: false,
        });
    }
    Value::lost(parameter.line, format!("the argument {} of {}", parameter.name, shown(function)))
}

/// A function in comments.
pub(super) fn shown(function: &Function) -> String {
    if function.name.is_empty() { "a lambda".to_owned() } else { format!("{}()", function.name) }
}

/// A resource that is Python code.
pub(super) fn resource(function: &Function) -> Value {
    let mut lost =
        Lost::new(function.line, format!("the resource that the function {} makes", function.name));
    lost.resource = Some(given_name(function).unwrap_or_else(|| function.name.clone()));
    Value::Lost(lost)
}

pub(super) enum Decoration {
    None,
    Source,
    Resource,
    Other,
}

pub(super) fn decoration(function: &Function) -> Decoration {
    let mut found = Decoration::None;
    for decorator in &function.decorators {
        match last_name(decorator) {
            "source" => return Decoration::Source,
            "resource" | "transformer" | "defer" => return Decoration::Resource,
            name if HARMLESS.contains(&name) => {}
            _ => found = Decoration::Other,
        }
    }
    found
}

/// `@dlt.source(name="x")`
pub(super) fn given_name(function: &Function) -> Option<String> {
    function.decorators.iter().find_map(|decorator| {
        let Kind::Call { named, .. } = &decorator.kind else { return None };
        let (_, value) = named.iter().find(|(name, _)| name.as_deref() == Some("name"))?;
        if let Kind::Text(name) = &value.kind { Some(name.clone()) } else { None }
    })
}

fn last_name(decorator: &Expr) -> &str {
    if let Kind::Call { function, .. } = &decorator.kind {
        return last_name(function);
    }
    if let Kind::Attribute(_, name) = &decorator.kind {
        return name;
    }
    decorator.as_name().unwrap_or_default()
}
