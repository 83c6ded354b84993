//! Is this topic what exactly once makes of what the API showed?

use std::collections::BTreeMap;

use super::{Seen, partition};
use crate::support::api::Served;

/// Every objection to a topic's messages, given what the API showed of each key. Empty: nothing to object to.
pub fn judge(messages: &[Seen], served: &Served, partitions: i32) -> Vec<String> {
    let mut objections = Vec::new();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for message in messages {
        objections.extend(form(message, partitions));
        let key = message.key_text();
        let Some(versions) = served.get(key) else {
            objections.push(format!("phantom: key {key} was never shown ({})", message.place()));
            continue;
        };
        match version(message, versions, last.get(key).copied()) {
            Ok(version) => drop(last.insert(key, version)),
            Err(objection) => objections.push(format!("{objection}: key {key} ({})", message.place())),
        }
    }
    objections.extend(losses(served, &last));
    objections
}

/// Which of the shown versions this message is: the first one behind the key's last message.
fn version(message: &Seen, shown: &[String], last: Option<usize>) -> Result<usize, &'static str> {
    let Some(value) = message.value_text() else { return Err("a tombstone that nobody asked for") };
    let behind = last.map_or(0, |last| last + 1);
    match shown.iter().enumerate().skip(behind).find(|(_, text)| *text == value) {
        Some((version, _)) => Ok(version),
        None if last.is_some_and(|last| shown[last] == value) => Err("duplicate"),
        None if shown.iter().any(|text| text == value) => Err("went back to an older version"),
        None => Err("phantom: these bytes were never shown"),
    }
}

fn losses(served: &Served, last: &BTreeMap<&str, usize>) -> Vec<String> {
    let lost = served.iter().filter_map(|(key, versions)| match last.get(key.as_str()) {
        None => Some(format!("loss: key {key} was shown and is not in the topic")),
        Some(version) if versions.get(*version) != versions.last() => {
            Some(format!("loss: key {key} is stale, {} versions behind", versions.len() - 1 - version))
        }
        Some(_) => None,
    });
    lost.collect()
}

fn form(message: &Seen, partitions: i32) -> Vec<String> {
    let mut objections = Vec::new();
    let place = message.place();
    match &message.key {
        None => objections.push(format!("no key ({place})")),
        Some(key) if partition(key, partitions) != message.partition => {
            let right = partition(key, partitions);
            objections.push(format!("wrong partition: {} belongs on {right} ({place})", message.key_text()));
        }
        Some(_) => {}
    }
    let fingerprints: Vec<_> =
        message.headers.iter().filter(|header| header.0 == "krest.fingerprint").collect();
    let hex =
        |value: &[u8]| value.len() == 32 && value.iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'));
    if fingerprints.len() != 1 || !fingerprints.iter().all(|header| hex(&header.1)) {
        objections.push(format!("not one fingerprint of 32 hex digits ({place})"));
    }
    objections
}
