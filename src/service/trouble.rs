//! Kafka is away, or a session ended: when it is tried again, and when a run gives up.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::connector::{Connector, Mode};
use super::event::Event;
use super::schedule::reconnect_wait;
use crate::kafka::{self, Disposition};
use crate::model::ConnectorName;

/// Where every resource is scanned once, how long Kafka may be away before krest gives up.
const PATIENCE_ONCE: Duration = Duration::from_secs(30);

/// A session that lived this long was a good one.
const GOOD_SESSION: Duration = Duration::from_secs(60);

/// Sessions that did not start, or ended early, one after the other.
pub(super) struct Trouble {
    since: Instant,
    attempts: u32,
}

impl Trouble {
    pub(super) fn none() -> Self {
        Self { since: Instant::now(), attempts: 0 }
    }

    /// Another session is about to be started.
    pub(super) fn attempt(&mut self) {
        if self.attempts == 0 {
            self.since = Instant::now();
        }
    }

    /// When a run gives up that does not get a session.
    pub(super) fn deadline(&self, mode: Mode) -> Option<Instant> {
        match mode {
            Mode::Once | Mode::Rehearsal | Mode::Repair => Some(self.since + PATIENCE_ONCE),
            Mode::Forever => None,
        }
    }

    /// A session was lost. Whether the next one is to start at once, because this was the first or lived for long.
    pub(super) fn forgives(&mut self, lived: Duration) -> bool {
        let forgiven = lived > GOOD_SESSION || self.attempts == 0;
        if forgiven {
            *self = Self { since: Instant::now(), attempts: 1 };
        }
        forgiven
    }

    /// Waits before Kafka is tried again; false if the run gives up instead.
    pub(super) async fn wait(&mut self, connector: &Connector, reason: String) -> bool {
        let deadline = self.deadline(connector.mode);
        let left = deadline.map_or(Duration::MAX, |deadline| deadline.duration_since(Instant::now()));
        let name = &connector.plan.name;
        if left.is_zero() {
            tracing::error!(connector = %name, "{reason}; gave up after 30 s");
            return false;
        }
        let wait = reconnect_wait(self.attempts).min(left);
        tracing::warn!(connector = %name, "{reason}; trying again in {:.1} s", wait.as_secs_f64());
        connector.observer.tell(&Event::Reconnecting { reason, wait });
        connector.stop.run_until_cancelled(tokio::time::sleep(wait)).await;
        self.attempts += 1;
        true
    }
}

/// Whether Kafka answers within a session. A session outlives a broker that is away for a while, and nothing is lost; but
/// who reads the log has to know why nothing is published: once when it goes, and once when it is back.
#[derive(Default)]
pub(super) struct Contact {
    is_lost: AtomicBool,
}

impl Contact {
    pub(super) fn answer<T>(&self, connector: &ConnectorName, asked: Result<T, kafka::Error>) -> Option<T> {
        match asked {
            Ok(answer) => {
                if self.is_lost.swap(false, Ordering::Relaxed) {
                    tracing::info!(%connector, "kafka answers again");
                }
                Some(answer)
            }
            Err(error) => {
                if error.disposition() == Disposition::Retry && !self.is_lost.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%connector, "{error}; what changes is published when it is back");
                }
                None
            }
        }
    }
}
