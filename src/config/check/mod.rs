//! The tree against the schema: every mistake, each said once, and what is wrong marked so that nothing follows from it.

mod choose;
mod formats;
mod mapping;
mod scalar;
mod secrets;
mod walk;

pub(crate) use secrets::{learn_expanded, learn_path};
pub(crate) use walk::{Walk, check};
