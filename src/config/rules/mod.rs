//! What no schema can say: rules between keys, and names that must be unique.

mod actions;
mod client;
mod hints;
mod incremental;
mod limits;
mod older;
mod paginator;
mod parents;
mod request;
mod resource;
mod resources;
mod single_entity;
mod templates;
#[cfg(test)]
mod tests;

pub(crate) use client::{ClientParts, client};
pub(crate) use limits::limits;
pub(crate) use resources::{Given, resources};
