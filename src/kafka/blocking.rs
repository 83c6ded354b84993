//! The one way in which async code runs librdkafka's blocking calls: on a thread of its own, told when nobody waits any more.
//!
//! Not `spawn_blocking`: a runtime waits for such tasks when it shuts down, and a call to a broker that is gone may hang.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

/// Tells a blocking loop that its caller has gone.
#[derive(Clone, Debug, Default)]
pub(super) struct Cancelled(Arc<AtomicBool>);

impl Cancelled {
    pub(super) fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

struct SetOnDrop(Cancelled);

impl Drop for SetOnDrop {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

/// Runs `work` on a new thread. Dropping the future sets the flag that `work` was given; it does not wait.
/// A panic of `work` is a panic of the caller.
pub(super) async fn blocking<T, W>(work: W) -> T
where
    T: Send + 'static,
    W: FnOnce(&Cancelled) -> T + Send + 'static,
{
    let cancelled = Cancelled::default();
    let guard = SetOnDrop(cancelled.clone());
    let (done, finished) = oneshot::channel::<()>();
    let thread = std::thread::spawn(move || {
        let value = work(&cancelled);
        drop(done);
        value
    });
    // Ends when the sender is dropped: after the work, or in its panic.
    let _ = finished.await;
    drop(guard);
    match thread.join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_caller_that_goes_away_is_noticed() {
        let (tell, told) = std::sync::mpsc::channel();
        let waiting = blocking(move |cancelled: &Cancelled| {
            while !cancelled.is_set() {
                std::thread::sleep(Duration::from_millis(1));
            }
            tell.send(()).unwrap();
        });
        assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
        told.recv_timeout(Duration::from_secs(5)).unwrap();
    }
}
