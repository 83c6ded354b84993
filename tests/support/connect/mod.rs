//! A real Kafka Connect worker for the tests: standalone, with sinks that write what they read into files.

mod sink;
mod worker;

pub use sink::{Converter, Sink};
pub use worker::Worker;
