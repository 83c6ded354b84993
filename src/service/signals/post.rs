//! Reads signals and sees to it that they are done; a signal counts as done, and is not read again, when it took effect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use super::desk::{Desk, Errand, Told};
use super::herald::Herald;
use super::ledger::Ledger;
use super::notice::{Aggregate, Notice, Stage};
use super::order::{Act, Order, Refused, read_order};
use crate::kafka::{Membership, Paused, RawSignal, SignalPlace, Topic};
use crate::plan::ConnectorPlan;

/// How long to wait before a record that Kafka did not take is written again.
const AGAIN: Duration = Duration::from_secs(2);

/// The task that reads signals.
pub(super) struct Post {
    pub plan: Arc<ConnectorPlan>,
    pub desk: Arc<Desk>,
    pub herald: Herald,
    pub offsets: Topic,
    pub seat: Membership,
    pub ledger: Ledger,
    pub open: BTreeMap<SignalPlace, Open>,
    pub over: CancellationToken,
}

/// A signal that has not been done yet.
#[derive(Debug)]
pub(super) struct Open {
    id: String,
    kind: String,
    left: BTreeSet<usize>,
    names: String,
    begun: bool,
    dropped: bool,
    /// Why one of its resources cannot do it.
    refused: Option<String>,
    records: u64,
    published: u64,
}

impl Post {
    /// Until the connector stops; gives the seat back.
    pub(super) async fn run(
        mut self,
        mut inbox: UnboundedReceiver<RawSignal>,
        mut told: UnboundedReceiver<Told>,
    ) -> Membership {
        let over = self.over.clone();
        loop {
            tokio::select! {
                () = over.cancelled() => return self.seat,
                Some(raw) = inbox.recv() => self.take(&raw).await,
                Some(told) = told.recv() => self.hear(told),
            }
        }
    }

    async fn take(&mut self, raw: &RawSignal) {
        if !self.ledger.enter(raw.place, (raw.key.as_deref(), raw.value.as_deref())) {
            return; // read again after a rebalance
        }
        let mine = raw.key.as_deref() == Some(self.plan.name.as_str().as_bytes());
        if !mine {
            return self.settle(raw.place); // another connector's
        }
        let fallback = format!("{}-{}", raw.place.partition, raw.place.offset);
        match read_order(raw.value.as_deref(), &self.plan) {
            Ok(order) => {
                let id = order.id.clone().unwrap_or(fallback);
                self.act(raw.place, &id, order).await;
            }
            Err(Refused { id, kind, reason }) => {
                let notice = Notice::new(&id.unwrap_or(fallback), Aggregate::Signal, Stage::Skipped);
                let notice = kind.into_iter().fold(notice, |notice, kind| notice.with("signal", &cut(&kind)));
                self.herald.tell(notice.with("reason", &cut(&reason)));
                self.settle(raw.place);
            }
        }
    }

    async fn act(&mut self, place: SignalPlace, id: &str, order: Order) {
        let kind = order.kind.as_str();
        match order.act {
            Act::Snapshot { places, wish } => {
                let errand = Errand { signal: place, wish, with_dependents: false };
                self.open(place, (id, kind), &places);
                self.desk.add(&places, &errand);
            }
            Act::Rewind { places, wish } => {
                let errand = Errand { signal: place, wish, with_dependents: true };
                self.open(place, (id, kind), &places);
                self.desk.add(&places, &errand);
            }
            Act::AllowDeletes { places } => {
                self.open(place, (id, kind), &places);
                self.desk.allow_deletes(&places, place);
            }
            Act::StopSnapshot { places } => {
                let stopped = self.desk.stop_snapshots(&self.plan, places.as_deref());
                self.finish(place, Self::of((id, kind), Stage::Completed).with("stopped", &stopped));
            }
            Act::Pause { places } => {
                let paused = self.desk.pause(&self.plan, places.as_deref());
                self.remember(place, paused, self.about((id, kind), places.as_deref())).await;
            }
            Act::Resume { places } => {
                let paused = self.desk.resume(&self.plan, places.as_deref());
                self.remember(place, paused, self.about((id, kind), places.as_deref())).await;
            }
            Act::Log { message } => {
                tracing::info!(connector = %self.plan.name, signal = id, "{message}");
                self.finish(place, Self::of((id, kind), Stage::Completed));
            }
        }
    }

    /// A pause that a restart would forget is none: the signal is done when the record is written.
    async fn remember(&mut self, place: SignalPlace, paused: Paused, notice: Notice) {
        let record = paused.announcement(&self.plan.kafka, &self.offsets);
        loop {
            let written = self.over.run_until_cancelled(self.herald.write(record.clone())).await;
            match written {
                None => return, // read again at the next start
                Some(Ok(())) => return self.finish(place, notice),
                Some(Err(error)) => {
                    tracing::warn!(
                        connector = %self.plan.name, signal = notice.id,
                        "what is paused could not be written to topic {}: {error}; it holds, but not beyond a restart; trying again",
                        record.topic
                    );
                    self.over.run_until_cancelled(tokio::time::sleep(AGAIN)).await;
                }
            }
        }
    }

    fn hear(&mut self, told: Told) {
        match told {
            Told::Begun { signal } => {
                let Some(open) = self.open.get_mut(&signal).filter(|open| !open.begun) else { return };
                open.begun = true;
                let notice = open.notice(Stage::Started);
                self.herald.tell(notice);
            }
            Told::Done { signal, place, records, published } => {
                if let Some(open) = self.open.get_mut(&signal) {
                    open.records += records;
                    open.published += published;
                }
                self.tick(signal, place);
            }
            Told::Dropped { signal, place } => {
                if let Some(open) = self.open.get_mut(&signal) {
                    open.dropped = true;
                }
                self.tick(signal, place);
            }
            Told::Refused { signal, place, reason } => {
                if let Some(open) = self.open.get_mut(&signal) {
                    open.refused.get_or_insert(reason);
                }
                self.tick(signal, place);
            }
            Told::Allowed { signal, place } => self.tick(signal, place),
        }
    }

    /// One of a signal's resources has done with it.
    fn tick(&mut self, signal: SignalPlace, place: usize) {
        let Some(open) = self.open.get_mut(&signal) else { return };
        open.left.remove(&place);
        if !open.left.is_empty() {
            return;
        }
        let notice = open.end();
        self.open.remove(&signal);
        self.finish(signal, notice);
    }

    fn open(&mut self, place: SignalPlace, (id, kind): (&str, &str), places: &[usize]) {
        let open = Open {
            id: id.to_owned(),
            kind: kind.to_owned(),
            left: places.iter().copied().collect(),
            names: self.names(places),
            begun: false,
            dropped: false,
            refused: None,
            records: 0,
            published: 0,
        };
        tracing::debug!(connector = %self.plan.name, signal = id, kind, resources = open.names, "a signal");
        self.open.insert(place, open);
    }

    fn finish(&mut self, place: SignalPlace, notice: Notice) {
        self.herald.tell(notice);
        self.settle(place);
    }

    fn settle(&mut self, place: SignalPlace) {
        if let Some(next) = self.ledger.done(place) {
            self.seat.commit(next);
        }
    }

    fn about(&self, signal: (&str, &str), places: Option<&[usize]>) -> Notice {
        let notice = Self::of(signal, Stage::Completed);
        places.into_iter().fold(notice, |notice, places| notice.with("data_collections", &self.names(places)))
    }

    fn of((id, kind): (&str, &str), stage: Stage) -> Notice {
        Notice::new(id, aggregate(kind), stage).with("signal", &kind)
    }

    fn names(&self, places: &[usize]) -> String {
        let name = |place: &usize| self.plan.resources.get(*place).map(|resource| resource.name.to_string());
        places.iter().filter_map(name).collect::<Vec<_>>().join(", ")
    }
}

impl Open {
    /// All of its resources have done with it.
    fn end(&self) -> Notice {
        let stage = match &self.refused {
            Some(_) => Stage::Skipped,
            None if self.dropped => Stage::Aborted,
            None => Stage::Completed,
        };
        let mut notice = self.notice(stage);
        let has_read = self.refused.is_none() || self.records > 0;
        if has_read && self.kind != "allow-deletes" {
            notice = notice.with("total_rows_scanned", &self.records).with("published", &self.published);
        }
        if let Some(reason) = &self.refused {
            notice.with("reason", &cut(reason))
        } else if self.dropped {
            notice.with("status", "STOPPED").with("reason", "a stop-snapshot came")
        } else if self.records == 0 && self.kind == "execute-snapshot" {
            notice.with("status", "EMPTY")
        } else {
            notice
        }
    }

    fn notice(&self, stage: Stage) -> Notice {
        Post::of((&self.id, &self.kind), stage).with("data_collections", &self.names)
    }
}

/// What somebody wrote may be long.
fn cut(text: &str) -> String {
    text.chars().take(300).collect()
}

fn aggregate(kind: &str) -> Aggregate {
    if matches!(kind, "execute-snapshot" | "stop-snapshot") {
        Aggregate::IncrementalSnapshot
    } else {
        Aggregate::Signal
    }
}
