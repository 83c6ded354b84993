//! A Python file that holds a dlt REST API source → a krest configuration. The file is parsed and folded, never executed.
//!
//! ```text
//! text ──python──▶ tree ──interpret──▶ values, the sources among them ──carry──▶ tree with comments ──yaml──▶ text
//! ```

mod carry;
mod document;
mod error;
mod family;
mod hints;
mod interpret;
mod jq;
mod python;
mod secrets;
mod settings;
mod yaml;

pub use document::{Request, import};
pub use error::ImportError;
pub use settings::Settings;
