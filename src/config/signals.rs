//! `signal:` and `notification:` — what a running connector is told, and what it tells. Debezium's names, without their prefix.

use schemars::JsonSchema;
use serde::Deserialize;

/// Through what a running connector can be told to do something.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "signal", extend("x-krest" = true))]
pub struct Signal {
    /// `kafka`: records of a topic. None of them: nothing can be told.
    #[serde(rename = "enabled.channels")]
    #[schemars(extend("default" = ["kafka"]))]
    pub channels: Vec<SignalChannel>,
    /// The topic of signals; connectors may share it, since a signal's key names its connector.
    #[serde(rename = "kafka.topic")]
    #[schemars(extend("default" = "krest-signals"))]
    pub topic: String,
}

impl Default for Signal {
    fn default() -> Self {
        Self { channels: vec![SignalChannel::Kafka], topic: "krest-signals".to_owned() }
    }
}

impl Signal {
    /// `None`: nothing is read.
    pub fn kafka_topic(&self) -> Option<&str> {
        self.channels.contains(&SignalChannel::Kafka).then_some(self.topic.as_str())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "signal_channel")]
pub enum SignalChannel {
    Kafka,
}

/// Where a running connector tells what became of signals and of first scans.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "notification", extend("x-krest" = true))]
pub struct Notification {
    /// `sink`: records of a topic. `log`: lines of the log.
    #[serde(rename = "enabled.channels")]
    #[schemars(extend("default" = ["sink", "log"]))]
    pub channels: Vec<NotificationChannel>,
    /// The topic of notifications; connectors may share it, since a notification's key names its connector.
    #[serde(rename = "sink.topic.name")]
    #[schemars(extend("default" = "krest-notifications"))]
    pub topic: String,
}

impl Default for Notification {
    fn default() -> Self {
        Self {
            channels: vec![NotificationChannel::Sink, NotificationChannel::Log],
            topic: "krest-notifications".to_owned(),
        }
    }
}

impl Notification {
    /// `None`: no records are written.
    pub fn sink_topic(&self) -> Option<&str> {
        self.channels.contains(&NotificationChannel::Sink).then_some(self.topic.as_str())
    }

    pub fn logs(&self) -> bool {
        self.channels.contains(&NotificationChannel::Log)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "notification_channel")]
pub enum NotificationChannel {
    Sink,
    Log,
}
