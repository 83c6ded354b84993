//! The schema registry, by Confluent's REST API: ids of schemas under subjects, asked for once and kept.

mod client;
mod error;
mod failure;
mod ids;
mod rules;
mod service;
mod settings;
mod types;

pub use error::RegistryError;
pub use service::Registry;
pub use settings::{Credentials, Retries, Settings};
pub use types::{Registered, Verdict};
