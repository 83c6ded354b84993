//! A table with known columns, one of which takes the room that the others leave.

use console::{Style, measure_text_width, truncate_str};

use super::text::{Look, paint, printable, to_width};

/// Between two columns.
const GAP: usize = 2;
/// The column that takes the rest has this much at least.
const LEAST: usize = 12;

/// How wide a column may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// As wide as its texts, and no wider than this.
    AtMost(usize),
    /// What the others leave.
    Rest,
}

/// Columns and their widths, taken from the rows that were there when it was made: rows may follow.
#[derive(Clone, Debug)]
pub struct Grid {
    titles: Vec<&'static str>,
    widths: Vec<usize>,
    look: Look,
}

impl Grid {
    pub fn new(columns: &[(&'static str, Place)], rows: &[Vec<String>], look: Look) -> Self {
        let natural = |column: usize, title: &str| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            let widest = cells.map(|cell| measure_text_width(&printable(cell))).max().unwrap_or_default();
            widest.max(title.len())
        };
        let fixed = columns.iter().enumerate().map(|(column, (title, place))| match place {
            Place::AtMost(most) => natural(column, title).min((*most).max(title.len())),
            Place::Rest => 0,
        });
        let mut widths: Vec<usize> = fixed.collect();
        let taken = widths.iter().sum::<usize>() + GAP * columns.len().saturating_sub(1);
        let room = look.width.saturating_sub(taken).max(LEAST);
        for (column, (title, place)) in columns.iter().enumerate() {
            if let (Place::Rest, Some(width)) = (place, widths.get_mut(column)) {
                *width = room.min(natural(column, title));
            }
        }
        Self { titles: columns.iter().map(|(title, _)| *title).collect(), widths, look }
    }

    /// The titles, without the end of the line.
    pub fn head(&self) -> String {
        let cells: Vec<String> = self.titles.iter().map(|title| (*title).to_owned()).collect();
        paint(Style::new().dim(), &self.bare(&cells), &self.look)
    }

    /// A row, without the end of the line; never wider than the terminal.
    pub fn line(&self, cells: &[String], style: Style) -> String {
        paint(style, &self.bare(cells), &self.look)
    }

    fn bare(&self, cells: &[String]) -> String {
        let padded =
            cells.iter().zip(&self.widths).map(|(cell, width)| to_width(&printable(cell), *width, false));
        let line = padded.collect::<Vec<_>>().join(&" ".repeat(GAP));
        truncate_str(line.trim_end(), self.look.width, "…").into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn one_column_takes_the_room_that_the_others_leave() {
        let rows = [
            cells(&["1", r#"{"name":"Zürich 東京","n":1}"#, "3 s"]),
            cells(&["1001\u{1b}[2J", "x", "2 min"]),
        ];
        let columns = [("key", Place::AtMost(6)), ("value", Place::Rest), ("age", Place::AtMost(9))];
        let grid = Grid::new(&columns, &rows, Look { width: 36, colors: false });
        let lines = [grid.head(), grid.line(&rows[0], Style::new()), grid.line(&rows[1], Style::new())];
        assert_eq!(
            lines,
            [
                "key     value                  age",
                "1       {\"name\":\"Zürich 東京…  3 s",
                "1001·…  x                      2 min",
            ]
        );
        assert!(lines.iter().all(|line| measure_text_width(line) <= 36), "{lines:?}");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_whatever_it_is() {
        let rows = [cells(&[&"k".repeat(50), &"v".repeat(500), &"h".repeat(90)])];
        let columns = [("key", Place::AtMost(28)), ("value", Place::Rest), ("headers", Place::AtMost(30))];
        for width in 0..120 {
            let grid = Grid::new(&columns, &rows, Look { width, colors: true });
            for line in [grid.head(), grid.line(&rows[0], Style::new().red())] {
                assert!(measure_text_width(&line) <= width.max(1), "{width}: {line}");
            }
        }
    }
}
