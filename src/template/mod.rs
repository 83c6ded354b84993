//! The only expression code: JSONPath in dlt's dialect.

mod jsonpath;

pub use jsonpath::{JsonPath, JsonPathError};
