//! `krest signal`: a signal is written to the topic, and if asked for, waited for.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::notice::Stage;
use crate::kafka::{
    self, Announcement, Announcer, Checkpoint, Cluster, Reading, Topic, TopicPlan, ensure, read_raw,
    topic_ends,
};
use crate::plan::ConnectorPlan;

/// How often the notifications are looked at.
const GLANCE: Duration = Duration::from_millis(200);

/// How the signal fared, as far as was waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Kafka has it.
    Written,
    /// The connector has done it.
    Done(String),
    /// It was given up, or passed over; why.
    Refused(String),
    /// Nothing was heard of its end in this time.
    Unheard(Duration),
}

#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error("signals are switched off in this configuration (signal: {{enabled.channels: []}})")]
    NoSignals,
    #[error(
        "--wait hears of the end through notifications, and they are switched off (notification: {{enabled.channels: …}} without sink)"
    )]
    NoNotifications,
    #[error(transparent)]
    Kafka(#[from] kafka::Error),
}

/// Writes a signal (Debezium's JSON, checked before), and waits for its end if `wait` says how long.
pub async fn send_signal(
    plan: &ConnectorPlan,
    (id, json): (&str, &str),
    wait: Option<Duration>,
) -> Result<Sent, SendError> {
    let topic = plan.signals.signals.as_ref().ok_or(SendError::NoSignals)?;
    let cluster = Cluster::connect(plan.kafka.clone()).await?;
    ensure(&cluster, topic).await?;
    let listening = match wait {
        None => None,
        Some(wait) => {
            let sink = plan.signals.notifications.as_ref().ok_or(SendError::NoNotifications)?;
            Some((Listening::begin(&cluster, sink).await?, wait))
        }
    };
    let record = Announcement {
        topic: topic.name.clone(),
        partition: None,
        key: plan.name.to_string(),
        value: Some(json.to_owned()),
    };
    Announcer::start(&plan.kafka)?.tell(record).await?;
    match listening {
        None => Ok(Sent::Written),
        Some((listening, wait)) => listening.hear((plan.name.as_str(), id), wait).await,
    }
}

/// The notifications that come from now on.
struct Listening<'l> {
    cluster: &'l Cluster,
    topic: Topic,
    at: Checkpoint,
}

#[derive(Deserialize)]
struct Heard {
    id: String,
    #[serde(rename = "type")]
    stage: Stage,
    #[serde(default)]
    additional_data: serde_json::Map<String, serde_json::Value>,
}

impl<'l> Listening<'l> {
    async fn begin(cluster: &'l Cluster, sink: &TopicPlan) -> Result<Self, kafka::Error> {
        let topic = ensure(cluster, sink).await?;
        let at = topic_ends(cluster, &topic).await?;
        Ok(Self { cluster, topic, at })
    }

    async fn hear(mut self, (connector, id): (&str, &str), wait: Duration) -> Result<Sent, SendError> {
        let start = Instant::now();
        while start.elapsed() < wait {
            let reading = Reading::new(&self.topic, std::mem::take(&mut self.at));
            let (key, wanted) = (connector.to_owned(), id.to_owned());
            let (heard, at) =
                read_raw(self.cluster, reading, None, move |heard: &mut Option<Heard>, record| {
                    if record.key == Some(key.as_bytes())
                        && let Some(value) = record.value
                        && let Ok(read) = serde_json::from_slice::<Heard>(value)
                        && read.id == wanted
                        && read.stage != Stage::Started
                    {
                        *heard = Some(read);
                    }
                })
                .await;
            self.at = at?;
            if let Some(heard) = heard {
                return Ok(heard.into_sent());
            }
            tokio::time::sleep(GLANCE).await;
        }
        Ok(Sent::Unheard(wait))
    }
}

impl Heard {
    fn into_sent(self) -> Sent {
        let text = |key: &str| self.additional_data.get(key).and_then(|value| value.as_str());
        match self.stage {
            Stage::Started | Stage::Completed => {
                let rows = text("total_rows_scanned").zip(text("published"));
                let told =
                    rows.map(|(rows, published)| format!("{rows} records read, {published} published"));
                Sent::Done(told.unwrap_or_default())
            }
            Stage::Aborted | Stage::Skipped => Sent::Refused(text("reason").unwrap_or_default().to_owned()),
        }
    }
}
