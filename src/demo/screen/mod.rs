//! The demo's words, for one terminal. Pure: nothing here prints.

mod text;
mod words;

pub use text::thousands;
pub use words::{Broker, Progress, ResourceCount, Scan, Screen, Title, Wait};

#[cfg(test)]
mod tests;
