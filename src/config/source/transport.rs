//! `tls` and `proxy` of the client: krest's own.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::secret::SecretText;

/// Trust, and the client's own certificate. Files are PEM, read when krest starts.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "client_tls", extend("x-krest" = true))]
pub(crate) struct ClientTls {
    /// Certificates of the authorities that are trusted besides those of this machine.
    pub ca_file: Option<String>,
    /// False: of the authorities, only those of `ca_file` are trusted.
    #[serde(default = "yes")]
    #[schemars(extend("default" = true))]
    pub system_roots: bool,
    /// The client's certificate, for APIs that want one; intermediate certificates behind it.
    pub cert_file: Option<String>,
    /// The certificate's private key, not encrypted; not given: it stands in `cert_file`.
    pub key_file: Option<String>,
}

/// The URL of a proxy, `direct` for none whatever the environment says, or a mapping.
#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "proxy_form", inline)]
pub(crate) enum ProxyForm {
    Text(#[schemars(extend("format" = "proxy"))] String),
    Full(Box<ClientProxy>),
}

/// The proxy to the API.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "client_proxy", extend("x-krest" = true))]
pub(crate) struct ClientProxy {
    /// `http://host:port`, or `https`, `socks5`, `socks5h`; `direct` for none.
    #[schemars(extend("format" = "proxy"))]
    pub url: String,
    pub username: Option<SecretText>,
    pub password: Option<SecretText>,
    /// Hosts that are reached without the proxy: names with all their subdomains, addresses, networks (`10.0.0.0/8`).
    pub no_proxy: Option<Vec<String>>,
}

fn yes() -> bool {
    true
}
