//! The cursors of a dependent resource: each of its parents has one.

use super::standing::Standing;
use crate::model::Cursor;

impl Standing {
    /// The cursor of a parent whose walk has ended; `None` if it has not moved.
    pub fn end_of_parent(&mut self, parent: &str, cursor: Option<Cursor>) -> Option<(String, Cursor)> {
        let cursor = cursor?;
        let old = self.parents.insert(parent.to_owned(), cursor.clone());
        (old.as_ref() != Some(&cursor)).then(|| (parent.to_owned(), cursor))
    }

    /// Forgets the cursors of these parents; returns those that had one.
    pub fn forget_parents<'p>(&mut self, parents: impl Iterator<Item = &'p str>) -> Vec<String> {
        parents.filter_map(|parent| self.parents.remove_entry(parent)).map(|(parent, _)| parent).collect()
    }
}
