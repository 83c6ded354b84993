//! The `source:` block: dlt's REST API source dictionary, key for key.

mod auth;
mod block;
mod client;
mod paginator;
mod resource;

pub use auth::{ApiKey, ApiKeyLocation, Auth, Basic, Bearer};
pub use paginator::{OffsetPaginator, Paginator, TotalPath};

pub(crate) use block::Source;
pub(crate) use client::Client;
pub(crate) use resource::{Keys, ParamValue, Resource};
