//! The independent checker: reads topics as any consumer would and judges them against what the API showed.
//! It shares no code with krest.

mod judge;
mod murmur2;
mod offsets;
mod read;
mod secrets;
#[cfg(test)]
mod tests;

pub use judge::judge;
pub use murmur2::partition;
pub use offsets::{offset_law, positions};
pub use read::{Marks, Seen, Tail, end_offsets, partitions, read};
pub use secrets::{leaks, leaks_in};
