//! What no schema can say: rules between keys, and names that must be unique.

mod braces;
mod client;
mod incremental;
mod limits;
mod paginator;
mod resource;
mod resources;
mod url;

pub use url::join_url;

pub(crate) use client::{ClientParts, client};
pub(crate) use limits::limits;
pub(crate) use resources::{Given, resources};
