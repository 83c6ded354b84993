//! `source.client`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::auth::Auth;
use super::paginator::Paginator;
use super::transport::{ClientTls, ProxyForm};
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
    /// Hosts besides the API's own that its links and redirects may lead to. They are asked without credentials.
    #[expect(dead_code, reason = "read from the tree, where each entry has its place")]
    #[schemars(extend("x-krest" = true))]
    pub allowed_hosts: Option<Vec<String>>,
    /// Trust, and the client's own certificate.
    #[schemars(extend("x-krest" = true))]
    pub tls: Option<ClientTls>,
    /// The proxy to the API; not given: what the environment says (`HTTPS_PROXY`, `NO_PROXY`).
    #[schemars(extend("x-krest" = true))]
    pub proxy: Option<ProxyForm>,
    /// How the pages of a resource follow each other, where the resource does not say so itself.
    pub paginator: Option<Paginator>,
}
