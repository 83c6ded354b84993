//! Looking after a connector beside its run: what its topics hold, where its resources stand, what is kept on this machine.

mod error;
mod form;
mod names;
mod newest;
mod offsets;
mod registry;
mod state;
mod topics;
mod wishes;

pub use error::AdminError;
pub use form::Form;
pub use newest::{Backwards, Detail, TopicRow, Wanted};
pub use offsets::{Partition, remembered_schemas, stored_offsets};
pub use registry::{Examiner, Opinion};
pub use state::{InKafka, OnDisk, Stands, TopicEnds, behind, in_kafka, on_disk, taken};
pub use topics::{connect, rows_of};
pub use wishes::{changes_of, resets_of};
