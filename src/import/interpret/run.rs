//! Statements, one after the other. Where Python would decide by what only it knows, every branch is looked at, and
//! what it changes counts as lost.

use std::collections::HashSet;
use std::rc::Rc;

use super::arguments::Arguments;
use super::scope::Scope;
use super::source::{Found, Literal, Note, Outcome};
use super::value::{Lost, Spot, Value};
use crate::import::python::{Expr, Function, Statement, Stmt};

/// Statements and expressions that are looked at before krest gives up: loops in loops could go on for long.
const MOST_STEPS: usize = 50_000;

/// What a file tells about its sources.
pub(in crate::import) fn interpret(module: &[Stmt]) -> Outcome {
    let mut interpreter = Interpreter::default();
    let scope = Scope::new(None, None);
    interpreter.block(module, &scope);
    let mut next = 0;
    // Functions that nobody in the file calls: dlt or another file does. More may be found inside them.
    while let Some((function, scope)) = interpreter.defined.get(next).cloned() {
        next += 1;
        if !interpreter.called.contains(&function.offset) {
            let line = function.line;
            interpreter.call_function(&function, &scope, &Arguments::none(line));
        }
    }
    interpreter.outcome()
}

/// What is known so far.
#[derive(Default)]
pub(super) struct Interpreter {
    pub sources: Vec<Found>,
    pub literals: Vec<Literal>,
    pub pipelines: Vec<String>,
    /// Each with the function it belongs to, by its offset.
    pub notes: Vec<(Option<usize>, Note)>,
    pub called: HashSet<usize>,
    /// The functions whose bodies are being looked at, the innermost last.
    pub stack: Vec<Rc<Function>>,
    /// The line of the condition under which the present statement runs, if that is not known to hold.
    pub doubt: Option<usize>,
    /// A `return` was seen under a condition, in the innermost function.
    pub perhaps_returned: bool,
    /// Names that were bound in doubt.
    changed: Vec<(Rc<Scope>, String)>,
    defined: Vec<(Rc<Function>, Rc<Scope>)>,
    steps: usize,
}

/// How a statement ends.
pub(super) enum Flow {
    Next,
    Return(Value),
    Break,
    Continue,
    Raise,
}

impl Interpreter {
    pub(super) fn block(&mut self, statements: &[Stmt], scope: &Rc<Scope>) -> Flow {
        for statement in statements {
            if self.is_tired() {
                return Flow::Raise;
            }
            match self.statement(statement, scope) {
                Flow::Next => {}
                Flow::Raise => return Flow::Raise,
                Flow::Break => return Flow::Break,
                Flow::Continue => return Flow::Continue,
                Flow::Return(value) => return Flow::Return(value),
            }
        }
        Flow::Next
    }

    pub(super) fn is_tired(&mut self) -> bool {
        self.steps += 1;
        self.steps > MOST_STEPS
    }

    pub(super) fn note(&mut self, line: usize, text: impl Into<String>) {
        let of = self.stack.last().map(|function| function.offset);
        let note = (of, Note { line, text: text.into() });
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub(super) fn bind(&mut self, scope: &Rc<Scope>, name: &str, value: Value) {
        scope.bind(name, value);
        if self.doubt.is_some() {
            self.changed.push((Rc::clone(scope), name.to_owned()));
        }
    }

    fn statement(&mut self, statement: &Stmt, scope: &Rc<Scope>) -> Flow {
        match &statement.kind {
            Statement::Assign { targets, annotation, value } => {
                let found = self.eval(value, scope);
                self.literal(value, &found, targets.first(), annotation);
                for target in targets {
                    self.assign(target, found.clone(), scope);
                }
            }
            Statement::Augment { target, operator, value } => {
                self.augment(target, (*operator, value), scope);
            }
            Statement::Define(function) => {
                self.bind(scope, &function.name, Value::Function(Rc::clone(function), Rc::clone(scope)));
                if !self.defined.iter().any(|(known, _)| known.offset == function.offset) {
                    self.defined.push((Rc::clone(function), Rc::clone(scope)));
                }
            }
            Statement::Class(name) => {
                self.bind(scope, name, Value::lost(statement.line, format!("the class {name} of this file")));
            }
            Statement::Return(value) => return self.leave(value.as_ref(), scope),
            Statement::Expression(value) => {
                self.eval(value, scope);
            }
            Statement::If(branches) => return self.branches(branches, statement.line, scope),
            Statement::For { target, list, body, otherwise } => {
                return self.each((target, list), body, otherwise, scope);
            }
            Statement::With { bound, body } => return self.with(bound, body, scope),
            Statement::Try { body, handlers } => return self.attempt(body, handlers, statement.line, scope),
            Statement::Uncertain(body) => {
                self.in_doubt(statement.line, |this| this.block(body, scope));
            }
            Statement::Import(names) => {
                names.iter().for_each(|(name, dotted)| scope.bind(name, Value::Symbol(dotted.clone())));
            }
            Statement::Delete(targets) => targets.iter().for_each(|target| self.delete(target, scope)),
            Statement::Break => return Flow::Break,
            Statement::Continue => return Flow::Continue,
            Statement::Raise => return Flow::Raise,
            Statement::Nothing => {}
        }
        Flow::Next
    }

    fn leave(&mut self, value: Option<&Expr>, scope: &Rc<Scope>) -> Flow {
        let Some(expr) = value else { return Flow::Return(Value::None) };
        let value = self.eval(expr, scope);
        let returns = self.stack.last().map(|function| function.returns.clone()).unwrap_or_default();
        self.literal(expr, &value, None, &returns);
        Flow::Return(value)
    }

    fn branches(&mut self, branches: &[(Option<Expr>, Vec<Stmt>)], line: usize, scope: &Rc<Scope>) -> Flow {
        for (index, (test, body)) in branches.iter().enumerate() {
            let truth = match test {
                None => Some(true),
                Some(test) => self.truth(test, scope),
            };
            match truth {
                Some(true) => return self.block(body, scope),
                Some(false) => {}
                None => {
                    let rest = branches.get(index..).unwrap_or_default();
                    let bodies = rest.iter().map(|(_, body)| body);
                    return self.any_of(bodies, line, scope);
                }
            }
        }
        Flow::Next
    }

    /// Looks at branches of which one runs, or none.
    fn any_of<'b>(
        &mut self,
        bodies: impl Iterator<Item = &'b Vec<Stmt>>,
        line: usize,
        scope: &Rc<Scope>,
    ) -> Flow {
        for body in bodies {
            let flow = self.in_doubt(line, |this| this.block(body, scope));
            match flow {
                Flow::Next | Flow::Raise => {}
                Flow::Return(_) => self.perhaps_returned = true,
                // The rest of the loop's body runs, or does not.
                Flow::Break | Flow::Continue => self.doubt = self.doubt.or(Some(line)),
            }
        }
        Flow::Next
    }

    /// Whatever runs in here may not run, or more than once: names that it binds are lost behind it.
    fn in_doubt<T>(&mut self, line: usize, run: impl FnOnce(&mut Self) -> T) -> T {
        let (before, mark) = (self.doubt, self.changed.len());
        self.doubt = before.or(Some(line));
        let result = run(self);
        self.settle(before, mark, line);
        result
    }

    fn settle(&mut self, before: Option<usize>, mark: usize, line: usize) {
        self.doubt = before;
        for (scope, name) in self.changed.get(mark..).unwrap_or_default() {
            scope.bind(name, Value::Lost(uncertain(line)));
        }
        if before.is_none() {
            self.changed.truncate(mark);
        }
    }

    fn each(
        &mut self,
        (target, list): (&Expr, &Expr),
        body: &[Stmt],
        otherwise: &[Stmt],
        scope: &Rc<Scope>,
    ) -> Flow {
        let line = list.line;
        let Some(items) = self.items(list, scope) else {
            self.in_doubt(line, |this| {
                this.assign(target, Value::lost(line, "a loop over what only Python knows"), scope);
                this.block(body, scope);
            });
            return self.block(otherwise, scope);
        };
        for item in items {
            let (before, mark) = (self.doubt, self.changed.len());
            self.assign(target, item.value, scope);
            let flow = self.block(body, scope);
            if self.doubt != before {
                self.settle(before, mark, line);
            }
            match flow {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Flow::Next,
                Flow::Return(value) => return Flow::Return(value),
                Flow::Raise => return Flow::Raise,
            }
        }
        self.block(otherwise, scope)
    }

    /// The elements of a list, or the keys of a dict; `None` if they are not known.
    pub(super) fn items(&mut self, list: &Expr, scope: &Rc<Scope>) -> Option<Vec<Spot>> {
        let value = self.eval(list, scope);
        if let Some(items) = value.as_list() {
            return Some(items.borrow().clone());
        }
        let entries = value.as_map()?.entries.borrow();
        let keys = entries.iter().map(|entry| Spot { line: entry.line, value: Value::text(&entry.key) });
        Some(keys.collect())
    }

    fn with(&mut self, bound: &[(Expr, Option<Expr>)], body: &[Stmt], scope: &Rc<Scope>) -> Flow {
        for (value, target) in bound {
            let value = self.eval(value, scope);
            if let Some(target) = target {
                self.assign(target, value, scope);
            }
        }
        self.block(body, scope)
    }

    /// What is tried goes well: that is the file as its author wants it to run.
    fn attempt(&mut self, body: &[Stmt], handlers: &Vec<Stmt>, line: usize, scope: &Rc<Scope>) -> Flow {
        let changes = |kind: &Statement| {
            matches!(kind, Statement::Assign { .. } | Statement::Augment { .. } | Statement::Expression(_))
        };
        let flow = self.block(body, scope);
        if matches!(flow, Flow::Raise) {
            return self.any_of(std::iter::once(handlers), line, scope);
        }
        if handlers.iter().any(|statement| changes(&statement.kind)) {
            self.note(line, "taken as if nothing failed under \"try\"; what \"except\" does is left out");
        }
        flow
    }
}

/// What a name or a key stands for that is set under a condition.
pub(super) fn uncertain(line: usize) -> Lost {
    Lost::new(line, "set under a condition that only Python knows")
}
