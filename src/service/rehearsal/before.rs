//! What the topic has under the keys that would change: read from it once more, because the cache knows no values.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;

use super::ForeseenChange;
use super::tally::Expected;
use crate::kafka::{self, Checkpoint, Cluster, Reading, Topic};

/// The values of the changes' keys, as far as they are committed.
pub(super) async fn values(
    cluster: &Cluster,
    topic: &Topic,
    expected: &Expected,
) -> Result<HashMap<Bytes, Bytes>, kafka::Error> {
    let keys: HashSet<Bytes> = expected.changes.iter().filter_map(|(key, _)| key.clone()).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let reading = Reading::new(topic, Checkpoint::new()).without_waiting();
    let (values, end) = kafka::read_raw(cluster, reading, HashMap::new(), move |values, record| {
        let Some(key) = record.key.and_then(|key| keys.get(key)) else { return };
        match record.value {
            Some(value) => drop(values.insert(key.clone(), Bytes::copy_from_slice(value))),
            None => drop(values.remove(key)),
        }
    })
    .await;
    end.map(|_| values)
}

/// The changes, each with what is there before it: of the topic, or of an earlier change of its key.
pub(super) fn chained(
    changes: Vec<(Option<Bytes>, Option<Bytes>)>,
    mut known: HashMap<Bytes, Bytes>,
) -> Vec<ForeseenChange> {
    let chain = |(key, after): (Option<Bytes>, Option<Bytes>)| {
        let before = match (&key, &after) {
            (Some(key), Some(after)) => known.insert(key.clone(), after.clone()),
            (Some(key), None) => known.remove(key),
            (None, _) => None,
        };
        ForeseenChange { key, before, after }
    };
    changes.into_iter().map(chain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(key: &str, before: Option<&str>, after: Option<&str>) -> ForeseenChange {
        let bytes = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        ForeseenChange { key: Some(bytes(key)), before: before.map(bytes), after: after.map(bytes) }
    }

    #[test]
    fn a_key_that_changes_twice_is_shown_with_what_is_there_before_each() {
        let expected = [
            change("1", Some("a"), Some("b")),
            change("2", None, Some("n")),
            change("1", Some("b"), Some("c")),
            change("1", Some("c"), None),
            change("1", None, Some("d")),
        ];
        let changes = expected.iter().map(|change| (change.key.clone(), change.after.clone())).collect();
        let known =
            HashMap::from([(Bytes::from("1"), Bytes::from("a")), (Bytes::from("9"), Bytes::from("z"))]);
        assert_eq!(chained(changes, known), expected);
    }
}
