//! The end of a round: nothing changes any more, krest reads everything, and the checker judges whole topics.

use std::collections::BTreeMap;

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
    if objections.is_empty() { Ok(held) } else { Err(objections) }
}

/// A scan that went on in the middle is followed by a whole one. The third finds nothing to do.
fn quiesce(world: &mut World) -> Result<(), Vec<String>> {
    for _ in 0..2 {
        scan(world)?;
    }
    let before = ends(world);
    scan(world)?;
    let after = ends(world);
    let moved = before.iter().filter(|(topic, ends)| after.get(*topic) != Some(ends));
    let moved: Vec<String> =
        moved.map(|(topic, _)| format!("{topic}: nothing had changed, and it moved")).collect();
    if moved.is_empty() { Ok(()) } else { Err(moved) }
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
