//! Python text → the small tree that krest works on. The only folder that names the parser.

mod expression;
mod parse;
mod statement;
mod tree;

pub(super) use parse::parse;
pub(super) use tree::{
    Choice, Compare, Comprehension, Expr, Function, Kind, Operator, Parameter, Piece, Statement, Stmt,
};
