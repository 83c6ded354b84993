//! Page to keyed records: key and fingerprint.

mod error;
mod fingerprint;
mod incremental;
mod key;
mod reader;
mod steps;
#[cfg(test)]
mod tests;

pub use error::{Problem, RecordError, WindowError, WindowProblem};
pub use incremental::{Incremental, Latest, OnMissing, Progress};
pub use key::KeySpec;
pub use reader::Reader;
pub use steps::Steps;
