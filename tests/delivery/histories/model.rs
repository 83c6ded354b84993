//! What the API has, what happens to it, and what a reader of the topic may be told of it.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use super::config::Mode;
use crate::delivery::seed::PATH;
use crate::support::World;
use crate::support::checker::{Event, Histories};

/// By key, what the API says of a row: its text, or that there is none. Of a key that is not in here it says nothing, and
/// neither may the topic.
pub type Said = BTreeMap<String, Option<String>>;

/// Never fewer living rows: a listing that is suddenly empty is another story.
const FEWEST: usize = 8;

#[derive(Clone, Debug)]
struct Row {
    key: String,
    text: String,
    /// It says of itself that it is deleted.
    is_marked: bool,
}

pub struct Model {
    mode: Mode,
    /// In the listing's order.
    rows: Vec<Row>,
    /// Not in the listing, and there when it is asked for.
    hidden: BTreeMap<String, String>,
    /// Not in the listing, and nobody said that it is gone.
    vanished: BTreeSet<String>,
    /// Gone, with their last texts.
    gone: BTreeMap<String, String>,
    /// What happened, for the checker.
    pub histories: Histories,
    count: usize,
}

impl Model {
    pub fn new(mode: Mode, rows: usize) -> Self {
        let (hidden, vanished, gone) = Default::default();
        let mut model =
            Self { mode, rows: Vec::new(), hidden, vanished, gone, histories: Histories::new(), count: 0 };
        (0..rows).for_each(|_| model.insert(usize::MAX));
        model
    }

    /// One thing happens.
    pub fn change(&mut self, dice: &mut Rng) {
        let place = dice.usize(..=self.rows.len());
        match dice.u32(..100) {
            0..20 => self.insert(place),
            20..40 => self.rewrite(dice),
            40..60 => self.delete(dice),
            60..70 => self.come_back(place, dice),
            70..80 => self.change_key(place, dice),
            80..90 => self.vanish(dice),
            _ => self.step_aside(place, dice),
        }
    }

    /// What is hidden is decided: every second row is there again, and the others are gone.
    pub fn settle(&mut self) {
        for (at, (key, text)) in std::mem::take(&mut self.hidden).into_iter().enumerate() {
            if at % 2 == 0 {
                self.show(usize::MAX, &key, text);
            } else {
                self.told(&key, Event::Gone);
                self.gone.insert(key, text);
            }
        }
    }

    /// The API is like this from now on, in all its parts at once.
    pub fn publish(&self, world: &World) {
        self.hidden.iter().for_each(|(key, text)| world.api.item(&format!("{PATH}/{key}"), text));
        let rows = self.rows.iter().map(|row| (row.key.clone(), row.text.clone())).collect();
        world.api.change(PATH, |all| all.replace(rows));
        self.gone.keys().for_each(|key| world.api.forget_item(&format!("{PATH}/{key}")));
    }

    pub fn said(&self) -> Said {
        let told = self.mode != Mode::None;
        let gone = self.gone.keys().filter(|_| told).map(|key| (key.clone(), None));
        let rows = self.rows.iter().map(|row| (row.key.clone(), (!row.is_marked).then(|| row.text.clone())));
        gone.chain(rows).collect()
    }

    /// The rows that are there.
    pub fn table(&self) -> BTreeMap<String, String> {
        let living = self.rows.iter().filter(|row| !row.is_marked);
        living.map(|row| (row.key.clone(), row.text.clone())).collect()
    }

    /// Whether a topic may hold a row that the listing does not show.
    pub fn may_stay(&self, key: &str) -> bool {
        self.vanished.contains(key) || self.mode == Mode::None
    }

    fn insert(&mut self, place: usize) {
        self.count += 1;
        let key = self.count.to_string();
        let text = self.text(&key);
        self.show(place, &key, text);
    }

    fn rewrite(&mut self, dice: &mut Rng) {
        if let Some(at) = self.any(dice) {
            let key = self.rows[at].key.clone();
            self.rows[at].text = self.text(&key);
            self.told(&key, Event::Shown(self.rows[at].text.clone()));
        }
    }

    fn delete(&mut self, dice: &mut Rng) {
        let Some(at) = self.any(dice) else { return };
        let Row { key, text, .. } = self.rows[at].clone();
        if self.mode.is_told_by_rows() {
            let marked = text.replace('}', ",\"gone\":true}");
            self.rows[at] = Row { key: key.clone(), text: marked, is_marked: true };
        } else {
            self.rows.remove(at);
        }
        if self.mode != Mode::None {
            self.told(&key, Event::Gone);
        }
        self.gone.insert(key, text);
    }

    /// A row that was deleted is there again: as it was, or another one.
    fn come_back(&mut self, place: usize, dice: &mut Rng) {
        if self.gone.is_empty() {
            return;
        }
        let at = dice.usize(..self.gone.len());
        let (key, text) =
            self.gone.iter().nth(at).map(|(key, text)| (key.clone(), text.clone())).expect("a row");
        self.rows.retain(|row| row.key != key);
        let text = if dice.bool() { text } else { self.text(&key) };
        self.show(place, &key, text);
    }

    fn change_key(&mut self, place: usize, dice: &mut Rng) {
        let before = self.gone.len();
        self.delete(dice);
        if self.gone.len() > before {
            self.insert(place);
        }
    }

    /// A row is no longer shown, and that says nothing: it comes back some time, or it does not.
    fn vanish(&mut self, dice: &mut Rng) {
        let at = match self.mode {
            Mode::Snapshot | Mode::Replace => None,
            Mode::None | Mode::Soft | Mode::HardDelete | Mode::Probe => self.any(dice),
        };
        let Some(at) = at else { return };
        let Row { key, text, .. } = self.rows.remove(at);
        if self.mode == Mode::Probe {
            self.hidden.insert(key, text);
        } else {
            self.vanished.insert(key);
        }
    }

    /// A row moves to another place in the listing. That is no change.
    fn step_aside(&mut self, place: usize, dice: &mut Rng) {
        if let Some(at) = self.any(dice) {
            let row = self.rows.remove(at);
            self.rows.insert(place.min(self.rows.len()), row);
        }
    }

    fn show(&mut self, place: usize, key: &str, text: String) {
        self.gone.remove(key);
        self.told(key, Event::Shown(text.clone()));
        let place = place.min(self.rows.len());
        self.rows.insert(place, Row { key: key.to_owned(), text, is_marked: false });
    }

    fn told(&mut self, key: &str, event: Event) {
        let events = self.histories.entry(key.to_owned()).or_default();
        if events.last() != Some(&event) {
            events.push(event);
        }
    }

    /// The place of a living row, if there are enough of them.
    fn any(&self, dice: &mut Rng) -> Option<usize> {
        let living: Vec<usize> = (0..self.rows.len()).filter(|at| !self.rows[*at].is_marked).collect();
        (living.len() > FEWEST).then(|| living[dice.usize(..living.len())])
    }

    /// One that this row never had.
    fn text(&self, key: &str) -> String {
        let version = self.histories.get(key).map_or(0, Vec::len);
        format!("{{\"id\":{key},\"version\":{version}}}")
    }
}
