//! A value that does not fit its type, told by its place and its kind, never by its content.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// With dots; `[]` for an element of a list. Empty: the record itself.
    place: String,
    what: String,
}

impl Misfit {
    pub fn new(what: impl Into<String>) -> Self {
        Self { place: String::new(), what: what.into() }
    }

    pub(super) fn too_deep() -> Self {
        Self::new(format!(
            "is nested deeper than {} levels; its column can have data_type: json",
            super::shape::DEEPEST
        ))
    }

    /// The same of an element of a list.
    pub fn in_list(self) -> Self {
        let dot = if self.place.is_empty() || self.place.starts_with('[') { "" } else { "." };
        Self { place: format!("[]{dot}{}", self.place), ..self }
    }

    /// The same at a place that is known.
    pub(super) fn at(place: &str, what: String) -> Self {
        Self { place: place.to_owned(), what }
    }

    /// The same of a field of an object.
    pub fn in_field(self, name: &str) -> Self {
        Self { place: below(name, &self.place), ..self }
    }
}

/// `a` and `b` is `a.b`, `a` and `[]` is `a[]`.
fn below(name: &str, place: &str) -> String {
    let dot = if place.is_empty() || place.starts_with('[') { "" } else { "." };
    format!("{name}{dot}{place}")
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            write!(f, "it {}", self.what)
        } else {
            write!(f, "the field {:?} {}", self.place, self.what)
        }
    }
}

impl std::error::Error for Misfit {}
