//! Incremental resources: which rows of a page belong to a walk, and how far the walk has come.

mod cursor;
mod progress;
mod rewind;
mod stale;
#[cfg(test)]
mod tests;

pub use cursor::{Incremental, OnMissing};
pub use progress::Progress;
pub use rewind::NoRewind;
pub use stale::Latest;
