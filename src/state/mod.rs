//! What the topic holds: diff, pending changes, the cache, in memory and on disk.

mod before;
mod budget;
mod cache;
mod checkpoint;
mod compared;
mod directory;
mod disk;
mod error;
mod index;
mod kept;
mod letters;
mod local;
mod log;
mod missing;
mod name;
mod parents;
mod pending;
mod reading;
mod refused;
mod roll;
mod room;
mod shelf;
mod standing;
mod store;
#[cfg(test)]
mod tests;
mod text;
mod whole;

pub use cache::{Cache, Diff};
pub use checkpoint::{Checkpoint, Present};
pub use directory::{Directory, DirectoryError};
pub use error::StateError;
pub use kept::{Kept, KeptEntry, NotKept};
pub use local::LocalState;
pub use roll::{Missing, Walked};
pub use standing::Standing;
