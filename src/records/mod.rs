//! Page to keyed records: key and fingerprint.

mod error;
mod fingerprint;
mod key;
mod reader;
#[cfg(test)]
mod tests;

pub use error::{Problem, RecordError};
pub use key::KeySpec;
pub use reader::Reader;
