//! The tree of a file → what its names stand for, and the dlt sources that it makes, without running it.

mod arguments;
mod call;
mod classes;
mod eval;
mod fold;
mod methods;
mod outcome;
mod run;
mod scope;
mod source;
mod target;
mod value;

pub(super) use run::interpret;
pub(super) use source::{Found, Note, Outcome};
pub(super) use value::{Entry, Lost, Map, Origin, Part, Setting, Spot, Value};
