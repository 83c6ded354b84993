//! Why there is no answer that can be used, whether that may pass, and what to say of it.

use std::time::Duration;

use serde_json::Value as Json;

use super::error::RegistryError;
use super::settings::Retries;
use crate::model::Redactor;
use crate::wire::{TransportError, TransportKind};

/// So much of a foreign answer is quoted.
const LONGEST_QUOTE: usize = 200;

/// What came of one attempt.
#[derive(Debug)]
pub(super) struct Attempt {
    pub failure: Failure,
    /// How long the registry wants to be left alone, if it says so.
    pub asked: Option<Duration>,
}

#[derive(Debug)]
pub(super) enum Failure {
    /// There is no URL; configuration has refused that.
    Nowhere,
    Transport(TransportError),
    /// A status that says that it is the server's fault, and may pass.
    Status {
        status: u16,
        body: Option<Json>,
    },
    Redirect {
        status: u16,
        location: Option<String>,
    },
    /// What answers is no registry.
    NotJson {
        status: u16,
        body: String,
    },
}

impl Attempt {
    pub(super) fn of(failure: Failure) -> Self {
        Self { failure, asked: None }
    }

    /// How long to wait before the next round; `None`: there is none. `draw` is evenly spread over 0..1.
    pub(super) fn wait(&self, retries: &Retries, round: u32, draw: f64) -> Option<Duration> {
        let beyond = self.asked.is_some_and(|asked| asked > retries.max_wait);
        if !self.failure.is_passing() || round > retries.most || beyond {
            return None;
        }
        let doublings = round.saturating_sub(1).min(31);
        let nominal = retries.wait.as_secs_f64() * f64::from(1_u32 << doublings);
        let jittered = nominal * (0.5 + draw.clamp(0.0, 1.0));
        let wait = Duration::try_from_secs_f64(jittered).unwrap_or(retries.max_wait).min(retries.max_wait);
        Some(wait.max(self.asked.unwrap_or_default()))
    }
}

impl Failure {
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Status { .. } => true,
            Self::Nowhere | Self::Redirect { .. } | Self::NotJson { .. } => false,
            Self::Transport(error) => error.kind.is_passing(),
        }
    }

    /// What happened, in words.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Nowhere => "it has no URL".to_owned(),
            Self::Transport(error) => format!("{}: {}", what(error.kind), error.detail),
            Self::Status { status, body } => {
                let words = body.as_ref().and_then(|body| body.get("message")?.as_str());
                words.map_or_else(|| format!("status {status}"), |words| format!("status {status}, {words}"))
            }
            Self::Redirect { status, .. } => format!("it answers with a redirect (status {status})"),
            Self::NotJson { status, body } if body.trim().is_empty() => {
                format!("what answers is no schema registry: status {status} and nothing else")
            }
            Self::NotJson { status, body } => {
                let quote: String = body.chars().take(LONGEST_QUOTE).collect();
                format!(
                    "what answers is no schema registry: status {status} and no JSON, it begins with {quote:?}"
                )
            }
        }
    }

    /// Who has to do what about it.
    fn hint(&self) -> String {
        match self {
            Self::Nowhere => "set registry.url".to_owned(),
            Self::Transport(error) => hint(error.kind).to_owned(),
            Self::Status { status: 429, .. } => "it limits requests; the next poll tries again".to_owned(),
            Self::Status { .. } => "look at the registry's own log; the next poll tries again".to_owned(),
            Self::Redirect { location, .. } => {
                let to = location.as_deref().map_or_else(String::new, |to| format!(" to {}", without_user(to)));
                format!("redirects{to} are not followed, since they could carry credentials to another host; write the address itself into registry.url")
            }
            Self::NotJson { status: 401 | 403 | 407, .. } => {
                "check the user name and password, or the token, under registry, and what stands between krest and the registry".to_owned()
            }
            Self::NotJson { .. } => {
                "check registry.url: host, port and path (Apicurio's API is at /apis/ccompat/v7), and any proxy on the way (HTTPS_PROXY, NO_PROXY)".to_owned()
            }
        }
    }

    /// `rounds`: how often it was tried.
    pub(super) fn into_error(self, registry: String, rounds: u32, redactor: &Redactor) -> RegistryError {
        let tried = if rounds > 1 { format!(", tried {rounds} times") } else { String::new() };
        let detail = format!("{}{tried}; {}", self.what(), self.hint());
        RegistryError::Away { registry: registry.into(), detail: redactor.scrub(&detail).into() }
    }
}

/// A redirect's target without what nobody should see: user info and query.
fn without_user(location: &str) -> String {
    let bare = location.split(['?', '#']).next().unwrap_or_default();
    match url::Url::parse(bare) {
        Ok(mut url) => {
            // Both fail only for URLs that cannot have user info.
            let _ = url.set_username("");
            let _ = url.set_password(None);
            url.to_string()
        }
        Err(_) => bare.to_owned(),
    }
}

fn what(kind: TransportKind) -> &'static str {
    match kind {
        TransportKind::Dns => "the host's name could not be resolved",
        TransportKind::Connect => "no connection",
        TransportKind::ConnectTimeout => "no connection in time",
        TransportKind::Tls(fault) => fault.what(),
        TransportKind::ProxyCredentials => "the proxy wants credentials",
        TransportKind::ProxyRefused => "the proxy does not connect to this host",
        TransportKind::Timeout => "no complete answer within registry.request.timeout.ms",
        TransportKind::Closed => "the connection broke before an answer came",
        TransportKind::Truncated => "the connection broke inside the answer",
        TransportKind::Encoding => "the answer is not what its Content-Encoding says",
        TransportKind::TooLarge => "the answer is larger than a registry's",
        TransportKind::Client => "the HTTP client could not be made",
    }
}

fn hint(kind: TransportKind) -> &'static str {
    match kind {
        TransportKind::Dns => "check the host in registry.url, and the name server of this machine",
        TransportKind::Connect | TransportKind::ConnectTimeout => {
            "check that the registry is up, host and port in registry.url, and the proxy settings (HTTPS_PROXY and NO_PROXY)"
        }
        TransportKind::Tls(_) => {
            "check registry.url and the names in the registry's certificate, and registry.ssl.ca.location, \
             registry.ssl.certificate.location and registry.ssl.key.location"
        }
        TransportKind::ProxyCredentials => "check user name and password in HTTPS_PROXY",
        TransportKind::ProxyRefused => {
            "check HTTPS_PROXY, and whether the proxy lets this host and port through"
        }
        TransportKind::Timeout => "the registry is slow or hangs; the next poll tries again",
        TransportKind::Closed | TransportKind::Truncated => {
            "the fault is the registry's or a proxy's on the way; the next poll tries again"
        }
        TransportKind::Encoding => "the fault is the registry's or a proxy's on the way",
        TransportKind::TooLarge => "check registry.url: something else may answer there",
        TransportKind::Client => {
            "check the files under registry.ssl and the root certificates of this machine (SSL_CERT_FILE)"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RETRIES: Retries =
        Retries { most: 3, wait: Duration::from_millis(1000), max_wait: Duration::from_secs(20) };

    fn unavailable(asked: Option<u64>) -> Attempt {
        Attempt {
            failure: Failure::Status { status: 503, body: None },
            asked: asked.map(Duration::from_secs),
        }
    }

    #[test]
    fn waits_double_are_spread_by_half_and_have_an_end() {
        let wait = |round, draw| unavailable(None).wait(&RETRIES, round, draw).map(|wait| wait.as_millis());
        for (round, draw, expected) in [
            (1, 0.5, Some(1_000)),
            (2, 0.5, Some(2_000)),
            (3, 0.5, Some(4_000)),
            (1, 0.0, Some(500)),
            (3, 1.0, Some(6_000)),
            (4, 0.5, None),
        ] {
            assert_eq!(wait(round, draw), expected, "{round} {draw}");
        }
        let many = Retries { most: u32::MAX, ..RETRIES };
        assert_eq!(unavailable(None).wait(&many, 90, 0.5), Some(RETRIES.max_wait));
    }

    #[test]
    fn the_registrys_own_word_on_the_wait_counts_unless_it_is_too_long() {
        assert_eq!(unavailable(Some(7)).wait(&RETRIES, 1, 0.5), Some(Duration::from_secs(7)));
        assert_eq!(unavailable(Some(1)).wait(&RETRIES, 3, 0.5), Some(Duration::from_secs(4)));
        assert_eq!(unavailable(Some(21)).wait(&RETRIES, 1, 0.5), None);
    }

    #[test]
    fn a_redirect_is_told_without_what_nobody_should_see() {
        let location = Some("https://me:canary@elsewhere/x?token=canary".to_owned());
        let error = Failure::Redirect { status: 302, location };
        let text = error.into_error("http://r".to_owned(), 1, &Redactor::default()).to_string();
        assert!(text.contains("https://elsewhere/x") && !text.contains("canary"), "{text}");
    }
}
