//! Why a scan ended before its time, for the person who reads it at three in the morning: what happened, where, what krest
//! did, what to do. Every text passes the redactor before anyone sees it.

use std::fmt;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::auth::TokenError;
use super::next_link::LinkError;
use super::paginate::PaginateError;
use super::read::Quote;
use super::retry::{Cause, GiveUp};
use super::source::Method;
use crate::model::{RedactedUrl, Redactor, ResourceName};
use crate::template::TemplateError;
use crate::wire::TransportError;

/// A scan that failed. What it delivered before stays delivered.
pub struct PollError(Box<Report>);

struct Report {
    /// Scrubbed. The failure itself is not kept: it may hold parts of an answer as they came.
    text: String,
    /// Of the text, the bytes that say what happened, and where.
    what: usize,
    status: Option<u16>,
    outage: bool,
    not_before: Option<Instant>,
}

/// What happened.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("the header {name:?} cannot be sent: {why}")]
    Header { name: String, why: &'static str },
    /// `used` says which credentials were sent.
    #[error("HTTP {status} {reason}{quote}")]
    Status { status: u16, reason: &'static str, quote: Quote, used: String },
    #[error("no access token from POST {url}: {error}")]
    Token { url: RedactedUrl, error: TokenError },
    #[error("HTTP {status} {reason}, for which response_actions say raise{quote}")]
    Raised { status: u16, reason: &'static str, quote: Quote },
    #[error("HTTP {status} {reason}, for which response_actions say retry{quote}")]
    AskedAgain { status: u16, reason: &'static str, quote: Quote },
    #[error("the request cannot be made: {0}")]
    Template(#[from] TemplateError),
    #[error(
        "the path is a URL of {target}, which is another host than that of base_url; nothing was sent there"
    )]
    PathElsewhere { target: String },
    #[error("{0}")]
    Transport(TransportError),
    #[error("redirected to {target}, which is another host; nothing was sent there")]
    RedirectElsewhere { target: String },
    #[error("the address is on another host, {target}; nothing was sent there")]
    Elsewhere { target: String },
    #[error("redirected more than {0} times")]
    TooManyRedirects(u32),
    #[error("HTTP {0} without a Location that can be read")]
    RedirectUnreadable(u16),
    #[error("HTTP {status} with an empty body")]
    EmptyBody { status: u16 },
    #[error("HTML instead of JSON{0}")]
    Html(Quote),
    #[error("the body is no UTF-8 at byte {at}{quote}")]
    NotUtf8 { at: usize, quote: Quote },
    #[error("the JSON ends before it is complete: {message}{quote}")]
    CutOff { message: String, quote: Quote },
    #[error("the body is not JSON: {message}{quote}")]
    NotJson { message: String, quote: Quote },
    #[error("the data selector `{selector}` matches nothing; {}", present(.keys))]
    MissingData { selector: String, keys: Vec<String> },
    #[error("{0}")]
    Paginate(#[from] PaginateError),
    #[error(
        "the API sends the same pages over and over: the last ones hold only what earlier pages of this scan held, or lead back to them"
    )]
    Loop,
    #[error("{0} pages without a record came one after the other, each with the word that more follows")]
    Drought(u32),
    #[error("the task that reads the pages ended without a word")]
    Lost,
    #[error("the stored position is not one that this paginator can take up")]
    PositionUnreadable,
    #[error("the answer for the stored position is one that response_actions ignore")]
    PositionIgnored,
}

/// Where it happened.
pub(super) struct Place<'p> {
    pub resource: &'p ResourceName,
    pub page: u64,
    pub request: Option<(Method, &'p RedactedUrl)>,
    pub redactor: &'p Redactor,
}

/// What krest did about it.
#[derive(Clone, Copy)]
pub(super) struct Effort {
    pub attempts: u32,
    /// From the first request for this page to the last answer.
    pub elapsed: Duration,
    pub gave_up: GiveUp,
    /// What the API asked for in `Retry-After`.
    pub asked: Option<Duration>,
}

impl PollError {
    pub(super) fn new(failure: &Failure, place: &Place<'_>, effort: Option<Effort>) -> Self {
        let asked = effort.and_then(|effort| effort.asked);
        let mut text = format!("resource {}, page {}: {failure}", place.resource, place.page);
        if let Some((method, url)) = place.request {
            text.push_str(&format!(" ({method} {url})"));
        }
        if let Some(effort) = effort {
            text.push_str(&effort.to_string());
        }
        let mut text = place.redactor.scrub(&text).into_owned();
        let what = text.len();
        text.push_str("; the scan ends here, what was published stays; ");
        text.push_str(&place.redactor.scrub(&hint(failure)));
        let outage = match failure.cause() {
            Some(Cause::Status(status) | Cause::Asked(status)) => status == 429 || status >= 500,
            Some(Cause::Transport(_)) => true,
            None => false,
        };
        let status = failure.status();
        Self(Box::new(Report { text, what, status, outage, not_before: asked.map(after) }))
    }

    /// What happened, and where, without what became of the scan.
    pub fn what(&self) -> &str {
        self.0.text.get(..self.0.what).unwrap_or(&self.0.text)
    }

    /// The API asks for less: another request now would be one too many.
    pub fn asks_to_wait(&self) -> bool {
        self.0.not_before.is_some() || self.0.status == Some(429)
    }

    /// The API asked in `Retry-After` to be left alone until then: the resource is not polled before.
    pub fn not_before(&self) -> Option<Instant> {
        self.0.not_before
    }

    /// The API is away or overloaded, and was so through all retries: asking for something else now would not help.
    pub fn is_outage(&self) -> bool {
        self.0.outage
    }

    /// The HTTP status, if an answer's status is what failed.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }
}

impl fmt::Display for PollError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for PollError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PollError").field(&self.0.text).finish()
    }
}

/// The text holds everything; a source would be shown without passing the redactor.
impl std::error::Error for PollError {}

impl Failure {
    /// What a retry may help against; `None` for everything that was understood and is wrong.
    pub(super) fn cause(&self) -> Option<Cause> {
        match self {
            Self::Status { status, .. } => Some(Cause::Status(*status)),
            Self::AskedAgain { status, .. } => Some(Cause::Asked(*status)),
            Self::Transport(error) | Self::Token { error: TokenError::Transport(error), .. } => {
                Some(Cause::Transport(error.kind))
            }
            // Of a token endpoint's refusals only "too many requests" passes.
            Self::Token { error: TokenError::Status { status, .. }, .. } => {
                (*status == 429 || *status >= 500).then_some(Cause::Status(*status))
            }
            Self::Token {
                error: TokenError::NotJson | TokenError::NoToken(_) | TokenError::Illegal(_),
                ..
            } => None,
            Self::Raised { .. }
            | Self::Template(_)
            | Self::PathElsewhere { .. }
            | Self::Header { .. }
            | Self::RedirectElsewhere { .. }
            | Self::Elsewhere { .. }
            | Self::TooManyRedirects(_)
            | Self::RedirectUnreadable(_)
            | Self::EmptyBody { .. }
            | Self::Html(_)
            | Self::NotUtf8 { .. }
            | Self::CutOff { .. }
            | Self::NotJson { .. }
            | Self::MissingData { .. }
            | Self::Paginate(_)
            | Self::Loop
            | Self::Drought(_)
            | Self::Lost
            | Self::PositionUnreadable
            | Self::PositionIgnored => None,
        }
    }
}

impl Failure {
    fn status(&self) -> Option<u16> {
        match (self, self.cause()) {
            (Self::Raised { status, .. }, _) => Some(*status),
            (_, Some(Cause::Status(status) | Cause::Asked(status))) => Some(status),
            (_, Some(Cause::Transport(_)) | None) => None,
        }
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.gave_up {
            GiveUp::Pointless => {}
            GiveUp::Exhausted if self.attempts == 1 => f.write_str("; tried once")?,
            GiveUp::Exhausted => write!(f, "; tried {} times in {}", self.attempts, Span(self.elapsed))?,
            GiveUp::TooLong => f.write_str("; a wait beyond retry.max_wait was asked for")?,
        }
        if let Some(asked) = self.asked {
            let until = SystemTime::now().checked_add(asked).map(httpdate::fmt_http_date);
            let until = until.map(|date| format!(", until {date}")).unwrap_or_default();
            write!(f, "; Retry-After asks for {}{until}: the resource is not polled before", Span(asked))?;
        }
        Ok(())
    }
}

/// A time span for people: `0.4 s`, `5 min`, `1 h 30 min`.
pub(super) struct Span(pub Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match (seconds / 3600, seconds / 60) {
            (0, 0 | 1) => write!(f, "{:.1} s", self.0.as_secs_f64()),
            (0, minutes) => write!(f, "{minutes} min"),
            (hours, minutes) => write!(f, "{hours} h {} min", minutes % 60),
        }
    }
}

/// The keys of a body in which the records were not found.
pub(super) fn present(keys: &[String]) -> String {
    if keys.is_empty() {
        "the body is no object with keys".to_owned()
    } else {
        format!("the keys that are there: {}", keys.join(", "))
    }
}

fn after(wait: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(10 * 365 * 24 * 3600);
    Instant::now() + wait.min(FAR)
}

const EMPTY_BODY: &str =
    "check endpoint.path and its parameters; an API without records answers 204, [] or {}";
const HTML: &str = "this is a page for people (login, maintenance, a proxy's error): check client.base_url, endpoint.path and the credentials";
const NOT_UTF8: &str = "the API must send UTF-8: ask its owner, or for another format by a header";
const CUT_OFF: &str = "the API sent half a document as a whole one: ask for smaller pages, or ask its owner";
const NOT_JSON: &str = "check endpoint.path, and whether a header or parameter asks the API for JSON";
const LOOP: &str = "check that the API knows the paginator's parameters by these names (offset_param, page_param, cursor_param), and that another token or link comes with each page";
const MISSING_DATA: &str = "check endpoint.data_selector; errors.missing_data: warn takes it for no records";
const HEADER: &str =
    "check the header or the credential that becomes it, and the environment variable behind it";

fn hint(failure: &Failure) -> String {
    let text = match failure {
        Failure::Status { status: 401 | 403, used, .. } => {
            return format!(
                "{used}: check the credentials (client.auth, or auth of the endpoint) and what they may read"
            );
        }
        Failure::Status { status, .. } => status_hint(*status),
        Failure::Transport(error) | Failure::Token { error: TokenError::Transport(error), .. } => {
            error.kind.hint()
        }
        Failure::Token { error, .. } => token_hint(error),
        Failure::Raised { .. } | Failure::AskedAgain { .. } => "check endpoint.response_actions",
        Failure::Template(_) => {
            "check the placeholder and the parent's records; a filter among the parent's processing_steps leaves out those that have no such value"
        }
        Failure::PathElsewhere { target } | Failure::RedirectElsewhere { target } => {
            return format!(
                "if the address is the API's, write it into client.base_url or endpoint.path; else {}",
                allow(target)
            );
        }
        Failure::Header { .. } => HEADER,
        Failure::Elsewhere { target }
        | Failure::Paginate(PaginateError::Link(LinkError::Elsewhere { origin: target })) => {
            return allow(target);
        }
        Failure::TooManyRedirects(_) | Failure::RedirectUnreadable(_) => {
            "check client.base_url and endpoint.path, a trailing slash included"
        }
        Failure::EmptyBody { .. } => EMPTY_BODY,
        Failure::Html(_) => HTML,
        Failure::NotUtf8 { .. } => NOT_UTF8,
        Failure::CutOff { .. } => CUT_OFF,
        Failure::NotJson { .. } => NOT_JSON,
        Failure::MissingData { .. } => MISSING_DATA,
        Failure::Paginate(error) => paginate_hint(error),
        Failure::Loop => LOOP,
        Failure::Drought(_) => "stop_after_empty_page: true ends a scan at such a page",
        Failure::PositionUnreadable => "the paginator or client.allowed_hosts changed since it was stored",
        Failure::PositionIgnored => "check endpoint.response_actions",
        Failure::Lost => "this is a mistake in krest: please report it with the log",
    };
    text.to_owned()
}

fn allow(host: &str) -> String {
    format!("client.allowed_hosts: [{host:?}] lets krest ask that host, without credentials")
}

fn status_hint(status: u16) -> &'static str {
    match status {
        407 => {
            "this is a proxy's answer: check username and password of client.proxy, or those in HTTP_PROXY"
        }
        404 | 410 => "check endpoint.path and client.base_url",
        400 | 422 => "check endpoint.params and the paginator's parameters",
        405 | 406 | 415 => {
            "check endpoint.path, endpoint.method and the headers: this path takes no such request"
        }
        429 => "lower limits.rate, or allow more with retry.max_retries and retry.max_wait",
        500..=599 => "the fault is the API's; the next poll tries again",
        _ => "krest knows no way on from this status: see the API's description",
    }
}

fn token_hint(error: &TokenError) -> &'static str {
    match error {
        TokenError::Status { status: 429, .. } => {
            "the token endpoint is asked too often, or by too many: fewer connectors with one client, or a longer token life"
        }
        TokenError::Status { status: 500.., .. } => {
            "the fault is the token endpoint's; the next poll tries again"
        }
        TokenError::Transport(_) | TokenError::Status { .. } => {
            "check access_token_url, client_id, client_secret and access_token_request_data (scope, audience); some endpoints \
             take id and secret in the header alone: client_auth: basic"
        }
        TokenError::NotJson | TokenError::NoToken(_) | TokenError::Illegal(_) => {
            "check access_token_url, and access_token_request_data"
        }
    }
}

fn paginate_hint(error: &PaginateError) -> &'static str {
    match error {
        PaginateError::TotalMissing { .. } | PaginateError::TotalNotANumber { .. } => {
            "write the right path, or null for an API that names no total"
        }
        PaginateError::HasMoreMissing { .. } | PaginateError::HasMoreNotABool { .. } => {
            "write the right path, or leave has_more_path out"
        }
        PaginateError::CursorNotAWord { .. } => {
            "let the path end at the token itself, or put the value into the body (cursor_body_path)"
        }
        PaginateError::LinkNotText { .. } => {
            "let the path end at the link itself (next.href); for a token or a number write type: cursor"
        }
        PaginateError::Link(LinkError::Elsewhere { .. }) => {
            "if the host may be asked, name it in client.allowed_hosts"
        }
        PaginateError::Link(LinkError::Unreadable { .. }) => {
            "check the path of the link; for a token write type: cursor"
        }
        PaginateError::Overflow => "check the paginator's first number and its step",
    }
}
