//! The independent checker: reads topics as any consumer would and judges them against what the API showed.
//! It shares no code with krest.

mod judge;
mod murmur2;
mod offsets;
mod read;
mod secrets;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod tests;

pub use judge::{Event, Finally, Histories, judge, judge_log, judge_table};
pub use murmur2::partition;
pub use offsets::{monotone, offset_law, positions};
pub use read::{Marks, Seen, Tail, end_offsets, partitions, read, read_uncommitted};
pub use secrets::{leaks, leaks_in};
