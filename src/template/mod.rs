//! The only expression code: JSONPath in dlt's dialect, and jq.

mod dialect;
mod jq;
mod jsonpath;
#[cfg(test)]
mod tests;

pub use jq::{Jq, JqError, JqProblem};
pub use jsonpath::{JsonPath, JsonPathError};
