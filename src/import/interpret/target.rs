//! What is assigned to: names, keys of dicts, places in lists.

use std::rc::Rc;

use super::run::{Interpreter, uncertain};
use super::scope::Scope;
use super::source::{Literal, Note};
use super::value::{Entry, LARGEST, Map, SPREAD, Spot, Value, put};
use crate::import::python::{Expr, Kind, Operator};

impl Interpreter {
    pub(super) fn assign(&mut self, target: &Expr, value: Value, scope: &Rc<Scope>) {
        if let Kind::Name(name) = &target.kind {
            self.bind(scope, name, value);
        } else if let Kind::Subscript(base, index) = &target.kind {
            self.assign_inside((base, index), value, scope);
        } else if let Kind::Attribute(base, name) = &target.kind {
            let base = self.eval(base, scope);
            self.changed_source(&base, name, target.line);
        } else if let Kind::List(targets) = &target.kind {
            self.unpack(targets, &value, scope);
        } else if let Kind::Starred(inner) = &target.kind {
            self.assign(inner, Value::lost(target.line, "the rest of a list"), scope);
        }
    }

    fn unpack(&mut self, targets: &[Expr], value: &Value, scope: &Rc<Scope>) {
        let items = value.as_list().map(|items| items.borrow().clone()).unwrap_or_default();
        let fits = items.len() == targets.len()
            && !targets.iter().any(|target| matches!(target.kind, Kind::Starred(_)));
        for (index, target) in targets.iter().enumerate() {
            let item = items.get(index).filter(|_| fits).map(|item| item.value.clone());
            let lost = || Value::lost(target.line, "a part of what only Python knows");
            self.assign(target, item.unwrap_or_else(lost), scope);
        }
    }

    fn assign_inside(&mut self, (base, index): (&Expr, &Expr), value: Value, scope: &Rc<Scope>) {
        let line = base.line;
        let base = self.eval(base, scope);
        let index = self.eval(index, scope);
        let value = self.sure(value);
        if let Some(map) = base.as_map() {
            match index.plain() {
                Some(key) => map.set(Entry { key, line, value }),
                None => {
                    let lost = Value::lost(line, "a key that only Python knows");
                    map.entries.borrow_mut().push(Entry { key: SPREAD.to_owned(), line, value: lost });
                }
            }
        } else if let Some(list) = base.as_list() {
            let place = index.as_int().and_then(|place| usize::try_from(place).ok());
            let mut items = list.borrow_mut();
            match place.and_then(|place| items.get_mut(place)) {
                Some(item) => *item = Spot { line, value },
                None => items.push(Spot {
                    line,
                    value: Value::lost(line, "a place in a list that only Python knows"),
                }),
            }
        } else {
            self.changed_source(&base, "an element", line);
        }
    }

    /// What is put into something that was there before, while it is not known whether it is.
    pub(super) fn sure(&self, value: Value) -> Value {
        match self.doubt {
            Some(line) => Value::Lost(uncertain(line)),
            None => value,
        }
    }

    /// Something is done to a source after it was made.
    pub(super) fn changed_source(&mut self, base: &Value, what: &str, line: usize) {
        let Value::Source(number) = base else { return };
        if let Some(source) = self.sources.get_mut(*number) {
            source.notes.push(Note {
                line,
                text: format!("{what} of the source is changed after it is made; that is not carried over"),
            });
        }
    }

    pub(super) fn augment(&mut self, target: &Expr, by: (Operator, &Expr), scope: &Rc<Scope>) {
        let (operator, right) = by;
        let (old, right) = (self.eval(target, scope), self.eval(right, scope));
        match (&old, &right) {
            // In place, under every name that it has.
            (Value::List(list), Value::List(more)) if operator == Operator::Add => {
                let more = more.borrow().clone();
                self.extend(&mut list.borrow_mut(), more);
            }
            (Value::List(list), other) => {
                let lost = other.why_lost(target.line, "what is added to a list");
                list.borrow_mut().push(Spot { line: target.line, value: Value::Lost(lost) });
            }
            (Value::Map(map), other) => self.update(map, other, target.line),
            _ => {
                let new = self.binary(&old, operator, &right, target.line);
                self.assign(target, new, scope);
            }
        }
    }

    pub(super) fn extend(&self, list: &mut Vec<Spot>, more: Vec<Spot>) {
        if list.len() + more.len() > LARGEST {
            return;
        }
        list.extend(more.into_iter().map(|item| Spot { line: item.line, value: self.sure(item.value) }));
    }

    /// `dict.update` and `|=`.
    pub(super) fn update(&self, map: &Map, with: &Value, line: usize) {
        let mut entries = map.entries.borrow_mut();
        let Some(other) = with.as_map() else {
            let lost = with.why_lost(line, "a dict that only Python knows");
            entries.push(Entry { key: SPREAD.to_owned(), line, value: Value::Lost(lost) });
            return;
        };
        // A dict may be updated with itself.
        let Ok(more) = other.entries.try_borrow() else { return };
        for entry in more.iter() {
            put(&mut entries, Entry { value: self.sure(entry.value.clone()), ..entry.clone() });
        }
    }

    pub(super) fn delete(&mut self, target: &Expr, scope: &Rc<Scope>) {
        match (&target.kind, self.doubt) {
            (Kind::Name(name), None) => scope.unbind(name),
            (Kind::Name(name), Some(line)) => scope.bind(name, Value::Lost(uncertain(line))),
            (Kind::Subscript(base, index), _) => {
                let (base, index) = (self.eval(base, scope), self.eval(index, scope));
                if let (Value::Map(map), Some(key)) = (&base, index.plain()) {
                    self.remove(map, &key);
                }
            }
            _ => {}
        }
    }

    pub(super) fn remove(&self, map: &Map, key: &str) {
        let mut entries = map.entries.borrow_mut();
        match self.doubt {
            None => entries.retain(|entry| entry.key != key),
            Some(line) => entries
                .iter_mut()
                .filter(|entry| entry.key == key)
                .for_each(|entry| entry.value = Value::Lost(uncertain(line))),
        }
    }

    /// Remembers a dict that is a source by itself if nobody makes one of it.
    pub(super) fn literal(&mut self, expr: &Expr, value: &Value, target: Option<&Expr>, annotation: &str) {
        let Value::Map(map) = value else { return };
        let declared = annotation.contains("RESTAPIConfig");
        let known = self.literals.iter_mut().find(|literal| Rc::ptr_eq(&literal.map, map));
        if let Some(known) = known {
            known.declared |= declared;
            return;
        }
        if declared || Literal::looks_like_one(map) {
            let variable = target.and_then(Expr::as_name).map(str::to_owned);
            let within = self.stack.last().map(|function| function.offset);
            self.literals.push(Literal {
                offset: expr.offset,
                line: expr.line,
                variable,
                map: Rc::clone(map),
                declared,
                within,
            });
        }
    }
}
