//! Signals: what a running connector is told through Kafka, what becomes of it, and who hears of that.
//!
//! ```text
//! krest-signals ──group krest-<connector>──▶ Post ──▶ Desk ◀── families look here before each scan
//!                                             ▲         │ what was begun, done, given up
//!                                             └─────────┘
//!                                             │ Notice
//!                                             ▼
//!                                           Herald ──▶ log, krest-notifications
//! ```

mod desk;
mod herald;
mod ledger;
mod notice;
mod office;
mod order;
mod post;
mod send;
#[cfg(test)]
mod tests;

pub(super) use desk::{Desk, Errand};
pub(super) use notice::{Notice, Stage};
pub(super) use office::{Office, Site, Staff};
pub use order::{Order, Refused, read_order};
pub use send::{SendError, Sent, send_signal};
