//! What the tests stand on: a real broker, an API as data, the binary under test, and a checker that shares no code with it.

pub mod api;
pub mod broker;
pub mod checker;
pub mod connect;
mod foreign;
mod krest;
mod maven;
pub mod packages;
pub mod proxy;
pub mod readers;
pub mod registry;
#[cfg(test)]
mod tests;
mod topics;
mod wait;
mod world;

pub use foreign::{fence, foreign_transaction, send_message};
pub use krest::{Finished, Running};
pub use topics::{add_partitions, alter_topic, create_topic, delete_topic, topic_settings};
pub use wait::{until, within};
pub use world::{World, free_port, unique};
