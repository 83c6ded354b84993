//! One history of a family, from the first scan to the quiet at its end.

use std::collections::BTreeMap;

use fastrand::Rng;

use super::config::{Level, Mode, NAMES, Start, config};
use super::ledger::Ledger;
use super::model::Model;
use super::says::{Judge, Known, Said, Scan};
use super::steps::Step;
use crate::support::api::Answer;
use crate::support::{Finished, World};

pub struct History {
    pub world: World,
    pub model: Model,
    pub ledgers: Vec<Ledger>,
    pub known: Vec<Known>,
    pub dice: Rng,
    /// What a run had to say, run by run, since the topics were looked at.
    pub states: Vec<Vec<Said>>,
    /// The next scan may begin where another one was cut off. It says nothing of the pages before.
    pub is_cut: bool,
    /// A scan of everything has ended well: from now on `every` says when the next one is.
    was_whole: bool,
    /// What was done, for the report of a failure.
    pub done: Vec<String>,
}

impl History {
    /// A family in which each depends on the one before.
    pub fn new(modes: &[Mode], name: String, mut dice: Rng) -> Self {
        let mut levels: Vec<Level> = modes.iter().map(|mode| Level::draw(*mode, &mut dice)).collect();
        let last = levels.len() - 1;
        match dice.u32(..6) {
            0 | 1 => levels[last].with_cursor(),
            2 => levels[0].with_cursor(),
            _ => {}
        }
        let world = World::new("kin")
            .serving("auth: {query: {name: api_key, value: '${CANARY}'}}")
            .with_variable("RUST_LOG", "info,krest=debug");
        let done = vec![name, format!("{levels:?}")];
        let known = vec![Known::default(); levels.len()];
        let ledgers = (0..levels.len()).map(Ledger::new).collect();
        let model = Model::new(levels, &mut dice);
        Self { world, model, ledgers, known, dice, states: Vec::new(), is_cut: false, was_whole: false, done }
    }

    pub fn play(&mut self, steps: usize) {
        self.step(Step::Run);
        for _ in 0..steps {
            let step = Step::draw(self.model.levels.len(), &mut self.dice);
            self.step(step);
        }
    }

    /// Nothing happens any more, and the topics are what the API is.
    pub fn rest(&mut self) {
        self.done.push("rest".to_owned());
        let graces = self.model.levels.iter().map(|level| level.grace).max().unwrap_or_default();
        for _ in 0..(1 + u32::from(self.is_cut) + graces) {
            self.run(true);
        }
        let ends = |history: &Self| -> Vec<_> {
            NAMES.iter().take(history.ledgers.len()).map(|name| history.world.end_offsets(name)).collect()
        };
        let before = ends(self);
        self.run(true);
        assert_eq!(ends(self), before, "nothing changed\n{}", self.done.join("\n"));
        self.are_the_tables();
    }

    /// Where only what is shown may be there, nothing else is.
    fn are_the_tables(&self) {
        let levels = self.model.levels.iter().take_while(|level| level.mode == Mode::Snapshot).count();
        for level in 0..levels {
            let shown = self.model.rows[level].iter().filter(|row| self.model.is_shown(level, row));
            let shown: BTreeMap<_, _> = shown.map(|row| (row.key.clone(), row.text.clone())).collect();
            assert_eq!(self.ledgers[level].table, shown, "{}", self.done.join("\n"));
        }
    }

    pub fn changes(&mut self) {
        let count = self.dice.u32(1..9);
        (0..count).for_each(|_| self.model.change(&mut self.dice));
        self.model.publish(&self.world);
    }

    fn step(&mut self, step: Step) {
        self.done.push(format!("{step:?}"));
        match step {
            Step::Told => return self.told(),
            Step::Mailed => return self.mailed(),
            Step::Paused(level) => return self.paused(level),
            _ => self.changes(),
        }
        match step {
            Step::LostDisk => {
                self.lose_the_disk();
                self.any_run();
            }
            Step::Killed(point, changes) => self.killed(&point, changes),
            Step::Refused(level) => {
                if let Some(parent) = self.model.any_open(level - 1, &mut self.dice) {
                    let path = format!("/{}/{parent}/{}", NAMES[level - 1], NAMES[level]);
                    self.model.leave(level, &parent);
                    self.refused(&path, 0, Some((level, parent)));
                }
            }
            Step::RefusedAbove => {
                let pages = self.model.levels[0].pages(self.model.rows[0].len() / 2);
                let after = self.dice.usize(..pages);
                self.refused("/posts", after, None);
            }
            _ => self.any_run(),
        }
    }

    pub fn lose_the_disk(&mut self) {
        self.world.fresh_directory();
        self.known.iter_mut().for_each(|known| known.absent.clear());
    }

    fn any_run(&mut self) {
        let is_due = self.dice.bool();
        self.run(is_due);
    }

    /// A run of everything in which nothing goes wrong.
    pub fn run(&mut self, is_due: bool) {
        let scan = self.scan(is_due);
        self.expect(&scan);
        let file = self.file(Start { is_due, interval: "1h" });
        let finished = self.world.run_once(&file).exits(0);
        self.judge(&finished);
    }

    fn killed(&mut self, point: &str, changes: bool) {
        let is_due = self.dice.bool();
        let scan = self.scan(is_due);
        self.expect(&scan);
        let file = self.file(Start { is_due, interval: "1h" });
        let killed = self.world.run_once_at(point, &file);
        assert!(matches!(killed.code, None | Some(0)), "{}\n{}", self.done.join("\n"), killed.stderr);
        self.is_cut |= killed.code.is_none();
        if changes {
            self.changes();
        }
        self.any_run();
    }

    fn refused(&mut self, path: &str, after: usize, failed: Option<(usize, String)>) {
        let is_due = self.dice.bool();
        let mut scan = Scan { is_sound: false, ..self.scan(is_due) };
        if failed.is_none() {
            scan.whole.fill(false);
        }
        scan.failed = failed;
        self.done.push(format!("{path} is refused"));
        self.expect(&scan);
        let file = self.file(Start { is_due, interval: "1h" });
        let (path, status) = (Some(path.to_owned()), Some(403));
        self.world.api.answers(vec![Answer { path, after, status, ..Answer::default() }]);
        let finished = self.world.run_once(&file);
        self.world.api.answers(Vec::new());
        self.judge(&finished);
    }

    pub fn file(&mut self, start: Start) -> String {
        config(&self.world, &self.model.levels, start, &mut self.dice)
    }

    /// A scan of everything that is asked for now.
    pub fn scan(&self, is_due: bool) -> Scan {
        let levels = &self.model.levels;
        let cursor = levels.iter().position(|level| level.cursor);
        let is_whole = |level: &usize| {
            let at = cursor.filter(|at| at <= level);
            at.is_none_or(|at| (is_due && levels[at].mode.finds_missing()) || !self.was_whole)
        };
        let whole = (0..levels.len()).map(|level| is_whole(&level)).collect();
        Scan { members: vec![true; levels.len()], whole, is_sound: true, failed: None }
    }

    /// The next run does this, with the API as it is.
    pub fn expect(&mut self, scan: &Scan) {
        self.model.publish(&self.world);
        let mut said = Judge { model: &self.model, known: &self.known, scan }.said();
        // Until a scan of everything is on record, the next one may be one or not.
        if !self.was_whole && self.model.levels.iter().any(|level| level.cursor) {
            said.iter_mut().for_each(Said::deletes_or_not);
        }
        self.wait_for(said);
    }

    /// This is said next.
    pub fn wait_for(&mut self, said: Vec<Said>) {
        for (known, said) in self.known.iter_mut().zip(&said) {
            for key in &said.unseen {
                known.absent.entry(key.clone()).or_default().1 += 1;
            }
            for (key, parents) in &said.shown {
                known.absent.entry(key.clone()).or_default().0 = 0;
                known.under.entry(key.clone()).or_default().extend(parents.iter().cloned());
            }
            known.is_sure = false;
        }
        self.states.push(said);
    }

    /// What the run said has to be so, and all of it if it was a whole scan.
    fn judge(&mut self, finished: &Finished) {
        let is_good = finished.code == Some(0);
        let is_exact = is_good && !self.is_cut;
        self.hear(is_exact, &finished.stderr);
        self.known.iter_mut().for_each(|known| known.is_sure = is_exact);
        self.was_whole |= is_exact;
        self.is_cut = !is_good;
    }

    /// Reads on in all topics.
    #[track_caller]
    pub fn hear(&mut self, is_exact: bool, log: &str) {
        let mut objections = Vec::new();
        let states = std::mem::take(&mut self.states);
        for (level, ledger) in self.ledgers.iter_mut().enumerate() {
            let own: Vec<Said> = states.iter().map(|state| state[level].clone()).collect();
            let known = &mut self.known[level];
            objections.extend(ledger.judge(&self.world, known, (&own, is_exact)));
            let Some(last) = own.last().filter(|_| is_exact) else { continue };
            for key in last.missing.iter().filter(|key| ledger.table.contains_key(*key)) {
                let (least, most) = known.absent.entry(key.clone()).or_default();
                *least = (*least + 1).min(*most);
            }
            for (key, parents) in &last.shown {
                known.absent.remove(key);
                known.under.insert(key.clone(), parents.clone());
            }
        }
        self.object(&objections, log);
    }

    #[track_caller]
    fn object(&self, objections: &[String], log: &str) {
        let done = self.done.join("\n");
        let known = || {
            let levels = self.model.rows.iter().zip(&self.known);
            let line = |(rows, known)| format!("{rows:?}\n{known:?}\n");
            levels.map(line).collect::<String>()
        };
        assert!(objections.is_empty(), "{}\n\nafter\n{done}\n\n{}\n{log}", objections.join("\n"), known());
    }
}
