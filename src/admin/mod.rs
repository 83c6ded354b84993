//! Looking after a connector beside its run: what its topics hold, where its resources stand, what is kept on this machine.

mod error;
mod newest;
mod offsets;
mod state;
mod topics;

pub use error::AdminError;
pub use newest::{Backwards, Detail, TopicRow, Wanted};
pub use offsets::{Partition, stored_offsets};
pub use state::{InKafka, OnDisk, Stands, TopicEnds, behind, in_kafka, on_disk, taken};
pub use topics::{connect, rows_of};
