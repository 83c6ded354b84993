//! A real Kafka broker for the tests: found, shared by the whole binary, and gone with the process.

mod docker;
mod find;
mod java;
mod watchdog;

pub use find::{Broker, bootstrap};
pub use java::{NEWEST, SLF4J};
pub use watchdog::Watchdog;
