//! Looking after a connector beside its run: what its topics hold, where its resources stand, what is kept on this machine.

mod error;
mod newest;
mod offsets;
mod topics;

pub use error::AdminError;
pub use newest::{Backwards, Detail, TopicRow, Wanted};
pub use offsets::{Partition, stored_offsets};
pub use topics::{connect, rows_of};
