//! The only expression code: JSONPath in dlt's dialect, texts with placeholders, and jq.

mod binding;
mod body;
mod dialect;
mod fault;
mod format;
mod jq;
mod jsonpath;
mod placeholder;
mod scope;
#[cfg(test)]
mod tests;
mod text;
mod url;

pub use binding::{Binding, TemplateError};
pub use body::{BodyTemplate, JsonTemplate, put_json};
pub use fault::TemplateFault;
pub use jq::{Jq, JqError, JqProblem};
pub use jsonpath::{JsonPath, JsonPathError};
pub use scope::{Cursor, Scope};
pub use text::Template;
pub use url::UrlTemplate;
