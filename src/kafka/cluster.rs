//! A connection to a Kafka cluster, real or in-process: the one place that knows that the latter answers no admin requests.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

use super::blocking::{Cancelled, blocking};
use super::code::{Meaning, meaning};
use super::describe::{Description, describe};
use super::error::Error;
use super::in_process::InProcess;
use super::log::Voice;
use super::settings::Settings;

/// How long a broker may take to answer before it counts as away.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A cluster that has answered. Cheap to clone; connections close with the last clone.
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    settings: Settings,
    looker: BaseConsumer<Voice>,
    kind: Kind,
}

enum Kind {
    Real { admin: AdminClient<Voice> },
    InProcess(InProcess),
}

impl Cluster {
    /// Connects to the brokers of `bootstrap.servers`. Fails within ten seconds if none answers; try again later
    /// (`Disposition::Retry`), unless they refuse who or how we are.
    pub async fn connect(settings: Settings) -> Result<Self, Error> {
        let admin = create(&settings, &settings.admin(), "admin", ClientConfig::create_with_context)?;
        Self::reach(settings, Kind::Real { admin }).await
    }

    /// Starts a cluster inside this process; `bootstrap.servers` is replaced by its address.
    pub async fn in_process(mut settings: Settings) -> Result<Self, Error> {
        let broker = InProcess::start()?;
        settings.properties.retain(|(name, _)| name != "bootstrap.servers");
        settings.properties.push(("bootstrap.servers".to_owned(), broker.servers().to_owned()));
        Self::reach(settings, Kind::InProcess(broker)).await
    }

    async fn reach(settings: Settings, kind: Kind) -> Result<Self, Error> {
        let looker =
            create(&settings, &settings.uncommitted_looker(), "cluster", ClientConfig::create_with_context)?;
        let cluster = Self(Arc::new(Inner { settings, looker, kind }));
        let reaching = cluster.clone();
        blocking(move |cancelled| reaching.wait_for_an_answer(cancelled)).await?;
        Ok(cluster)
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// `HOST:PORT,…`, for people.
    pub fn servers(&self) -> &str {
        self.0.settings.servers()
    }

    /// `None`: in-process, there is no such thing.
    pub(super) fn admin(&self) -> Option<&AdminClient<Voice>> {
        match &self.0.kind {
            Kind::Real { admin } => Some(admin),
            Kind::InProcess(_) => None,
        }
    }

    pub(super) fn broker_in_process(&self) -> Option<&InProcess> {
        match &self.0.kind {
            Kind::Real { .. } => None,
            Kind::InProcess(broker) => Some(broker),
        }
    }

    /// A handle that sees high watermarks as they are, open transactions included.
    pub(super) fn looker(&self) -> &BaseConsumer<Voice> {
        &self.0.looker
    }

    /// A new handle that reads what is committed.
    pub(super) fn reader(&self) -> Result<BaseConsumer<Voice>, Error> {
        create(
            &self.0.settings,
            &self.0.settings.committed_reader(),
            "reader",
            ClientConfig::create_with_context,
        )
    }

    /// What the broker says about a topic; `None` if it does not exist. Blocks, for as long as the patience lasts.
    pub(super) fn describe(&self, topic: &str, patience: Duration) -> Result<Option<Description>, Error> {
        if let Some(broker) = self.broker_in_process() {
            let description = |partitions| Description { id: String::new(), partitions, leaderless: 0 };
            return Ok(broker.partitions(topic).map(description));
        }
        let found = describe(self.looker().client(), topic, patience);
        self.serve();
        found.map_err(|error| self.failure(error.code, &format!("describe topic {topic}: {}", error.reason)))
    }

    /// The error for a code that a call about this cluster ended with.
    pub(super) fn failure(&self, code: RDKafkaErrorCode, context: &str) -> Error {
        let servers = self.servers().to_owned();
        let reason = self.settings().redactor.scrub(context).into_owned();
        match meaning(code) {
            Meaning::Credentials => Error::Credentials { servers, reason },
            Meaning::Forbidden => Error::Forbidden { action: "this", what: servers, reason },
            Meaning::Fenced
            | Meaning::TopicMissing
            | Meaning::TopicExists
            | Meaning::TopicInvalid
            | Meaning::OffsetGone
            | Meaning::TooLarge
            | Meaning::Clock
            | Meaning::BadData
            | Meaning::TransactionTimeout
            | Meaning::Fatal
            | Meaning::Trouble => Error::Away { servers, reason: self.explain(reason) },
        }
    }

    /// A time-out says little; what the connection last complained of says more.
    fn explain(&self, reason: String) -> String {
        match self.looker().context().complaint() {
            Some(complaint) => format!("{reason} ({})", complaint.reason),
            None => reason,
        }
    }

    /// Takes waiting log lines and errors off the handle's queue.
    pub(super) fn serve(&self) {
        let looker = self.looker();
        let mut before = u64::MAX;
        while before != looker.context().events() {
            before = looker.context().events();
            // Without a group there are no messages, and errors have reached the context.
            drop(looker.poll(Duration::ZERO));
        }
    }

    fn wait_for_an_answer(&self, cancelled: &Cancelled) -> Result<(), Error> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE && !cancelled.is_set() {
            if self.looker().client().fetch_cluster_id(Duration::from_millis(100)).is_some() {
                return Ok(());
            }
            self.serve();
            if let Some(error) = self.refusal() {
                return Err(error);
            }
        }
        Err(self.failure(RDKafkaErrorCode::OperationTimedOut, "no broker answered"))
    }

    /// An error that waiting will not cure.
    fn refusal(&self) -> Option<Error> {
        let complaint = self.looker().context().complaint()?;
        let error = self.failure(complaint.code?, &complaint.reason);
        matches!(error, Error::Credentials { .. }).then_some(error)
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cluster({})", self.servers())
    }
}

/// Makes one handle. A setting that librdkafka does not take is named, its value is not: it may be a secret.
pub(super) fn create<T>(
    settings: &Settings,
    config: &ClientConfig,
    role: &'static str,
    make: impl FnOnce(&ClientConfig, Voice) -> Result<T, KafkaError>,
) -> Result<T, Error> {
    make(config, Voice::new(role, settings.redactor.clone())).map_err(|error| refused(settings, &error))
}

pub(super) fn refused(settings: &Settings, error: &KafkaError) -> Error {
    let text = if let KafkaError::ClientConfig(_, problem, name, _) = error {
        format!("{name}: {problem}")
    } else {
        error.to_string()
    };
    Error::Settings(settings.redactor.scrub(&text).into_owned())
}
