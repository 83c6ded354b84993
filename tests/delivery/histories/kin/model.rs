//! What the API has of a family: rows under rows, and what happens to them.

use std::collections::BTreeSet;

use fastrand::Rng;

use super::config::{Level, Mode};
use crate::support::World;

/// How the API has a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the listing of each of its parents.
    Shown,
    /// There, and it says that it is deleted.
    Marked,
    /// In no listing, and there when it is asked for.
    Hidden,
    /// In no listing, and nobody says why.
    Vanished,
    Gone,
}

#[derive(Clone, Debug)]
pub struct Row {
    pub key: String,
    pub text: String,
    /// None of posts.
    pub parents: BTreeSet<String>,
    pub place: Place,
}

pub struct Model {
    pub levels: Vec<Level>,
    /// By level, in the listing's order.
    pub rows: Vec<Vec<Row>>,
    /// Whether a row may have several parents.
    shares: bool,
    count: u64,
}

/// Always there, so that no listing is suddenly empty.
const ETERNAL: &str = "1";
/// No more rows than this of one level.
const MOST: [usize; 3] = [9, 24, 24];

impl Model {
    pub fn new(levels: Vec<Level>, dice: &mut Rng) -> Self {
        let rows = levels.iter().map(|_| Vec::new()).collect();
        let mut model = Self { levels, rows, shares: dice.bool(), count: 0 };
        for (level, count) in [6, 15, 12].into_iter().enumerate().take(model.levels.len()) {
            model.add(level, ETERNAL.to_owned(), BTreeSet::from([ETERNAL.to_owned()]));
            (0..count).for_each(|_| model.insert(level, dice));
        }
        model
    }

    pub fn row(&self, level: usize, key: &str) -> Option<&Row> {
        self.rows.get(level)?.iter().find(|row| row.key == key)
    }

    /// Whether a scan of everything comes to the row.
    pub fn is_shown(&self, level: usize, row: &Row) -> bool {
        let reached = level == 0 || row.parents.iter().any(|parent| self.is_open(level - 1, parent));
        reached && matches!(row.place, Place::Shown | Place::Marked)
    }

    /// Whether it is asked what is under this row.
    pub fn is_open(&self, level: usize, key: &str) -> bool {
        self.row(level, key).is_some_and(|row| row.place == Place::Shown && self.is_shown(level, row))
    }

    /// A parent whose pages a scan asks for.
    pub fn any_open(&self, level: usize, dice: &mut Rng) -> Option<String> {
        let open = self.rows[level].iter().filter(|row| self.is_open(level, &row.key));
        dice.choice(open.map(|row| row.key.clone()).collect::<Vec<_>>())
    }

    /// One thing happens.
    pub fn change(&mut self, dice: &mut Rng) {
        let level = dice.usize(..self.levels.len());
        let at = dice.usize(..self.rows[level].len());
        let row = self.rows[level][at].clone();
        let is_shown = row.place == Place::Shown;
        match dice.u32(..100) {
            0..18 if self.rows[level].len() < MOST[level] => self.insert(level, dice),
            0..36 if is_shown => self.renew(level, at),
            _ if row.key == ETERNAL => {}
            36..60 if is_shown => self.delete(level, at),
            36..60 => self.show(level, at, dice),
            60..72 if is_shown => self.hide(level, at),
            60..72 => self.show(level, at, dice),
            72..92 if level > 0 && is_shown => self.adopt(level, at, dice),
            _ => {
                let row = self.rows[level].remove(at);
                let to = dice.usize(..=self.rows[level].len());
                self.rows[level].insert(to, row);
            }
        }
    }

    /// The API is like this from now on.
    pub fn publish(&self, world: &World) {
        for level in 0..self.levels.len() {
            match level {
                0 => self.list(world, (0, ""), "/posts"),
                _ => self.rows[level - 1].iter().for_each(|parent| {
                    let name = ["posts", "comments"][level - 1];
                    let below = ["comments", "replies"][level - 1];
                    self.list(world, (level, &parent.key), &format!("/{name}/{}/{below}", parent.key));
                }),
            }
        }
    }

    fn list(&self, world: &World, (level, parent): (usize, &str), path: &str) {
        let (mut listed, since) = (Vec::new(), self.levels[level].cursor.then_some("at"));
        for row in self.rows[level].iter().filter(|row| level == 0 || row.parents.contains(parent)) {
            let item = format!("{path}/{}", row.key);
            match row.place {
                Place::Shown | Place::Marked => listed.push((row.key.clone(), row.text.clone())),
                Place::Hidden => world.api.item(&item, &row.text),
                Place::Vanished | Place::Gone => world.api.forget_item(&item),
            }
        }
        world.api.change(path, |all| {
            all.since = since;
            all.replace(listed);
        });
    }

    fn add(&mut self, level: usize, key: String, parents: BTreeSet<String>) {
        let parents = if level == 0 { BTreeSet::new() } else { parents };
        let text = self.text(&key);
        self.rows[level].push(Row { key, text, parents, place: Place::Shown });
    }

    fn insert(&mut self, level: usize, dice: &mut Rng) {
        let key = (self.count + 100).to_string();
        let parents = if level == 0 { BTreeSet::new() } else { self.parents(level, dice) };
        self.add(level, key, parents);
    }

    /// A row of several parents has this one alone.
    pub fn leave(&mut self, level: usize, parent: &str) {
        let shared = |row: &&mut Row| row.parents.len() > 1 && row.parents.contains(parent);
        if let Some(row) = self.rows[level].iter_mut().find(shared) {
            row.parents.retain(|other| other == parent);
        }
    }

    /// One parent, or two.
    fn parents(&self, level: usize, dice: &mut Rng) -> BTreeSet<String> {
        let count = if self.shares && dice.u32(..3) == 0 { 2 } else { 1 };
        let above = &self.rows[level - 1];
        (0..count).map(|_| above[dice.usize(..above.len())].key.clone()).collect()
    }

    /// Its content changes; what asks from a cursor value on sees it.
    fn renew(&mut self, level: usize, at: usize) {
        let text = self.text(&self.rows[level][at].key.clone());
        self.rows[level][at].text = text;
    }

    fn delete(&mut self, level: usize, at: usize) {
        self.renew(level, at);
        let (mode, row) = (self.levels[level].mode, &mut self.rows[level][at]);
        row.place = match mode {
            Mode::Soft => {
                row.text = row.text.replace('}', ",\"gone\":true}");
                Place::Marked
            }
            Mode::None => Place::Vanished,
            Mode::Snapshot | Mode::Probe => Place::Gone,
        };
    }

    fn hide(&mut self, level: usize, at: usize) {
        let (mode, row) = (self.levels[level].mode, &mut self.rows[level][at]);
        row.place = match mode {
            Mode::Probe => Place::Hidden,
            Mode::None | Mode::Soft => Place::Vanished,
            Mode::Snapshot => Place::Shown,
        };
    }

    /// A row is there again: as it was, or another one.
    fn show(&mut self, level: usize, at: usize, dice: &mut Rng) {
        let is_new = self.levels[level].cursor || self.rows[level][at].place == Place::Marked || dice.bool();
        if is_new {
            self.renew(level, at);
        }
        self.rows[level][at].place = Place::Shown;
    }

    /// Other parents, or one more, or one less.
    fn adopt(&mut self, level: usize, at: usize, dice: &mut Rng) {
        let new = self.parents(level, dice);
        let row = &mut self.rows[level][at];
        match dice.u32(..3) {
            0 if row.parents.len() > 1 => drop(row.parents.pop_first()),
            0 | 1 if self.shares => row.parents.extend(new),
            _ => row.parents = new,
        }
        if self.levels[level].cursor || dice.bool() {
            self.renew(level, at);
        }
    }

    /// One that no row ever had.
    fn text(&mut self, key: &str) -> String {
        self.count += 1;
        format!("{{\"id\":{key},\"at\":{}}}", self.count)
    }
}
