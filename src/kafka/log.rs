//! librdkafka's log lines and errors: through the redactor into `tracing`, without a flood when a broker is away.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::ConsumerContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use crate::model::Redactor;

/// Of one kind of line, one in this time is shown, with the number of those that were not.
const QUIET: Duration = Duration::from_secs(30);

/// What one librdkafka handle says. Everything arrives on the thread that polls the handle.
pub(super) struct Voice {
    /// Which handle: `producer`, `reader`, `cluster`.
    role: &'static str,
    redactor: Redactor,
    heard: Mutex<Heard>,
    events: AtomicU64,
}

#[derive(Default)]
struct Heard {
    last_shown: HashMap<String, (Instant, u64)>,
    last_error: Option<Complaint>,
    last_lost: Option<Instant>,
}

/// An error that librdkafka reported beside any call.
#[derive(Clone, Debug)]
pub(super) struct Complaint {
    pub(super) code: Option<RDKafkaErrorCode>,
    pub(super) reason: String,
}

impl Voice {
    pub(super) fn new(role: &'static str, redactor: Redactor) -> Self {
        Self { role, redactor, heard: Mutex::default(), events: AtomicU64::new(0) }
    }

    /// Counts what was served, so that a caller can poll until nothing is left.
    pub(super) fn events(&self) -> u64 {
        self.events.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self) {
        self.events.fetch_add(1, Ordering::Relaxed);
    }

    /// The newest error, redacted.
    pub(super) fn complaint(&self) -> Option<Complaint> {
        self.heard().last_error.clone()
    }

    /// When a request timed out or a connection was lost, as far as librdkafka said so. It stays silent about the second of two
    /// equal failures within 30 s.
    pub(super) fn last_lost(&self) -> Option<Instant> {
        self.heard().last_lost
    }

    pub(super) fn scrub(&self, text: &str) -> String {
        self.redactor.scrub(text).into_owned()
    }

    fn heard(&self) -> std::sync::MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many lines of this kind were swallowed before this one; `None` if this one is to be swallowed too.
    fn turn(&self, kind: &str) -> Option<u64> {
        let mut heard = self.heard();
        let now = Instant::now();
        match heard.last_shown.get_mut(kind) {
            Some((shown, swallowed)) if now.duration_since(*shown) < QUIET => {
                *swallowed += 1;
                None
            }
            Some((shown, swallowed)) => {
                *shown = now;
                Some(std::mem::take(swallowed))
            }
            None => {
                heard.last_shown.insert(kind.to_owned(), (now, 0));
                Some(0)
            }
        }
    }

    fn line(&self, level: RDKafkaLogLevel, kind: &str, text: &str) {
        let (role, text) = (self.role, self.redactor.scrub(text));
        if !worth_showing(level, kind, &text) {
            tracing::debug!(role, kind, "librdkafka: {text}");
            return;
        }
        match self.turn(kind) {
            Some(0) => tracing::warn!(role, kind, "librdkafka: {text}"),
            Some(swallowed) => tracing::warn!(role, kind, swallowed, "librdkafka: {text}"),
            None => tracing::debug!(role, kind, "librdkafka: {text}"),
        }
    }
}

/// `CONFWARN`: a producer's property on a reader. `Coordinator load in progress`: the first transaction of a fresh broker.
fn worth_showing(level: RDKafkaLogLevel, kind: &str, text: &str) -> bool {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error
        | RDKafkaLogLevel::Warning => kind != "CONFWARN" && !text.contains("Coordinator load in progress"),
        RDKafkaLogLevel::Notice | RDKafkaLogLevel::Info | RDKafkaLogLevel::Debug => false,
    }
}

/// Lines after which a request may still be on its way although its call has returned.
fn tells_of_a_lost_request(kind: &str, text: &str) -> bool {
    matches!(kind, "REQTMOUT" | "FAIL" | "SOCKTMOUT" | "COORD") && !never_connected(text)
}

/// A connection that was refused carried no request: a dead server among the bootstrap servers makes no commit doubtful.
fn never_connected(text: &str) -> bool {
    text.contains("Connect to ")
        || text.contains("Failed to resolve")
        || text.contains("Connection setup timed out")
}

impl ClientContext for Voice {
    fn log(&self, level: RDKafkaLogLevel, kind: &str, text: &str) {
        self.count();
        if tells_of_a_lost_request(kind, text) {
            self.heard().last_lost = Some(Instant::now());
        }
        self.line(level, kind, text);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.count();
        let code = error.rdkafka_error_code();
        let reason = self.scrub(reason);
        {
            let mut heard = self.heard();
            let lost = [RDKafkaErrorCode::BrokerTransportFailure, RDKafkaErrorCode::OperationTimedOut];
            if code.is_some_and(|code| lost.contains(&code)) && !never_connected(&reason) {
                heard.last_lost = Some(Instant::now());
            }
            // "All brokers are down" follows the reason and says less.
            let vague = is_no_trouble(code)
                || (code == Some(RDKafkaErrorCode::AllBrokersDown) && heard.last_error.is_some());
            if !vague {
                heard.last_error = Some(Complaint { code, reason: reason.clone() });
            }
        }
        if !is_no_trouble(code) {
            self.line(RDKafkaLogLevel::Warning, "connection", &reason);
        }
    }
}

/// The end of a partition is what readers wait for; and the group of the readers is never joined, so being refused it costs
/// nothing.
fn is_no_trouble(code: Option<RDKafkaErrorCode>) -> bool {
    matches!(code, Some(RDKafkaErrorCode::PartitionEOF | RDKafkaErrorCode::GroupAuthorizationFailed))
}

impl ConsumerContext for Voice {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Secret;

    fn voice() -> Voice {
        let redactor = Redactor::default();
        redactor.add(&Secret::new("hush-hush"));
        Voice::new("producer", redactor)
    }

    #[test]
    fn of_a_thousand_equal_lines_one_is_shown() {
        let voice = voice();
        let shown = (0..1000).filter(|_| voice.turn("FAIL").is_some()).count();
        assert_eq!(shown, 1);
        assert_eq!(voice.turn("REQTMOUT"), Some(0), "another kind has its own turn");
    }

    #[test]
    fn a_lost_request_is_remembered_and_a_reason_is_redacted() {
        let voice = voice();
        assert!(voice.last_lost().is_none());
        voice.log(RDKafkaLogLevel::Notice, "REQTMOUT", "Timed out EndTxnRequest in flight");
        assert!(voice.last_lost().is_some());
        voice.error(KafkaError::Global(RDKafkaErrorCode::Authentication), "password hush-hush is wrong");
        voice.error(KafkaError::Global(RDKafkaErrorCode::AllBrokersDown), "1/1 brokers are down");
        assert_eq!(voice.complaint().unwrap().reason, "password *** is wrong");
    }
}
