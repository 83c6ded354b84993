//! How connections to an API are made: trust, the own certificate, the proxy.

use url::Url;

use super::secret::Secret;

/// The same for all requests of a connector, the token endpoint's among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transport {
    pub tls: Tls,
    pub proxy: Proxy,
}

/// Whom krest believes, and how it proves who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// Certificates of authorities, as PEM.
    pub authorities: Option<String>,
    /// Whether the authorities that this machine trusts count as well.
    pub system_roots: bool,
    /// The client's certificate chain and private key in one PEM text. Shown to the API and the token endpoint alone.
    pub identity: Option<Secret>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Proxy {
    /// `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`.
    #[default]
    Environment,
    /// None, whatever the environment says.
    Direct,
    Server(ProxyServer),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyServer {
    /// `http`, `https`, `socks5` or `socks5h`, without user info.
    pub url: Url,
    /// User name and password.
    pub credentials: Option<(Secret, Secret)>,
    /// Hosts that are reached without it, in the syntax of `NO_PROXY`.
    pub except: Vec<String>,
}

impl Default for Tls {
    fn default() -> Self {
        Self { authorities: None, system_roots: true, identity: None }
    }
}
