//! What happened in a campaign, counted, as a table.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

use super::faults::Fault;

#[derive(Debug, Default)]
pub struct Tally {
    /// By kind: faults that happened, and those that were planned and did not.
    faults: BTreeMap<&'static str, (u64, u64)>,
    pub points: BTreeSet<&'static str>,
    pub rounds: u64,
    pub worlds: u64,
    pub processes: u64,
    pub asides: u64,
    pub messages: u64,
    pub tombstones: u64,
    pub aborted: u64,
    pub changes: u64,
    pub requests: u64,
    pub troubles: u64,
    pub took: Duration,
}

impl Tally {
    pub fn note(&mut self, fault: &Fault, happened: bool) {
        let (fired, missed) = self.faults.entry(fault.kind()).or_default();
        if happened {
            *fired += 1;
        } else {
            *missed += 1;
        }
        if let (Fault::KillAt(place), true) = (fault, happened) {
            self.points.insert(place.point);
        }
    }

    pub fn missed(&self) -> u64 {
        self.faults.values().map(|(_, missed)| missed).sum()
    }

    /// Faults that happened.
    pub fn fired(&self) -> u64 {
        self.faults.values().map(|(fired, _)| fired).sum()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        for (kind, (fired, missed)) in other.faults {
            let sum = self.faults.entry(kind).or_default();
            (sum.0, sum.1) = (sum.0 + fired, sum.1 + missed);
        }
        self.points.extend(other.points);
        for (sum, count) in [
            (&mut self.rounds, other.rounds),
            (&mut self.worlds, other.worlds),
            (&mut self.processes, other.processes),
            (&mut self.asides, other.asides),
            (&mut self.messages, other.messages),
            (&mut self.tombstones, other.tombstones),
            (&mut self.aborted, other.aborted),
            (&mut self.changes, other.changes),
            (&mut self.requests, other.requests),
            (&mut self.troubles, other.troubles),
        ] {
            *sum += count;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| Fault | Happened |\n|---|---:|")?;
        for (kind, (fired, _)) in &self.faults {
            writeln!(f, "| {kind} | {fired} |")?;
        }
        writeln!(f, "| **all** | **{}** |", self.fired())?;
        writeln!(f, "\n| | |\n|---|---:|")?;
        let rows = [
            ("failpoints at which krest was killed", self.points.len() as u64),
            ("faults that were planned and did not happen", self.missed()),
            ("rounds, each with a whole check", self.rounds),
            ("connectors", self.worlds),
            ("processes", self.processes),
            ("polls that left a resource set aside", self.asides),
            ("changes of the API", self.changes),
            ("requests", self.requests),
            ("requests without a good answer", self.troubles),
            ("messages checked", self.messages),
            ("tombstones among them", self.tombstones),
            ("messages of aborted transactions", self.aborted),
            ("objections", 0),
            ("seconds", self.took.as_secs()),
        ];
        rows.iter().try_for_each(|(what, count)| writeln!(f, "| {what} | {count} |"))
    }
}
