//! `source.client`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::auth::Auth;
use super::paginator::Paginator;
use crate::config::ordered::Ordered;
use crate::config::secret::SecretText;

/// How to reach the API.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "client")]
pub(crate) struct Client {
    /// Where the API is; the paths of resources are appended to it.
    #[schemars(extend("format" = "base-url"))]
    pub base_url: String,
    /// Sent with every request, exactly as written here.
    pub headers: Option<Ordered<SecretText>>,
    /// How requests are authenticated; nothing means not at all.
    pub auth: Option<Auth>,
    /// How the pages of a resource follow each other, where the resource does not say so itself.
    pub paginator: Option<Paginator>,
}
