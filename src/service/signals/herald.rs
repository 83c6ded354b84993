//! Tells the world what the connector has to say: on the topic of notifications, and in the log. Nothing waits for it, and nothing of
//! it stops anything.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::notice::{Aggregate, Notice, Stage};
use crate::kafka::{self, Announcement, Announcer, Cluster, Settings, TopicPlan};
use crate::plan::SignalsPlan;

/// After a failure, how long notifications are not even tried.
const SULK: Duration = Duration::from_secs(30);

/// How long a stop waits for what is still to be told.
const FAREWELL: Duration = Duration::from_millis(1500);

/// Cheap to clone; the herald goes when the last one does.
#[derive(Clone, Debug)]
pub(in crate::service) struct Herald(mpsc::UnboundedSender<Item>);

#[derive(Debug)]
enum Item {
    Notice(Notice),
    Record(Announcement, oneshot::Sender<Result<(), kafka::Error>>),
}

/// The task behind it.
pub(super) struct Telling(JoinHandle<()>);

impl Herald {
    /// `settings`: `None` where there is no Kafka to tell anything to (the demonstration).
    pub(super) fn start(settings: Option<&Settings>, plan: &SignalsPlan) -> (Self, Telling) {
        let (send, items) = mpsc::unbounded_channel();
        let settings = settings.cloned();
        let sink = settings.as_ref().and(plan.notifications.clone());
        let mouth =
            Mouth { settings, sink, logs: plan.logs, announcer: None, made: false, sulks_until: None };
        (Self(send), Telling(tokio::spawn(mouth.tell_all(items))))
    }

    pub(in crate::service) fn tell(&self, notice: Notice) {
        let _ = self.0.send(Item::Notice(notice)); // krest stops
    }

    /// Writes a record and waits until Kafka has it.
    pub(super) async fn write(&self, record: Announcement) -> Result<(), kafka::Error> {
        let stopped = || kafka::Error::Stopped { topic: record.topic.clone() };
        let (told, answer) = oneshot::channel();
        self.0.send(Item::Record(record.clone(), told)).map_err(|_| stopped())?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }
}

impl Telling {
    /// Once every [`Herald`] is gone.
    pub(super) async fn finish(mut self) {
        if tokio::time::timeout(FAREWELL, &mut self.0).await.is_err() {
            self.0.abort();
        }
    }
}

struct Mouth {
    settings: Option<Settings>,
    sink: Option<TopicPlan>,
    logs: bool,
    announcer: Option<Announcer>,
    /// Whether the sink's topic is there.
    made: bool,
    sulks_until: Option<Instant>,
}

impl Mouth {
    async fn tell_all(mut self, mut items: mpsc::UnboundedReceiver<Item>) {
        while let Some(item) = items.recv().await {
            match item {
                Item::Notice(notice) => {
                    self.log(&notice);
                    self.sink(&notice).await;
                }
                Item::Record(record, told) => {
                    let _ = told.send(self.write(record).await); // whoever asked has gone
                }
            }
        }
    }

    fn log(&self, notice: &Notice) {
        let Some(connector) = self.settings.as_ref().map(|settings| &settings.connector) else { return };
        let text = notice.text();
        match (notice.stage, notice.aggregate) {
            // Whoever can send signals can send many: one line each.
            (Stage::Skipped, _) => tracing::warn!(%connector, signal = notice.id, "{text}"),
            // The scan says so itself.
            (_, Aggregate::InitialSnapshot) => tracing::debug!(%connector, "{text}"),
            _ if self.logs => tracing::info!(%connector, signal = notice.id, "{text}"),
            _ => tracing::debug!(%connector, signal = notice.id, "{text}"),
        }
    }

    async fn sink(&mut self, notice: &Notice) {
        let (Some(topic), Some(settings)) = (self.sink.clone(), self.settings.clone()) else { return };
        if self.sulks_until.is_some_and(|until| Instant::now() < until) {
            return;
        }
        let notice = notice.clone().with("connector_name", &settings.connector);
        let record = Announcement {
            topic: topic.name.clone(),
            partition: None,
            key: settings.connector.to_string(),
            value: Some(notice.json()),
        };
        let told = match self.make(&topic, settings).await {
            Ok(()) => self.write(record).await,
            Err(error) => Err(error),
        };
        if let Err(error) = told {
            self.made = false;
            self.sulks_until = Some(Instant::now() + SULK);
            tracing::warn!(
                topic = topic.name,
                "a notification could not be written: {error}; krest goes on without it (notification: {{enabled.channels: [log]}} \
                 writes none)"
            );
        }
    }

    async fn make(&mut self, topic: &TopicPlan, settings: Settings) -> Result<(), kafka::Error> {
        if !self.made {
            let cluster = Cluster::connect(settings).await?;
            kafka::ensure(&cluster, topic).await?;
            self.made = true;
        }
        Ok(())
    }

    async fn write(&mut self, record: Announcement) -> Result<(), kafka::Error> {
        let Some(settings) = &self.settings else {
            return Err(kafka::Error::Stopped { topic: record.topic });
        };
        let announcer = match self.announcer.take() {
            Some(announcer) => announcer,
            None => Announcer::start(settings)?,
        };
        let told = announcer.tell(record).await;
        self.announcer = Some(announcer);
        told
    }
}
