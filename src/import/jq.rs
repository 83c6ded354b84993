//! Python functions of one record → jq, where both certainly do the same with every record that Python can read.
//!
//! Two differences are allowed. Python stops with an error where a field is missing or of another type, jq goes on: such
//! a record would have failed dlt's whole run. And Python takes `True` for 1 where it is compared with a number.

use super::python::{Choice, Compare, Expr, Function, Kind, Statement};

/// What the function is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Its result's truth counts.
    Filter,
    Map,
    /// It gives several records.
    YieldMap,
}

/// The same in jq; `None` if that is not certain.
pub(super) fn translate(function: &Function, role: Role) -> Option<String> {
    let [parameter] = function.parameters.as_slice() else { return None };
    if function.takes_more || !function.decorators.is_empty() {
        return None;
    }
    let record = Record { name: &parameter.name };
    let body = returned(function)?;
    match role {
        Role::Filter => record.truth(body),
        Role::Map => record.value(body),
        Role::YieldMap => match record.path(body)?.as_str() {
            "." => None,
            path => Some(format!("{path}[]")),
        },
    }
}

/// What a function returns that does nothing else.
fn returned(function: &Function) -> Option<&Expr> {
    let (last, before) = function.body.split_last()?;
    let is_text =
        |statement: &Statement| matches!(statement, Statement::Expression(Expr { kind: Kind::Text(_), .. }));
    let Statement::Return(Some(value)) = &last.kind else { return None };
    before.iter().all(|statement| is_text(&statement.kind)).then_some(value)
}

/// The record under the name that the function has for it.
struct Record<'n> {
    name: &'n str,
}

impl Record<'_> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is not listed is not translated")]
    fn value(&self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            Kind::Dict(entries) => self.object(entries),
            Kind::List(items) => {
                let items: Option<Vec<String>> =
                    items.iter().map(|item| self.value(item).map(wrapped)).collect();
                Some(format!("[{}]", items?.join(", ")))
            }
            Kind::Choice(choice) => self.choice(choice),
            Kind::Compare(..) | Kind::Not(_) => self.truth(expr),
            _ => constant(expr).or_else(|| self.length(expr)).or_else(|| self.path(expr)),
        }
    }

    fn choice(&self, choice: &Choice) -> Option<String> {
        let test = self.truth(&choice.test)?;
        let (body, otherwise) = (self.value(&choice.body)?, self.value(&choice.otherwise)?);
        Some(format!("if {test} then {body} else {otherwise} end"))
    }

    /// `{**record, "a": record["b"]}` is `. + {a: .b}`.
    fn object(&self, entries: &[(Option<Expr>, Expr)]) -> Option<String> {
        let mut parts: Vec<String> = Vec::new();
        let mut fields: Vec<String> = Vec::new();
        for (key, value) in entries {
            match key {
                Some(key) => {
                    let Kind::Text(key) = &key.kind else { return None };
                    fields.push(format!("{}: {}", key_name(key), wrapped(self.value(value)?)));
                }
                None => {
                    if !fields.is_empty() {
                        parts.push(format!("{{{}}}", fields.join(", ")));
                        fields.clear();
                    }
                    parts.push(self.path(value)?);
                }
            }
        }
        if !fields.is_empty() || parts.is_empty() {
            parts.push(format!("{{{}}}", fields.join(", ")));
        }
        Some(parts.join(" + "))
    }

    /// The record, or a field inside it.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is not listed is not translated")]
    fn path(&self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            Kind::Name(name) if name == self.name => Some(".".to_owned()),
            Kind::Subscript(base, index) => {
                let base = self.path(base)?;
                match &index.kind {
                    Kind::Text(key) => Some(field(&base, key)),
                    Kind::Int(place) if base != "." => Some(format!("{base}[{place}]")),
                    _ => None,
                }
            }
            Kind::Call { function, positional, named } if named.is_empty() => {
                let Kind::Attribute(base, method) = &function.kind else { return None };
                let default_is_none = positional.get(1).is_none_or(|of| matches!(of.kind, Kind::None));
                let Some(Kind::Text(key)) = positional.first().map(|key| &key.kind) else { return None };
                (method == "get" && default_is_none).then(|| self.path(base).map(|base| field(&base, key)))?
            }
            _ => None,
        }
    }

    fn length(&self, expr: &Expr) -> Option<String> {
        let Kind::Call { function, positional, named } = &expr.kind else { return None };
        let [of] = positional.as_slice() else { return None };
        let is_len = function.as_name() == Some("len") && named.is_empty();
        is_len.then(|| self.path(of).map(|path| format!("({path} | length)")))?
    }

    /// Python's truth of it, as `true` or `false`.
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is not listed is not translated")]
    fn truth(&self, expr: &Expr) -> Option<String> {
        match &expr.kind {
            Kind::Bool(value) => Some(value.to_string()),
            Kind::Not(inner) => Some(format!("{} | not", wrapped(self.truth(inner)?))),
            Kind::And(operands) => self.joined(operands, " and "),
            Kind::Or(operands) => self.joined(operands, " or "),
            Kind::Compare(left, rest) => self.comparison(left, rest),
            _ => match self.test(expr) {
                Some(test) => Some(test),
                // Python's truth knows more of what is false than jq's.
                None => self
                    .path(expr)
                    .map(|path| format!("{path} | . and . != 0 and . != \"\" and . != [] and . != {{}}")),
            },
        }
    }

    fn joined(&self, operands: &[Expr], by: &str) -> Option<String> {
        let parts: Option<Vec<String>> = operands.iter().map(|of| self.truth(of).map(wrapped)).collect();
        Some(parts?.join(by))
    }

    fn comparison(&self, left: &Expr, rest: &[(Compare, Expr)]) -> Option<String> {
        let [(operator, right)] = rest else { return None };
        if matches!(operator, Compare::In | Compare::NotIn) {
            return self.membership(left, right, *operator == Compare::In);
        }
        let is_one_of_a_kind = matches!(right.kind, Kind::None | Kind::Bool(_));
        let operator = match operator {
            Compare::Equal => "==",
            Compare::NotEqual => "!=",
            Compare::Is if is_one_of_a_kind => "==",
            Compare::IsNot if is_one_of_a_kind => "!=",
            Compare::Less => "<",
            Compare::LessOrEqual => "<=",
            Compare::Greater => ">",
            Compare::GreaterOrEqual => ">=",
            Compare::Is | Compare::IsNot | Compare::In | Compare::NotIn => return None,
        };
        let operand = |of: &Expr| constant(of).or_else(|| self.length(of)).or_else(|| self.path(of));
        Some(format!("{} {operator} {}", operand(left)?, operand(right)?))
    }

    /// `"a" in record` asks for a key, `record["a"] in ["b", "c"]` for one of several values.
    fn membership(&self, left: &Expr, right: &Expr, inside: bool) -> Option<String> {
        if let (Kind::Text(key), Some(".")) = (&left.kind, self.path(right).as_deref()) {
            let has = format!("has({})", text(key));
            return Some(if inside { has } else { format!("{has} | not") });
        }
        let (Kind::List(choices), left) = (&right.kind, self.path(left)?) else { return None };
        let (operator, by) = if inside { ("==", " or ") } else { ("!=", " and ") };
        let parts: Option<Vec<String>> =
            choices.iter().map(|of| constant(of).map(|of| format!("{left} {operator} {of}"))).collect();
        parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join(by))
    }

    /// `bool(…)`, `….startswith("…")`, `….endswith("…")`
    fn test(&self, expr: &Expr) -> Option<String> {
        let Kind::Call { function, positional, named } = &expr.kind else { return None };
        let ([argument], true) = (positional.as_slice(), named.is_empty()) else { return None };
        if function.as_name() == Some("bool") {
            return self.truth(argument);
        }
        let (Kind::Attribute(base, method), Kind::Text(part)) = (&function.kind, &argument.kind) else {
            return None;
        };
        let known = matches!(method.as_str(), "startswith" | "endswith");
        known.then(|| self.path(base).map(|path| format!("{path} | {method}({})", text(part))))?
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what is not listed is no constant")]
fn constant(expr: &Expr) -> Option<String> {
    match &expr.kind {
        Kind::None => Some("null".to_owned()),
        Kind::Bool(value) => Some(value.to_string()),
        Kind::Int(digits) => Some(digits.clone()),
        Kind::Float(number) if number.is_finite() => Some(format!("{number:?}")),
        Kind::Negative(inner) if matches!(inner.kind, Kind::Int(_) | Kind::Float(_)) => {
            constant(inner).map(|number| format!("-{number}"))
        }
        Kind::Text(of) => Some(text(of)),
        _ => None,
    }
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// In parentheses where it is more than a field, a number or a text.
fn wrapped(expression: String) -> String {
    let is_simple = !expression.contains(' ') && !expression.starts_with('-');
    if is_simple { expression } else { format!("({expression})") }
}

const KEYWORDS: &[&str] = &[
    "and", "as", "catch", "def", "elif", "else", "end", "foreach", "if", "import", "include", "label", "not",
    "or", "reduce", "then", "try", "__loc__",
];

fn is_word(key: &str) -> bool {
    key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !KEYWORDS.contains(&key)
}

fn key_name(key: &str) -> String {
    if is_word(key) { key.to_owned() } else { text(key) }
}

fn field(base: &str, key: &str) -> String {
    match (is_word(key), base) {
        (true, ".") => format!(".{key}"),
        (true, base) => format!("{base}.{key}"),
        (false, base) => format!("{base}[{}]", text(key)),
    }
}
