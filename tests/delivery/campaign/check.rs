//! The end of a round: nothing changes any more, krest reads everything, and the checker judges whole topics.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use nix::sys::signal::Signal;

use super::config::PARTITIONS;
use super::kind::{Deletes, Kind};
use super::listing::Listing;
use super::world::World;
use crate::support::checker::{
    Finally, Seen, end_offsets, judge_log, judge_table, leaks_in, monotone, positions, read, read_uncommitted,
};
use crate::support::{Running, within};

/// By topic and partition.
type Ends = BTreeMap<String, BTreeMap<i32, i64>>;

/// So many scans of everything say what there is: the first one may have begun before, the next one doubt it.
const SCANS: u64 = 5;
/// In which a process that lives has to come to rest.
const RESTS: Duration = Duration::from_secs(60);

/// What the topics hold.
#[derive(Clone, Copy, Debug, Default)]
pub struct Held {
    /// Committed messages.
    pub messages: u64,
    /// Messages of transactions that were aborted.
    pub aborted: u64,
    pub tombstones: u64,
}

/// Lets krest read everything to its end, and returns what the checker objects to.
pub fn check(world: &mut World) -> Result<Held, Vec<String>> {
    world.rest();
    match world.survivor.take() {
        Some(running) => by_itself(world, running).map_err(|objection| vec![objection])?,
        None => drop(quiesce(world)?),
    }
    let (held, objections) = judge(world);
    if !objections.is_empty() {
        return Err(objections);
    }
    let before = ends(world);
    scan(world)?;
    if ends(world) == before {
        Ok(held)
    } else {
        Err(vec!["nothing had changed, and a scan published".to_owned()])
    }
}

fn judge(world: &World) -> (Held, Vec<String>) {
    let (mut held, mut objections) = (Held::default(), Vec::new());
    let offsets = read(&world.bootstrap, &world.offsets_topic());
    objections.extend(leaks_in(&offsets, &world.canary));
    for kind in Kind::ALL {
        let topic = world.topic(kind.name());
        let messages = read(&world.bootstrap, &topic);
        let all = read_uncommitted(&world.bootstrap, &topic);
        held.messages += messages.len() as u64;
        held.tombstones += messages.iter().filter(|message| message.value.is_none()).count() as u64;
        held.aborted += (all.len() - messages.len()) as u64;
        let positions = positions(&offsets, &world.name, kind.name());
        let found = judged(world, kind, &messages).into_iter();
        let found = found.chain(monotone(&positions, matches!(kind, Kind::Groups | Kind::Events)));
        let found = found.chain(leaks_in(&messages, &world.canary));
        objections.extend(found.map(|found| format!("{topic}: {found}")));
    }
    objections.extend(letters(world));
    (held, objections)
}

/// A process that goes on comes to the end of whole scans, and to rest.
fn by_itself(world: &mut World, mut running: Running) -> Result<(), String> {
    // Where deletions show in scans of everything alone, those count.
    let scans = |world: &World| -> Vec<u64> {
        let model = world.api.model();
        let whole = |listing: &Listing| listing.kind.has_cursor() && listing.deletes.finds_missing();
        let count = |listing: &Listing| if whole(listing) { listing.whole } else { listing.scans };
        model.listings.iter().map(count).collect()
    };
    let before = scans(world);
    let enough = |world: &World| {
        let pairs = before.iter().zip(scans(world));
        pairs.zip(Kind::ALL).all(|((before, now), kind)| now >= before + SCANS * kind.parents() as u64)
    };
    let rested = within(RESTS, || (enough(world) || !running.is_running()).then_some(())).is_some();
    world.survives(&mut running, Duration::from_millis(50))?;
    running.signal(Signal::SIGTERM);
    let code = world.finished(&mut running, "by itself").code;
    match (rested, code) {
        (true, Some(0)) => Ok(()),
        (true, code) => Err(format!("krest ended with {code:?} after SIGTERM")),
        (false, _) => Err(format!("krest did not come to rest by itself within {RESTS:?}")),
    }
}

/// Scans until the topics no longer move: a scan that went on in the middle is followed by a whole one, and what that one doubts,
/// by one that settles it.
fn quiesce(world: &mut World) -> Result<Ends, Vec<String>> {
    scan(world)?;
    let mut before = ends(world);
    for _ in 0..4 {
        scan(world)?;
        let after = ends(world);
        if after == before {
            return Ok(after);
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

fn ends(world: &World) -> Ends {
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
        Kind::Events | Kind::Remarks => judge_log(messages, &listing.history, &now),
        Kind::Monitors | Kind::Checks | Kind::Incidents | Kind::Groups | Kind::Members | Kind::Notes => {
            // A row without a key may be any row: nothing is gone as long as one is shown.
            let known = listing.unusable_now().is_empty() || listing.deletes == Deletes::Soft;
            let finally = Finally { now: &now, deletes: known && listing.deletes != Deletes::None };
            let mut objections = judge_table(messages, &listing.history, finally, PARTITIONS);
            let deleted = messages.iter().filter(|message| message.value.is_none());
            let deleted = deleted.filter(|_| listing.deletes == Deletes::None);
            objections.extend(
                deleted.map(|message| format!("nobody deletes, and {} is deleted", message.key_text())),
            );
            objections
        }
    }
}
