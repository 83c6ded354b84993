//! What is looked for: the calls and literals that make a dlt REST API source.

use std::rc::Rc;

use super::value::{Map, Value};

/// All that a file tells.
#[derive(Default)]
pub(in crate::import) struct Outcome {
    /// In the order of the file.
    pub sources: Vec<Found>,
    /// The names of the file's pipelines.
    pub pipelines: Vec<String>,
}

/// One source.
pub(in crate::import) struct Found {
    /// Where the call or the literal begins.
    pub offset: usize,
    pub line: usize,
    /// The name that the file gives it.
    pub name: Option<String>,
    /// The function that it is made in, if it is one of dlt's sources.
    pub function: Option<String>,
    /// The variable that holds it, if it is a literal that is handed to nobody.
    pub variable: Option<String>,
    /// A dict, or why there is none.
    pub config: Value,
    pub notes: Vec<Note>,
    /// The function it is made in, by its offset.
    pub within: Option<usize>,
    /// The literals that it is made of, by their offsets.
    pub literals: Vec<usize>,
}

/// What somebody has to know who reads the result.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::import) struct Note {
    pub line: usize,
    pub text: String,
}

/// A literal that is a source unless it is handed to a call that makes one.
pub(super) struct Literal {
    pub offset: usize,
    pub line: usize,
    pub variable: Option<String>,
    pub map: Rc<Map>,
    /// It is declared to be one, and does not merely look like one.
    pub declared: bool,
    /// The function it stands in, by its offset.
    pub within: Option<usize>,
}

impl Literal {
    /// Whether a dict has what a source needs.
    pub(super) fn looks_like_one(map: &Map) -> bool {
        map.get("client").is_some() && map.get("resources").is_some()
    }
}
