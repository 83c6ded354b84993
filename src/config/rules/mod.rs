//! What no schema can say: rules between keys, and names that must be unique.

mod auth;
mod braces;
mod client;
mod incremental;
mod limits;
mod paginator;
mod pem;
mod resource;
mod resources;
mod transport;
mod url;

pub use url::join_url;

pub(crate) use auth::auth;
pub(crate) use client::{ClientParts, client};
pub(crate) use limits::limits;
pub(crate) use resources::{Given, resources};
pub(crate) use transport::is_proxy;
