//! A Python file as far as krest folds it. What it does not fold is there by its name only.

use std::rc::Rc;

/// An expression and where it stands.
#[derive(Debug)]
pub(in crate::import) struct Expr {
    /// From 1.
    pub line: usize,
    /// In bytes from the start of the file: what tells two calls apart.
    pub offset: usize,
    pub kind: Kind,
}

impl Expr {
    pub(in crate::import) fn as_name(&self) -> Option<&str> {
        if let Kind::Name(name) = &self.kind { Some(name) } else { None }
    }
}

#[derive(Debug)]
pub(in crate::import) enum Kind {
    None,
    Bool(bool),
    /// Decimal digits.
    Int(String),
    Float(f64),
    Text(String),
    Format(Vec<Piece>),
    Name(String),
    Attribute(Box<Expr>, String),
    Subscript(Box<Expr>, Box<Expr>),
    Call {
        function: Box<Expr>,
        positional: Vec<Expr>,
        /// `None`: `**spread`.
        named: Vec<(Option<String>, Expr)>,
    },
    /// A key that is `None`: `**spread`.
    Dict(Vec<(Option<Expr>, Expr)>),
    /// A list, a tuple or a set.
    List(Vec<Expr>),
    Starred(Box<Expr>),
    Lambda(Rc<Function>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    Binary(Box<Expr>, Operator, Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Compare(Box<Expr>, Vec<(Compare, Expr)>),
    Choice(Box<Choice>),
    Comprehension(Box<Comprehension>),
    Walrus(Box<Expr>, Box<Expr>),
    /// `yield`, `yield from`, `await`: what stands behind it, if anything.
    Yield(Option<Box<Expr>>),
    /// What it is, for a comment.
    Other(&'static str),
}

/// A part of an f-string.
#[derive(Debug)]
pub(in crate::import) enum Piece {
    Plain(String),
    Value(Expr),
    /// With a conversion or a format, which krest does not compute.
    Formatted,
}

/// `body if test else otherwise`
#[derive(Debug)]
pub(in crate::import) struct Choice {
    pub test: Expr,
    pub body: Expr,
    pub otherwise: Expr,
}

/// `[element for target in list if condition]`; a dict's element has a key.
#[derive(Debug)]
pub(in crate::import) struct Comprehension {
    pub key: Option<Expr>,
    pub element: Expr,
    pub target: Expr,
    pub list: Expr,
    pub conditions: Vec<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::import) enum Operator {
    Add,
    Subtract,
    Multiply,
    Remainder,
    /// `|`, which joins dicts.
    Union,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::import) enum Compare {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Is,
    IsNot,
    In,
    NotIn,
}

/// A `def`, or a lambda, whose body is one `return`.
#[derive(Debug)]
pub(in crate::import) struct Function {
    /// Empty for a lambda.
    pub name: String,
    pub line: usize,
    pub offset: usize,
    pub parameters: Vec<Parameter>,
    /// Whether it takes `*args` or `**kwargs`.
    pub takes_more: bool,
    pub decorators: Vec<Expr>,
    /// As it is written; empty if there is none.
    pub returns: String,
    pub body: Vec<Stmt>,
}

#[derive(Debug)]
pub(in crate::import) struct Parameter {
    pub name: String,
    pub line: usize,
    /// As it is written; empty if there is none.
    pub annotation: String,
    pub default: Option<Expr>,
}

#[derive(Debug)]
pub(in crate::import) struct Stmt {
    pub line: usize,
    pub kind: Statement,
}

#[derive(Debug)]
pub(in crate::import) enum Statement {
    Assign {
        targets: Vec<Expr>,
        /// As it is written; empty if there is none.
        annotation: String,
        value: Expr,
    },
    Augment {
        target: Expr,
        operator: Operator,
        value: Expr,
    },
    Define(Rc<Function>),
    Class(String),
    Return(Option<Expr>),
    Expression(Expr),
    /// Tests in order; the last one is `None` for `else`.
    If(Vec<(Option<Expr>, Vec<Stmt>)>),
    For {
        target: Expr,
        list: Expr,
        body: Vec<Stmt>,
        otherwise: Vec<Stmt>,
    },
    With {
        bound: Vec<(Expr, Option<Expr>)>,
        body: Vec<Stmt>,
    },
    /// What runs when all goes well, and what runs when it does not.
    Try {
        body: Vec<Stmt>,
        handlers: Vec<Stmt>,
    },
    /// `while`, the cases of a `match`: runs never, once or often.
    Uncertain(Vec<Stmt>),
    /// The name in this file, and what it stands for with dots.
    Import(Vec<(String, String)>),
    Delete(Vec<Expr>),
    Break,
    Continue,
    Raise,
    Nothing,
}
