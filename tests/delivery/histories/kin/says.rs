//! What a scan of a family has to say, and what else it may say, as docs/deletes.md has it.

use std::collections::{BTreeMap, BTreeSet};

use super::config::Mode;
use super::model::{Model, Place, Row};

/// What krest can know of the rows of one resource.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The parents under which a row was last shown.
    pub under: BTreeMap<String, BTreeSet<String>>,
    /// The parent that the row's last message names.
    pub header: BTreeMap<String, String>,
    /// In how many scans a row was missing: at least, and at most.
    pub absent: BTreeMap<String, (u32, u32)>,
    /// `under` is what a whole scan showed, and nothing was shown since.
    pub is_sure: bool,
}

/// What a scan looks at.
#[derive(Clone, Debug)]
pub struct Scan {
    /// By level: whether it takes part.
    pub members: Vec<bool>,
    /// By level: whether all of it is asked for.
    pub whole: Vec<bool>,
    /// Nobody keeps it from its end.
    pub is_sound: bool,
    /// The parent, and the level below it, whose pages cannot be had.
    pub failed: Option<(usize, String)>,
}

/// What may be said of one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    pub may: Vec<Option<String>>,
    pub must: Option<Option<String>>,
    /// It has to be said, though the topic has it.
    pub again: bool,
}

/// By key. Of a key that is not in here nothing may be said.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub words: BTreeMap<String, Word>,
    /// What the topic has may come once more.
    pub repeats: bool,
    /// Rows that the scan misses and that may be deleted for that: `grace` counts them.
    pub missing: BTreeSet<String>,
    /// Rows that it does not show. `grace` may count them.
    pub unseen: BTreeSet<String>,
    /// Rows that it shows, with the parents under which it does.
    pub shown: BTreeMap<String, BTreeSet<String>>,
}

impl Said {
    /// What is gone may go now, or later.
    pub fn deletes_or_not(&mut self) {
        self.words.values_mut().for_each(|word| word.must = word.must.take().filter(Option::is_some));
        self.missing.clear();
    }

    /// All that is shown comes again.
    pub fn again(&mut self) {
        self.repeats = true;
        self.words.values_mut().for_each(|word| word.again = matches!(word.must, Some(Some(_))));
    }

    /// Only these.
    pub fn only(&mut self, those: impl Fn(&str) -> bool) {
        self.words.retain(|key, _| those(key));
        (self.missing, self.unseen) = Default::default();
        self.shown.retain(|key, _| those(key));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Shown,
    Stays,
    Goes,
    Either,
}

pub struct Judge<'j> {
    pub model: &'j Model,
    pub known: &'j [Known],
    pub scan: &'j Scan,
}

impl Judge<'_> {
    /// By level.
    pub fn said(&self) -> Vec<Said> {
        (0..self.model.levels.len()).map(|level| self.of_level(level)).collect()
    }

    fn of_level(&self, level: usize) -> Said {
        let mut said = Said::default();
        if !self.scan.members[level] {
            return said;
        }
        // Under rows that are not asked for nothing is asked for.
        let reached = level == 0 || self.scan.whole[level - 1];
        for row in &self.model.rows[level] {
            let must = self.scan.is_sound && reached;
            let fate = self.fate(level, row);
            let value = match fate {
                Fate::Shown => Some(row.text.clone()),
                Fate::Goes | Fate::Either => None,
                Fate::Stays => continue,
            };
            let must = (must && fate != Fate::Either).then(|| value.clone());
            said.words.insert(row.key.clone(), Word { may: vec![value], must, again: false });
        }
        for row in &self.model.rows[level] {
            if self.shows(level, row) {
                let open = row.parents.iter().filter(|parent| self.meets(level, parent)).cloned();
                said.shown.insert(row.key.clone(), open.collect());
            } else {
                said.unseen.insert(row.key.clone());
                if self.raw(level, row) == Fate::Goes {
                    said.missing.insert(row.key.clone());
                }
            }
        }
        said
    }

    /// Whether the pages of this parent are read.
    fn meets(&self, level: usize, parent: &str) -> bool {
        let fails = self.scan.failed.as_ref().is_some_and(|(at, key)| *at == level && key == parent);
        !fails && self.opens(level - 1, parent)
    }

    fn opens(&self, level: usize, key: &str) -> bool {
        self.model.row(level, key).is_some_and(|row| row.place == Place::Shown && self.shows(level, row))
    }

    fn shows(&self, level: usize, row: &Row) -> bool {
        let reached = level == 0 || row.parents.iter().any(|parent| self.meets(level, parent));
        reached && matches!(row.place, Place::Shown | Place::Marked)
    }

    fn fate(&self, level: usize, row: &Row) -> Fate {
        match (self.raw(level, row), self.shows(level, row)) {
            (fate @ (Fate::Goes | Fate::Either), false) => self.graced(level, row, fate),
            (fate, _) => fate,
        }
    }

    /// Before `grace`.
    fn raw(&self, level: usize, row: &Row) -> Fate {
        let mode = self.model.levels[level].mode;
        if !self.scan.members[level] {
            return Fate::Stays;
        }
        if self.shows(level, row) {
            return if row.place == Place::Marked { Fate::Goes } else { Fate::Shown };
        }
        if mode == Mode::None {
            return Fate::Stays;
        }
        if level == 0 {
            let goes = mode.finds_missing() && self.scan.whole[0] && row.place == Place::Gone;
            return if goes { Fate::Goes } else { Fate::Stays };
        }
        let known = &self.known[level];
        let under = known.under.get(&row.key).into_iter().flatten();
        let mut all: BTreeSet<&String> = under.collect();
        if let Some((at, failed)) = &self.scan.failed
            && *at == level
            && known.is_sure
            && all.contains(failed)
        {
            return Fate::Stays;
        }
        all.extend(known.header.get(&row.key));
        let fates = all.into_iter().map(|parent| self.below((level, row), parent));
        fates.reduce(|one, other| if one == other { one } else { Fate::Either }).unwrap_or(Fate::Stays)
    }

    /// What becomes of a row that is not shown, if krest has it under this parent.
    fn below(&self, (level, row): (usize, &Row), parent: &str) -> Fate {
        let Some(above) = self.model.row(level - 1, parent) else { return Fate::Stays };
        let whole = self.scan.whole[level];
        if self.scan.failed.as_ref().is_some_and(|(at, key)| *at == level && key == parent) {
            return Fate::Stays;
        }
        if self.opens(level - 1, parent) {
            let own_cursor = self.model.levels[level].cursor;
            // It is asked for under the parent that it was last shown under.
            let hides = row.place == Place::Hidden && row.parents.contains(parent);
            return match self.model.levels[level].mode {
                Mode::None | Mode::Soft => Fate::Stays,
                Mode::Snapshot | Mode::Probe if hides => Fate::Stays,
                Mode::Snapshot | Mode::Probe if whole => Fate::Goes,
                Mode::Snapshot | Mode::Probe if own_cursor => Fate::Stays,
                Mode::Snapshot | Mode::Probe => Fate::Either,
            };
        }
        if !self.scan.members[level - 1] {
            let marked = above.place == Place::Marked && self.shows(level - 1, above);
            return if marked { Fate::Either } else { Fate::Stays };
        }
        let is_deleted = !self.known[level - 1].under.contains_key(parent);
        match self.fate(level - 1, above) {
            // Before this scan: while this resource was paused, or could not be read.
            _ if is_deleted && whole && self.model.levels[level - 1].mode.finds_missing() => Fate::Goes,
            _ if is_deleted => Fate::Either,
            Fate::Goes if whole => Fate::Goes,
            Fate::Goes | Fate::Either => Fate::Either,
            Fate::Shown | Fate::Stays => Fate::Stays,
        }
    }

    fn graced(&self, level: usize, row: &Row, fate: Fate) -> Fate {
        let grace = self.model.levels[level].grace;
        let (least, most) = self.known[level].absent.get(&row.key).copied().unwrap_or_default();
        let orphan = self.orphan(level, row);
        if grace == 0 || orphan == Some(true) || least >= grace {
            fate
        } else if orphan == Some(false) && most < grace {
            Fate::Stays
        } else {
            Fate::Either
        }
    }

    /// Whether it goes with a parent, whatever its own grace; `None`: that depends on which parent krest knows it under.
    fn orphan(&self, level: usize, row: &Row) -> Option<bool> {
        let known = &self.known[level];
        let all = known.under.get(&row.key).into_iter().flatten().chain(known.header.get(&row.key));
        let mut orphans = all.map(|parent| level > 0 && !self.opens(level - 1, parent));
        let first = orphans.next().unwrap_or(false);
        orphans.all(|other| other == first).then_some(first)
    }
}
