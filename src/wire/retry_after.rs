//! `Retry-After`: how long a server wants to be left alone.

use std::time::{Duration, SystemTime};

/// Whole seconds or an HTTP date (RFC 9110 §10.2.3). Nothing for zero, a date in the past, and what is neither.
pub fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let header = header.trim();
    let digits = !header.is_empty() && header.bytes().all(|byte| byte.is_ascii_digit());
    let wait = match header.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) if digits => Duration::MAX, // longer than anyone can count
        Err(_) => httpdate::parse_http_date(header).ok()?.duration_since(now).ok()?,
    };
    (!wait.is_zero()).then_some(wait)
}
