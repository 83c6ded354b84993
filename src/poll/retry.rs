//! Whether and when a request is sent again. Pure: time and chance come in as arguments.

use std::time::{Duration, SystemTime};

use super::source::RetryPolicy;
use crate::wire::{TransportKind, retry_after};

/// What came of one attempt, if not a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setback<'r> {
    pub cause: Cause,
    /// The header as it came.
    pub retry_after: Option<&'r str>,
    /// How many requests were sent for this page, this one included.
    pub attempt: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Status(u16),
    /// `response_actions` ask for another try, whatever the status.
    Asked(u16),
    Transport(TransportKind),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Retry {
        wait: Duration,
        /// What the API asked for, if it did.
        asked: Option<Duration>,
    },
    GiveUp {
        reason: GiveUp,
        /// What the API asked for: the resource is not polled again before it.
        asked: Option<Duration>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GiveUp {
    /// The same request would end the same way.
    Pointless,
    /// `retry.max_retries`.
    Exhausted,
    /// The API asks for a longer wait than `retry.max_wait`.
    TooLong,
}

/// `draw` is evenly spread over 0..1; `now` is the wall clock, for a `Retry-After` that is a date.
pub(super) fn verdict(setback: &Setback<'_>, policy: &RetryPolicy, draw: f64, now: SystemTime) -> Verdict {
    let asked = setback.retry_after.and_then(|header| retry_after(header, now));
    let give_up = |reason| Verdict::GiveUp { reason, asked };
    if !is_passing(setback.cause) {
        return give_up(GiveUp::Pointless);
    }
    if asked.is_some_and(|asked| asked > policy.max_wait) {
        return give_up(GiveUp::TooLong);
    }
    if setback.attempt > policy.max_retries {
        return give_up(GiveUp::Exhausted);
    }
    let wait = backoff(policy, setback.attempt, draw).max(asked.unwrap_or_default());
    Verdict::Retry { wait, asked }
}

fn is_passing(cause: Cause) -> bool {
    match cause {
        Cause::Status(status) => matches!(status, 429 | 500 | 502 | 503 | 504),
        Cause::Asked(_) => true,
        Cause::Transport(kind) => kind.is_passing(),
    }
}

/// `initial × factor^(attempt − 1)`, times 0.5–1.5, at most `max_wait`.
fn backoff(policy: &RetryPolicy, attempt: u32, draw: f64) -> Duration {
    let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
    let nominal = policy.initial.as_secs_f64() * policy.backoff_factor.powi(exponent);
    let jittered = nominal * (0.5 + draw.clamp(0.0, 1.0));
    Duration::try_from_secs_f64(jittered).unwrap_or(policy.max_wait).min(policy.max_wait)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::TlsFault;

    const POLICY: RetryPolicy = RetryPolicy {
        max_retries: 3,
        backoff_factor: 2.0,
        initial: Duration::from_secs(1),
        max_wait: Duration::from_secs(300),
    };

    /// Sun, 06 Nov 1994 08:49:37 GMT, RFC 9110's own example.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777)
    }

    fn verdict_of(cause: Cause, retry_after: Option<&str>, attempt: u32, draw: f64) -> Verdict {
        verdict(&Setback { cause, retry_after, attempt }, &POLICY, draw, now())
    }

    fn wait_for(retry_after: Option<&str>, attempt: u32, draw: f64) -> f64 {
        match verdict_of(Cause::Status(429), retry_after, attempt, draw) {
            Verdict::Retry { wait, .. } => wait.as_secs_f64(),
            Verdict::GiveUp { reason, .. } => panic!("gave up: {reason:?}"),
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for status in [429, 500, 502, 503, 504] {
            let verdict = verdict_of(Cause::Status(status), None, 1, 0.5);
            assert!(matches!(verdict, Verdict::Retry { .. }), "{status}");
        }
        for status in [300, 400, 401, 403, 404, 408, 409, 410, 422, 501, 505] {
            let verdict = verdict_of(Cause::Status(status), None, 1, 0.5);
            assert_eq!(verdict, Verdict::GiveUp { reason: GiveUp::Pointless, asked: None }, "{status}");
        }
        for (kind, passing) in [
            (TransportKind::Dns, true),
            (TransportKind::Connect, true),
            (TransportKind::ConnectTimeout, true),
            (TransportKind::Timeout, true),
            (TransportKind::Closed, true),
            (TransportKind::Truncated, true),
            (TransportKind::ProxyRefused, true),
            (TransportKind::ProxyCredentials, false),
            (TransportKind::Tls(TlsFault::Other), false),
            (TransportKind::Encoding, false),
            (TransportKind::TooLarge, false),
            (TransportKind::Client, false),
        ] {
            let verdict = verdict_of(Cause::Transport(kind), None, 1, 0.5);
            assert_eq!(matches!(verdict, Verdict::Retry { .. }), passing, "{kind:?}");
        }
    }

    #[test]
    fn waits_double_and_are_spread_by_half() {
        for (attempt, draw, seconds) in
            [(1, 0.5, 1.0), (2, 0.5, 2.0), (3, 0.5, 4.0), (1, 0.0, 0.5), (1, 1.0, 1.5), (3, 0.0, 2.0)]
        {
            assert!((wait_for(None, attempt, draw) - seconds).abs() < 1e-9, "{attempt} {draw}");
        }
    }

    #[test]
    fn retries_are_counted() {
        let verdict = verdict_of(Cause::Status(503), None, 4, 0.5);
        assert_eq!(verdict, Verdict::GiveUp { reason: GiveUp::Exhausted, asked: None });
    }

    #[test]
    fn the_wait_is_never_shorter_than_what_the_api_asks_for() {
        for (header, seconds) in [
            ("3", 3.0),
            (" 3 ", 3.0),
            ("Sun, 06 Nov 1994 08:49:47 GMT", 10.0),
            ("Sunday, 06-Nov-94 08:49:47 GMT", 10.0),
        ] {
            assert!((wait_for(Some(header), 1, 0.5) - seconds).abs() < 1e-9, "{header}");
        }
        assert!((wait_for(Some("1"), 3, 0.5) - 4.0).abs() < 1e-9, "a longer backoff stays");
    }

    #[test]
    fn a_retry_after_that_says_nothing_is_absent() {
        for header in
            ["0", "-5", "1.5", "", "soon", "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:00:00 GMT"]
        {
            assert!((wait_for(Some(header), 1, 0.5) - 1.0).abs() < 1e-9, "{header}");
        }
    }

    #[test]
    fn beyond_the_longest_wait_the_scan_ends_and_keeps_what_was_asked() {
        let asked = Some(Duration::from_secs(301));
        for attempt in [1, 4] {
            let verdict = verdict_of(Cause::Status(429), Some("301"), attempt, 0.5);
            assert_eq!(verdict, Verdict::GiveUp { reason: GiveUp::TooLong, asked });
        }
        assert!((wait_for(Some("300"), 1, 0.5) - 300.0).abs() < 1e-9);
        let refused = verdict_of(Cause::Status(403), Some("301"), 1, 0.5);
        assert_eq!(refused, Verdict::GiveUp { reason: GiveUp::Pointless, asked });
    }

    #[test]
    fn a_backoff_beyond_all_bounds_is_the_longest_wait() {
        let policy = RetryPolicy { max_retries: u32::MAX, backoff_factor: 1e300, ..POLICY };
        let setback = Setback { cause: Cause::Status(500), retry_after: None, attempt: u32::MAX };
        let wait = Verdict::Retry { wait: POLICY.max_wait, asked: None };
        assert_eq!(verdict(&setback, &policy, 0.5, now()), wait);
    }
}
