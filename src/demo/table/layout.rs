//! Which columns fit the terminal, and how wide each is.

use console::measure_text_width;

use super::cell::{Cell, KEY, PLACE};
use crate::table::to_width;

/// No cell is wider than this, so that one long text does not push the others out.
const WIDEST: usize = 28;
/// Before the first column (two spaces, the mark, a space) and between two.
const MARGIN: usize = 4;
const GAP: usize = 2;

#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    width: usize,
    right: bool,
    changed: bool,
    repeats: bool,
}

impl Column {
    fn of(cell: &Cell, width: usize) -> Self {
        let Cell { column, number, changed, repeats, .. } = cell;
        Self { name: column.clone(), width, right: *number, changed: *changed, repeats: *repeats }
    }
}

/// The columns to draw, in the records' order. Key and place always, then those in which something changed, then as many of
/// the others as there is room for.
pub(super) fn fit(body: &[Vec<Cell>], width: usize) -> Vec<Column> {
    let columns: Vec<Column> = collect(body).into_iter().filter(|column| !column.repeats).collect();
    let mut order: Vec<&Column> = columns.iter().collect();
    order.sort_by_key(|column| (column.name != KEY, column.name != PLACE, !column.changed));
    let mut room = width.saturating_sub(MARGIN);
    let mut taken: Vec<Column> = Vec::new();
    for column in order {
        let gap = if taken.is_empty() { 0 } else { GAP };
        if taken.is_empty() && column.width > room {
            taken.push(Column { width: room, ..column.clone() });
            room = 0;
        } else if column.width + gap <= room {
            room -= column.width + gap;
            taken.push(column.clone());
        }
    }
    columns
        .into_iter()
        .filter_map(|column| taken.iter().find(|one| one.name == column.name).cloned())
        .collect()
}

/// Every column that a row has, at its natural width.
fn collect(body: &[Vec<Cell>]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for cell in body.iter().flatten() {
        let width = measure_text_width(&cell.text).min(WIDEST);
        if let Some(column) = columns.iter_mut().find(|column| column.name == cell.column) {
            column.width = column.width.max(width);
            column.right &= cell.number;
            column.changed |= cell.changed;
            column.repeats &= cell.repeats;
            continue;
        }
        let width = width.max(measure_text_width(&cell.column).min(WIDEST));
        let place = columns.iter().position(|column| column.name == PLACE).unwrap_or(columns.len());
        columns.insert(place, Column::of(cell, width));
    }
    columns
}

/// A text at exactly the column's width on the terminal.
pub(super) fn padded(text: &str, column: &Column) -> String {
    to_width(text, column.width, column.right)
}
