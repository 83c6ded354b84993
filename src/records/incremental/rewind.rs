//! A cursor that somebody sets back: to which values it may go.

use std::cmp::Ordering;

use super::Incremental;
use crate::model::{Cursor, CursorKind, CursorValue};
use crate::records::error::WindowProblem;

/// So much of a value is shown.
const SHOWN: usize = 60;

/// Why a cursor cannot be set back to a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRewind {
    #[error(
        "no cursor is stored yet, so its next scan reads from the beginning by itself; only null can be asked for"
    )]
    NothingStored,
    #[error("{value} is {kind}, and {other} is {other_kind}: they cannot be compared")]
    Kinds { value: String, kind: CursorKind, other: String, other_kind: CursorKind },
    #[error(
        "{value} lies beyond {stored}, and a rewind goes back: what lies between would not be read; krest offsets set moves a cursor \
         forward on purpose, while the connector is stopped"
    )]
    Forward { value: String, stored: String },
    #[error("{0}")]
    Window(WindowProblem),
}

impl Incremental {
    /// Whether a scan can begin at the value, as far as the configuration tells.
    pub fn takes(&self, to: &CursorValue) -> Result<(), NoRewind> {
        if let Some(initial) = &self.initial
            && !to.fits(initial)
        {
            return Err(kinds(to, ("initial_value", initial)));
        }
        let cursor = Cursor { of: self.name(), value: to.clone(), edge: Vec::new() };
        self.window(Some(&cursor)).map(drop).map_err(|error| NoRewind::Window(error.problem))
    }

    /// Whether the value is one to go back to from where a cursor stands. `stored`: of the resource, or of its parents; it is
    /// enough if one of those goes back.
    pub fn goes_back<'c>(
        &self,
        to: &CursorValue,
        stored: impl IntoIterator<Item = &'c Cursor>,
    ) -> Result<(), NoRewind> {
        let mut outcome = Err(NoRewind::NothingStored);
        for stored in stored.into_iter().filter_map(|stored| self.own(Some(stored))).map(|own| &own.value) {
            match self.order(to, stored) {
                None => return Err(kinds(to, ("the stored cursor", stored))),
                Some(Ordering::Greater) if outcome == Err(NoRewind::NothingStored) => {
                    let stored = format!("the stored cursor, {}", shown(stored));
                    outcome = Err(NoRewind::Forward { value: shown(to), stored });
                }
                Some(Ordering::Greater) => {}
                Some(Ordering::Less | Ordering::Equal) => outcome = Ok(()),
            }
        }
        outcome
    }

    /// Where a scan begins that is sent back to a value: never beyond where it would begin by itself, so nothing is passed over.
    pub fn back_to(&self, to: &CursorValue, stored: Option<&Cursor>) -> Option<Cursor> {
        let stored = self.own(stored)?;
        Some(match self.order(to, &stored.value) {
            Some(Ordering::Less | Ordering::Equal) => {
                Cursor { of: self.name(), value: to.clone(), edge: Vec::new() }
            }
            Some(Ordering::Greater) | None => stored.clone(),
        })
    }

    /// `Greater`: the value is the newer one. `None`: they cannot stand in one field.
    fn order(&self, to: &CursorValue, stored: &CursorValue) -> Option<Ordering> {
        let order = to.compare(stored).filter(|_| to.kind().goes_with(stored.kind()))?;
        Some(self.edges.direction.oriented(order))
    }
}

fn kinds(to: &CursorValue, (name, other): (&str, &CursorValue)) -> NoRewind {
    NoRewind::Kinds {
        value: shown(to),
        kind: to.kind(),
        other: format!("{name}, {},", shown(other)),
        other_kind: other.kind(),
    }
}

/// Somebody wrote it, or an API: it may be long.
fn shown(value: &CursorValue) -> String {
    let json = value.json();
    let cut: String = json.chars().take(SHOWN).collect();
    if cut.len() < json.len() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Direction, Lag};
    use crate::records::incremental::tests::{on, stored, value};

    fn back(incremental: &Incremental, to: &str, cursors: &[&str]) -> Result<(), String> {
        let cursors: Vec<Cursor> =
            cursors.iter().map(|json| Cursor { of: incremental.name(), ..stored(json) }).collect();
        incremental.goes_back(&value(to), &cursors).map_err(|why| why.to_string())
    }

    #[test]
    fn a_value_goes_back_if_it_is_not_beyond_what_is_stored() {
        let mut posts = on("at");
        assert_eq!(back(&posts, "40", &["40"]), Ok(()));
        assert_eq!(back(&posts, "-1", &["40"]), Ok(()));
        assert!(
            back(&posts, "40.5", &["40"]).unwrap_err().contains("40.5 lies beyond the stored cursor, 40,")
        );
        assert!(
            back(&posts, "\"40\"", &["40"])
                .unwrap_err()
                .contains("\"40\" is a text, and the stored cursor, 40, is a number")
        );
        assert!(
            back(&posts, "\"n/a\"", &["\"2026-01-01\""])
                .unwrap_err()
                .contains("is a date: they cannot be compared")
        );
        assert_eq!(back(&posts, "\"2025-12-31T23:00:00-01:00\"", &["\"2026-01-01\""]), Ok(()));
        assert!(back(&posts, "1", &[]).unwrap_err().contains("no cursor is stored"));
        assert_eq!(back(&posts, "30", &["20", "40", "25"]), Ok(()), "one of the parents is enough");
        assert!(back(&posts, "30", &["20", "25"]).unwrap_err().contains("beyond the stored cursor, 20"));
        assert!(back(&posts, "30", &["40", "\"x\""]).is_err());
        posts.edges.direction = Direction::Min;
        assert_eq!(back(&posts, "50", &["40"]), Ok(()));
        assert!(back(&posts, "30", &["40"]).is_err());
        let another = Cursor { of: "max(id)".to_owned(), ..stored("9") };
        assert_eq!(posts.goes_back(&value("1"), [&another]), Err(NoRewind::NothingStored));
    }

    #[test]
    fn no_scan_begins_beyond_where_it_would_by_itself() {
        let posts = on("at");
        let begins = |to: &str, cursor: Option<&str>| {
            let cursor = cursor.map(stored);
            posts.back_to(&value(to), cursor.as_ref()).map(|cursor| cursor.value.text().to_owned())
        };
        assert_eq!(begins("30", Some("40")).as_deref(), Some("30"));
        assert_eq!(begins("50", Some("40")).as_deref(), Some("40"));
        assert_eq!(begins("\"a\"", Some("40")).as_deref(), Some("40"));
        assert_eq!(begins("30", None), None, "from the beginning");
    }

    #[test]
    fn a_value_that_the_configuration_cannot_use_is_refused() {
        let mut posts = on("at");
        posts.initial = Some(value("1"));
        assert!(
            posts.takes(&value("\"a\"")).unwrap_err().to_string().contains("initial_value, 1, is a number")
        );
        assert_eq!(posts.takes(&value("0")), Ok(()), "before the initial value there may be more");
        posts.initial = Some(value("\"\""));
        assert_eq!(posts.takes(&value("\"2026-01-01\"")), Ok(()));
        posts.lag = Lag::new("3600");
        assert!(posts.takes(&value("\"a\"")).unwrap_err().to_string().contains("lag"));
    }

    #[test]
    fn a_long_value_is_shown_cut() {
        let long = format!("\"{}\"", "é".repeat(500));
        let said = back(&on("at"), &long, &["1"]).unwrap_err();
        assert!(said.chars().count() < 200 && said.contains("é…"), "{said}");
    }
}
