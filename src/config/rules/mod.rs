//! What no schema can say: rules between keys, and names that must be unique.

mod actions;
mod auth;
mod changes;
mod client;
mod deletes;
mod delivery;
mod format;
mod hints;
mod incremental;
mod letters;
mod limits;
mod older;
mod paginator;
mod parents;
mod pem;
mod probe;
mod registry;
mod request;
mod resource;
mod resources;
mod signals;
mod single_entity;
mod templates;
#[cfg(test)]
mod tests;
mod transport;

pub(crate) use auth::auth;
pub(crate) use client::{ClientParts, client};
pub(crate) use delivery::delivery;
pub(crate) use limits::limits;
pub use probe::probed_field;
pub(crate) use registry::registry;
pub(crate) use resources::{Given, resources};
pub(crate) use signals::signal_topics;
pub(crate) use transport::is_proxy;
