//! The HTTP client of one way of connecting: what is trusted, the own certificate, the proxy.

use std::time::Duration;

use super::fault::{TransportError, TransportKind, innermost};
use crate::model::{Proxy, ProxyServer, Transport};

/// Below the 60 s after which many servers and balancers drop an idle connection without a word.
const POOL_IDLE: Duration = Duration::from_secs(30);

/// Follows no redirects: whoever asks decides whom it asks. `with_identity`: whether the servers may see the own certificate.
pub fn client(
    transport: &Transport,
    connect_timeout: Duration,
    with_identity: bool,
) -> Result<reqwest::Client, TransportError> {
    let fault = |error| TransportError { kind: TransportKind::Client, detail: innermost(&error) };
    build(transport, connect_timeout, with_identity).map_err(fault)
}

fn build(
    transport: &Transport,
    connect_timeout: Duration,
    with_identity: bool,
) -> reqwest::Result<reqwest::Client> {
    // An error means that one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("krest/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(connect_timeout)
        .pool_idle_timeout(POOL_IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false);
    let tls = &transport.tls;
    let authorities = match &tls.authorities {
        Some(pem) => reqwest::Certificate::from_pem_bundle(pem.as_bytes())?,
        None => Vec::new(),
    };
    builder = if tls.system_roots {
        builder.tls_certs_merge(authorities)
    } else {
        builder.tls_certs_only(authorities)
    };
    if let Some(identity) = tls.identity.as_ref().filter(|_| with_identity) {
        builder = builder.identity(reqwest::Identity::from_pem(identity.expose().as_bytes())?);
    }
    match &transport.proxy {
        Proxy::Environment => {}
        Proxy::Direct => builder = builder.no_proxy(),
        Proxy::Server(server) => builder = builder.proxy(proxy(server)?),
    }
    builder.build()
}

fn proxy(server: &ProxyServer) -> reqwest::Result<reqwest::Proxy> {
    let mut proxy = reqwest::Proxy::all(server.url.clone())?;
    if let Some((username, password)) = &server.credentials {
        proxy = proxy.basic_auth(username.expose(), password.expose());
    }
    Ok(proxy.no_proxy(reqwest::NoProxy::from_string(&server.except.join(","))))
}
