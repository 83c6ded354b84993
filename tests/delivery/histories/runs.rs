//! Histories over every mode of deletion and every way of paging, whole and after compaction, and what another reader makes of them.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;

use super::config::Mode;
use super::history::History;
use super::reader;
use crate::support::checker::Seen;
use crate::support::until;

pub(super) const SEED: &str = "KREST_HISTORY_SEED";
pub(super) const STEPS: &str = "KREST_HISTORY_STEPS";
/// Segments that are cleaned a moment after they were written; tombstones stay for as long as krest asks for.
const COMPACTED: &str = ", creation.default.segment.ms: 100, creation.default.min.cleanable.dirty.ratio: 0.001, \
                         creation.default.delete.retention.ms: 3600000";
const CLEANED: Duration = Duration::from_secs(90);

pub(super) fn given(variable: &str, otherwise: u64) -> u64 {
    let text = std::env::var(variable).ok();
    text.map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}

/// One history, played to its end. Its dice are its own, whatever else runs.
fn played(mode: Mode, topics: &'static str) -> History {
    let seed = given(SEED, 1);
    eprintln!("history under {mode:?}, {SEED}={seed}");
    let own = seed.wrapping_mul(31).wrapping_add(mode as u64);
    let mut history = History::new(mode, topics, Rng::with_seed(own));
    history.play(usize::try_from(given(STEPS, 1)).expect("a number of steps"));
    history.rest();
    history
}

/// One history, and what a reader that knows nothing of krest makes of its topic.
fn history(mode: Mode) {
    let history = played(mode, "");
    let read = reader::table(history.world.bootstrap(), &history.world.topic("monitors"));
    assert_eq!(read, history.ledger.table);
    history.is_the_table(&read);
}

#[test]
fn in_any_history_without_deletes_rows_that_go_stay_in_the_topic() {
    history(Mode::None);
}

#[test]
fn any_history_under_snapshot_ends_with_the_topic_as_the_api() {
    history(Mode::Snapshot);
}

#[test]
fn any_history_under_replace_ends_with_the_topic_as_the_api() {
    history(Mode::Replace);
}

#[test]
fn any_history_of_rows_that_say_so_themselves_ends_with_the_topic_as_the_api() {
    history(Mode::Soft);
}

#[test]
fn any_history_under_hard_delete_ends_with_the_topic_as_the_api() {
    history(Mode::HardDelete);
}

#[test]
fn any_history_under_probe_ends_with_the_topic_as_the_api() {
    history(Mode::Probe);
}

fn table(messages: &[Seen]) -> BTreeMap<String, String> {
    let mut table = BTreeMap::new();
    for message in messages {
        let key = message.key_text().to_owned();
        match message.value_text() {
            Some(text) => table.insert(key, text.to_owned()),
            None => table.remove(&key),
        };
    }
    table
}

#[test]
fn after_compaction_the_topic_is_the_api_and_a_lost_disk_is_nothing_to_publish() {
    for mode in [Mode::Snapshot, Mode::Soft] {
        let mut history = played(mode, COMPACTED);
        let written = history.ledger.messages;
        let left = until("compaction", CLEANED, || {
            let left = history.world.read("monitors");
            (left.len() < written).then_some(left)
        });
        eprintln!("{written} messages, {} of them after compaction", left.len());
        history.is_the_table(&table(&left));
        history.world.fresh_directory();
        history.is_silent();
        history.is_the_table(&reader::table(history.world.bootstrap(), &history.world.topic("monitors")));
    }
}
