//! What a running connector is told, and what it tells, as far as the configuration decides it.

use crate::config::Config;
use crate::kafka::{TopicPlan, TopicUse};

/// The topics of signals and notifications.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalsPlan {
    /// `None`: nothing can be told.
    pub signals: Option<TopicPlan>,
    /// `None`: no notifications are written.
    pub notifications: Option<TopicPlan>,
    /// Whether notifications stand in the log.
    pub logs: bool,
}

impl SignalsPlan {
    pub(super) fn of(config: &Config) -> Self {
        let topic = |name: &str| TopicPlan {
            name: name.to_owned(),
            usage: TopicUse::Events,
            partitions: Some(1), // Debezium's connectors, which may share them, want one
            replication: config.topics.replication_factor,
            configs: Vec::new(),
        };
        Self {
            signals: config.signal.kafka_topic().map(topic),
            notifications: config.notification.sink_topic().map(topic),
            logs: config.notification.logs(),
        }
    }
}
