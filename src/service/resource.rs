//! What of a resource outlives a session.

use std::time::Duration;

use tokio::time::Instant;

use super::lent::LentCache;
use crate::encode::{KeyCodec, Layout, Values};
use crate::plan::ResourcePlan;
use crate::records::Rules;
use crate::state::{Cache, LocalState};
use crate::sync::MemberReport;

/// What outlives a session.
pub(super) struct Resource {
    /// Its place in the plan.
    place: usize,
    pub cache: LentCache,
    /// By which its records are compared; known from the first session on.
    pub rules: Rules,
    /// What makes its values; with what is known of their schema from the first session on.
    pub values: Values,
    /// How its topic's keys are written.
    pub keys: KeyCodec,
    /// The same for whoever asks whether that has changed.
    pub key_format: &'static str,
    /// What its values look like.
    pub layout: Layout,
    pub due: Instant,
    /// Kafka refused its data, or may have: since when it is tried apart from the others.
    pub aside: Option<Instant>,
    /// Under `Mode::Once`: whether its one scan succeeded.
    pub scanned: Option<bool>,
    /// The id of its first scan as long as that is under way, else empty; `None`: not known yet.
    pub initial: Option<String>,
    /// The next scan may delete more than `deletes.max_share` and `max_count`; used up by the first one that judges what is gone.
    pub allow_deletes: bool,
    pub reads: Reads,
}

/// How the cache learns what the topic holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reads {
    /// To its end, and waits for that while another writer's transaction is open.
    #[default]
    ToItsEnd,
    /// What is committed now: a start would end what is still open.
    WhatIsCommitted,
    /// There is no topic yet.
    Nothing,
    /// To its end, and believes no fingerprint that is not its value's.
    Doubting,
}

impl Resource {
    pub(super) fn new(place: usize, plan: &ResourcePlan, state: &LocalState) -> Self {
        let cache = if plan.upkeep.compares() {
            state.cache(&plan.name, plan.remembers_rows).with_texts(plan.format.keeps_before)
        } else {
            Cache::default()
        };
        let (cache, rules, due) = (LentCache::new(cache), Rules::default(), Instant::now());
        let (aside, scanned, initial, reads) = (None, None, None, Reads::default());
        let (values, keys, layout) = (Values::default(), plan.format.keys.clone(), plan.format.layout());
        Self {
            place,
            cache,
            rules,
            values,
            keys,
            key_format: plan.format.key,
            layout,
            due,
            aside,
            scanned,
            initial,
            allow_deletes: false,
            reads,
        }
    }

    /// The same for a repair: what its topic says of itself is looked at closely. (A repair scans tables alone.)
    pub(super) fn doubting(self) -> Self {
        Self { reads: Reads::Doubting, ..self }
    }

    /// Its scan cannot succeed now: the next one begins an interval from now.
    pub(super) fn fail(&mut self, interval: Duration) {
        self.scanned = Some(false);
        self.due = Instant::now() + interval;
    }

    /// A scan of it is over, and the next one is due then. One that a further scan confirms at once is not over yet.
    pub(super) fn scanned(&mut self, report: &MemberReport, (due, again): (Instant, bool)) {
        self.due = due;
        self.scanned = Some(report.outcome.is_ok()).filter(|_| !again);
    }

    /// Whether it was not aside before.
    pub(super) fn set_aside(&mut self) -> bool {
        let was = self.aside.is_some();
        self.aside.get_or_insert_with(Instant::now);
        !was
    }

    pub(super) fn place(&self) -> usize {
        self.place
    }
}
