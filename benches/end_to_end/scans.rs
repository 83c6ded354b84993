//! krest itself: from the text of a configuration to scans of the whole engine, timed by the events that it tells its watchers.

use std::path::Path;
use std::sync::Arc;

use krest::config::Config;
use krest::model::Redactor;
use krest::plan::{ConnectorPlan, FilePlan};
use krest::poll::Poller;
use krest::service::{self, Broker, Event, Mode, Observer, Outcome};
use krest::state::{Directory, LocalState};
use krest::sync::ScanReport;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::meter::{Mark, Sample};
use crate::server::Server;
use crate::{PARTITIONS, Work, support};

/// One configuration under a name of its own, so that its topics are new.
pub(crate) struct Connector {
    name: String,
    text: String,
    bootstrap: String,
    work: Work,
}

/// A first scan, in `Mode::Once`.
pub(crate) struct First {
    /// From nothing to the first request: connecting, creating topics, fencing.
    pub(crate) start: Sample,
    pub(crate) scan: Sample,
}

/// What a restart does, in `Mode::Forever`.
pub(crate) struct Again {
    /// Records restored from the topic. Its CPU holds that of the start, too.
    pub(crate) restore: Sample,
    /// The first scan after a restart: the topic says fingerprints, not bytes, so that each is computed.
    pub(crate) first: Sample,
    /// Unchanged scans from then on.
    pub(crate) others: Vec<Sample>,
}

/// An engine that runs, and what it tells.
struct Running {
    engine: JoinHandle<Outcome>,
    events: UnboundedReceiver<(Mark, Event)>,
    stop: CancellationToken,
    begun: Mark,
    _disk: TempDir,
}

impl Connector {
    pub(crate) fn new(server: &Server, bootstrap: &str, work: Work) -> Self {
        let name = support::unique("bench");
        let text = format!(
            "name: {name}
source:
  client: {{base_url: \"{base}\", paginator: {{type: offset, limit: {size}}}}}
  resource_defaults: {{primary_key: id, write_disposition: merge, endpoint: {{data_selector: data}}}}
  resources: [records]
poll: {{interval: 1ms}}
kafka: {{bootstrap.servers: \"{bootstrap}\", offsets.storage.topic: \"{name}.offsets\"}}
topics: {{name: \"{name}.records\", creation.default.partitions: {PARTITIONS}}}
",
            base = server.base,
            size = work.size,
        );
        Self { name, text, bootstrap: bootstrap.to_owned(), work }
    }

    pub(crate) async fn first_scan(&self) -> First {
        let mut running = self.run(Mode::Once);
        let started = running.started().await;
        let (finished, report) = running.scan().await;
        assert_eq!(report.published, self.work.records as u64, "{}", report.summary());
        assert_eq!(running.engine.await.expect("krest does not panic"), Outcome::Done);
        First { start: running.begun.until(started, 0), scan: started.until(finished, report.records) }
    }

    pub(crate) async fn again(&self, scans: usize) -> Again {
        let mut running = self.run(Mode::Forever);
        let restore = running.restored().await;
        let mut begun = running.started().await;
        let mut samples = Vec::new();
        for _ in 0..=scans {
            let (finished, report) = running.scan().await;
            assert_eq!(report.unchanged, self.work.records as u64, "{}", report.summary());
            samples.push(begun.until(finished, report.records));
            begun = finished;
        }
        running.stop.cancel();
        assert_eq!(running.engine.await.expect("krest does not panic"), Outcome::Done);
        Again { restore, first: samples.remove(0), others: samples }
    }

    pub(crate) fn delete_topics(&self) {
        for topic in ["records", "offsets"] {
            support::delete_topic(&self.bootstrap, &format!("{}.{topic}", self.name));
        }
    }

    fn run(&self, mode: Mode) -> Running {
        let begun = Mark::now();
        let redactor = Redactor::default();
        let plan = self.plan(&redactor);
        let (tell, events) = unbounded_channel();
        // A new one each time: what is timed is what the topic is read for, and what writing the disk costs.
        let disk = tempfile::tempdir().expect("a directory");
        let directory = Directory::claim(disk.path(), &plan.name).expect("a directory of its own");
        let state = LocalState::open(directory, plan.state.memory);
        let stop = CancellationToken::new();
        let connector = service::Connector {
            registrar: krest::sync::Registrar::new(None),
            allow_deletes: std::collections::HashSet::new(),
            broker: Broker::Real(plan.kafka.clone()),
            plan: Arc::new(plan),
            state,
            poller: Poller::new(redactor),
            mode,
            stop: stop.clone(),
            observer: Observer::new(move |event| {
                let _ = tell.send((Mark::now(), event.clone()));
            }),
        };
        let engine = tokio::spawn(service::run_all(vec![connector]));
        Running { engine, events, stop, begun, _disk: disk }
    }

    fn plan(&self, redactor: &Redactor) -> ConnectorPlan {
        let path = Path::new("bench.yaml");
        let config = Config::parse(self.text.as_bytes(), path, &|_| None, redactor)
            .unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let plan = FilePlan::compile("bench.yaml", &config, redactor).expect("expressions compile");
        plan.into_connector().expect("a connector")
    }
}

impl Running {
    async fn event(&mut self) -> (Mark, Event) {
        self.events.recv().await.expect("krest goes on")
    }

    async fn restored(&mut self) -> Sample {
        loop {
            if let (mark, Event::Restored { keys, took, .. }) = self.event().await {
                return Sample { wall: took, ..self.begun.until(mark, keys as u64) };
            }
        }
    }

    async fn started(&mut self) -> Mark {
        loop {
            if let (mark, Event::Started { .. }) = self.event().await {
                return mark;
            }
        }
    }

    async fn scan(&mut self) -> (Mark, ScanReport) {
        loop {
            match self.event().await {
                (mark, Event::ScanFinished { report, .. }) => return (mark, report),
                (_, Event::ScanFailed { error, .. }) => panic!("{error}"),
                (_, Event::Reconnecting { reason, .. }) => panic!("{reason}"),
                (
                    _,
                    Event::Restoring { .. }
                    | Event::Restored { .. }
                    | Event::Started { .. }
                    | Event::ScanStarted { .. },
                ) => {}
            }
        }
    }
}
