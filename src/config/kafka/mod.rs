//! The `kafka:` block: librdkafka's own names, those that an operator may set, and Connect's words for transactions.

mod block;
mod properties;

pub use block::Kafka;
pub use properties::{Kind, PROPERTIES};

pub(crate) use block::{check, refusal};
