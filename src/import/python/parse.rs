//! The text of a Python file → its tree, or the place of its first syntax error.

use ruff_python_ast::Mod;
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged;

use super::tree::Stmt;

/// Where the file stops being Python.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::import) struct SyntaxError {
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub message: String,
}

/// How deep expressions and blocks may stand in one another; what stands deeper is not looked at.
pub(super) const DEEPEST: usize = 100;

pub(in crate::import) fn parse(text: &str) -> Result<Vec<Stmt>, SyntaxError> {
    let lines = Lines::new(text);
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
    let result = match (parsed.errors().first(), parsed.syntax()) {
        (Some(error), _) => {
            let (line, column) = lines.place(text, error.location.start().to_usize());
            Err(SyntaxError { line, column, message: message(&error.error.to_string()) })
        }
        (None, Mod::Module(module)) => Ok(Lowering { text, lines, depth: 0 }.block(&module.body)),
        (None, Mod::Expression(_)) => Ok(Vec::new()),
    };
    // To drop a chain of a hundred thousand operators takes more stack than there is; the command ends soon.
    std::mem::forget(parsed);
    result
}

/// House style: no capital at the start, no full stop at the end.
fn message(text: &str) -> String {
    let mut letters = text.chars();
    let Some(first) = letters.next() else { return String::new() };
    let rest = letters.as_str();
    let is_name = rest.chars().next().is_some_and(char::is_uppercase);
    let first = if is_name { first.to_string() } else { first.to_lowercase().to_string() };
    format!("{first}{}", rest.trim_end_matches('.'))
}

/// On its way from the parser's tree to krest's.
pub(super) struct Lowering<'t> {
    text: &'t str,
    lines: Lines,
    pub(super) depth: usize,
}

impl Lowering<'_> {
    pub(super) fn line(&self, node: &impl Ranged) -> usize {
        self.lines.line(node.start().to_usize())
    }

    /// A node as it is written, in one line.
    pub(super) fn written(&self, node: &impl Ranged) -> String {
        let range = node.start().to_usize()..node.end().to_usize();
        let text = self.text.get(range).unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Where each line begins.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        let behind = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(behind).collect())
    }

    fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }

    fn place(&self, text: &str, offset: usize) -> (usize, usize) {
        let line = self.line(offset);
        let start = self.0.get(line.saturating_sub(1)).copied().unwrap_or_default();
        (line, text.get(start..offset).unwrap_or_default().chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_syntax_error_has_its_place_and_a_plain_message() {
        let error = parse("x = 1\nŭ = {\"a\": }\n").unwrap_err();
        assert_eq!((error.line, error.column), (2, 11));
        assert!(error.message.starts_with(char::is_lowercase), "{}", error.message);
        assert!(!error.message.ends_with('.'), "{}", error.message);
    }

    #[test]
    fn depth_is_no_danger() {
        for text in [
            format!("x = {}1{}\n", "(".repeat(5_000), ")".repeat(5_000)),
            format!("x = {}\n", vec!["1"; 200_000].join("+")),
            format!("x = {}1\n", "not ".repeat(50_000)),
            format!("x = a{}\n", ".b".repeat(200_000)),
            format!("x = {}\n", "[".repeat(50_000)),
            format!("x = {}1\n", "lambda: ".repeat(50_000)),
            format!("x = {}(\n", "not ".repeat(50_000)),
            format!("x = {}1\n", "a ** ".repeat(50_000)),
            format!("x = {}1\n", "1 if a else ".repeat(50_000)),
            format!("x = {}1\n", "f(".repeat(50_000)),
            (0..90).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "if a:\n")
                + &" ".repeat(90)
                + "b\n",
        ] {
            let _ = parse(&text);
        }
    }
}
