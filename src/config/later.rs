//! Words that are in dlt's grammar, or planned for krest's own, and that krest does not read yet. They are refused by
//! name, never ignored. `docs/dlt-compatibility.md` has a row for each of dlt's.

use super::report::quoted;
use super::{errors, kafka, topics};

/// One word that is refused, and where it would stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Later {
    /// The block by its name in the schema: `client`, `resource`, `endpoint`, `paginator`, …
    pub block: &'static str,
    pub word: Word,
    pub why: Why,
}

/// How a refused word appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// A key of the block.
    Key(&'static str),
    /// A value of the block.
    Value(&'static str),
    /// A bare word in place of the block's mapping.
    Bare(&'static str),
}

/// Whose word it is, and why krest does not read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// dlt has it as a Python object, which no file can hold.
    Python,
    /// krest will have it.
    Krest,
    /// Too little by itself; why, and what to write instead.
    Instead(&'static str),
}

/// Every word that is refused by name.
pub fn later() -> impl Iterator<Item = Later> {
    TABLE
        .iter()
        .flat_map(|(block, why, words)| words.iter().map(|word| Later { block, word: *word, why: *why }))
}

/// Why `key` is refused, if there is more to say than "unknown". `blocks`: all names of the block, outermost first.
pub(crate) fn key_refusal(blocks: &[&str], key: &str) -> Option<String> {
    let by_table = find(blocks, |word| matches!(word, Word::Key(name) if name == key));
    let by_block = || match blocks.last() {
        Some(&"kafka") => kafka::refusal(key),
        Some(&"topics") => topics::refusal(key),
        Some(&"errors") => errors::refusal(key),
        Some(&"kafka_override") => {
            Some(format!("{} cannot be set for one resource: only \"transaction.boundary\" can", quoted(key)))
        }
        _ => None,
    };
    by_table.map(|later| later.message(key)).or_else(by_block)
}

/// Why a value is refused, if it is a known word.
pub(crate) fn value_refusal(blocks: &[&str], value: &str) -> Option<String> {
    find(blocks, |word| matches!(word, Word::Value(name) if name == value)).map(|later| later.message(value))
}

/// Why a bare word is refused where the block takes a mapping.
pub(crate) fn bare_refusal(blocks: &[&str], value: &str) -> Option<String> {
    find(blocks, |word| matches!(word, Word::Bare(name) if name == value)).map(|later| later.message(value))
}

/// The keys that a block will have, for "did you mean".
pub(crate) fn keys_of(blocks: &[&str]) -> Vec<&'static str> {
    let keys = later().filter(|later| blocks.contains(&later.block)).filter_map(|later| match later.word {
        Word::Key(key) => Some(key),
        Word::Value(_) | Word::Bare(_) => None,
    });
    keys.collect()
}

fn find(blocks: &[&str], fits: impl Fn(Word) -> bool) -> Option<Later> {
    later().find(|later| blocks.contains(&later.block) && fits(later.word))
}

impl Later {
    fn message(&self, word: &str) -> String {
        let shown = quoted(word);
        match self.why {
            Why::Python => format!("{shown} is a Python object in dlt and cannot be expressed in a file"),
            Why::Krest => format!("{shown} is not supported yet"),
            Why::Instead(hint) => format!("{shown} {hint}"),
        }
    }
}

use Why::{Instead, Krest, Python};
use Word::{Bare, Key, Value};

/// By block, so that it reads like the grammar.
const TABLE: &[(&str, Why, &[Word])] = &[
    ("client", Python, &[Key("session")]),
    ("auth", Python, &[Key("session")]),
    ("paginator", Instead("alone lacks its limit; write {type: offset, limit: 100}"), &[Bare("offset")]),
    (
        "param_form",
        Instead("needs a cursor that is written as \"incremental\" of the endpoint, as in dlt"),
        &[Key("end_value"), Key("end_param")],
    ),
    ("incremental", Instead("is dlt's older name of \"convert\""), &[Key("transform")]),
    ("connector", Krest, &[Key("server")]),
    ("override", Krest, &[Key("topics")]),
    ("limits", Krest, &[Key("parallel_pages")]),
    ("kafka", Krest, &[Key("exactly.once.support"), Value("connector")]),
    ("topics", Krest, &[Key("creation.enable"), Key("creation.groups")]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_says_whose_it_is() {
        assert!(value_refusal(&["kafka"], "connector").unwrap().contains("not supported yet"));
        assert!(key_refusal(&["client"], "session").unwrap().contains("Python"));
        assert_eq!(key_refusal(&["client"], "incremental"), None);
    }
}
