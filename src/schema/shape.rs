//! What was seen in records: at each place the kinds of its values. Two shapes are joined like sets, so that the order in which
//! records come, and how often, makes no difference.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::kinds::{KindOf, Kinds};
use super::misfit::Misfit;
use crate::model::{Json, Kind};

/// An object with more fields than this is one whose names are values (dates, ids): no record has a type with so many.
pub(super) const MOST_FIELDS: usize = 1_000;
/// So many places a schema may have ...
const MOST_PLACES: usize = 10_000;
/// ... and so many bytes what is remembered of it: less than a topic takes by default, and the same everywhere, so that what a schema
/// can be does not hang on the offsets topic's settings.
const MOST_BYTES: usize = 900_000;
/// Values that are nested deeper have no type.
pub(super) const DEEPEST: usize = 32;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shape {
    #[serde(default, skip_serializing_if = "Kinds::is_empty")]
    pub kinds: Kinds,
    /// Of lists: what their elements are. `None`: no element but null was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Box<Shape>>,
    /// Of objects. Fields that were never seen with a value are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Shape>,
}

impl Shape {
    /// What one record shows. `skip`: fields of it that are not looked at.
    pub(super) fn of(record: Json<'_>, skip: &dyn Fn(&str) -> bool) -> Result<Self, Misfit> {
        let mut shape = Self::default();
        shape.see(record, skip, DEEPEST)?;
        Ok(shape)
    }

    fn see(&mut self, value: Json<'_>, skip: &dyn Fn(&str) -> bool, depth: usize) -> Result<(), Misfit> {
        let Some(kind) = KindOf::of(value) else { return Ok(()) };
        let depth = depth.checked_sub(1).ok_or_else(Misfit::too_deep)?;
        self.kinds.add(Kinds::of(kind));
        for element in value.elements() {
            let items = self.items.get_or_insert_default();
            items.see(element, &|_| false, depth).map_err(Misfit::in_list)?;
        }
        for (name, value) in value.fields() {
            let name = name.text();
            if skip(&name) {
                continue;
            }
            let mut below = Self::default();
            below.see(value, &|_| false, depth).map_err(|misfit| misfit.in_field(&name))?;
            self.join_field(&name, below);
        }
        self.settle();
        Ok(())
    }

    /// Whether it shows nothing that is not known. Neither allocates, for most records.
    pub(super) fn covers(&self, value: Json<'_>, skip: &dyn Fn(&str) -> bool) -> bool {
        let Some(kind) = KindOf::of(value) else { return true };
        if kind == KindOf::Object && self.kinds.has(KindOf::Many) {
            return true;
        }
        if self.kinds.are_mixed() {
            return self.kinds.has(kind);
        }
        let covers_element =
            |element| self.items.as_ref().is_some_and(|items| items.covers(element, &|_| false));
        let covers_field = |name: &str, value: Json<'_>| match self.fields.get(name) {
            Some(field) => field.covers(value, &|_| false),
            None => value.kind() == Kind::Null,
        };
        self.kinds.has(kind)
            && value.elements().all(|element| element.kind() == Kind::Null || covers_element(element))
            && value.fields().all(|(name, value)| {
                let name = name.text();
                skip(&name) || covers_field(&name, value)
            })
    }

    /// The least shape that has both.
    pub(super) fn join(&mut self, other: Self) {
        self.kinds.add(other.kinds);
        if let Some(items) = other.items {
            self.items.get_or_insert_default().join(*items);
        }
        for (name, field) in other.fields {
            self.join_field(&name, field);
        }
        self.settle();
    }

    /// What is too much of it, if anything is: a schema must not grow without end.
    pub(super) fn excess(&self) -> Option<String> {
        let (places, bytes) = (self.places(), self.text().len());
        if places > MOST_PLACES {
            Some(format!("more than {MOST_PLACES} fields"))
        } else {
            (bytes > MOST_BYTES)
                .then(|| format!("fields of {bytes} bytes with their names, more than {MOST_BYTES}"))
        }
    }

    /// As it is remembered.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn join_field(&mut self, name: &str, field: Self) {
        match self.fields.get_mut(name) {
            Some(known) => known.join(field),
            None if field == Self::default() => {} // only null was seen
            None => drop(self.fields.insert(name.to_owned(), field)),
        }
    }

    /// One form for what means the same.
    fn settle(&mut self) {
        if self.fields.len() > MOST_FIELDS {
            self.kinds.remove(KindOf::Object);
            self.kinds.add(Kinds::of(KindOf::Many));
        }
        if self.kinds.has(KindOf::Many) {
            self.kinds.remove(KindOf::Object);
            self.fields.clear();
        }
        if self.kinds.are_mixed() {
            // A text from now on, if anything: what is in it is nobody's type.
            self.kinds.replace(KindOf::Many, KindOf::Object);
            self.fields.clear();
            self.items = None;
        }
        self.items.take_if(|items| **items == Self::default());
    }

    fn places(&self) -> usize {
        let below = self.items.iter().map(AsRef::as_ref).chain(self.fields.values());
        1 + below.map(Self::places).sum::<usize>()
    }
}
