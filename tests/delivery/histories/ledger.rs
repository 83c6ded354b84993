//! What the topic said so far, and whether what it says now is what it had to.

use std::collections::BTreeMap;

use super::model::Said;
use crate::support::World;
use crate::support::checker::Seen;

#[derive(Default)]
pub struct Ledger {
    /// What a reader of the topic has.
    pub table: BTreeMap<String, String>,
    /// All messages that were judged.
    pub messages: usize,
    read: BTreeMap<i32, i64>,
}

impl Ledger {
    /// Reads on, and objects. `states` is what the API said since the last look, at each run; with `is_exact` the last of
    /// them is what the topic has to say in the end.
    pub fn judge(&mut self, world: &World, states: &[Said], is_exact: bool) -> Vec<String> {
        let mut objections = Vec::new();
        let mut reached: BTreeMap<String, usize> = BTreeMap::new();
        for message in self.news(world) {
            let key = message.key_text().to_owned();
            let value = message.value_text().map(str::to_owned);
            let from = reached.get(&key).copied().unwrap_or(0);
            let told = (from..states.len()).find(|state| states[*state].get(&key) == Some(&value));
            if self.table.get(&key) == value.as_ref() {
                objections.push(format!("{key} is {value:?} once more ({})", message.place()));
            }
            match told {
                Some(state) => drop(reached.insert(key.clone(), state)),
                None => objections.push(format!("nobody said that {key} is {value:?} ({})", message.place())),
            }
            match value {
                Some(text) => self.table.insert(key, text),
                None => self.table.remove(&key),
            };
        }
        if is_exact {
            objections.extend(states.last().into_iter().flat_map(|last| self.unsaid(last)));
        }
        objections
    }

    /// What the API says and the topic does not.
    fn unsaid(&self, said: &Said) -> Vec<String> {
        let wrong = said.iter().filter(|(key, value)| self.table.get(*key) != value.as_ref());
        let tell = |(key, value): (&String, _)| {
            format!("{key} is {value:?}, and the topic has {:?}", self.table.get(key))
        };
        wrong.map(tell).collect()
    }

    /// What a complete scan would have to publish now: rows and tombstones.
    pub fn due(&self, said: &Said) -> (u64, u64) {
        let differ = said.iter().filter(|(key, value)| self.table.get(*key) != value.as_ref());
        let (rows, tombstones): (Vec<_>, Vec<_>) = differ.partition(|(_, value)| value.is_some());
        (rows.len() as u64, tombstones.len() as u64)
    }

    fn news(&mut self, world: &World) -> Vec<Seen> {
        let mut new = world.read("monitors");
        new.retain(|message| self.read.get(&message.partition).is_none_or(|next| message.offset >= *next));
        self.read.extend(new.iter().map(|message| (message.partition, message.offset + 1)));
        self.messages += new.len();
        new
    }
}
