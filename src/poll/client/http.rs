//! Requests, and the pools of connections that they go through.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::answer::{Answer, read};
use super::fault::{TransportError, TransportKind, describe, innermost};
use super::headers::Headers;
use crate::model::{Proxy, ProxyServer, Transport};
use crate::poll::source::{HostLimits, Method};

/// Below the 60 s after which many servers and balancers drop an idle connection without a word.
const POOL_IDLE: Duration = Duration::from_secs(30);
/// Spans are 32 bits wide.
const LARGEST_BODY: u64 = u32::MAX as u64;

/// One pool of connections for each way of connecting.
#[derive(Default)]
pub(in crate::poll) struct HttpClient {
    pools: Mutex<Vec<(Way, reqwest::Client)>>,
}

/// What reqwest knows per client only.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Way {
    connect_timeout: Duration,
    transport: Arc<Transport>,
    with_identity: bool,
}

/// What is sent.
pub(in crate::poll) struct Call<'c> {
    pub method: Method,
    pub url: &'c url::Url,
    pub headers: &'c Headers,
    pub body: Option<&'c str>,
    /// Whether the body of an answer that is no page is read to its end as well.
    pub whole: bool,
    pub limits: &'c HostLimits,
    pub transport: &'c Arc<Transport>,
    /// Whether the server may see the client's certificate: a credential like others.
    pub with_identity: bool,
}

impl HttpClient {
    pub(in crate::poll) async fn send(&self, call: &Call<'_>) -> Result<Answer, TransportError> {
        let client = self.pool(call)?;
        let method = match call.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut request = client
            .request(method, call.url.clone())
            .timeout(call.limits.timeout)
            .headers(call.headers.0.clone());
        if let Some(body) = call.body {
            request = request.body(body.to_owned());
        }
        let response = request.send().await.map_err(|error| describe(error, false))?;
        read(response, call.limits.body.min(LARGEST_BODY), call.whole).await
    }

    fn pool(&self, call: &Call<'_>) -> Result<reqwest::Client, TransportError> {
        let way = Way {
            connect_timeout: call.limits.connect_timeout,
            transport: Arc::clone(call.transport),
            with_identity: call.with_identity && call.transport.tls.identity.is_some(),
        };
        let mut pools = self.pools.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = pools.iter().find(|(known, _)| *known == way) {
            return Ok(client.clone());
        }
        let client = build(&way)
            .map_err(|error| TransportError { kind: TransportKind::Client, detail: innermost(&error) })?;
        pools.push((way, client.clone()));
        Ok(client)
    }
}

fn build(way: &Way) -> reqwest::Result<reqwest::Client> {
    // An error means that one is installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("krest/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(way.connect_timeout)
        .pool_idle_timeout(POOL_IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .referer(false);
    let tls = &way.transport.tls;
    let authorities = match &tls.authorities {
        Some(pem) => reqwest::Certificate::from_pem_bundle(pem.as_bytes())?,
        None => Vec::new(),
    };
    builder = if tls.system_roots {
        builder.tls_certs_merge(authorities)
    } else {
        builder.tls_certs_only(authorities)
    };
    if let Some(identity) = tls.identity.as_ref().filter(|_| way.with_identity) {
        builder = builder.identity(reqwest::Identity::from_pem(identity.expose().as_bytes())?);
    }
    match &way.transport.proxy {
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
