//! One history, from the first scan to the quiet at its end.

use std::time::Duration;

use fastrand::Rng;
use serde_json::Value;

use super::config::{Mode, PAGES, Pages, config};
use super::ledger::Ledger;
use super::model::{Model, Said};
use super::steps::Step;
use crate::delivery::seed::{PATH, world};
use crate::support::api::Answer;
use crate::support::checker::{Finally, judge_table, partitions};
use crate::support::{Finished, World, until};

/// So many rows at first: five pages.
const ROWS: usize = 30;
/// A running krest has seen a change.
const SEES: Duration = Duration::from_secs(60);

pub struct History {
    pub world: World,
    pub model: Model,
    pub ledger: Ledger,
    file: String,
    mode: Mode,
    topics: &'static str,
    dice: Rng,
    /// What the API said at each run since the topic was looked at.
    states: Vec<Said>,
    /// The next scan may begin where another one was cut off. It says nothing of the pages before.
    is_cut: bool,
    /// What was done, for the report of a failure.
    done: Vec<String>,
}

impl History {
    /// `topics` are settings of the topic, as they follow others in braces.
    pub fn new(mode: Mode, topics: &'static str, mut dice: Rng) -> Self {
        let model = Model::new(mode, ROWS);
        let (world, ledger, states, dice) = (world("history", 0), Ledger::default(), Vec::new(), dice.fork());
        let (file, done) = (String::new(), Vec::new());
        Self { world, model, ledger, file, mode, topics, dice, states, is_cut: false, done }
    }

    /// So many steps with each way of paging.
    pub fn play(&mut self, steps: usize) {
        let mut all: Vec<&Pages> = PAGES.iter().collect();
        self.dice.shuffle(&mut all);
        for pages in all {
            self.done.push(format!("{:?} with {}:", self.mode, pages.name));
            self.file = config(&self.world, self.mode, pages, self.topics);
            self.world.api.change(PATH, |all| all.follow = pages.follow);
            for _ in 0..steps {
                let step = Step::draw(&mut self.dice);
                self.done.push(format!("{step:?}"));
                self.step(step);
            }
        }
    }

    /// Nothing happens any more, and the topic is what the API is.
    pub fn rest(&mut self) {
        self.done.push("rest".to_owned());
        self.model.settle();
        self.model.publish(&self.world);
        self.states.push(self.model.said());
        if self.is_cut {
            self.run();
        }
        self.run();
        self.is_the_table(&self.ledger.table);
        self.is_silent();
        let (bootstrap, topic) = (self.world.bootstrap(), self.world.topic("monitors"));
        let now = self.model.table();
        let finally = Finally { now: &now, deletes: self.mode.deletes_what_is_missing() };
        let messages = self.world.read("monitors");
        let objections =
            judge_table(&messages, &self.model.histories, finally, partitions(bootstrap, &topic));
        self.object(&objections, "");
    }

    /// What a reader has is what the API has, and what nobody said to be gone.
    #[track_caller]
    pub fn is_the_table(&self, table: &std::collections::BTreeMap<String, String>) {
        let now = self.model.table();
        let mut wrong: Vec<_> = now.iter().filter(|(key, text)| table.get(*key) != Some(text)).collect();
        wrong.extend(table.iter().filter(|(key, _)| !now.contains_key(*key) && !self.model.may_stay(key)));
        assert!(wrong.is_empty(), "not as in the API: {wrong:?}\n{}", self.done.join("\n"));
    }

    /// Neither with what krest knows nor without it a run has anything to say.
    pub fn is_silent(&mut self) {
        let before = self.world.end_offsets("monitors");
        for _ in 0..2 {
            self.world.run_once(&self.file).exits(0);
            self.world.fresh_directory();
        }
        assert_eq!(self.world.end_offsets("monitors"), before, "{}", self.done.join("\n"));
    }

    fn changes(&mut self) {
        let count = self.dice.u32(1..9);
        (0..count).for_each(|_| self.model.change(&mut self.dice));
        self.model.publish(&self.world);
        self.states.push(self.model.said());
    }

    fn step(&mut self, step: Step) {
        if !matches!(step, Step::Running) {
            self.changes();
        }
        match step {
            Step::Run => self.run(),
            Step::Planned => self.planned(),
            Step::LostDisk => {
                self.world.fresh_directory();
                self.run();
            }
            Step::Killed(point, changes) => {
                let killed = self.world.run_once_at(&point, &self.file);
                assert!(matches!(killed.code, None | Some(0)), "{}\n{}", self.done.join("\n"), killed.stderr);
                self.is_cut |= killed.code.is_none();
                if changes {
                    self.changes();
                }
                self.run();
            }
            Step::Answered(after, status) => {
                let (path, times, status) = (Some(PATH.to_owned()), Some(1), Some(status));
                self.world.api.answers(vec![Answer { path, after, times, status, ..Answer::default() }]);
                let finished = self.world.run_once(&self.file);
                self.world.api.answers(Vec::new());
                self.judge(&finished);
                if self.is_cut {
                    self.run();
                }
            }
            Step::Running => self.running(),
        }
    }

    fn run(&mut self) {
        let finished = self.world.run_once(&self.file).exits(0);
        self.judge(&finished);
    }

    /// What the run said has to be so, and all of it if it was a whole scan.
    fn judge(&mut self, finished: &Finished) {
        let is_good = finished.code == Some(0);
        let objections = self.ledger.judge(&self.world, &self.states, is_good && !self.is_cut);
        self.object(&objections, &finished.stderr);
        self.states.drain(..self.states.len() - 1);
        self.is_cut = !is_good;
    }

    fn planned(&mut self) {
        if self.is_cut {
            self.run();
        }
        let plan = self.world.run(&["plan", &self.file, "-o", "json"]).exits(0);
        let plan: Value = serde_json::from_str(&plan.stdout).expect("a document");
        let due = self.ledger.due(&self.model.said());
        let count = |name: &str| plan["resources"][0][name].as_u64().expect("a number");
        assert_eq!((count("upserts"), count("tombstones")), due, "{plan}\n{}", self.done.join("\n"));
        self.run();
    }

    /// krest goes on; the API changes twice, each time in all its parts at once.
    fn running(&mut self) {
        let krest = self.world.start(&["run", &self.file]);
        for _ in 0..2 {
            self.changes();
            let last = self.model.said();
            until("krest to see the change", SEES, || {
                let objections = self.ledger.judge(&self.world, &self.states, false);
                self.object(&objections, &krest.stderr());
                (self.ledger.due(&last) == (0, 0)).then_some(())
            });
            self.states.drain(..self.states.len() - 1);
        }
        let finished = krest.terminate().exits(0);
        self.judge(&finished);
        // It was stopped anywhere.
        self.is_cut = true;
    }

    #[track_caller]
    fn object(&self, objections: &[String], log: &str) {
        let done = self.done.join("\n");
        assert!(objections.is_empty(), "{}\n\nafter\n{done}\n\n{log}", objections.join("\n"));
    }
}
