//! The block itself.

use schemars::JsonSchema;

use super::client::Client;
use super::resource;

/// dlt's REST API source dictionary: one API, and the resources to read from it.
#[derive(JsonSchema)]
#[schemars(rename = "source", deny_unknown_fields)]
#[expect(
    dead_code,
    reason = "the shape of the block; its parts are read one by one, after the defaults are merged"
)]
pub(crate) struct Source {
    /// What all resources share: where the API is, and how to get in.
    client: Client,
    /// Keys that every resource takes over unless it says otherwise.
    resource_defaults: Option<resource::ResourceDefaults>,
    /// What to read: a name, which is also the path, or a mapping.
    resources: Vec<resource::ResourceForm>,
}
