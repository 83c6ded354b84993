//! Numbers, bars and lines of a width.

use std::time::Duration;

use console::measure_text_width;

use crate::table::thousands;

pub(super) fn count(number: u64, word: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {word}{plural}", thousands(number))
}

pub(super) fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// A bar of sixteen cells.
pub(super) fn bar_of(done: u64, whole: u64) -> String {
    const CELLS: u64 = 16;
    let full = done.min(whole).saturating_mul(CELLS).checked_div(whole).unwrap_or(CELLS);
    (0..CELLS).map(|cell| if cell < full { '█' } else { '░' }).collect()
}

/// Lines that fit `width`, each ended; the first indented by `indents.0` columns, the others by `indents.1`. Broken between
/// words: a word that is wider than all stays whole.
pub(super) fn wrapped(text: &str, width: usize, indents: (usize, usize)) -> String {
    let mut out = String::new();
    let mut line = " ".repeat(indents.0);
    let mut empty = true;
    for word in text.split_inclusive(' ') {
        let wide = measure_text_width(&line) + measure_text_width(word.trim_end());
        if wide > width && !empty {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(indents.1);
        }
        line.push_str(word);
        empty = false;
    }
    out + line.trim_end() + "\n"
}
