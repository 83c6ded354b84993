//! A topic as a table on the terminal: one row a key, the columns taken from the records themselves.

use console::Style;

use super::cell::{Cell, cells_of};
use super::layout::{Column, fit, padded};
use crate::table::{Look, paint, printable, thousands};

/// The newest message of one key.
#[derive(Clone, Debug)]
pub struct Row {
    pub key: String,
    /// The message's value: JSON.
    pub value: String,
    pub place: Place,
    pub change: RowChange,
}

/// Where a message stands in its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub partition: i32,
    pub offset: i64,
}

/// What the last scan did to a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowChange {
    Same,
    New,
    /// With the value that the key had before.
    Updated {
        before: String,
    },
}

/// A topic and what to show of it.
#[derive(Clone, Copy, Debug)]
pub struct Table<'t> {
    pub topic: &'t str,
    /// In the order in which they are to be shown; changed rows are drawn before all others.
    pub rows: &'t [Row],
    /// How many rows are drawn at most.
    pub most: usize,
}

impl Table<'_> {
    /// The table, each line ended; no line is wider than `look.width`.
    pub fn render(&self, look: &Look) -> String {
        let shown = self.shown();
        let body: Vec<Vec<Cell>> = shown.iter().map(|row| cells_of(row)).collect();
        let columns = fit(&body, look.width);
        let mut out = self.title(look);
        push(&mut out, &head(&columns, look));
        for (row, cells) in shown.iter().zip(&body) {
            push(&mut out, &line(row, cells, &columns, look));
        }
        push(&mut out, &self.rest(shown.len(), look));
        out
    }

    fn shown(&self) -> Vec<&Row> {
        let (changed, same): (Vec<&Row>, Vec<&Row>) =
            self.rows.iter().partition(|row| row.change != RowChange::Same);
        changed.into_iter().chain(same).take(self.most).collect()
    }

    fn title(&self, look: &Look) -> String {
        let keys = thousands(self.rows.len() as u64);
        let word = if self.rows.len() == 1 { "row" } else { "rows" };
        let text = format!("  topic {}, as a reader sees it: {keys} {word}", printable(self.topic));
        let text = console::truncate_str(&text, look.width, "…").into_owned();
        format!("{}\n", paint(Style::new().bold(), &text, look))
    }

    fn rest(&self, shown: usize, look: &Look) -> String {
        let more = self.rows.len().saturating_sub(shown);
        if more == 0 {
            return String::new();
        }
        let text = format!("    … and {} more", thousands(more as u64));
        paint(Style::new().dim(), &console::truncate_str(&text, look.width, "…"), look)
    }
}

fn push(out: &mut String, line: &str) {
    if !line.is_empty() {
        out.push_str(line);
        out.push('\n');
    }
}

fn head(columns: &[Column], look: &Look) -> String {
    let titles = columns.iter().map(|column| padded(&column.name, column)).collect::<Vec<_>>().join("  ");
    let text = format!("    {}", titles.trim_end());
    paint(Style::new().dim(), &text, look)
}

fn line(row: &Row, cells: &[Cell], columns: &[Column], look: &Look) -> String {
    let (mark, style) = match row.change {
        RowChange::Same => (' ', Style::new()),
        RowChange::New => ('+', Style::new().green()),
        RowChange::Updated { .. } => ('~', Style::new().yellow()),
    };
    let texts = columns.iter().map(|column| {
        let cell = cells.iter().find(|cell| cell.column == column.name);
        let text = padded(cell.map_or("", |cell| &cell.text), column);
        let lit = row.change == RowChange::New || cell.is_some_and(|cell| cell.changed);
        if lit { paint(style.clone(), &text, look) } else { text }
    });
    let texts = texts.collect::<Vec<_>>().join("  ");
    format!("  {} {texts}", paint(style, &mark.to_string(), look)).trim_end().to_owned()
}
