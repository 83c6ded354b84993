//! The functions of jq that an expression may use: those of jaq, less what looks beyond the record. An expression gives
//! the same for the same record, always: otherwise every poll would publish every record anew.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jaq_core::load::parse::Def;
use jaq_core::native::{self, Fun, bome, v};
use jaq_core::{Cv, Error, Exn, ValXs};
use jaq_json::Val;

use super::meter::Jaq;
use super::value;
use crate::model::Json;

/// Environment, clock, time zone of the machine, standard streams, further input, the process itself, bytes.
const REMOVED: &[&str] = &[
    "debug",
    "debug_empty",
    "env",
    "halt",
    "halt_error",
    "input",
    "input_filename",
    "input_line_number",
    "inputs",
    "localtime",
    "now",
    "stderr",
    "stderr_empty",
    "strflocaltime",
    "tobytes",
    "$ENV",
    "$__loc__",
];

/// A definition of the library, and every word in it.
struct Known {
    definition: Def<&'static str>,
    words: BTreeSet<String>,
}

static LIBRARY: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let all = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let kept = all.filter(|definition| !is_removed(definition.name));
    kept.map(|definition| Known { words: words(&format!("{definition:?}")), definition }).collect()
});

pub(super) fn is_removed(name: &str) -> bool {
    REMOVED.contains(&name)
}

/// The part of the library that an expression may reach: the whole of it would cost 100 kB for each expression.
pub(super) struct Prelude(BTreeSet<String>);

impl Prelude {
    pub(super) fn of(expression: &str) -> Self {
        let mut by_name: BTreeMap<&str, Vec<&Known>> = BTreeMap::new();
        for known in LIBRARY.iter() {
            by_name.entry(known.definition.name).or_default().push(known);
        }
        let mut reached = BTreeSet::new();
        let mut open: Vec<String> = words(expression).into_iter().collect();
        while let Some(word) = open.pop() {
            for known in by_name.get(word.as_str()).into_iter().flatten() {
                open.extend(known.words.iter().filter(|word| !reached.contains(*word)).cloned());
            }
            reached.insert(word);
        }
        Self(reached)
    }

    pub(super) fn definitions(&self) -> impl Iterator<Item = Def<&'static str>> {
        let reached = |known: &&Known| self.0.contains(known.definition.name);
        LIBRARY.iter().filter(reached).map(|known| known.definition.clone())
    }

    pub(super) fn natives(&self) -> impl Iterator<Item = Fun<Jaq>> {
        let own = ["range", "fromjson"];
        let all = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let all = all.filter(move |(name, ..)| !own.contains(name)).chain(natives());
        all.filter(|(name, ..)| !is_removed(name) && self.0.contains(*name))
    }
}

/// Everything in a text that could be the name of a function.
fn words(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '@';
    text.split(|c| !is_part(c)).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// jaq's own ones have no bounds: the first in time, the second in depth.
fn natives() -> [Fun<Jaq>; 2] {
    [native::run::<Jaq>(("range", v(3), range)), native::run::<Jaq>(("fromjson", v(0), fromjson))]
}

fn range(mut cv: Cv<'_, Jaq>) -> ValXs<'_, Val> {
    let (by, to, from) = (cv.0.pop_var(), cv.0.pop_var(), cv.0.pop_var());
    let run = *cv.0.data();
    let direction = by.cmp(&Val::from(0_isize));
    let mut next = Ok(from);
    let mut ended = false;
    Box::new(std::iter::from_fn(move || {
        run.meter.step();
        if ended {
            return None;
        }
        let at = match next.clone() {
            Ok(at) => at,
            Err(error) => {
                ended = true;
                return Some(Err(error));
            }
        };
        let goes_on = match direction {
            std::cmp::Ordering::Greater => at < to,
            std::cmp::Ordering::Less => at > to,
            std::cmp::Ordering::Equal => at != to,
        };
        next = (at.clone() + by.clone()).map_err(Exn::from);
        goes_on.then_some(Ok(at))
    }))
}

fn fromjson(cv: Cv<'_, Jaq>) -> ValXs<'_, Val> {
    let Val::TStr(text) = &cv.1 else { return bome(Err(Error::typ(cv.1, "string"))) };
    let read = Json::parse(text).ok().and_then(|json| value::read(json).ok());
    bome(read.ok_or_else(|| Error::str("cannot read the string as JSON")))
}
