//! Calls: functions of the file, what dlt offers, and the few of Python's own that can be folded.

use std::rc::Rc;

use super::arguments::{Arguments, Decoration, decoration, given_name, resource};
use super::classes;
use super::eval::{named, spread_into};
use super::run::Interpreter;
use super::scope::Scope;
use super::source::Found;
use super::value::{Entry, Lost, Value};
use crate::import::python::{Expr, Kind};

/// Calls that do nothing to the lists and dicts that they are given.
const HARMLESS: &[&str] =
    &["print", "pprint", "len", "isinstance", "sorted", "dumps", "info", "debug", "warning"];

impl Interpreter {
    pub(super) fn call(
        &mut self,
        expr: &Expr,
        function: &Expr,
        (positional, words): (&[Expr], &[(Option<String>, Expr)]),
        scope: &Rc<Scope>,
    ) -> Value {
        let line = expr.line;
        if let Kind::Attribute(base, method) = &function.kind {
            let base = self.eval(base, scope);
            let arguments = self.arguments(line, (positional, words), scope);
            let Value::Symbol(of) = &base else { return self.method(&base, method, &arguments) };
            let symbol = format!("{of}.{method}");
            self.warn_of_changes(&symbol, positional, &arguments);
            return self.call_symbol(&symbol, expr, arguments);
        }
        let callee = self.eval(function, scope);
        let arguments = self.arguments(line, (positional, words), scope);
        if let Value::Function(function, outer) = &callee {
            return match decoration(function) {
                // Its body runs when dlt says so; what it makes is no part of a configuration.
                Decoration::Resource => resource(function),
                Decoration::None | Decoration::Source | Decoration::Other => {
                    self.call_function(function, outer, &arguments)
                }
            };
        }
        let Value::Symbol(symbol) = &callee else { return Value::Lost(callee.why_lost(line, "a call")) };
        self.warn_of_changes(symbol, positional, &arguments);
        self.call_symbol(symbol, expr, arguments)
    }

    /// A function of another file may change the dict that it is given.
    fn warn_of_changes(&mut self, symbol: &str, positional: &[Expr], arguments: &Arguments) {
        let last = last(symbol);
        let known = is_source(symbol) || HARMLESS.contains(&last) || classes::find(last).is_some();
        let changeable = |(expr, value): (&Expr, &Value)| {
            expr.as_name().is_some() && (value.as_map().is_some() || value.as_list().is_some())
        };
        let values = arguments.positional.iter().map(|item| &item.value);
        if !known && !is_mapping(last) && positional.iter().zip(values).any(changeable) {
            self.note(arguments.line, format!("{symbol} is given a list or a dict that it may change"));
        }
    }

    fn call_symbol(&mut self, symbol: &str, expr: &Expr, arguments: Arguments) -> Value {
        let line = expr.line;
        let name = last(symbol);
        if is_source(symbol) {
            return self.source(name, expr, &arguments);
        }
        if is_mapping(name) {
            return self.mapping(name, expr, arguments);
        }
        if let Some(class) = classes::find(name) {
            return classes::object(class, &arguments);
        }
        match (name, arguments.positional.first().map(|item| &item.value)) {
            ("cast", _) => {
                let value = arguments.get("val", 1).cloned();
                let value = value.unwrap_or_else(|| Value::lost(line, "a cast"));
                self.literal(expr, &value, None, cast_type(expr));
                value
            }
            ("deepcopy" | "copy", Some(value)) => value.snapshot(),
            ("list" | "tuple", Some(value)) => match value.as_list() {
                Some(list) => Value::list(list.borrow().clone()),
                None => Value::Lost(value.why_lost(line, "a list that only Python knows")),
            },
            ("list" | "tuple", None) => Value::list(Vec::new()),
            ("str", Some(value)) => value.to_text().map_or_else(
                || Value::Lost(value.why_lost(line, "a text that only Python can format")),
                Value::Text,
            ),
            ("isinstance", Some(value)) => is_instance(value, arguments.get("", 1))
                .map_or_else(|| Value::lost(line, "a condition that only Python knows"), Value::Bool),
            ("getenv", Some(value)) => self.environment(value, &arguments),
            ("pipeline", _) => {
                let name = arguments.get("pipeline_name", 0).and_then(Value::plain);
                self.pipelines.extend(name.filter(|name| !self.pipelines.contains(name)));
                Value::lost(line, "a pipeline")
            }
            ("resource" | "transformer", _) => {
                let mut lost = Lost::new(line, "a resource made by Python code");
                lost.resource = arguments.named("name").and_then(Value::plain);
                Value::Lost(lost)
            }
            _ => Value::lost(line, format!("a call of {symbol}")),
        }
    }

    fn environment(&self, name: &Value, arguments: &Arguments) -> Value {
        let base = named("os.environ", arguments.line);
        self.get_setting(&base, name, arguments)
    }

    /// `dict(…)`, or a typed dict of dlt's.
    fn mapping(&mut self, name: &str, expr: &Expr, arguments: Arguments) -> Value {
        let mut entries = Vec::new();
        for item in &arguments.positional {
            spread_into(&mut entries, &item.value, item.line);
        }
        for entry in arguments.named {
            super::value::put(&mut entries, entry);
        }
        let value = Value::map(entries);
        self.literal(expr, &value, None, name);
        value
    }

    fn source(&mut self, name: &str, expr: &Expr, arguments: &Arguments) -> Value {
        let config = if name == "rest_api" {
            whole(arguments)
        } else {
            let given = arguments.get("config", 0).cloned();
            given.unwrap_or_else(|| Value::lost(expr.line, format!("{name} without a configuration")))
        };
        let known = self.sources.iter().position(|source| source.offset == expr.offset);
        if let Some(known) = known
            .filter(|known| self.sources.get(*known).is_some_and(|found| found.config.as_map().is_some()))
        {
            let text = "this source is made more than once when the file runs; the first one is shown";
            self.note(expr.line, text);
            return Value::Source(known);
        }
        let taken =
            self.literals.iter().filter(|of| config.as_map().is_some_and(|map| Rc::ptr_eq(map, &of.map)));
        let decorated =
            self.stack.iter().rev().find(|function| matches!(decoration(function), Decoration::Source));
        let found = Found {
            offset: expr.offset,
            line: expr.line,
            name: arguments.named("name").and_then(Value::plain),
            function: decorated.map(|function| given_name(function).unwrap_or_else(|| function.name.clone())),
            variable: None,
            literals: taken.map(|literal| literal.offset).collect(),
            config: config.snapshot(),
            notes: Vec::new(),
            within: self.stack.last().map(|function| function.offset),
        };
        self.not_carried(name, arguments);
        match known.and_then(|known| self.sources.get_mut(known).map(|old| (known, old))) {
            Some((known, old)) => {
                *old = found;
                Value::Source(known)
            }
            None => {
                self.sources.push(found);
                Value::Source(self.sources.len() - 1)
            }
        }
    }

    fn not_carried(&mut self, name: &str, arguments: &Arguments) {
        let carried = ["name", "config", "client", "resources", "resource_defaults"];
        let others = arguments.named.iter().filter(|entry| !carried.contains(&entry.key.as_str()));
        let others: Vec<String> = others.map(|entry| entry.key.clone()).collect();
        for other in others {
            self.note(arguments.line, format!("the argument {other} of {name} is not carried over"));
        }
    }
}

/// Lists and tuples are one here, so that which of them a value is cannot be told.
fn is_instance(value: &Value, of: Option<&Value>) -> Option<bool> {
    let Some(Value::Symbol(kind)) = of else { return None };
    let is = match value {
        Value::Text(_) | Value::Setting(_) => "str",
        Value::Map(_) => "dict",
        Value::List(_) if !matches!(kind.as_str(), "list" | "tuple") => "list",
        Value::None => "None",
        Value::List(_)
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Function(..)
        | Value::Symbol(_)
        | Value::Source(_)
        | Value::Lost(_) => return None,
    };
    matches!(kind.as_str(), "str" | "dict" | "list" | "tuple" | "int" | "float").then_some(is == kind)
}

/// `rest_api(client=…, resources=…)`
fn whole(arguments: &Arguments) -> Value {
    let mut entries = Vec::new();
    for (place, key) in ["client", "resources", "resource_defaults"].into_iter().enumerate() {
        if let Some(value) = arguments.get(key, place).filter(|value| !matches!(value, Value::None)) {
            entries.push(Entry { key: key.to_owned(), line: arguments.line, value: value.clone() });
        }
    }
    Value::map(entries)
}

fn last(symbol: &str) -> &str {
    symbol.rsplit('.').next().unwrap_or_default()
}

/// The type that a value is cast to.
fn cast_type(expr: &Expr) -> &str {
    let Kind::Call { positional, .. } = &expr.kind else { return "" };
    match positional.first().map(|of| &of.kind) {
        Some(Kind::Text(name) | Kind::Name(name) | Kind::Attribute(_, name)) => name,
        Some(_) | None => "",
    }
}

/// dlt's three ways to make a source; `rest_api` alone is also the name of its module.
fn is_source(symbol: &str) -> bool {
    matches!(last(symbol), "rest_api_source" | "rest_api_resources")
        || symbol.ends_with("rest_api.rest_api")
        || symbol == "rest_api"
}

/// Calls that make a dict of their arguments.
fn is_mapping(name: &str) -> bool {
    const TYPED: &[&str] = &[
        "dict",
        "OrderedDict",
        "Endpoint",
        "EndpointResource",
        "EndpointResourceBase",
        "IncrementalRESTArgs",
        "ProcessingSteps",
        "ResourceBase",
        "ResponseActionDict",
    ];
    const CONFIGS: &[&str] = &[
        "RESTAPIConfig",
        "ClientConfig",
        "PaginatorTypeConfig",
        "PageNumberPaginatorConfig",
        "OffsetPaginatorConfig",
        "HeaderLinkPaginatorConfig",
        "JSONLinkPaginatorConfig",
        "JSONResponseCursorPaginatorConfig",
        "HeaderCursorPaginatorConfig",
        "AuthTypeConfig",
        "BearerTokenAuthConfig",
        "ApiKeyAuthConfig",
        "HttpBasicAuthConfig",
        "OAuth2ClientCredentialsConfig",
        "IncrementalConfig",
        "IncrementalParamConfig",
        "ParamBindConfig",
        "ResolveParamConfig",
    ];
    TYPED.contains(&name) || CONFIGS.contains(&name)
}
