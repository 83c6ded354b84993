//! Readers that know nothing of krest: Confluent's deserializers for Python, Apache's Avro and partitioner for Java. What they make of
//! a topic has one form, so that they can be compared with each other and with what a test expects.

mod confluent;
mod java;
mod told;

pub use confluent::confluent;
pub use java::{java, placed};
pub use told::{Form, Reading, Told, row};
