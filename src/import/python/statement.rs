//! Statements of the parser's tree → krest's.

use std::rc::Rc;

use ruff_python_ast as ast;
use ruff_text_size::Ranged as _;

use super::expression::operator;
use super::parse::{DEEPEST, Lowering};
use super::tree::{Function, Statement, Stmt};

impl Lowering<'_> {
    pub(super) fn block(&mut self, body: &[ast::Stmt]) -> Vec<Stmt> {
        self.depth += 1;
        let deep = self.depth > DEEPEST;
        let statements =
            body.iter().filter(|_| !deep).map(|stmt| Stmt { line: self.line(stmt), kind: self.stmt(stmt) });
        let statements = statements.collect();
        self.depth -= 1;
        statements
    }

    fn stmt(&mut self, stmt: &ast::Stmt) -> Statement {
        match stmt {
            ast::Stmt::FunctionDef(function) => Statement::Define(Rc::new(self.function(function))),
            ast::Stmt::ClassDef(class) => Statement::Class(class.name.id.to_string()),
            ast::Stmt::Return(of) => Statement::Return(of.value.as_deref().map(|value| self.expr(value))),
            ast::Stmt::Delete(of) => {
                Statement::Delete(of.targets.iter().map(|target| self.expr(target)).collect())
            }
            ast::Stmt::Assign(of) => Statement::Assign {
                targets: of.targets.iter().map(|target| self.expr(target)).collect(),
                annotation: String::new(),
                value: self.expr(&of.value),
            },
            ast::Stmt::AnnAssign(of) => self.annotated(of),
            ast::Stmt::AugAssign(of) => Statement::Augment {
                target: self.expr(&of.target),
                operator: operator(of.op),
                value: self.expr(&of.value),
            },
            ast::Stmt::For(of) => Statement::For {
                target: self.expr(&of.target),
                list: self.expr(&of.iter),
                body: self.block(&of.body),
                otherwise: self.block(&of.orelse),
            },
            ast::Stmt::While(of) => Statement::Uncertain(self.blocks(&[&of.body, &of.orelse])),
            ast::Stmt::If(of) => self.branches(of),
            ast::Stmt::With(of) => self.with(of),
            ast::Stmt::Match(of) => {
                Statement::Uncertain(of.cases.iter().flat_map(|case| self.block(&case.body)).collect())
            }
            ast::Stmt::Try(of) => self.attempt(of),
            ast::Stmt::Import(of) => Statement::Import(of.names.iter().map(imported).collect()),
            ast::Stmt::ImportFrom(of) => Statement::Import(imported_from(of)),
            ast::Stmt::Expr(of) => Statement::Expression(self.expr(&of.value)),
            ast::Stmt::Raise(_) => Statement::Raise,
            ast::Stmt::Break(_) => Statement::Break,
            ast::Stmt::Continue(_) => Statement::Continue,
            ast::Stmt::TypeAlias(_)
            | ast::Stmt::Assert(_)
            | ast::Stmt::Global(_)
            | ast::Stmt::Nonlocal(_)
            | ast::Stmt::Pass(_)
            | ast::Stmt::IpyEscapeCommand(_) => Statement::Nothing,
        }
    }

    fn blocks(&mut self, blocks: &[&[ast::Stmt]]) -> Vec<Stmt> {
        blocks.iter().flat_map(|block| self.block(block)).collect()
    }

    fn function(&mut self, of: &ast::StmtFunctionDef) -> Function {
        let (parameters, takes_more) = self.parameters(&of.parameters);
        Function {
            name: of.name.id.to_string(),
            line: self.line(&of.name),
            offset: of.start().to_usize(),
            parameters,
            takes_more,
            decorators: of.decorator_list.iter().map(|one| self.expr(&one.expression)).collect(),
            returns: of.returns.as_deref().map(|returns| self.written(returns)).unwrap_or_default(),
            body: self.block(&of.body),
        }
    }

    fn annotated(&mut self, of: &ast::StmtAnnAssign) -> Statement {
        match &of.value {
            None => Statement::Nothing,
            Some(value) => Statement::Assign {
                targets: vec![self.expr(&of.target)],
                annotation: self.written(&*of.annotation),
                value: self.expr(value),
            },
        }
    }

    fn branches(&mut self, of: &ast::StmtIf) -> Statement {
        let mut branches = vec![(Some(self.expr(&of.test)), self.block(&of.body))];
        for clause in &of.elif_else_clauses {
            let test = clause.test.as_ref().map(|test| self.expr(test));
            branches.push((test, self.block(&clause.body)));
        }
        Statement::If(branches)
    }

    fn with(&mut self, of: &ast::StmtWith) -> Statement {
        let bound = of.items.iter().map(|item| {
            (self.expr(&item.context_expr), item.optional_vars.as_deref().map(|name| self.expr(name)))
        });
        let bound = bound.collect();
        Statement::With { bound, body: self.block(&of.body) }
    }

    fn attempt(&mut self, of: &ast::StmtTry) -> Statement {
        let handlers = of.handlers.iter().flat_map(|handler| match handler {
            ast::ExceptHandler::ExceptHandler(handler) => self.block(&handler.body),
        });
        let handlers = handlers.collect();
        Statement::Try { body: self.blocks(&[&of.body, &of.orelse, &of.finalbody]), handlers }
    }
}

/// `import a.b as c` binds `c` to `a.b`, `import a.b` binds `a`.
fn imported(alias: &ast::Alias) -> (String, String) {
    let dotted = alias.name.id.to_string();
    match &alias.asname {
        Some(name) => (name.id.to_string(), dotted),
        None => {
            let first = dotted.split('.').next().unwrap_or_default().to_owned();
            (first.clone(), first)
        }
    }
}

fn imported_from(of: &ast::StmtImportFrom) -> Vec<(String, String)> {
    let module = of.module.as_ref().map(|module| module.id.to_string()).unwrap_or_default();
    let module = format!("{}{module}", ".".repeat(usize::try_from(of.level).unwrap_or_default()));
    let bound = |alias: &ast::Alias| {
        let name = alias.name.id.to_string();
        let here = alias.asname.as_ref().map_or_else(|| name.clone(), |name| name.id.to_string());
        (here, format!("{module}.{name}"))
    };
    of.names.iter().map(bound).collect()
}
