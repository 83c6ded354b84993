//! The topic as a table: of each key the newest committed message, and whether its fingerprint is that of its value.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;

use crate::kafka::{self, Checkpoint, Cluster, RawRecord, Reading, Topic};
use crate::model::{Json, ResourceName, Stamp};
use crate::records::Rules;

#[derive(Debug, Default)]
pub(super) struct Table {
    pub rows: HashMap<Bytes, Row>,
    /// Where the tombstones of other keys stand.
    pub gone: HashMap<Bytes, (i32, i64)>,
    /// Of the keys that were named.
    pub values: HashMap<Bytes, Bytes>,
}

#[derive(Clone, Debug)]
pub(super) struct Row {
    pub stamp: Option<Stamp>,
    /// The fingerprint is there, and is that of the value.
    pub agrees: bool,
    pub place: (i32, i64),
    /// Another writer's: it is not krest's to delete.
    pub foreign: bool,
    /// The key of the record that it was found under.
    pub parent: Option<Bytes>,
}

/// What is committed now.
pub(super) async fn read(
    cluster: &Cluster,
    topic: &Topic,
    (rules, named): (&Arc<Rules>, HashSet<Bytes>),
    resource: &ResourceName,
) -> Result<Table, kafka::Error> {
    let source = cluster.settings().source_of(resource);
    let reading = Reading::new(topic, Checkpoint::new()).without_waiting().of_rows(source);
    let rules = Arc::clone(rules);
    let (table, end) = kafka::read_raw(cluster, reading, Table::default(), move |table, record| {
        table.take(&record, &rules, &named);
    })
    .await;
    end.map(|_| table)
}

impl Table {
    fn take(&mut self, record: &RawRecord<'_>, rules: &Rules, named: &HashSet<Bytes>) {
        let Some(key) = record.key.map(Bytes::copy_from_slice) else { return };
        let place = (record.partition, record.offset);
        let Some(value) = record.value else {
            self.rows.remove(&key);
            self.values.remove(&key);
            self.gone.insert(key, place);
            return;
        };
        let agrees = record.fingerprint.is_some_and(|stamp| made(rules, value, stamp));
        if named.contains(&key) {
            self.values.insert(key.clone(), Bytes::copy_from_slice(value));
        }
        self.gone.remove(&key);
        let (stamp, foreign) = (record.fingerprint, record.foreign);
        let parent = record.parent.map(Bytes::copy_from_slice);
        self.rows.insert(key, Row { stamp, agrees, place, foreign, parent });
    }
}

/// Whether a value that was read back is what its fingerprint says. By a rule that nobody knows any more, nobody can say.
pub(in crate::service) fn made(rules: &Rules, value: &[u8], stamp: Stamp) -> bool {
    Json::parse(value).is_ok_and(|value| rules.made(value, stamp).unwrap_or(true))
}
