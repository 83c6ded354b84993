//! The demo itself: the real engine, scan after scan, with every step told and the topic shown as its readers see it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

use super::live::Live;
use super::{Broker, DemoApi, Place, ResourceCount, Round, Row, RowChange, Scan, Screen, Table, Title};
use crate::kafka::{self, Checkpoint, Cluster, Reading};
use crate::model::Redactor;
use crate::plan::{ConnectorPlan, ResourcePlan};
use crate::poll::{PollEvent, Poller};
use crate::service::{self, Connector, Event, Mode, Observer, Outcome, Shown};
use crate::state::LocalState;
use crate::sync::Registrar;

/// What is shown, and on what.
pub struct Show {
    pub plan: Arc<ConnectorPlan>,
    /// The built-in API; `None` where the operator's own configuration runs.
    pub api: Option<DemoApi>,
    pub cluster: Cluster,
    pub broker: Broker,
    pub redactor: Redactor,
    pub screen: Screen,
    pub stop: CancellationToken,
    /// How many scans are shown, and the pause between two.
    pub scans: u64,
    pub pause: Duration,
}

/// What the observers hear, on its way to the screen.
enum News {
    Poll(PollEvent),
    Service(Event),
}

/// A topic as a table: key → value and place of its newest message.
type Rows = BTreeMap<(usize, String), (String, Place)>;

/// How many rows of a topic are drawn.
const ROWS_SHOWN: usize = 7;

impl Show {
    /// Runs the show to its end. `Failed`: a scan did.
    pub async fn run(self, live: &mut Live) -> Outcome {
        let topics: Vec<String> =
            self.plan.resources.iter().map(|resource| resource.topic.name.clone()).collect();
        let built_in = self.api.as_ref().map(DemoApi::url);
        let title = Title {
            built_in: built_in.as_deref(),
            connector: self.plan.name.as_str(),
            broker: &self.broker,
            topics: &topics,
        };
        live.print(&self.screen.banner(&title));
        let mut tables: Vec<Rows> = topics.iter().map(|_| Rows::new()).collect();
        let mut round = None;
        for number in 1..=self.scans {
            live.print("\n");
            live.begin(number);
            let (outcome, scan) = self.scan(number, live).await;
            if outcome != Outcome::Done || self.stop.is_cancelled() {
                return outcome;
            }
            live.print(&self.screen.summary(&scan));
            live.print(&self.screen.explanation(&scan, round.as_ref()));
            if let Err(error) = self.show_tables(&scan, &mut tables, live).await {
                live.print(&format!(
                    "  the topic could not be read: {}\n",
                    self.redactor.scrub(&error.to_string())
                ));
                return Outcome::Failed;
            }
            if number < self.scans {
                round = self.next_round(number);
                self.stop.run_until_cancelled(sleep(self.pause)).await;
            }
        }
        live.print("\n");
        live.print(&self.screen.closing(&self.broker));
        Outcome::Done
    }

    /// Moves the built-in API on, but not before the last scan: that one shows silence.
    fn next_round(&self, number: u64) -> Option<Round> {
        if number + 1 < self.scans { self.api.as_ref().map(DemoApi::advance) } else { None }
    }

    /// One `run --once` of the real engine, watched.
    async fn scan(&self, number: u64, live: &mut Live) -> (Outcome, Scan) {
        let started = Instant::now();
        let (tell, mut news) = unbounded_channel();
        let poll_tell = tell.clone();
        let connector = Connector {
            plan: self.plan.clone(),
            poller: Poller::with_observer(
                self.redactor.clone(),
                Arc::new(move |event| {
                    let _ = poll_tell.send(News::Poll(event.clone()));
                }),
            ),
            broker: service::Broker::Connected(self.cluster.clone()),
            registrar: Registrar::new(self.plan.registry.as_ref()),
            mode: Mode::Once,
            allow_deletes: HashSet::new(),
            stop: self.stop.clone(),
            observer: Observer::new(move |event| {
                let _ = tell.send(News::Service(event.clone()));
            }),
            state: LocalState::in_memory(),
        };
        let mut scan = Scan { number, resources: Vec::new(), took: Duration::ZERO };
        let engine = service::run_all(vec![connector]);
        let outcome = self.watch(engine, &mut news, &mut scan, live).await;
        scan.took = started.elapsed();
        (outcome, scan)
    }

    async fn watch(
        &self,
        engine: impl Future<Output = Outcome>,
        news: &mut UnboundedReceiver<News>,
        scan: &mut Scan,
        live: &mut Live,
    ) -> Outcome {
        let mut engine = std::pin::pin!(engine);
        let mut frames = interval(Duration::from_millis(80));
        frames.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let outcome = loop {
            tokio::select! {
                outcome = &mut engine => break outcome,
                Some(news) = news.recv() => self.hear(news, scan, live),
                _ = frames.tick() => live.frame(&self.screen),
            }
        };
        while let Ok(news) = news.try_recv() {
            self.hear(news, scan, live);
        }
        live.clear();
        outcome
    }

    fn hear(&self, news: News, scan: &mut Scan, live: &mut Live) {
        match news {
            News::Poll(event) => live.poll_event(&event, &self.screen),
            News::Service(Event::ScanFinished { resource, report }) => scan.resources.push(ResourceCount {
                name: resource.to_string(),
                pages: report.pages,
                records: report.records,
                published: report.published,
            }),
            News::Service(Event::ScanFailed { error, .. }) => live.print(&format!("  {error}\n")),
            News::Service(Event::Reconnecting { reason, .. }) => live.print(&format!("  {reason}\n")),
            News::Service(
                Event::Restoring { .. }
                | Event::Restored { .. }
                | Event::Started { .. }
                | Event::ScanStarted { .. },
            ) => {}
        }
    }

    /// The topics that changed, each as the table that a reader makes of it.
    async fn show_tables(
        &self,
        scan: &Scan,
        tables: &mut [Rows],
        live: &mut Live,
    ) -> Result<(), kafka::Error> {
        let registrar = Registrar::of_rehearsal(self.plan.registry.as_ref());
        for (resource, before) in self.plan.resources.iter().zip(tables) {
            let count = scan.resources.iter().find(|count| count.name == resource.name.as_str());
            if count.is_none_or(|count| count.published == 0) {
                continue;
            }
            let now = read_table((&self.cluster, &registrar), resource).await?;
            let rows = compare(before, &now, scan.number);
            let table = Table { topic: &resource.topic.name, rows: &rows, most: ROWS_SHOWN };
            live.print(&format!("\n{}", table.render(&self.screen.look)));
            *before = now;
        }
        Ok(())
    }
}

/// What a reader that keeps the newest value of each key has after reading the topic to its end. Schemas are not shown.
async fn read_table(
    (cluster, registrar): (&Cluster, &Registrar),
    resource: &ResourcePlan,
) -> Result<Rows, kafka::Error> {
    let (topic, format) = (&resource.topic, resource.format.clone());
    let Some(topic) = kafka::look(cluster, &topic.name, topic.usage).await? else {
        return Ok(Rows::new());
    };
    let reading = Reading::new(&topic, Checkpoint::new());
    let read = BTreeMap::new();
    let (read, end) = kafka::read_raw(cluster, reading, read, move |rows, record| {
        let key = format.keys.read(record.key.unwrap_or_default());
        let key = String::from_utf8_lossy(&key).into_owned();
        let key = (key.len(), key); // numbers in their order
        let place = Place { partition: record.partition, offset: record.offset };
        match record.value {
            Some(value) => drop(rows.insert(key, (Bytes::copy_from_slice(value), place))),
            None => drop(rows.remove(&key)),
        }
    })
    .await;
    end?;
    let mut reader = Shown::new(resource.format.layout(), registrar);
    let mut rows = Rows::new();
    for (key, (value, place)) in read {
        let value = String::from_utf8_lossy(&reader.value(&value).await).into_owned();
        rows.insert(key, (value, place));
    }
    Ok(rows)
}

/// The rows with what the last scan did to them; in the first one everything is new, which needs no marks.
fn compare(before: &Rows, now: &Rows, scan: u64) -> Vec<Row> {
    let change = |key: &(usize, String), value: &str| match before.get(key) {
        Some((old, _)) if old != value => RowChange::Updated { before: old.clone() },
        None if scan > 1 => RowChange::New,
        Some(_) | None => RowChange::Same,
    };
    now.iter()
        .map(|(key, (value, place))| Row {
            key: key.1.clone(),
            value: value.clone(),
            place: *place,
            change: change(key, value),
        })
        .collect()
}
