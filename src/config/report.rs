//! What is wrong with a file, all of it: gathered while it is read, shown in the order of the file.

use std::fmt;

use super::tree::Place;

/// Longest piece of the operator's own text that a message repeats.
const LONGEST_QUOTE: usize = 80;

/// Everything that is wrong with one file, in the order of its lines; shows as one `FILE:LINE:COLUMN: …` a line.
#[derive(Debug, PartialEq, Eq)]
pub struct Mistakes {
    file: String,
    list: Vec<Mistake>,
}

/// One thing that is wrong. The text never holds a value that may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub at: Place,
    pub text: String,
}

/// Something the operator may want to know, that does not keep the file from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub at: Place,
    pub text: String,
}

impl Mistakes {
    pub fn file(&self) -> &str {
        &self.file
    }

    pub fn list(&self) -> &[Mistake] {
        &self.list
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.list.iter().enumerate() {
            let end_of_last = if index == 0 { "" } else { "\n" };
            write!(f, "{end_of_last}{}:{}: {}", self.file, mistake.at, mistake.text)?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// Gathers mistakes and notes while a file is read.
#[derive(Default)]
pub(crate) struct Report {
    mistakes: Vec<Mistake>,
    notes: Vec<Note>,
}

impl Report {
    pub(crate) fn mistake(&mut self, at: Place, text: impl Into<String>) {
        self.mistakes.push(Mistake { at, text: text.into() });
    }

    pub(crate) fn note(&mut self, at: Place, text: impl Into<String>) {
        self.notes.push(Note { at, text: text.into() });
    }

    /// How many mistakes there are so far.
    pub(crate) fn count(&self) -> usize {
        self.mistakes.len()
    }

    /// The notes, in the order of the file.
    pub(crate) fn into_notes(mut self) -> Vec<Note> {
        self.notes.sort_by(|a, b| (a.at, &a.text).cmp(&(b.at, &b.text)));
        self.notes.dedup();
        self.notes
    }

    /// The mistakes, in the order of the file. What a default brought into several resources is said once.
    pub(crate) fn into_mistakes(mut self, file: &str) -> Mistakes {
        self.mistakes.sort_by(|a, b| (a.at, &a.text).cmp(&(b.at, &b.text)));
        self.mistakes.dedup();
        Mistakes { file: file.to_owned(), list: self.mistakes }
    }
}

/// A word of the operator in quotation marks, control characters escaped, cut if it is very long.
pub(crate) fn quoted(word: &str) -> String {
    if word.chars().count() <= LONGEST_QUOTE {
        return format!("{word:?}");
    }
    let start: String = word.chars().take(LONGEST_QUOTE).collect();
    format!("{:?}", start + "…")
}

/// The path of a key below `parent`, as messages show it.
pub(crate) fn below(parent: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
    let shown = if plain && key.len() <= LONGEST_QUOTE { key.to_owned() } else { quoted(key) };
    if parent.is_empty() { shown } else { format!("{parent}.{shown}") }
}
