//! What of a connector is not polled, as the offsets topic keeps it: a signal said so, and a restart does not change it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::announcer::Announcement;
use super::offsets::{json, key};
use super::settings::Settings;
use super::topics::Topic;
use crate::model::partition_for;

/// The name of the record's key: `["<connector>",{"krest":"paused"}]`.
pub(super) const PAUSED: &str = "paused";

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paused {
    version: u32,
    /// The whole connector, whatever its resources are.
    #[serde(default)]
    pub connector: bool,
    /// Resources by their names.
    #[serde(default)]
    pub resources: BTreeSet<String>,
}

impl Paused {
    pub fn new(connector: bool, resources: BTreeSet<String>) -> Self {
        Self { version: 1, connector, resources }
    }

    pub fn holds(&self, resource: &str) -> bool {
        self.connector || self.resources.contains(resource)
    }

    /// Its record, on the offsets topic, in the partition that its readers expect; nothing paused is no record.
    pub fn announcement(&self, settings: &Settings, offsets: &Topic) -> Announcement {
        let key = key(settings.connector.as_str(), "krest", PAUSED);
        let nothing = !self.connector && self.resources.is_empty();
        Announcement {
            topic: offsets.name.clone(),
            partition: Some(partition_for(key.as_bytes(), offsets.partitions)),
            key,
            value: (!nothing).then(|| json(self)),
        }
    }
}
