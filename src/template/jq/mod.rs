//! jq expressions over one record: compiled once, run with bounds, with no access to anything but the record.

mod error;
mod meter;
mod prelude;
mod program;
mod stack;
#[cfg(test)]
mod tests;
mod value;

pub use error::{JqError, JqProblem};
pub use program::Jq;
