//! What is on this machine, compared with the topic. It is looked at as it lies there, and not taken up.
//!
//! It stands at the offsets of its checkpoint: of keys that the topic has told about since then it need not know.

use std::collections::HashSet;

use bytes::Bytes;

use super::table::Table;
use super::{Audited, Deviation, How, MOST};
use crate::kafka::Topic;
use crate::model::Stamp;
use crate::plan::ResourcePlan;
use crate::service::present;
use crate::state::{Kept, LocalState, NotKept};

/// Keys are looked up by so many.
const PAGE: usize = 1000;

/// Adds what the cache has otherwise to what was found.
pub(super) fn compare(
    state: &LocalState,
    (plan, topic): (&ResourcePlan, &Topic),
    table: &Table,
    audited: &mut Audited,
) {
    let key_format = plan.format.keys.identity(plan.format.key);
    match state.kept(&plan.name, Some(&present(topic, &key_format))) {
        Ok(None) => {}
        Ok(Some(Kept { objection: Some(objection), .. })) => {
            audited.notes.push(format!(
                "the cache was left out: the next start reads the topic anew, because {objection}"
            ));
        }
        Ok(Some(kept)) => {
            audited.cache = Some(kept.keys);
            match differing(state, (plan, &kept), table) {
                Ok(found) => {
                    audited.different += found.len() as u64;
                    let room = MOST.saturating_sub(audited.differences.len());
                    audited.differences.extend(found.into_iter().take(room));
                }
                Err(error) => audited.notes.push(format!("the cache was left out: {error}")),
            }
        }
        Err(error) => audited.notes.push(format!("the cache was left out: {error}")),
    }
}

/// Under two rules two stamps say nothing of each other: what is unchanged under its old rule is known under today's.
fn disagree(known: Option<Stamp>, topic: Option<Stamp>) -> bool {
    let comparable = known.zip(topic).is_none_or(|(known, topic)| known.rule == topic.rule);
    comparable && known != topic
}

fn differing(
    state: &LocalState,
    (plan, kept): (&ResourcePlan, &Kept),
    table: &Table,
) -> Result<Vec<Deviation>, NotKept> {
    let is_known =
        |(partition, offset): (i32, i64)| kept.offsets.get(&partition).is_some_and(|known| offset < *known);
    let mut found = Vec::new();
    let mut accounted: HashSet<[u8; 16]> = HashSet::new();
    let deviation = |key: Bytes| Deviation { key, how: How::Cache, topic: None, api: None };
    let rows: Vec<_> = table.rows.iter().collect();
    for page in rows.chunks(PAGE) {
        let keys: Vec<&[u8]> = page.iter().map(|(key, _)| key.as_ref()).collect();
        for ((key, row), entry) in page.iter().zip(state.lookup(&plan.name, &keys)?) {
            accounted.extend(entry.map(|entry| entry.key_hash));
            let known = entry.map(|entry| entry.fingerprint);
            if is_known(row.place) && disagree(known, row.stamp) {
                found.push(deviation((*key).clone()));
            }
        }
    }
    let since: Vec<&Bytes> =
        table.gone.iter().filter(|(_, place)| !is_known(**place)).map(|(key, _)| key).collect();
    for page in since.chunks(PAGE) {
        let keys: Vec<&[u8]> = page.iter().map(AsRef::as_ref).collect();
        accounted.extend(state.lookup(&plan.name, &keys)?.into_iter().flatten().map(|entry| entry.key_hash));
    }
    state.entries(&plan.name, |entry| {
        if !accounted.contains(&entry.key_hash) {
            found.push(deviation(entry.key.map(Bytes::copy_from_slice).unwrap_or_default()));
        }
        true
    })?;
    found.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    Ok(found)
}
