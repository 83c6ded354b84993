//! Steps with signals: what was asked for is said again, and nothing else is said.

use std::time::Duration;

use fastrand::Rng;

use super::config::{NAMES, Start, config};
use super::history::History;
use super::model::Place;
use super::says::{Judge, Said, Scan};
use crate::support::checker::{partitions, read};
use crate::support::{Running, until};

const LONG: Duration = Duration::from_secs(60);

/// What krest is told.
#[derive(Clone, Debug)]
enum Signal {
    Snapshot { levels: Vec<usize>, again: bool },
    Parent(usize, String),
    Key(usize, String),
    Rewind(usize),
}

impl Signal {
    fn arguments(&self) -> Vec<&str> {
        match self {
            Self::Snapshot { levels, again } => {
                let mut all = vec!["execute-snapshot"];
                levels.iter().for_each(|level| all.extend(["-r", NAMES[*level]]));
                all.extend(if *again { &[][..] } else { &["--publish", "changes"] });
                all
            }
            Self::Parent(level, key) => vec!["execute-snapshot", "-r", NAMES[*level], "--parent", key],
            Self::Key(level, key) => vec!["execute-snapshot", "-r", NAMES[*level], "--key", key],
            Self::Rewind(level) => vec!["rewind", "-r", NAMES[*level], "--to", "null"],
        }
    }
}

impl History {
    /// krest runs and is told something, after each change of the API something else.
    pub fn told(&mut self) {
        self.changes();
        self.run(true);
        let krest = self.running();
        for _ in 0..self.dice.u32(1..4) {
            self.changes();
            let signal = self.signal();
            self.done.push(format!("{signal:?}"));
            let said = self.asked(&signal);
            self.wait_for(said);
            self.send(&signal.arguments(), true);
            self.hear(true, &krest.stderr());
        }
        krest.terminate().exits(0);
    }

    /// Signals wait until krest is started.
    pub fn mailed(&mut self) {
        self.changes();
        let signals: Vec<Signal> = (0..self.dice.u32(1..4)).map(|_| self.signal()).collect();
        self.done.push(format!("{signals:?}"));
        let scan = self.scan(true);
        self.miss(&scan, signals.len());
        let mut said = Judge { model: &self.model, known: &self.known, scan: &scan }.said();
        said.iter_mut().for_each(Said::deletes_or_not);
        for asked in signals.iter().map(|signal| self.asked(signal)) {
            for (said, asked) in said.iter_mut().zip(asked) {
                said.repeats |= asked.repeats;
                for (key, word) in asked.words {
                    let own = said.words.entry(key).or_default();
                    own.again |= word.again;
                    own.may.extend(word.may);
                }
            }
        }
        self.wait_for(said);
        let ids: Vec<String> = signals.iter().map(|signal| self.send(&signal.arguments(), false)).collect();
        let file = self.file(Start { is_due: true, interval: "1h" });
        let krest = self.world.start(&["run", &file]);
        until("the end of every signal", LONG, || ids.iter().all(|id| self.is_over(id)).then_some(()));
        let finished = krest.terminate().exits(0);
        self.hear(false, &finished.stderr);
        self.is_cut = true; // it was stopped anywhere
    }

    /// Each of so many signals may be a scan.
    fn miss(&mut self, scan: &Scan, times: usize) {
        let said = Judge { model: &self.model, known: &self.known, scan }.said();
        for (known, said) in self.known.iter_mut().zip(said) {
            for key in said.unseen {
                known.absent.entry(key).or_default().1 += u32::try_from(times).expect("a few");
            }
        }
    }

    /// One of the family is paused: it says nothing, and nothing is gone because of it.
    pub fn paused(&mut self, level: usize) {
        self.changes();
        self.run(true);
        let krest = self.running();
        self.send(&["pause", "-r", NAMES[level]], true);
        let levels: Vec<usize> = (0..self.model.levels.len()).filter(|other| *other != level).collect();
        self.changes();
        let said = self.asked(&Signal::Snapshot { levels: levels.clone(), again: true });
        self.wait_for(said);
        let names: Vec<&str> = levels.iter().flat_map(|level| ["-r", NAMES[*level]]).collect();
        self.send(&[&["execute-snapshot"][..], &names].concat(), true);
        self.hear(true, &krest.stderr());
        krest.terminate().exits(0);
        self.without(level);
        self.changes();
        let scan = self.scan(true);
        self.expect(&scan);
        let krest = self.start();
        self.send(&["resume", "-r", NAMES[level]], true);
        let finished = krest.terminate().exits(0);
        self.hear(false, &finished.stderr);
        self.is_cut = true;
    }

    /// A run that leaves one of the family out.
    fn without(&mut self, level: usize) {
        if self.dice.bool() {
            self.lose_the_disk();
        }
        self.changes();
        let mut scan = self.scan(true);
        scan.members[level] = false;
        let mut said = Judge { model: &self.model, known: &self.known, scan: &scan }.said();
        said.iter_mut().for_each(Said::deletes_or_not);
        self.wait_for(said);
        let file = self.file(Start { is_due: true, interval: "1h" });
        let finished = self.world.run_once(&file).exits(0);
        self.hear(true, &finished.stderr);
    }

    fn start(&mut self) -> Running {
        let file = self.file(Start { is_due: true, interval: "1h" });
        self.world.start(&["run", &file])
    }

    /// krest has scanned everything once, and waits.
    fn running(&mut self) -> Running {
        let scan = self.scan(true);
        self.expect(&scan);
        let krest = self.start();
        let scanned = |name: &&str| {
            let (resource, scan) = (format!("\"resource\":\"{name}\""), "\"took_ms\"");
            krest.stderr().lines().any(|line| line.contains(scan) && line.contains(&resource))
        };
        let names = &NAMES[..self.model.levels.len()];
        until("the first scan", LONG, || names.iter().all(scanned).then_some(()));
        self.hear(!self.is_cut, &krest.stderr());
        self.is_cut = false;
        krest
    }

    fn signal(&mut self) -> Signal {
        let levels = self.model.levels.len();
        let cursor = self.model.levels.iter().position(|level| level.cursor);
        let level = self.dice.usize(..levels);
        match (self.dice.u32(..10), cursor) {
            (0..3, Some(level)) => Signal::Rewind(level),
            (0..4, _) if level > 0 => match self.model.any_open(level - 1, &mut self.dice) {
                Some(parent) => Signal::Parent(level, parent),
                None => Signal::Snapshot { levels: vec![level], again: true },
            },
            (4..6, _) => {
                let shown = self.model.rows[level].iter();
                let shown = shown
                    .filter(|row| row.place == Place::Shown && self.model.is_shown(level, row))
                    .map(|row| row.key.clone());
                let key = self.dice.choice(shown.collect::<Vec<_>>()).expect("one is always there");
                Signal::Key(level, key)
            }
            _ => {
                let others = (0..levels).filter(|_| self.dice.bool());
                let mut asked: Vec<usize> = others.chain([level]).collect();
                asked.sort_unstable();
                asked.dedup();
                Signal::Snapshot { levels: asked, again: self.dice.u32(..4) > 0 }
            }
        }
    }

    /// What it makes krest say.
    fn asked(&mut self, signal: &Signal) -> Vec<Said> {
        self.model.publish(&self.world);
        let levels = self.model.levels.len();
        let is_member = |level: usize| match signal {
            Signal::Snapshot { levels, .. } => levels.contains(&level),
            Signal::Parent(own, _) | Signal::Key(own, _) => *own == level,
            Signal::Rewind(own) => *own <= level,
        };
        let members = (0..levels).map(is_member).collect();
        let scan = Scan { members, whole: vec![true; levels], is_sound: true, failed: None };
        let mut said = Judge { model: &self.model, known: &self.known, scan: &scan }.said();
        said.iter_mut().for_each(Said::deletes_or_not);
        match signal {
            Signal::Snapshot { again: true, .. } => said.iter_mut().for_each(Said::again),
            Signal::Snapshot { .. } | Signal::Rewind(_) => {}
            Signal::Parent(level, parent) => {
                let is_below = |key: &str| {
                    let row = self.model.row(*level, key);
                    row.is_some_and(|row| row.parents.contains(parent) && self.model.is_shown(*level, row))
                };
                said[*level].only(is_below);
                said[*level].again();
            }
            Signal::Key(level, key) => {
                said[*level].only(|other| other == key);
                said[*level].again();
            }
        }
        said
    }

    fn send(&self, arguments: &[&str], waits: bool) -> String {
        let start = Start { is_due: true, interval: "1h" };
        let file = config(&self.world, &self.model.levels, start, &mut Rng::with_seed(1));
        let wait = if waits { &["--wait"][..] } else { &[] };
        self.world.run(&[&["signal", &file], arguments, wait].concat()).exits(0).stdout.trim().to_owned()
    }

    /// Whether a notification tells of the signal's end.
    fn is_over(&self, id: &str) -> bool {
        let topic = format!("{}-notifications", self.world.name);
        if partitions(self.world.bootstrap(), &topic) == 0 {
            return false;
        }
        let all = read(self.world.bootstrap(), &topic);
        let ends = ["COMPLETED", "ABORTED", "SKIPPED"];
        all.iter().filter_map(|notice| notice.value_text()).any(|notice| {
            notice.contains(id) && ends.iter().any(|end| notice.contains(&format!("\"type\":\"{end}\"")))
        })
    }
}
