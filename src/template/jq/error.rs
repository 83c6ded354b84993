//! Why an expression does not compile or does not run, told without anything of the record's content.

use std::fmt;

use jaq_json::Val;

/// Longer expressions are cut in messages.
const LONGEST_SHOWN: usize = 80;
/// Longer messages of `error("…")` are cut.
const LONGEST_MESSAGE: usize = 200;

/// A failure of one expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JqError {
    expression: String,
    problem: JqProblem,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JqProblem {
    /// `place` counts characters from 1.
    #[error("character {place}: {problem}")]
    Syntax { place: usize, problem: String },
    #[error("it is longer than {0} bytes; shorten it, or use several steps")]
    TooLong(usize),
    #[error("{0}")]
    Failed(String),
    #[error(
        "it was stopped after {0} steps; it may be endless (repeat, recurse, a function that calls itself)"
    )]
    Endless(u64),
    #[error("it was stopped because it nests too deeply; a function may call itself without an end")]
    TooDeep,
    #[error("it gives {0} outputs where one is needed")]
    Outputs(usize),
    #[error("it gives {0}, which JSON cannot hold")]
    NotJson(&'static str),
    #[error("the record is nested deeper than {0} levels")]
    Nested(usize),
    #[error("the jq interpreter failed; this is a fault of it or of krest")]
    Broken,
}

impl JqError {
    pub(super) fn new(expression: &str, problem: JqProblem) -> Self {
        Self { expression: expression.to_owned(), problem }
    }

    pub fn problem(&self) -> &JqProblem {
        &self.problem
    }
}

impl fmt::Display for JqError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown: String = self.expression.chars().take(LONGEST_SHOWN).collect();
        if shown.len() < self.expression.len() {
            shown.push('…');
        }
        let colon = if matches!(self.problem, JqProblem::Syntax { .. }) { ", " } else { ": " };
        write!(f, "the jq expression {shown:?}{colon}{}", self.problem)
    }
}

impl std::error::Error for JqError {}

/// An error that the expression itself raised (`error("…")`) in its own words; others without the values in them.
pub(super) fn failed(error: jaq_json::Error) -> JqProblem {
    // Only its form tells a raised value from a message that holds values: jaq keeps both private.
    let raised = format!("{error:?}").starts_with("Error(Val(");
    match error.into_val() {
        Val::TStr(text) => {
            let text = String::from_utf8_lossy(&text);
            let told = if raised { text.into_owned() } else { without_values(&text) };
            JqProblem::Failed(told.chars().take(LONGEST_MESSAGE).collect())
        }
        Val::Null | Val::Bool(_) | Val::Num(_) | Val::BStr(_) | Val::Arr(_) | Val::Obj(_) => {
            JqProblem::Failed("it raised an error without a message".to_owned())
        }
    }
}

/// `cannot index [1,2] with "a"` → `cannot index a list with a string`.
fn without_values(message: &str) -> String {
    let mut told = String::new();
    let mut rest = message;
    while let Some(first) = rest.chars().next() {
        let starts_word = !told.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let (kind, length) = match first {
            '"' => ("a string", string(rest)),
            '[' => ("a list", container(rest)),
            '{' => ("an object", container(rest)),
            '-' | '0'..='9' if starts_word => ("a number", number(rest)),
            _ => ("", 0),
        };
        if length == 0 {
            told.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        } else {
            told.push_str(kind);
            rest = rest.get(length..).unwrap_or_default();
        }
    }
    told
}

/// The length of a string with its quotes; what is not closed ends with the text.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn container(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at += string(text.get(at..).unwrap_or_default()).max(1) - 1,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

fn number(text: &str) -> usize {
    let body = text.strip_prefix('-').unwrap_or(text);
    if !body.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    let end = body.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-')));
    text.len() - body.len() + end.unwrap_or(body.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_its_words_and_loses_its_values() {
        for (message, told) in [
            (r#"cannot index [1,"]\"",{"a":[2]}] with "secret""#, "cannot index a list with a string"),
            (r#"cannot calculate {"k":"v"} + -1.5e+3"#, "cannot calculate an object + a number"),
            ("cannot use null as utf8 string", "cannot use null as utf8 string"),
            (r#"cut off "here"#, "cut off a string"),
            ("cut off [1,", "cut off a list"),
        ] {
            assert_eq!(without_values(message), told);
        }
    }
}
