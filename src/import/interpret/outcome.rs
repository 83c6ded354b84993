//! The end of a file: which of the sources that were met are shown, and what is noted about each.

use std::rc::Rc;

use super::run::Interpreter;
use super::source::{Found, Literal, Note, Outcome};
use super::value::Value;

impl Interpreter {
    /// Sources that calls make; literals declared to be one that no call uses; if there is neither, what looks like one.
    pub(super) fn outcome(mut self) -> Outcome {
        let literals = std::mem::take(&mut self.literals);
        let declared = literals.iter().any(|literal| literal.declared);
        let chosen = |literal: &Literal| literal.declared || (!declared && self.sources.is_empty());
        let free: Vec<Found> = literals.iter().filter(|literal| chosen(literal)).map(found).collect();
        for source in free {
            // Handed to a call that made a source of it, or met twice.
            let taken = self.sources.iter().any(|known| known.literals.contains(&source.offset));
            if !taken && !self.sources.iter().any(|known| known.offset == source.offset) {
                self.sources.push(source);
            }
        }
        self.sources.sort_by_key(|source| source.offset);
        self.drop_untold();
        let alone = self.sources.len() == 1;
        for source in &mut self.sources {
            let own = |of: &Option<usize>| alone || of.is_none() || *of == source.within;
            source.notes.extend(self.notes.iter().filter(|(of, _)| own(of)).map(|(_, note)| note.clone()));
            source.notes.sort();
            source.notes.dedup();
        }
        Outcome { sources: self.sources, pipelines: self.pipelines }
    }
}

impl Interpreter {
    /// Beside sources that can be told, those that cannot are a note: often a function that another file calls.
    fn drop_untold(&mut self) {
        if !self.sources.iter().any(|source| source.config.as_map().is_some()) {
            return;
        }
        for source in self.sources.extract_if(.., |source| source.config.as_map().is_none()) {
            let why = source.config.why_lost(source.line, "no dict").what;
            let text = format!("another source, which cannot be told without running the file: {why}");
            self.notes.push((None, Note { line: source.line, text }));
        }
    }
}

fn found(literal: &Literal) -> Found {
    Found {
        offset: literal.offset,
        line: literal.line,
        name: None,
        function: None,
        variable: literal.variable.clone(),
        config: Value::Map(Rc::clone(&literal.map)).snapshot(),
        notes: Vec::new(),
        within: literal.within,
        literals: Vec::new(),
    }
}
