//! A real Kafka Connect worker for the tests: standalone, with a sink that writes what it reads into a file.

mod worker;

pub use worker::Worker;
