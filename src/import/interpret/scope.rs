//! Names and what they stand for: the file's own, and those of functions inside it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::value::Value;
use crate::import::python::Function;

/// The names of the file, or of one call of a function.
pub(in crate::import) struct Scope {
    names: RefCell<HashMap<String, Bound>>,
    outer: Option<Rc<Scope>>,
    /// `None`: the file itself.
    pub function: Option<Rc<Function>>,
}

#[derive(Clone)]
pub(super) struct Bound {
    pub value: Value,
    /// The line of an argument that was taken at its default, until somebody reads it.
    pub default: Option<usize>,
}

impl Scope {
    pub(super) fn new(function: Option<Rc<Function>>, outer: Option<Rc<Self>>) -> Rc<Self> {
        Rc::new(Self { names: RefCell::default(), outer, function })
    }

    pub(super) fn bind(&self, name: &str, value: Value) {
        self.names.borrow_mut().insert(name.to_owned(), Bound { value, default: None });
    }

    pub(super) fn bind_default(&self, name: &str, value: Value, line: usize) {
        self.names.borrow_mut().insert(name.to_owned(), Bound { value, default: Some(line) });
    }

    pub(super) fn find(&self, name: &str) -> Option<Bound> {
        if let Some(bound) = self.names.borrow().get(name) {
            return Some(bound.clone());
        }
        self.outer.as_ref()?.find(name)
    }

    pub(super) fn unbind(&self, name: &str) {
        self.names.borrow_mut().remove(name);
    }
}
