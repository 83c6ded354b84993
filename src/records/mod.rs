//! Page to keyed records: steps, incremental filter, key and fingerprint.

mod aside;
mod body;
mod deletion;
mod error;
mod fingerprint;
mod fit;
mod include;
mod incremental;
mod key;
mod reader;
mod rules;
mod steps;
#[cfg(test)]
mod tests;

pub use aside::Aside;
pub use deletion::{DeleteColumn, Deleted, DeletionRule};
pub use error::{ParentLacks, Problem, RecordError, Spot, WindowError, WindowProblem};
pub use fingerprint::under_parent;
pub use fit::Fit;
pub use incremental::{Incremental, Latest, NoRewind, OnMissing, Progress};
pub use key::{KeyForm, KeyPart, KeySpec};
pub use reader::Reader;
pub use rules::{Rule, Rules};
pub use steps::{Action, Step, Steps};

use include::Included;
