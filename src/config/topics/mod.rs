//! The `topics:` block: names of topics, and the settings with which missing ones are created.

mod block;
mod name;
mod settings;

pub use block::Topics;

pub(crate) use block::{check, refusal};
pub(crate) use name::{TopicName, illegal_topic};
