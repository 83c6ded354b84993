//! Requests to a registry, each tried at all of its URLs and as often as the settings say: the only file of this stage that
//! names reqwest.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use serde_json::Value as Json;
use url::Url;

use super::error::RegistryError;
use super::failure::{Attempt, Failure};
use super::settings::{Credentials, Settings};
use crate::wire::{self, describe, retry_after, whole_body};

const MEDIA_TYPE: &str = "application/vnd.schemaregistry.v1+json";
/// No schema that anyone registers comes near.
const LARGEST_BODY: u64 = 16 * 1024 * 1024;
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

pub(super) struct Client {
    http: reqwest::Client,
    settings: Settings,
    /// The place of the URL that answered last: it is asked first.
    good: AtomicUsize,
}

/// An answer of the registry itself: JSON, and no failure that may pass.
#[derive(Debug)]
pub(super) struct Reply {
    pub status: u16,
    pub body: Json,
}

/// A request; the parts of its path are not encoded.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    pub path: &'a [&'a str],
    pub query: &'a [(&'a str, &'a str)],
    /// With a body it is a POST.
    pub body: Option<&'a Json>,
}

impl Client {
    pub(super) fn new(settings: Settings) -> Result<Self, RegistryError> {
        let connect = settings.timeout.min(LONGEST_CONNECT);
        match wire::client(&settings.transport, connect, true) {
            Ok(http) => Ok(Self { http, settings, good: AtomicUsize::new(0) }),
            Err(error) => {
                let failure = Failure::Transport(error);
                Err(failure.into_error(settings.identity.clone(), 0, &settings.redactor))
            }
        }
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The answer, or who is at fault that there is none.
    pub(super) async fn call(&self, ask: Ask<'_>) -> Result<Reply, RegistryError> {
        let mut round: u32 = 0;
        loop {
            round = round.saturating_add(1);
            let attempt = match self.at_each_url(ask).await {
                Ok(reply) => return Ok(reply),
                Err(attempt) => attempt,
            };
            let verdict = attempt.wait(&self.settings.retries, round, fastrand::f64());
            let Some(wait) = verdict else {
                let registry = self.settings.identity.clone();
                return Err(attempt.failure.into_error(registry, round, &self.settings.redactor));
            };
            tracing::warn!(
                registry = self.settings.identity,
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                round,
                "the schema registry does not answer as it should, trying again: {}",
                self.settings.redactor.scrub(&attempt.failure.what())
            );
            tokio::time::sleep(wait).await;
        }
    }

    /// The first answer; where there is none, the failure of the last URL.
    async fn at_each_url(&self, ask: Ask<'_>) -> Result<Reply, Attempt> {
        let mut last = Attempt::of(Failure::Nowhere);
        let (urls, first) = (&self.settings.urls, self.good.load(Ordering::Relaxed));
        for (place, url) in urls.iter().enumerate().cycle().skip(first).take(urls.len()) {
            match self.attempt(url, ask).await {
                Ok(reply) => {
                    self.good.store(place, Ordering::Relaxed);
                    return Ok(reply);
                }
                Err(attempt) if attempt.failure.is_passing() => last = attempt,
                Err(attempt) => return Err(attempt),
            }
        }
        Err(last)
    }

    async fn attempt(&self, base: &Url, ask: Ask<'_>) -> Result<Reply, Attempt> {
        let failed = |error, in_body| Attempt::of(Failure::Transport(describe(error, in_body)));
        let mut response = self.request(base, ask).send().await.map_err(|error| failed(error, false))?;
        let status = response.status().as_u16();
        let text = |name| {
            let value = response.headers().get(name)?;
            Some(String::from_utf8_lossy(reqwest::header::HeaderValue::as_bytes(value)).into_owned())
        };
        let (asked, location) = (text(RETRY_AFTER), text(LOCATION));
        let asked = asked.and_then(|header| retry_after(&header, SystemTime::now()));
        if (300..400).contains(&status) {
            return Err(Attempt::of(Failure::Redirect { status, location }));
        }
        let body = whole_body(&mut response, LARGEST_BODY).await;
        let body = body.map_err(|error| Attempt::of(Failure::Transport(error)))?;
        match serde_json::from_slice::<Json>(&body) {
            Ok(body) if !is_passing(status) => Ok(Reply { status, body }),
            Ok(body) => Err(Attempt { failure: Failure::Status { status, body: Some(body) }, asked }),
            Err(_) if is_passing(status) => {
                Err(Attempt { failure: Failure::Status { status, body: None }, asked })
            }
            // Often a proxy's, and clear without words.
            Err(_) if matches!(status, 401 | 403) => Ok(Reply { status, body: Json::Null }),
            Err(_) => {
                let body = String::from_utf8_lossy(&body).into_owned();
                Err(Attempt::of(Failure::NotJson { status, body }))
            }
        }
    }

    fn request(&self, base: &Url, ask: Ask<'_>) -> reqwest::RequestBuilder {
        let mut url = base.clone();
        if let Ok(mut parts) = url.path_segments_mut() {
            parts.pop_if_empty().extend(ask.path);
        }
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(ask.query);
        }
        let request = match ask.body {
            Some(body) => self.http.post(url).header(CONTENT_TYPE, MEDIA_TYPE).body(body.to_string()),
            None => self.http.get(url),
        };
        let request = request.header(ACCEPT, MEDIA_TYPE).timeout(self.settings.timeout);
        match &self.settings.credentials {
            Credentials::None => request,
            Credentials::Basic(user, password) => request.basic_auth(user.expose(), Some(password.expose())),
            Credentials::Bearer(token) => request.bearer_auth(token.expose()),
        }
    }
}

/// What Confluent's clients try again, too.
fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}
