//! Waiting for conditions, never for time.

use std::time::{Duration, Instant};

const STEP: Duration = Duration::from_millis(10);

/// Asks again and again until the answer is there; after `limit` the test fails and says what it was waiting for.
pub fn until<T>(what: &str, limit: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    within(limit, &mut probe).unwrap_or_else(|| panic!("waited {limit:?} in vain for: {what}"))
}

/// The same, without failing.
pub fn within<T>(limit: Duration, mut probe: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        match probe() {
            Some(found) => return Some(found),
            None if Instant::now() >= end => return None,
            None => std::thread::sleep(STEP),
        }
    }
}
