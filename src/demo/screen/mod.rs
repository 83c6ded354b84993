//! The demo's words, for one terminal. Pure: nothing here prints.

mod text;
mod words;

pub use words::{Broker, Progress, ResourceCount, Scan, Screen, Title, Wait};

#[cfg(test)]
mod tests;
