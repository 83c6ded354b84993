//! Texts of others on a terminal: on one line, harmless, and not too long.

/// What would move a terminal's cursor, or hide text, is escaped.
pub(super) fn shown(text: &str) -> String {
    let harmless = |letter: char| match letter {
        letter if letter.is_control() || is_invisible(letter) => letter.escape_unicode().to_string(),
        letter => letter.to_string(),
    };
    text.chars().map(harmless).collect()
}

/// The same, cut after so many characters.
pub(super) fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => shown(text),
        Some((end, _)) => format!("{}…", shown(text.get(..end).unwrap_or_default())),
    }
}

/// Marks that turn the direction of the text after them.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_escaped_and_long_text_is_cut() {
        assert_eq!(shown("a\u{1b}[2Jb\nc\u{9b}é\u{202e}"), r"a\u{1b}[2Jb\u{a}c\u{9b}é\u{202e}");
        assert_eq!((shortened("äöü", 3), shortened("äöü", 2)), ("äöü".to_owned(), "äö…".to_owned()));
    }
}
