//! Is this topic what exactly once makes of what the API showed?

use std::collections::{BTreeMap, HashMap};

use super::{Seen, partition};
use crate::support::api::Served;

/// What happened to a key, as far as somebody who asks can know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// These bytes were in an answer.
    Shown(String),
    /// It is no longer in the listing: a tombstone may say so.
    Gone,
}

/// By key, in the order in which it happened; no event twice in a row.
pub type Histories = BTreeMap<String, Vec<Event>>;

/// What a table has to be in the end.
#[derive(Clone, Copy, Debug)]
pub struct Finally<'n> {
    /// The listing when nothing changed any more, by key; after that a whole scan has ended.
    pub now: &'n BTreeMap<String, String>,
    /// Whether keys that are not in it have to be deleted. If not, their last message may be any.
    pub deletes: bool,
}

/// Every objection to a topic's messages, given what the API showed of each key. Empty: nothing to object to.
/// All that was shown last has to be there, and nothing was ever deleted.
pub fn judge(messages: &[Seen], served: &Served, partitions: i32) -> Vec<String> {
    let shown = |texts: &Vec<String>| texts.iter().cloned().map(Event::Shown).collect();
    let histories = served.iter().map(|(key, texts)| (key.clone(), shown(texts))).collect();
    let last = |(key, texts): (&String, &Vec<String>)| Some((key.clone(), texts.last()?.clone()));
    let now = served.iter().filter_map(last).collect();
    judge_table(messages, &histories, Finally { now: &now, deletes: false }, partitions)
}

/// The same where rows come and go, and the API's listing in the end is known.
pub fn judge_table(
    messages: &[Seen],
    histories: &Histories,
    finally: Finally<'_>,
    partitions: i32,
) -> Vec<String> {
    let mut objections = Vec::new();
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for message in messages {
        objections.extend(form(message, partitions));
        let key = message.key_text();
        let Some(events) = histories.get(key) else {
            objections.push(format!("phantom: key {key} was never shown ({})", message.place()));
            continue;
        };
        match event(message, events, last.get(key).copied()) {
            Ok(event) => drop(last.insert(key, event)),
            Err(objection) => objections.push(format!("{objection}: key {key} ({})", message.place())),
        }
    }
    objections.extend(losses(histories, finally, &last));
    objections
}

/// Every objection to the messages of a log to which each row that was ever shown is appended once. Rows never change.
/// `now`: the rows, by key, in the order of the listing.
pub fn judge_log(messages: &[Seen], histories: &Histories, now: &BTreeMap<String, String>) -> Vec<String> {
    let mut objections = Vec::new();
    let shown: HashMap<&str, &str> = histories
        .iter()
        .flat_map(|(key, events)| events.iter().map(move |event| (event, key)))
        .filter_map(|(event, key)| match event {
            Event::Shown(text) => Some((text.as_str(), key.as_str())),
            Event::Gone => None,
        })
        .collect();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for message in messages {
        match message.value_text().and_then(|text| shown.get(text)) {
            Some(key) => *seen.entry(key).or_default() += 1,
            None => {
                objections.push(format!("phantom: these bytes were never shown ({})", message.place()));
            }
        }
    }
    let repeated = seen.iter().filter(|(_, times)| **times > 1);
    objections
        .extend(repeated.map(|(key, times)| format!("duplicate: row {key} stands there {times} times")));
    let lost = now.keys().filter(|key| !seen.contains_key(key.as_str()));
    objections.extend(lost.map(|key| format!("loss: row {key} is not in the topic")));
    objections
}

/// Which of the key's events this message tells: the first one behind the key's last message.
fn event(message: &Seen, events: &[Event], last: Option<usize>) -> Result<usize, &'static str> {
    let told = match message.value_text() {
        Some(text) => Event::Shown(text.to_owned()),
        None => Event::Gone,
    };
    let behind = last.map_or(0, |last| last + 1);
    let there = |event: &Event| *event == told;
    match (events.iter().skip(behind).position(there), &told) {
        (Some(found), _) => Ok(behind + found),
        (None, Event::Gone) if events.contains(&told) => {
            Err("a second tombstone, or one for a row that came back")
        }
        (None, Event::Gone) => Err("a tombstone that nobody asked for"),
        (None, _) if last.is_some_and(|last| events.get(last) == Some(&told)) => Err("duplicate"),
        (None, _) if events.contains(&told) => Err("went back to an older version"),
        (None, Event::Shown(_)) => Err("phantom: these bytes were never shown"),
    }
}

fn losses(histories: &Histories, finally: Finally<'_>, last: &BTreeMap<&str, usize>) -> Vec<String> {
    let mut objections = Vec::new();
    for (key, text) in finally.now {
        let events = histories.get(key).map(Vec::as_slice).unwrap_or_default();
        let told = last.get(key.as_str()).copied();
        match told.and_then(|told| Some((told, events.get(told)?))) {
            None => objections.push(format!("loss: key {key} was shown and is not in the topic")),
            Some((_, Event::Shown(published))) if published == text => {}
            Some((_, Event::Gone)) => objections.push(format!("loss: key {key} is there and was deleted")),
            Some((told, Event::Shown(_))) => {
                let behind = events.len() - 1 - told;
                objections.push(format!("loss: key {key} is stale, {behind} versions behind"));
            }
        }
    }
    if finally.deletes {
        let alive = last.iter().filter(|(key, told)| {
            let event = histories.get(**key).and_then(|events| events.get(**told));
            !finally.now.contains_key(**key) && event != Some(&Event::Gone)
        });
        objections.extend(alive.map(|(key, _)| format!("stale: key {key} is gone and was not deleted")));
    }
    objections
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
    // A tombstone has none: there is nothing to compare.
    if fingerprints.len() != usize::from(message.value.is_some())
        || !fingerprints.iter().all(|header| is_fingerprint(&header.1))
    {
        objections.push(format!(
            "not one fingerprint of 32 hex digits, with or without the number of a rule ({place})"
        ));
    }
    objections
}

/// 32 hex digits, and behind a slash the number of the rule, if there is one.
fn is_fingerprint(header: &[u8]) -> bool {
    let Some((hex, rule)) = header.split_at_checked(32) else { return false };
    let rule = match rule {
        [] => true,
        [b'/', digits @ ..] => {
            std::str::from_utf8(digits).is_ok_and(|digits| digits.parse::<u8>().is_ok_and(|id| id > 0))
        }
        _ => false,
    };
    rule && hex.iter().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}
