//! The hash of what counts of a record under a rule: one pass over the text, as for the whole record. A value that does not count
//! is stepped over as if it were not there; of a list, too.
//!
//! Paths of names are a tree of hashes, and cost a look-up for each field. Other paths are asked first, for the places of what they
//! find.

use super::{Hasher, Names, joined, leaf, seed, string};
use crate::model::{Json, MAX_DEPTH, Token};
use crate::records::Problem;
use crate::template::JsonPath;

/// What a rule names.
#[derive(Clone, Debug, Default)]
pub(in crate::records) struct Paths {
    names: Tree,
    others: Vec<JsonPath>,
}

/// What paths of names lead to.
#[derive(Clone, Debug, Default)]
struct Tree {
    /// A path ends here.
    end: bool,
    /// By the hash of a name; sorted.
    below: Vec<(u128, Tree)>,
}

impl FromIterator<JsonPath> for Paths {
    fn from_iter<I: IntoIterator<Item = JsonPath>>(paths: I) -> Self {
        let mut all = Self::default();
        for path in paths {
            match path.names() {
                Some(names) => all.names.add(&names),
                None => all.others.push(path),
            }
        }
        all
    }
}

impl Tree {
    fn add(&mut self, names: &[&str]) {
        let Some((first, rest)) = names.split_first() else {
            self.end = true;
            return;
        };
        let name = super::text(first.as_bytes());
        let place = match self.below.binary_search_by_key(&name, |(name, _)| *name) {
            Ok(place) => place,
            Err(place) => {
                self.below.insert(place, (name, Self::default()));
                place
            }
        };
        self.below.get_mut(place).into_iter().for_each(|(_, tree)| tree.add(rest));
    }

    fn get(&self, name: u128) -> Option<&Self> {
        let place = self.below.binary_search_by_key(&name, |(name, _)| *name).ok()?;
        self.below.get(place).map(|(_, tree)| tree)
    }
}

/// The hash of what counts: what `only` names, or everything, but nothing that `ignore` names.
pub(in crate::records) fn under(
    record: Json<'_>,
    only: Option<&Paths>,
    ignore: &Paths,
) -> Result<u128, Problem> {
    let mut walk = Under {
        hasher: Hasher::of(record),
        found: Places::of(only.map(|paths| paths.others.as_slice()).unwrap_or_default(), record),
        ignored: Places::of(&ignore.others, record),
    };
    let view =
        View { searching: only.is_some(), only: only.map(|paths| &paths.names), ignore: Some(&ignore.names) };
    let nothing = joined(0, 0, seed::OBJECT); // as of a record without fields
    walk.value(view, MAX_DEPTH).map(|hash| hash.unwrap_or(nothing))
}

/// Where in a record the values stand that paths have found: by their first bytes.
#[derive(Default)]
struct Places(Vec<usize>);

impl Places {
    fn of(paths: &[JsonPath], record: Json<'_>) -> Self {
        let start = record.text().as_ptr() as usize;
        let found = paths.iter().flat_map(|path| path.find(record));
        let mut places: Vec<usize> =
            found.map(|json| (json.text().as_ptr() as usize).wrapping_sub(start)).collect();
        places.sort_unstable();
        Self(places)
    }

    fn has(&self, place: usize) -> bool {
        self.0.binary_search(&place).is_ok()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// How a value is looked at.
#[derive(Clone, Copy)]
struct View<'r> {
    /// Nothing counts but what `only_fields` names, which is further below.
    searching: bool,
    only: Option<&'r Tree>,
    ignore: Option<&'r Tree>,
}

/// What becomes of a value.
enum Fate {
    Skipped,
    Whole,
    Partly,
}

impl<'r> View<'r> {
    fn of_field(self, name: u128) -> Self {
        let below = |tree: Option<&'r Tree>| tree.and_then(|tree| tree.get(name));
        Self { only: below(self.only), ignore: below(self.ignore), ..self }
    }

    fn of_element(self) -> Self {
        Self { only: None, ignore: None, ..self }
    }
}

struct Under<'a> {
    hasher: Hasher<'a>,
    found: Places,
    ignored: Places,
}

impl Under<'_> {
    /// The next value; `None`: nothing of it counts.
    fn value(&mut self, mut view: View<'_>, depth: usize) -> Result<Option<u128>, Problem> {
        match self.fate(&mut view) {
            Fate::Skipped => self.skip(depth).map(|()| None),
            Fate::Whole => self.hasher.value(depth).map(Some),
            Fate::Partly => match self.hasher.tokens.next() {
                Some(Token::OpenArray | Token::OpenObject) if depth == 0 => Err(Problem::TooDeep),
                Some(Token::OpenArray) => self.array(view, depth - 1),
                Some(Token::OpenObject) => self.object(view, depth - 1),
                _ if view.searching => Ok(None),
                Some(Token::Scalar(scalar)) => Ok(Some(leaf(scalar))),
                Some(token) => Ok(string(token)),
                None => Ok(None),
            },
        }
    }

    /// What becomes of the next value. From one that is found on, everything counts.
    fn fate(&self, view: &mut View<'_>) -> Fate {
        let places = !self.found.is_empty() || !self.ignored.is_empty();
        let place = if places { self.hasher.tokens.peek().map(|(place, _)| place) } else { None };
        let ends = |tree: Option<&Tree>| tree.is_some_and(|tree| tree.end);
        let leads_on = |tree: Option<&Tree>| tree.is_some_and(|tree| !tree.below.is_empty());
        if ends(view.ignore) || place.is_some_and(|place| self.ignored.has(place)) {
            return Fate::Skipped;
        }
        view.searching &= !ends(view.only) && !place.is_some_and(|place| self.found.has(place));
        if view.searching {
            let hopeless = self.found.is_empty() && !leads_on(view.only);
            return if hopeless { Fate::Skipped } else { Fate::Partly };
        }
        let whole = self.ignored.is_empty() && !leads_on(view.ignore);
        if whole { Fate::Whole } else { Fate::Partly }
    }

    fn object(&mut self, view: View<'_>, depth: usize) -> Result<Option<u128>, Problem> {
        let base = self.hasher.fields.len();
        let mut names = Names::default();
        while let Some(name) = self.hasher.tokens.next().and_then(string) {
            names.add(name);
            match self.value(view.of_field(name), depth)? {
                Some(value) => self.hasher.fields.push((name, joined(name, value, seed::FIELD))),
                None if names.perhaps_repeated => self.hasher.forget(base, name), // the last one of a name counts
                None => {}
            }
        }
        let nothing = self.hasher.fields.len() == base;
        let hash = self.hasher.closed(base, names.perhaps_repeated);
        Ok((!nothing || !view.searching).then_some(hash))
    }

    fn array(&mut self, view: View<'_>, depth: usize) -> Result<Option<u128>, Problem> {
        let (mut chain, mut count) = (0, 0);
        let mut before = None;
        // A text that is no JSON might stand still.
        while let Some((place, byte)) = self.hasher.tokens.peek().filter(|next| Some(*next) != before) {
            if matches!(byte, b']' | b'}') {
                break;
            }
            if let Some(value) = self.value(view.of_element(), depth)? {
                chain = joined(chain, value, seed::ELEMENT);
                count += 1;
            }
            before = Some((place, byte));
        }
        self.hasher.tokens.next(); // the end
        Ok((count > 0 || !view.searching).then(|| joined(chain, count, seed::ARRAY)))
    }

    /// Steps over a value. It may not be nested deeper than others either.
    fn skip(&mut self, depth: usize) -> Result<(), Problem> {
        let skipped = self.hasher.tokens.skip_value().unwrap_or(Json::trusted("null"));
        if super::may_be_deeper(skipped.text(), depth) {
            Hasher::of(skipped).value(depth)?;
        }
        Ok(())
    }
}
