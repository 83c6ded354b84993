//! Texts for people: numbers, ages, sizes, and cells of an exact width.

use std::time::Duration;

use console::{Alignment, Style, pad_str, truncate_str};

/// Where and how to draw.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Columns of the terminal.
    pub width: usize,
    pub colors: bool,
}

/// `1 000`: groups of three, as people read them.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let grouped = digits.bytes().enumerate().flat_map(|(place, digit)| {
        let gap = place > 0 && (digits.len() - place).is_multiple_of(3);
        gap.then_some(' ').into_iter().chain([char::from(digit)])
    });
    grouped.collect()
}

/// `3 s`, `12 min`, `5 h`, `8 d`: the largest unit of which there are two, or the only one.
pub fn age(age: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
    let seconds = age.as_secs();
    let unit = UNITS.iter().find(|(length, _)| seconds >= 2 * length).unwrap_or(&(1, "s"));
    format!("{} {}", seconds / unit.0, unit.1)
}

/// `12.3 MiB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.iter().find(|(size, _)| bytes >= *size) {
        Some((size, unit)) => format!("{:.1} {unit}", bytes as f64 / *size as f64),
        None => format!("{bytes} B"),
    }
}

/// What an API sends must not steer the terminal: letter for letter, for cells of a known width.
pub fn printable(text: &str) -> String {
    text.chars().map(|letter| if steers(letter) { '·' } else { letter }).collect()
}

/// The same where there is room: what would steer it is escaped.
pub fn shown(text: &str) -> String {
    let harmless = |letter: char| match letter {
        letter if steers(letter) => letter.escape_unicode().to_string(),
        letter => letter.to_string(),
    };
    text.chars().map(harmless).collect()
}

/// The same, cut after so many characters.
pub fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => shown(text),
        Some((end, _)) => format!("{}…", shown(text.get(..end).unwrap_or_default())),
    }
}

/// Moves a terminal's cursor, or turns the direction of the text behind it.
fn steers(letter: char) -> bool {
    let turns = matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    letter.is_control() || turns
}

/// A text at exactly this width on the terminal: wide characters count twice.
pub fn to_width(text: &str, width: usize, right: bool) -> String {
    let alignment = if right { Alignment::Right } else { Alignment::Left };
    pad_str(&truncate_str(text, width, "…"), width, alignment, None).into_owned()
}

pub fn paint(style: Style, text: &str, look: &Look) -> String {
    if look.colors { style.force_styling(true).apply_to(text).to_string() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_escaped_or_a_dot_and_long_text_is_cut() {
        let text = "a\u{1b}[2Jb\nc\u{9b}é\u{202e}";
        assert_eq!(shown(text), r"a\u{1b}[2Jb\u{a}c\u{9b}é\u{202e}");
        assert_eq!(printable(text), "a·[2Jb·c·é·");
        assert_eq!((shortened("äöü", 3), shortened("äöü", 2)), ("äöü".to_owned(), "äö…".to_owned()));
    }

    #[test]
    fn numbers_are_grouped() {
        let shown = [0, 999, 1000, 12_345, 1_234_567].map(thousands);
        assert_eq!(shown, ["0", "999", "1 000", "12 345", "1 234 567"]);
    }

    #[test]
    fn ages_and_sizes_are_in_the_unit_that_people_would_take() {
        let ages = [0, 1, 119, 120, 7199, 7200, 172_799, 172_800].map(|s| age(Duration::from_secs(s)));
        assert_eq!(ages, ["0 s", "1 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 d"]);
        let sizes = [0, 1023, 1024, 1536, 5 << 20, 3 << 40].map(bytes);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 KiB", "5.0 MiB", "3.0 TiB"]);
    }
}
