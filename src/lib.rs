//! krest keeps Kafka topics in step with REST APIs: it polls paged resources politely, works out by primary key what
//! really changed, and publishes only that, exactly once.
//!
//! ```text
//! config ──plan──▶ poller ──Page──▶ records ──Record──▶ state.diff ──Change──▶ encode ──Message──▶ kafka transaction
//!                    ▲                unchanged records end here                     │ messages + source offset
//!                    └─────── cursor / page position ◀──────── state.apply ◀─ Receipt┘
//! ```
//!
//! [`sync`] is this picture as one function. The stages (`poll`, `records`, `state`, `encode`, `registry`, `kafka`) know the shared
//! words of [`model`] and nothing of each other; `docs/ARCHITECTURE.md` is the map, and `tests/tidy.rs` holds it.

#[macro_use]
pub mod failpoint;

pub mod admin;
pub mod cli;
pub mod config;
pub mod demo;
pub mod encode;
#[cfg(test)]
#[path = "../fuzz/harness.rs"]
mod fuzz;
pub mod import;
pub mod kafka;
pub mod model;
pub mod plan;
pub mod poll;
pub mod records;
pub mod registry;
pub mod schema;
pub mod service;
pub mod state;
pub mod sync;
pub mod table;
pub mod telemetry;
pub mod template;
pub mod wire;
