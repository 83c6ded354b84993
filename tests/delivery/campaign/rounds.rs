//! A lane of a campaign: a broker of its own, connector after connector, round after round, each with its faults and its check.

use std::collections::VecDeque;
use std::time::Instant;

use fastrand::Rng;

use super::check::{Held, check};
use super::faults::Fault;
use super::tally::Tally;
use super::world::World;
use crate::support::broker::Broker;

pub const SEED: &str = "KREST_CAMPAIGN_SEED";
const VERBOSE: &str = "KREST_CAMPAIGN_VERBOSE";
/// Faults of a round; then everything is checked.
const FAULTS: usize = 11;
/// Rounds of a connector; then a new one begins.
const ROUNDS: u64 = 6;
/// A round with less than this has shown nothing.
const LEAST_CHANGES: u64 = 50;

/// What the command that repeats a campaign has to name.
#[derive(Clone, Copy)]
pub struct Run {
    pub seed: u64,
    pub test: &'static str,
}

pub struct Lane {
    run: Run,
    number: u64,
    random: Rng,
    broker: Broker,
    tally: Tally,
    /// Faults that have to happen, before any other.
    due: VecDeque<Fault>,
    begun: Instant,
}

impl Lane {
    /// Lanes share the failpoints out among them: together they come to all.
    pub fn new(run: Run, number: u64, lanes: u64) -> Self {
        let all = Fault::everywhere(&mut Rng::with_seed(run.seed));
        let due =
            (0..).zip(all).filter(|(place, _)| place % lanes == number).map(|(_, fault)| fault).collect();
        let random = Rng::with_seed(run.seed.wrapping_add(number));
        let (broker, tally) = (Broker::start_private(), Tally::default());
        Self { run, number, random, broker, tally, due, begun: Instant::now() }
    }

    /// Until it is enough, and every fault has happened that had to.
    pub fn go(mut self, enough: impl Fn(&Tally) -> bool) -> Tally {
        while !self.has(&enough) {
            self.world(&enough);
        }
        self.tally
    }

    fn has(&self, enough: &impl Fn(&Tally) -> bool) -> bool {
        self.due.is_empty() && enough(&self.tally)
    }

    fn world(&mut self, enough: &impl Fn(&Tally) -> bool) {
        let mut world = World::new(self.broker.bootstrap(), self.random.fork());
        for fault in Fault::first(&mut self.random) {
            self.due.push_front(fault);
        }
        self.tally.worlds += 1;
        let mut before = Held::default();
        for _ in 0..ROUNDS {
            before = self.round(&mut world, before);
            if self.has(enough) {
                break;
            }
        }
        let model = world.api.model();
        self.tally.processes += world.processes;
        self.tally.asides += world.asides;
        self.tally.requests += model.counts.requests;
        self.tally.troubles += model.counts.troubles;
    }

    fn round(&mut self, world: &mut World, before: Held) -> Held {
        self.tally.rounds += 1;
        let changes = world.api.model().counts.changes;
        world.logs.clear();
        world.unrest();
        let suffered = self.faults(world);
        let held = check(world).unwrap_or_else(|objections| self.object(world, &suffered, &objections));
        let changes = world.api.model().counts.changes - changes;
        if changes < LEAST_CHANGES || held.messages <= before.messages {
            self.object(world, &suffered, &[format!("{changes} changes: too few to show anything")]);
        }
        self.tally.changes += changes;
        self.tally.messages += held.messages - before.messages;
        self.tally.tombstones += held.tombstones - before.tombstones;
        self.tally.aborted += held.aborted - before.aborted;
        let (lane, round, fired) = (self.number, self.tally.rounds, self.tally.fired());
        eprintln!("lane {lane}, round {round}: {fired} faults so far, {:.0?}", self.begun.elapsed());
        if std::env::var_os(VERBOSE).is_some() {
            eprintln!("{}", suffered.join("\n"));
        }
        held
    }

    fn faults(&mut self, world: &mut World) -> Vec<String> {
        let mut suffered = Vec::new();
        for number in 1..=FAULTS {
            world.keeps = number == FAULTS;
            let fault = self.next_fault(world.keeps);
            let begun = Instant::now();
            let happened = match world.suffer(&fault, &mut self.broker) {
                Ok(happened) => happened,
                Err(objection) => self.object(world, &suffered, &[format!("{fault:?}: {objection}")]),
            };
            self.tally.note(&fault, happened);
            suffered.push(format!("{fault:?}: {happened}, {:.1?}", begun.elapsed()));
            if !happened {
                self.due.extend(fault.at_first_hit().filter(|_| self.tally.missed() < 20));
            }
        }
        suffered
    }

    /// A process that lives through the last fault has to come to the right end by itself, without a restart that heals.
    fn next_fault(&mut self, last: bool) -> Fault {
        if last {
            return Fault::survived(&mut self.random);
        }
        self.due.pop_front().unwrap_or_else(|| Fault::any(&mut self.random))
    }

    /// The end of a campaign that found something.
    fn object(&self, world: &World, suffered: &[String], objections: &[String]) -> ! {
        let Run { seed, test } = self.run;
        let log = std::env::temp_dir().join(format!("krest-campaign-{seed}-{}.log", self.number));
        let text = format!("{}\n\n{}\n", suffered.join("\n"), world.logs.join("\n"));
        let kept =
            std::fs::write(&log, text).map_or_else(|error| error.to_string(), |()| log.display().to_string());
        panic!(
            "{} objections in lane {}, round {} (connector {}):\n{}\n\nthis round's faults:\n{}\n\nwhat krest said: {kept}\nagain:\n  \
             {SEED}={seed} cargo test --release --test integration -- --include-ignored --exact --nocapture {test}\n",
            objections.len(),
            self.number,
            self.tally.rounds,
            world.name,
            objections.join("\n"),
            suffered.join("\n"),
        )
    }
}
