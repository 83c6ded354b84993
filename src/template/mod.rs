//! The only expression code: JSONPath in dlt's dialect.

mod dialect;
mod jsonpath;
#[cfg(test)]
mod tests;

pub use jsonpath::{JsonPath, JsonPathError};
