//! One page's request with everything that may come between it and its answer: limits, redirects, retries.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use tracing::{debug, warn};
use url::Url;

use super::actions::{Action, action, reads_content};
use super::client::{Answer, Call};
use super::error::{Effort, Failure, Place, PollError, Span};
use super::event::{PollEvent, WaitReason};
use super::poller::Shared;
use super::rate_limit::Host;
use super::read::Quote;
use super::request::{Request, RequestTemplate};
use super::retry::{Cause, GiveUp, Setback, Verdict, verdict};
use super::source::{Method, Source};
use crate::model::RedactedUrl;

const MOST_REDIRECTS: u32 = 10;

/// Sends the requests of one scan.
pub(super) struct Fetcher {
    pub shared: Arc<Shared>,
    pub source: Arc<Source>,
    pub host: Arc<Host>,
    pub template: RequestTemplate,
}

/// A request that is under way, and how often it was sent.
struct Errand<'f> {
    request: &'f Request,
    page: u64,
    /// The configured URL, which errors name also after a redirect.
    shown: RedactedUrl,
    begun: Instant,
    attempts: u32,
}

/// What a page's request came to.
pub(super) enum Fetched {
    Page(Answer),
    /// `response_actions` say so.
    Ignored,
}

/// One try that brought no page.
struct Refusal {
    failure: Failure,
    retry_after: Option<String>,
}

impl Fetcher {
    /// An answer with a 2xx status or one to ignore, and the URL to show for it.
    pub(super) async fn fetch(
        &self,
        request: &Request,
        page: u64,
    ) -> Result<(Fetched, RedactedUrl), PollError> {
        let shown = self.template.shown(&request.url);
        let mut errand = Errand { request, page, shown, begun: Instant::now(), attempts: 0 };
        loop {
            errand.attempts += 1;
            match self.attempt(&errand).await {
                Ok(fetched) => return Ok((fetched, errand.shown)),
                Err(refusal) => self.wait_or_give_up(&errand, refusal).await?,
            }
        }
    }

    /// Actions are looked at before any retry, as in dlt.
    async fn attempt(&self, errand: &Errand<'_>) -> Result<Fetched, Refusal> {
        let (answer, action) =
            self.follow(errand).await.map_err(|failure| Refusal { failure, retry_after: None })?;
        let quote = || Quote::of(&answer, &self.shared.redactor);
        let (status, reason) = (answer.status, answer.reason);
        let failure = match action {
            None if (200..300).contains(&status) => return Ok(Fetched::Page(answer)),
            None => Failure::Status { status, reason, quote: quote() },
            Some(Action::Ignore) => {
                let (resource, page) = (&self.source.resource, errand.page);
                debug!(%resource, page, status, "answer ignored, as response_actions say");
                return Ok(Fetched::Ignored);
            }
            Some(Action::Raise) => Failure::Raised { status, reason, quote: quote() },
            Some(Action::Retry) => Failure::AskedAgain { status, reason, quote: quote() },
        };
        Err(Refusal { failure, retry_after: answer.retry_after })
    }

    /// Follows redirects within the origin. Credentials stay with the host they are meant for.
    async fn follow(&self, errand: &Errand<'_>) -> Result<(Answer, Option<Action>), Failure> {
        let (limits, actions) = (&self.source.limits, &self.source.actions);
        let mut request = errand.request.clone();
        for _ in 0..=MOST_REDIRECTS {
            let headers = self.template.headers_for(&request);
            let (url, method, body) = (&request.url, request.method, request.body());
            let call = Call { method, url, headers: &headers, body, whole: reads_content(actions), limits };
            let answer = self.send(errand, &call).await?;
            let action = action(actions, answer.status, &answer.body);
            match answer.status {
                _ if action.is_some() => return Ok((answer, action)),
                // RFC 9110 §15.4: these two keep the request as it is; with the others clients ask with GET, and
                // drop the body.
                307 | 308 => {}
                301..=303 => (request.method, request.payload) = (Method::Get, None),
                _ => return Ok((answer, None)),
            }
            request.url = self.target(&request.url, &answer)?;
        }
        Err(Failure::TooManyRedirects(MOST_REDIRECTS))
    }

    async fn send(&self, errand: &Errand<'_>, call: &Call<'_>) -> Result<Answer, Failure> {
        let on_wait = |wait| self.tell_wait(errand, WaitReason::RateLimit, wait);
        let _permit = self.host.permit(&on_wait).await;
        let shown = self.template.shown(call.url);
        self.shared.tell(|| PollEvent::Requested {
            resource: self.source.resource.clone(),
            page: errand.page,
            url: shown.clone(),
        });
        let begun = Instant::now();
        let result = Box::pin(self.shared.http.send(call)).await;
        let ms = begun.elapsed().as_millis();
        let (resource, page) = (&self.source.resource, errand.page);
        let url = self.shared.redactor.scrub(&shown.to_string()).into_owned();
        match &result {
            Ok(answer) => {
                let bytes = answer.body.len();
                debug!(%resource, page, url, status = answer.status, ms, bytes, "answer received");
            }
            Err(error) => debug!(%resource, page, url, kind = ?error.kind, ms, "no answer"),
        }
        result.map_err(Failure::Transport)
    }

    fn target(&self, from: &Url, answer: &Answer) -> Result<Url, Failure> {
        let location = answer.location.as_deref().and_then(|location| from.join(location).ok());
        let Some(mut target) = location else { return Err(Failure::RedirectUnreadable(answer.status)) };
        if target.origin() != from.origin() {
            let host = target.host_str().unwrap_or("a place without a host");
            let port = target.port().map(|port| format!(":{port}")).unwrap_or_default();
            return Err(Failure::RedirectElsewhere { target: format!("{}://{host}{port}", target.scheme()) });
        }
        self.template.add_api_key(&mut target);
        Ok(target)
    }

    async fn wait_or_give_up(&self, errand: &Errand<'_>, refusal: Refusal) -> Result<(), PollError> {
        let Refusal { failure, retry_after } = refusal;
        let Some(cause) = failure.cause() else { return Err(self.error(errand, &failure, None)) };
        let setback = Setback { cause, retry_after: retry_after.as_deref(), attempt: errand.attempts };
        match verdict(&setback, &self.source.retry, fastrand::f64(), SystemTime::now()) {
            Verdict::GiveUp { reason, asked } => Err(self.error(errand, &failure, Some((reason, asked)))),
            Verdict::Retry { wait, asked } => {
                let (reason, what) = match cause {
                    Cause::Status(status) | Cause::Asked(status) => {
                        (WaitReason::Status { status, retry_after: asked.is_some() }, status.to_string())
                    }
                    Cause::Transport(_) => (WaitReason::Transport, failure.to_string()),
                };
                self.log_retry(errand, &what, wait, asked);
                self.tell_wait(errand, reason, wait);
                tokio::time::sleep(wait).await;
                Ok(())
            }
        }
    }

    fn error(
        &self,
        errand: &Errand<'_>,
        failure: &Failure,
        gave_up: Option<(GiveUp, Option<Duration>)>,
    ) -> PollError {
        let place = Place {
            resource: &self.source.resource,
            page: errand.page,
            request: Some((self.source.method, &errand.shown)),
            redactor: &self.shared.redactor,
        };
        let (attempts, elapsed) = (errand.attempts, errand.begun.elapsed());
        let effort = gave_up.map(|(gave_up, asked)| Effort { attempts, elapsed, gave_up, asked });
        PollError::new(failure, &place, effort)
    }

    fn log_retry(&self, errand: &Errand<'_>, what: &str, wait: Duration, asked: Option<Duration>) {
        let (resource, page, attempt) = (&self.source.resource, errand.page, errand.attempts);
        let asked = asked.map(|asked| format!(" (Retry-After: {})", asked.as_secs())).unwrap_or_default();
        let what = self.shared.redactor.scrub(what);
        warn!(%resource, page, attempt, "waiting {} after {what}{asked}", Span(wait));
    }

    fn tell_wait(&self, errand: &Errand<'_>, reason: WaitReason, duration: Duration) {
        self.shared.tell(|| PollEvent::Waiting {
            resource: self.source.resource.clone(),
            page: errand.page,
            reason,
            duration,
        });
    }
}
