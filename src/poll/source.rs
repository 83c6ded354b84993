//! What the poller has to know of one resource. Made by `plan`; nothing here is left to guess.

use std::time::Duration;

use super::actions::ResponseAction;
use super::auth::{Access, Auth};
use super::paginator::Paginator;
use super::row_order::RowOrder;
use crate::model::ResourceName;
use crate::template::{BodyTemplate, JsonPath, Template, UrlTemplate};

/// One resource's requests, compiled.
#[derive(Clone, Debug)]
pub struct Source {
    pub resource: ResourceName,
    /// Base URL and path joined as dlt joins them; may carry a query of its own.
    pub url: UrlTemplate,
    pub method: Method,
    /// In the order of the configuration, values as they are sent (before encoding); sent after the URL's own query.
    pub params: Vec<(Template, Template)>,
    /// Of several with one name the last counts; one without a value takes back what stands before it.
    pub headers: Vec<(Template, Option<Template>)>,
    pub body: BodyTemplate,
    /// In the order in which they are looked at.
    pub actions: Vec<ResponseAction>,
    pub auth: Auth,
    /// How the API is reached, and which other hosts may be.
    pub access: Access,
    pub paginator: Paginator,
    /// `None`: dlt's detection, frozen after the first page.
    pub selector: Option<JsonPath>,
    /// The path ends in a placeholder and no selector was written, so the whole answer is one record, as in dlt.
    pub single_entity: bool,
    /// Lets a walk with a window end early.
    pub row_order: Option<RowOrder>,
    pub missing_data: MissingData,
    pub retry: RetryPolicy,
    pub limits: HostLimits,
    /// Query parameters whose values are secrets, the API key's among them: starred wherever a URL is shown.
    pub secret_params: Vec<String>,
}

/// The methods that dlt takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post => "POST",
        })
    }
}

/// `errors.missing_data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingData {
    Warn,
    Fail,
}

/// `retry:`. Waits are 0.5–1.5 × `initial × backoff_factor^n`, never less than `Retry-After`, at most `max_wait`.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    pub max_retries: u32,
    pub backoff_factor: f64,
    pub initial: Duration,
    pub max_wait: Duration,
}

/// `limits:`. Rate and requests in flight are shared by all resources of one host (scheme, host, port).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HostLimits {
    pub rate: Option<Rate>,
    pub burst: Option<u32>,
    pub in_flight: usize,
    /// Largest decoded body, in bytes.
    pub body: u64,
    pub connect_timeout: Duration,
    /// Of one request, from its start to the last byte of the body.
    pub timeout: Duration,
}

/// So many requests in this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub requests: u32,
    pub per: Duration,
}
