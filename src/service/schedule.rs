//! When a resource is polled next. Pure: time comes in.

use std::time::Duration;

use tokio::time::Instant;

/// `poll.interval` runs from the start of one scan to the start of the next; a scan that took longer is followed at once.
/// An API that asked to be left alone (`Retry-After` beyond `retry.max_wait`) is not polled before `not_before`.
pub(super) fn next_scan(started: Instant, interval: Duration, not_before: Option<Instant>) -> Instant {
    let regular = started + interval;
    not_before.map_or(regular, |instant| regular.max(instant))
}

/// How long to wait before Kafka is tried again, for the n-th time in a row (from 0): 0.5 s doubling to 10 s.
pub(super) fn reconnect_wait(attempt: u32) -> Duration {
    Duration::from_millis(500 << attempt.min(5)).min(Duration::from_secs(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_runs_from_start_to_start() {
        let started = Instant::now();
        let minute = Duration::from_secs(60);
        assert_eq!(next_scan(started, minute, None), started + minute);
        assert_eq!(next_scan(started, minute, Some(started + minute / 2)), started + minute);
        assert_eq!(next_scan(started, minute, Some(started + minute * 5)), started + minute * 5);
    }

    #[test]
    fn reconnecting_backs_off_to_ten_seconds() {
        let waits: Vec<u128> = (0..8).map(|attempt| reconnect_wait(attempt).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
    }
}
