//! The end of a round: nothing changes any more, krest reads everything, and the checker judges whole topics.

use std::collections::{BTreeMap, BTreeSet};

use super::config::PARTITIONS;
use super::listing::Kind;
use super::world::World;
use crate::support::checker::{
    Finally, Seen, end_offsets, judge_log, judge_table, leaks_in, monotone, positions, read, read_uncommitted,
};

/// What the topics hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    /// Committed messages.
    pub messages: u64,
    /// Messages of transactions that were aborted.
    pub aborted: u64,
}

/// Lets krest read everything to its end, and returns what the checker objects to.
pub fn check(world: &mut World) -> Result<Held, Vec<String>> {
    world.rest();
    quiesce(world)?;
    let mut objections = Vec::new();
    let mut held = Held::default();
    let offsets = read(&world.bootstrap, &world.offsets_topic());
    objections.extend(leaks_in(&offsets, &world.canary));
    for kind in Kind::ALL {
        let topic = world.topic(kind.name());
        let messages = read(&world.bootstrap, &topic);
        let all = read_uncommitted(&world.bootstrap, &topic);
        held.messages += messages.len() as u64;
        held.aborted += (all.len() - messages.len()) as u64;
        let found = judged(world, kind, &messages).into_iter();
        let found =
            found.chain(monotone(&positions(&offsets, &world.name, kind.name()), kind == Kind::Groups));
        objections
            .extend(found.chain(leaks_in(&messages, &world.canary)).map(|found| format!("{topic}: {found}")));
    }
    objections.extend(letters(world));
    if objections.is_empty() { Ok(held) } else { Err(objections) }
}

/// A scan that went on in the middle is followed by a whole one, and what that one doubts, by one that settles it. Then one finds
/// nothing to do.
fn quiesce(world: &mut World) -> Result<(), Vec<String>> {
    scan(world)?;
    let mut before = ends(world);
    for _ in 0..4 {
        scan(world)?;
        let after = ends(world);
        if after == before {
            return Ok(());
        }
        before = after;
    }
    Err(vec!["nothing has changed for five scans, and the topics still move".to_owned()])
}

fn scan(world: &mut World) -> Result<(), Vec<String>> {
    let finished = world.run_once();
    if finished.code == Some(0) {
        Ok(())
    } else {
        Err(vec![format!("a quiet scan ended with {:?}", finished.code)])
    }
}

fn ends(world: &World) -> BTreeMap<String, BTreeMap<i32, i64>> {
    let topics = Kind::ALL.iter().map(|kind| world.topic(kind.name()));
    topics.map(|topic| (topic.clone(), end_offsets(&world.bootstrap, &topic))).collect()
}

/// Rows without a key: each that is there now has a letter, and no letter is of anything else. It may be there again: a start
/// does not know which were sent.
fn letters(world: &World) -> Vec<String> {
    let letters = read(&world.bootstrap, &world.topic("monitors.dlq"));
    let model = world.api.model();
    let listing = model.listings.iter().find(|listing| listing.kind == Kind::Monitors).expect("it is there");
    let sent: BTreeSet<&str> = letters.iter().filter_map(Seen::value_text).collect();
    let unknown = sent.iter().filter(|text| !listing.unusable.contains(**text));
    let unknown = unknown.map(|text| format!("a dead letter of what was never shown or is no fault: {text}"));
    let unsent = listing.unusable_now();
    let unsent = unsent.difference(&sent).map(|text| format!("no dead letter of {text}"));
    unknown.chain(unsent).chain(leaks_in(&letters, &world.canary)).collect()
}

fn judged(world: &World, kind: Kind, messages: &[Seen]) -> Vec<String> {
    let model = world.api.model();
    let listing = model.listings.iter().find(|listing| listing.kind == kind).expect("every kind is listed");
    let now = listing.now();
    match kind {
        Kind::Events => judge_log(messages, &listing.history, &now),
        Kind::Monitors | Kind::Checks | Kind::Incidents | Kind::Groups | Kind::Members => {
            let finally = Finally { now: &now, deletes: kind == Kind::Checks };
            judge_table(messages, &listing.history, finally, PARTITIONS)
        }
    }
}
