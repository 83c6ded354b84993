//! Operators, as far as their operands are known: texts and lists put together, small numbers, comparisons.

use std::rc::Rc;

use super::run::Interpreter;
use super::scope::Scope;
use super::value::{LARGEST, Part, Value};
use crate::import::python::{Compare, Expr, Kind, Operator};

impl Interpreter {
    pub(super) fn binary(&mut self, left: &Value, operator: Operator, right: &Value, line: usize) -> Value {
        let numbers = (left.as_int(), right.as_int());
        let folded = match operator {
            Operator::Add => add(left, right),
            Operator::Subtract => number(numbers, i128::checked_sub),
            Operator::Multiply => number(numbers, i128::checked_mul),
            Operator::Union => match (left.as_map(), right.as_map()) {
                (Some(map), Some(_)) => {
                    let joined = Value::map(map.entries.borrow().clone());
                    if let Some(map) = joined.as_map() {
                        self.update(map, right, line);
                    }
                    Some(joined)
                }
                _ => None,
            },
            Operator::Remainder | Operator::Other => None,
        };
        folded.unwrap_or_else(|| {
            let of = left.as_lost().or(right.as_lost());
            Value::Lost(
                of.cloned()
                    .unwrap_or_else(|| left.why_lost(line, "an expression that krest does not compute")),
            )
        })
    }

    pub(super) fn negative(&mut self, inner: &Expr, scope: &Rc<Scope>) -> Value {
        let value = self.eval(inner, scope);
        if let Value::Float(number) = value {
            return Value::Float(-number);
        }
        let negative = value.as_int().and_then(i128::checked_neg).map(Value::Int);
        negative.unwrap_or_else(|| Value::Lost(value.why_lost(inner.line, "a number that only Python knows")))
    }

    /// `not`, `and`, `or`, comparisons.
    pub(super) fn logic(&mut self, expr: &Expr, scope: &Rc<Scope>) -> Value {
        let line = expr.line;
        let unknown = || Value::lost(line, "a condition that only Python knows");
        if let Kind::Not(inner) = &expr.kind {
            return self.truth(inner, scope).map_or_else(unknown, |truth| Value::Bool(!truth));
        }
        if let Kind::Compare(left, rest) = &expr.kind {
            return self.compare(left, rest, scope).map_or_else(unknown, Value::Bool);
        }
        let (Kind::And(operands) | Kind::Or(operands)) = &expr.kind else { return unknown() };
        self.junction(operands, matches!(expr.kind, Kind::Or(_)), scope)
    }

    /// `and`, which ends at what is false, or `or`, which ends at what is true.
    fn junction(&mut self, operands: &[Expr], ends: bool, scope: &Rc<Scope>) -> Value {
        let line = operands.first().map_or(0, |operand| operand.line);
        let mut last = Value::None;
        for (index, operand) in operands.iter().enumerate() {
            last = self.eval(operand, scope);
            if index + 1 == operands.len() {
                break;
            }
            match last.truth() {
                Some(truth) if truth == ends => {
                    if let Some(setting) = last.assumed() {
                        self.note(line, format!("taken as if {} were set", setting.written()));
                    }
                    break;
                }
                Some(_) => {}
                None => return Value::Lost(last.why_lost(line, "a condition that only Python knows")),
            }
        }
        last
    }

    fn compare(&mut self, left: &Expr, rest: &[(Compare, Expr)], scope: &Rc<Scope>) -> Option<bool> {
        let [(operator, right)] = rest else { return None };
        let (left, right) = (self.eval(left, scope), self.eval(right, scope));
        match operator {
            Compare::Equal => same(&left, &right),
            Compare::NotEqual => same(&left, &right).map(|same| !same),
            Compare::Is => identical(&left, &right),
            Compare::IsNot => identical(&left, &right).map(|same| !same),
            Compare::In => contains(&right, &left),
            Compare::NotIn => contains(&right, &left).map(|inside| !inside),
            Compare::Less => Some(left.as_int()? < right.as_int()?),
            Compare::LessOrEqual => Some(left.as_int()? <= right.as_int()?),
            Compare::Greater => Some(left.as_int()? > right.as_int()?),
            Compare::GreaterOrEqual => Some(left.as_int()? >= right.as_int()?),
        }
    }
}

fn add(left: &Value, right: &Value) -> Option<Value> {
    if let (Some(left), Some(right)) = (left.as_list(), right.as_list()) {
        if left.borrow().len() + right.borrow().len() > LARGEST {
            return None;
        }
        let items = left.borrow().iter().chain(right.borrow().iter()).cloned().collect();
        return Some(Value::list(items));
    }
    let is_text = |value: &Value| matches!(value, Value::Text(_) | Value::Setting(_));
    if is_text(left) && is_text(right) {
        return joined([left.to_text()?, right.to_text()?]).map(Value::Text);
    }
    number((left.as_int(), right.as_int()), i128::checked_add)
}

/// Texts behind one another; `None` if that becomes too much.
pub(super) fn joined(texts: impl IntoIterator<Item = Vec<Part>>) -> Option<Vec<Part>> {
    let (mut whole, mut length): (Vec<Part>, usize) = (Vec::new(), 0);
    for part in texts.into_iter().flatten() {
        length += if let Part::Plain(text) = &part { text.len() } else { 1 };
        match (whole.last_mut(), &part) {
            (Some(Part::Plain(before)), Part::Plain(text)) => before.push_str(text),
            (_, _) => whole.push(part),
        }
        if length > LARGEST {
            return None;
        }
    }
    Some(whole)
}

fn number(
    (left, right): (Option<i128>, Option<i128>),
    compute: fn(i128, i128) -> Option<i128>,
) -> Option<Value> {
    compute(left?, right?).map(Value::Int)
}

/// `==` of plain values.
fn same(left: &Value, right: &Value) -> Option<bool> {
    if let (Some(left), Some(right)) = (left.plain(), right.plain()) {
        return Some(left == right);
    }
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left == right),
        (Value::Bool(left), Value::Bool(right)) => Some(left == right),
        (Value::None, other) | (other, Value::None) => identical(other, &Value::None),
        _ => None,
    }
}

/// `is`, which is asked of `None`, `True` and `False`. What is looked up is not `None`.
fn identical(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Lost(_) | Value::Symbol(_), _) | (_, Value::Lost(_) | Value::Symbol(_)) => None,
        (Value::None, Value::None) => Some(true),
        (Value::None, _) | (_, Value::None) => Some(false),
        (Value::Bool(left), Value::Bool(right)) => Some(left == right),
        _ => None,
    }
}

fn contains(container: &Value, element: &Value) -> Option<bool> {
    if let Some(map) = container.as_map() {
        let key = element.plain()?;
        if map.get(&key).is_some() {
            return Some(true);
        }
        let certain = map.entries.borrow().iter().all(|entry| entry.key != super::value::SPREAD);
        return certain.then_some(false);
    }
    if let Some(list) = container.as_list() {
        let mut all = true;
        for item in list.borrow().iter() {
            match same(&item.value, element) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => all = false,
            }
        }
        return all.then_some(false);
    }
    Some(container.plain()?.contains(&element.plain()?))
}
