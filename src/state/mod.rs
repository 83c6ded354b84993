//! What the topic holds: diff, pending changes, the cache.

mod cache;
mod index;
mod letters;
mod pending;
mod roll;
mod standing;
mod store;
#[cfg(test)]
mod tests;

pub use cache::{Cache, Diff};
pub use standing::Standing;
pub use store::Checkpoint;
