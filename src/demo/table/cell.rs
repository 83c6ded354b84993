//! A row's cells: its key, the scalar fields of its value, its place in the topic.

use super::{Row, RowChange};
use crate::model::{Json, Kind};
use crate::table::printable;

/// The first and the last column.
pub(super) const KEY: &str = "key";
pub(super) const PLACE: &str = "partition:offset";

#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) column: String,
    pub(super) text: String,
    pub(super) number: bool,
    /// The last scan changed it; the text is then `old → new`.
    pub(super) changed: bool,
    /// The text is the key's: a column of such cells is not worth drawing.
    pub(super) repeats: bool,
}

/// Key, fields in the record's order, place.
pub(super) fn cells_of(row: &Row) -> Vec<Cell> {
    let before = match &row.change {
        RowChange::Updated { before } => Some(Json::trusted(before)),
        RowChange::Same | RowChange::New => None,
    };
    let key = Cell::plain(KEY, printable(&row.key));
    let fields = Json::trusted(&row.value).fields().filter_map(|(name, value)| {
        let text = scalar(value)?;
        let name = name.text();
        let old = before.and_then(|before| before.get(&name)).and_then(scalar);
        let changed = old.as_ref().is_some_and(|old| *old != text);
        let number = matches!(value.kind(), Kind::Number | Kind::Null);
        let text = old.filter(|_| changed).map_or(text.clone(), |old| format!("{old} → {text}"));
        Some(Cell { column: printable(&name), repeats: text == row.key, text, number, changed })
    });
    let place = Cell::plain(PLACE, format!("{}:{}", row.place.partition, row.place.offset));
    std::iter::once(key).chain(fields).chain([place]).collect()
}

impl Cell {
    fn plain(column: &str, text: String) -> Self {
        Self { column: column.to_owned(), text, number: false, changed: false, repeats: false }
    }
}

/// Text for a terminal; none for objects and lists.
fn scalar(value: Json<'_>) -> Option<String> {
    match value.kind() {
        Kind::Object | Kind::Array => None,
        Kind::String => Some(printable(&value.as_str().unwrap_or(value.text().into()))),
        Kind::Null | Kind::Bool | Kind::Number => Some(value.text().to_owned()),
    }
}
