//! What the topic holds: diff, pending changes, the cache.

mod cache;
mod pending;
mod store;
#[cfg(test)]
mod tests;

pub use cache::{Cache, Diff};
pub use store::Checkpoint;
