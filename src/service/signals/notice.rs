//! What a connector tells of itself, in Debezium's form: `{"id","aggregate_type","type","additional_data","timestamp"}`.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// What a notification is about: Debezium's `aggregate_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(in crate::service) enum Aggregate {
    /// The first scan of a resource.
    #[serde(rename = "Initial Snapshot")]
    InitialSnapshot,
    /// `execute-snapshot`, `stop-snapshot`.
    #[serde(rename = "Incremental Snapshot")]
    IncrementalSnapshot,
    /// Any other signal.
    Signal,
}

/// Debezium's `type`. A signal ends with one of the last three, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::service) enum Stage {
    Started,
    Completed,
    /// It was begun, or could not be begun, and is given up.
    Aborted,
    /// It cannot be read, or asks for what there is not.
    Skipped,
}

/// One notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::service) struct Notice {
    /// The signal's.
    pub id: String,
    #[serde(rename = "aggregate_type")]
    pub aggregate: Aggregate,
    #[serde(rename = "type")]
    pub stage: Stage,
    #[serde(rename = "additional_data")]
    pub data: BTreeMap<&'static str, String>,
    /// Milliseconds since 1970.
    pub timestamp: u64,
}

impl Notice {
    pub(in crate::service) fn new(id: &str, aggregate: Aggregate, stage: Stage) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let timestamp = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        Self { id: id.to_owned(), aggregate, stage, data: BTreeMap::new(), timestamp }
    }

    /// Of a resource's first scan.
    pub(in crate::service) fn initial(id: &str, stage: Stage, resource: &str) -> Self {
        Self::new(id, Aggregate::InitialSnapshot, stage).with("data_collections", &resource)
    }

    pub(in crate::service) fn with(mut self, key: &'static str, value: &(impl ToString + ?Sized)) -> Self {
        self.data.insert(key, value.to_string());
        self
    }

    /// Strings alone: it can be written.
    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// For people.
    pub(super) fn text(&self) -> String {
        let what = match self.stage {
            Stage::Started => "has begun",
            Stage::Completed => "is done",
            Stage::Aborted => "was given up",
            Stage::Skipped => "is passed over",
        };
        let value = |key: &str| self.data.get(key).map(String::as_str);
        let of = value("data_collections").map(|of| format!(" of {of}")).unwrap_or_default();
        let subject = match (self.aggregate, value("signal")) {
            (Aggregate::InitialSnapshot, _) => format!("the first scan{of}"),
            (_, Some(kind)) => format!("signal {} ({kind}{of})", self.id),
            (_, None) => format!("signal {}", self.id),
        };
        let mut text = format!("{subject} {what}");
        if let (Some(rows), Some(published)) = (value("total_rows_scanned"), value("published")) {
            text.push_str(&format!(": {rows} records read, {published} published"));
        }
        if let Some(reason) = value("reason") {
            text.push_str(&format!(": {reason}"));
        }
        text
    }
}
