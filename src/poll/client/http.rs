//! Requests, and the pools of connections that they go through.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::answer::{Answer, read};
use super::headers::Headers;
use crate::model::Transport;
use crate::poll::source::{HostLimits, Method};
use crate::wire::{TransportError, client, describe};

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
        let client = client(&way.transport, way.connect_timeout, way.with_identity)?;
        pools.push((way, client.clone()));
        Ok(client)
    }
}
