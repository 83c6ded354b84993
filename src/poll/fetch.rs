//! One page's request with everything that may come between it and its answer: limits, redirects, retries.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use tracing::{debug, warn};
use url::Url;

use super::actions::{Action, action, reads_content};
use super::auth::{Auth, OAuth2, Pass, Standing, Stranger, TokenRequest, TokenStore, sign, used};
use super::client::{Answer, Call, Headers};
use super::error::{Effort, Failure, Place, PollError, Span};
use super::event::{PollEvent, WaitReason};
use super::poller::Shared;
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
    pub template: RequestTemplate,
    /// Where the access token is, for a source that needs one.
    tokens: Option<(Arc<OAuth2>, Arc<TokenStore>)>,
}

/// What a page's request came to, and where that came from.
pub(super) struct Fetched {
    pub got: Got,
    /// After redirects.
    pub url: Url,
    /// The configured URL, for messages.
    pub shown: RedactedUrl,
}

/// A request that is under way, and how often it was sent.
struct Errand<'f> {
    request: &'f Request,
    page: u64,
    ends_on: &'f [u16],
    /// The configured URL, which errors name also after a redirect.
    shown: RedactedUrl,
    begun: Instant,
    attempts: u32,
    /// Whether its access token was refused, and renewed for it.
    renewed: bool,
}

/// One request on its way, redirects included.
struct Hop {
    url: Url,
    headers: Headers,
    standing: Standing,
}

pub(super) enum Got {
    Page(Answer),
    /// A status by which the API says that the page before was the last one.
    NoSuchPage(u16),
    /// `response_actions` say so.
    Ignored,
}

/// An answer, what is to be done about it, and whose it is.
struct Reply {
    answer: Answer,
    action: Option<Action>,
    standing: Standing,
    url: Url,
}

/// One try that brought no page.
struct Refusal {
    failure: Box<Failure>,
    retry_after: Option<String>,
}

impl Fetcher {
    pub(super) fn new(shared: Arc<Shared>, source: Arc<Source>, template: RequestTemplate) -> Self {
        let tokens = match &source.auth {
            Auth::OAuth2(client) => {
                let store = shared.tokens.store(client, &source.access.transport, &shared.redactor);
                Some((Arc::clone(client), store))
            }
            Auth::None
            | Auth::Bearer { .. }
            | Auth::Basic { .. }
            | Auth::ApiKeyQuery { .. }
            | Auth::ApiKeyHeader { .. }
            | Auth::ApiKeyCookie { .. } => None,
        };
        Self { shared, source, template, tokens }
    }

    /// An answer with a 2xx status, or one that means the end of the listing. `ends_on`: the paginator's statuses for that.
    pub(super) async fn fetch(
        &self,
        request: &Request,
        page: u64,
        ends_on: &[u16],
    ) -> Result<Fetched, PollError> {
        let shown = self.template.shown(&request.url);
        let begun = Instant::now();
        let mut errand = Errand { request, page, ends_on, shown, begun, attempts: 0, renewed: false };
        let first = self.first_hop(request, None).map_err(|failure| self.error(&errand, &failure, None))?;
        errand.shown = self.template.shown(&first.url);
        loop {
            errand.attempts += 1;
            match self.attempt(&mut errand).await {
                Ok((got, url)) => return Ok(Fetched { got, url, shown: errand.shown }),
                Err(refusal) => self.wait_or_give_up(&errand, refusal).await?,
            }
        }
    }

    /// A refused token comes before the actions, and those before any retry, as in dlt.
    async fn attempt(&self, errand: &mut Errand<'_>) -> Result<(Got, Url), Refusal> {
        let pass = self.pass(errand, None).await?;
        let mut reply = self.follow(errand, pass.as_ref()).await?;
        if let Some(refused) = pass
            && reply.answer.status == 401
            && reply.standing == Standing::Home
            && !errand.renewed
        {
            errand.renewed = true;
            let (resource, page) = (&self.source.resource, errand.page);
            debug!(%resource, page, "the API refused the access token (401): repeating the request once, with a new one");
            let pass = self.pass(errand, Some(refused.number)).await?;
            reply = self.follow(errand, pass.as_ref()).await?;
        }
        self.judge(errand, reply)
    }

    fn judge(&self, errand: &Errand<'_>, reply: Reply) -> Result<(Got, Url), Refusal> {
        let Reply { answer, action, standing, url } = reply;
        let quote = || Quote::of(&answer, &self.shared.redactor);
        let (status, reason) = (answer.status, answer.reason);
        let failure = match action {
            None if (200..300).contains(&status) => return Ok((Got::Page(answer), url)),
            None if errand.ends_on.contains(&status) => return Ok((Got::NoSuchPage(status), url)),
            None => {
                let used = self.used(standing, errand.renewed);
                Failure::Status { status, reason, quote: quote(), used }
            }
            Some(Action::Ignore) => {
                let (resource, page) = (&self.source.resource, errand.page);
                debug!(%resource, page, status, "answer ignored, as response_actions say");
                return Ok((Got::Ignored, url));
            }
            Some(Action::Raise) => Failure::Raised { status, reason, quote: quote() },
            Some(Action::Retry) => Failure::AskedAgain { status, reason, quote: quote() },
        };
        Err(Refusal { failure: Box::new(failure), retry_after: answer.retry_after })
    }

    /// The access token to send; `refused` is the number of the one that the API did not take.
    async fn pass(&self, errand: &Errand<'_>, refused: Option<u64>) -> Result<Option<Pass>, Refusal> {
        let Some((client, store)) = &self.tokens else { return Ok(None) };
        let (shared, source, page) = (&*self.shared, &*self.source, errand.page);
        let request = Box::pin(TokenRequest { client, shared, source, page }.send());
        let pass = store.pass(refused, request).await;
        pass.map(Some).map_err(|error| Refusal {
            retry_after: error.retry_after().map(str::to_owned),
            failure: Box::new(Failure::Token { url: RedactedUrl::new(&client.token_url, &[]), error }),
        })
    }

    /// Follows redirects. Credentials stay with the host they are meant for: where the way once left it, there are none.
    async fn follow(&self, errand: &Errand<'_>, pass: Option<&Pass>) -> Result<Reply, Failure> {
        let actions = &self.source.actions;
        let mut request = errand.request.clone();
        let mut hop = self.first_hop(&request, pass)?;
        for _ in 0..=MOST_REDIRECTS {
            let answer = self.send(errand, &self.call(&request, &hop)).await?;
            let (action, standing) = (action(actions, answer.status, &answer.body), hop.standing);
            match answer.status {
                _ if action.is_some() => return Ok(Reply { answer, action, standing, url: hop.url }),
                // RFC 9110 §15.4: these two keep the request as it is; with the others clients ask with GET, and
                // drop the body.
                307 | 308 => {}
                301..=303 => (request.method, request.payload) = (Method::Get, None),
                _ => return Ok(Reply { answer, action, standing, url: hop.url }),
            }
            let mut url = target(&hop.url, &answer)?;
            let admitted = self.template.reach.admit(&mut url);
            let admitted = admitted.map_err(|Stranger { target }| Failure::RedirectElsewhere { target })?;
            let standing = if standing == Standing::Guest { Standing::Guest } else { admitted };
            hop = self.hop(Hop { url, headers: self.template.headers_for(&request), standing }, pass)?;
        }
        Err(Failure::TooManyRedirects(MOST_REDIRECTS))
    }

    fn call<'c>(&'c self, request: &'c Request, hop: &'c Hop) -> Call<'c> {
        Call {
            method: request.method,
            url: &hop.url,
            headers: &hop.headers,
            body: request.body(),
            whole: reads_content(&self.source.actions),
            limits: &self.source.limits,
            transport: &self.source.access.transport,
            with_identity: hop.standing == Standing::Home,
        }
    }

    /// The request as it leaves for the place that it names: the API, or, by a link of the API, another host.
    fn first_hop(&self, request: &Request, pass: Option<&Pass>) -> Result<Hop, Failure> {
        let mut url = request.url.clone();
        let standing = self.template.reach.admit(&mut url);
        let standing = standing.map_err(|Stranger { target }| Failure::Elsewhere { target })?;
        self.hop(Hop { url, headers: self.template.headers_for(request), standing }, pass)
    }

    /// Gives the credentials to those who may have them.
    fn hop(&self, mut hop: Hop, pass: Option<&Pass>) -> Result<Hop, Failure> {
        match hop.standing {
            Standing::Home => {
                let token = pass.map(|pass| &pass.token);
                sign(&self.source.auth, token, &mut hop.url, &mut hop.headers)?;
            }
            Standing::Guest => hop.headers = hop.headers.without_secrets(),
        }
        Ok(hop)
    }

    /// Which credentials went with a request that was refused.
    fn used(&self, standing: Standing, renewed: bool) -> String {
        match (standing, renewed) {
            (Standing::Guest, _) => {
                "no credentials were sent: this host is not the API's own, it stands in client.allowed_hosts"
                    .to_owned()
            }
            (Standing::Home, false) => used(&self.source.auth),
            (Standing::Home, true) => format!("{}, and after a 401 a new one", used(&self.source.auth)),
        }
    }

    async fn send(&self, errand: &Errand<'_>, call: &Call<'_>) -> Result<Answer, Failure> {
        let on_wait = |wait| self.tell_wait(errand, WaitReason::RateLimit, wait);
        let host = self.shared.hosts.host(call.url, &self.source.limits);
        let _permit = host.permit(&on_wait).await;
        let shown = self.template.shown(call.url);
        self.shared.tell(|| PollEvent::Requested {
            resource: self.source.resource.clone(),
            page: errand.page,
            url: shown.clone(),
        });
        let begun = Instant::now();
        failpoint!("poll::before_request");
        let result = Box::pin(self.shared.http.send(call)).await;
        failpoint!("poll::after_answer");
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

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self { failure: Box::new(failure), retry_after: None }
    }
}

fn target(from: &Url, answer: &Answer) -> Result<Url, Failure> {
    let location = answer.location.as_deref().and_then(|location| from.join(location).ok());
    location.ok_or(Failure::RedirectUnreadable(answer.status))
}
