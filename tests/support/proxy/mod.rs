//! A proxy in front of the broker that understands Kafka's frames: connections are cut, requests held back, answers swallowed.
//!
//! It stands before any single broker, the shared one too: the addresses in the broker's answers are replaced by its own (and
//! answers that name addresses in passing are not offered), so that a client that was given the proxy's address talks through
//! it and nobody else does.

mod front;
mod relay;
mod rules;
#[cfg(test)]
mod tests;
mod wire;

pub use front::Proxy;
pub use rules::{Held, Swallowed, Then};
pub use wire::{ApiKey, Request};
