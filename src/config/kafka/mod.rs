//! The `kafka:` block: librdkafka's own names, those that an operator may set, and Connect's words for transactions.

mod block;
mod boundary;
mod properties;

pub use block::Kafka;
pub use boundary::Boundary;
pub use properties::{Kind, PROPERTIES};

pub(crate) use block::{check, refusal};
pub(crate) use boundary::KafkaOverride;
