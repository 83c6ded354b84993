//! The topic as a table: of each key the newest committed message, and whether its fingerprint is that of its value.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;

use super::super::shown::Shown;
use crate::encode::Layout;
use crate::kafka::{self, Checkpoint, Cluster, RawRecord, Reading, Topic};
use crate::model::{Json, Stamp};
use crate::plan::{FormatPlan, ResourcePlan};
use crate::records::Rules;
use crate::sync::Registrar;

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

/// What is committed now. `named`: the keys whose values are kept, as the records in them.
pub(super) async fn read(
    (cluster, registrar): (&Cluster, &Registrar),
    topic: &Topic,
    (rules, named): (&Arc<Rules>, HashSet<Bytes>),
    plan: &ResourcePlan,
) -> Result<Table, kafka::Error> {
    let source = cluster.settings().source_of(&plan.name);
    let reading = Reading::new(topic, Checkpoint::new()).without_waiting().of_rows(source);
    let (rules, format) = (Arc::clone(rules), plan.format.clone());
    let (table, end) = kafka::read_raw(cluster, reading, Table::default(), move |table, record| {
        table.take(&record, (&rules, &format), &named);
    })
    .await;
    end?;
    let mut table = table;
    let mut reader = Shown::new(plan.format.layout(), registrar);
    for value in table.values.values_mut() {
        *value = reader.value(value).await;
    }
    Ok(table)
}

impl Table {
    /// Keys as the API's listing has them.
    fn take(
        &mut self,
        record: &RawRecord<'_>,
        (rules, format): (&Rules, &FormatPlan),
        named: &HashSet<Bytes>,
    ) {
        let Some(key) = record.key.map(|key| Bytes::copy_from_slice(&format.keys.read(key))) else { return };
        let place = (record.partition, record.offset);
        let Some(value) = record.value else {
            self.rows.remove(&key);
            self.values.remove(&key);
            self.gone.insert(key, place);
            return;
        };
        let layout = format.layout();
        let agrees = record.fingerprint.is_some_and(|stamp| made((rules, &layout), value, stamp));
        if named.contains(&key) {
            self.values.insert(key.clone(), Bytes::copy_from_slice(value));
        }
        self.gone.remove(&key);
        let (stamp, foreign) = (record.fingerprint, record.foreign);
        let parent = record.parent.map(Bytes::copy_from_slice);
        self.rows.insert(key, Row { stamp, agrees, place, foreign, parent });
    }
}

/// Whether a value that was read back is what its fingerprint says. By a rule that nobody knows any more, nobody can say; nor where
/// the value has a schema. Of an event that tells of a delete nothing is said: it is another one than the record of any fingerprint.
pub(in crate::service) fn made((rules, layout): (&Rules, &Layout), value: &[u8], stamp: Stamp) -> bool {
    layout.form.has_schema()
        || stamp == Stamp::GONE
        || Json::parse(layout.shown(value)).is_ok_and(|value| rules.made(value, stamp).unwrap_or(true))
}
