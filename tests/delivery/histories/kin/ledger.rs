//! What the topics of a family said so far, and whether what they say now is what they had to.

use std::collections::BTreeMap;

use super::config::NAMES;
use super::says::{Known, Said};
use crate::support::World;
use crate::support::checker::Seen;

/// One topic.
#[derive(Default)]
pub struct Ledger {
    /// What a reader of the topic has.
    pub table: BTreeMap<String, String>,
    pub messages: usize,
    read: BTreeMap<i32, i64>,
    level: usize,
}

impl Ledger {
    pub fn new(level: usize) -> Self {
        Self { level, ..Self::default() }
    }

    /// Reads on, and objects. `states` is what scans had to say since the last look; with `is_exact` the last of them is what the
    /// topic has in the end.
    pub fn judge(
        &mut self,
        world: &World,
        known: &mut Known,
        (states, is_exact): (&[Said], bool),
    ) -> Vec<String> {
        let mut objections = Vec::new();
        let mut reached: BTreeMap<String, usize> = BTreeMap::new();
        for message in self.news(world) {
            let key = message.key_text().to_owned();
            let value = message.value_text().map(str::to_owned);
            let from = reached.get(&key).copied();
            let says =
                |state: &usize| states[*state].words.get(&key).is_some_and(|word| word.may.contains(&value));
            let told = (from.unwrap_or(0)..states.len()).find(says);
            let repeats = told.is_some_and(|state| states[state].repeats) && value.is_some();
            if self.table.get(&key) == value.as_ref() && !repeats {
                objections.push(format!("{key} is {value:?} once more ({})", message.place()));
            }
            match told {
                Some(state) => drop(reached.insert(key.clone(), state)),
                None => objections.push(format!("nobody said that {key} is {value:?} ({})", message.place())),
            }
            self.note(&message, known);
        }
        if let Some(last) = states.last() {
            objections.extend(self.unsaid(last, is_exact));
            let unheard = last.words.iter().filter(|(key, word)| word.again && !reached.contains_key(*key));
            objections.extend(unheard.map(|(key, _)| format!("{key} did not come again")));
        }
        let name = NAMES[self.level];
        objections.into_iter().map(|objection| format!("{name}: {objection}")).collect()
    }

    fn note(&mut self, message: &Seen, known: &mut Known) {
        let key = message.key_text().to_owned();
        let parent = message.headers.iter().find(|(name, _)| name == "krest.parent");
        let parent = parent.map(|(_, value)| String::from_utf8_lossy(value).into_owned());
        match message.value_text() {
            Some(text) => {
                known.header.extend(parent.map(|parent| (key.clone(), parent)));
                self.table.insert(key, text.to_owned());
            }
            None => {
                known.header.remove(&key);
                known.under.remove(&key);
                known.absent.remove(&key);
                self.table.remove(&key);
            }
        }
    }

    /// What had to be said and was not.
    fn unsaid(&self, said: &Said, is_exact: bool) -> Vec<String> {
        let musts = said.words.iter().filter_map(|(key, word)| Some((key, word.must.as_ref()?)));
        let wrong = musts.filter(|(key, must)| is_exact && self.table.get(*key) != must.as_ref());
        wrong
            .map(|(key, must)| format!("{key} is {must:?}, and the topic has {:?}", self.table.get(key)))
            .collect()
    }

    fn news(&mut self, world: &World) -> Vec<Seen> {
        let mut new = world.read(NAMES[self.level]);
        new.retain(|message| self.read.get(&message.partition).is_none_or(|next| message.offset >= *next));
        self.read.extend(new.iter().map(|message| (message.partition, message.offset + 1)));
        self.messages += new.len();
        new
    }
}
