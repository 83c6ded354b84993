//! Every path that a file names, found in its tokens: so that what stands inside a macro counts as well.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::sources::Source;

/// A path as it is meant: `crate::…` resolved from `self` and `super`, or beginning with a library's name.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    pub segments: Vec<String>,
    pub line: usize,
    /// Inside a `mod tests { … }`.
    pub in_test: bool,
}

pub fn named(source: &Source) -> Vec<Named> {
    let tokens: TokenStream = source.text.parse().unwrap_or_default();
    let mut walk = Walk { module: module(&source.path), in_test: source.is_test(), found: Vec::new() };
    walk.stream(tokens, &[]);
    walk.found
}

/// The module that a file is: `src/poll/client.rs` → `poll`, `client`.
fn module(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
    inner.split('/').filter(|part| !matches!(*part, "lib" | "main")).map(str::to_owned).collect()
}

struct Walk {
    module: Vec<String>,
    in_test: bool,
    found: Vec<Named>,
}

impl Walk {
    /// `prefix`: what stands before the braces of a `use`.
    fn stream(&mut self, tokens: TokenStream, prefix: &[String]) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Ident(word) if word == "mod" && is_group(tokens.get(at + 2)) => {
                    self.inner_module(&tokens[at + 1], &tokens[at + 2]);
                    at += 3;
                }
                TokenTree::Ident(_) => at = self.path(&tokens, at, prefix),
                TokenTree::Group(group) => {
                    self.stream(group.stream(), &[]);
                    at += 1;
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => at += 1,
            }
        }
    }

    fn inner_module(&mut self, name: &TokenTree, body: &TokenTree) {
        let TokenTree::Group(body) = body else { return };
        let outside = self.in_test;
        self.in_test |= name.to_string() == "tests";
        self.module.push(name.to_string());
        self.stream(body.stream(), &[]);
        self.module.pop();
        self.in_test = outside;
    }

    /// Reads `a::b::c` or `a::b::{…}` from `at`; returns the place behind it.
    fn path(&mut self, tokens: &[TokenTree], mut at: usize, prefix: &[String]) -> usize {
        let line = tokens[at].span().start().line;
        let mut segments = prefix.to_vec();
        loop {
            if let Some(TokenTree::Ident(word)) = tokens.get(at) {
                segments.push(word.to_string());
                at += 1;
            }
            if !(is_colon(tokens.get(at)) && is_colon(tokens.get(at + 1))) {
                break;
            }
            at += 2;
            match tokens.get(at) {
                Some(TokenTree::Ident(_)) => {}
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    self.stream(group.stream(), &segments);
                    return at + 1;
                }
                _ => break,
            }
        }
        if segments.len() > 1 {
            self.found.push(Named { segments: self.resolve(segments), line, in_test: self.in_test });
        }
        at
    }

    fn resolve(&self, segments: Vec<String>) -> Vec<String> {
        let mut base = match segments[0].as_str() {
            // The binary sees the library from outside.
            "crate" | "krest" => return [vec!["crate".to_owned()], segments[1..].to_vec()].concat(),
            "self" | "super" => self.module.clone(),
            _ => return segments,
        };
        let mut rest = segments.into_iter().skip_while(|segment| segment == "self").peekable();
        while rest.next_if(|segment| segment == "super").is_some() {
            base.pop();
        }
        ["crate".to_owned()].into_iter().chain(base).chain(rest).collect()
    }
}

fn is_colon(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}

fn is_group(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
}

#[test]
fn paths_are_found_wherever_they_stand() {
    let text = "use crate::{model::Key, poll::{self, Page}};
fn f() { let x: super::b::C = rdkafka::d::<u8>(); info!(y = crate::state::e()); }
mod tests { use super::super::g::H; }
";
    let found = named(&Source::parse("src/kafka/thread.rs", text));
    let paths: Vec<String> = found.iter().map(|named| named.segments.join("::")).collect();
    let expected = [
        "crate::model::Key",
        "crate::poll::self",
        "crate::poll::Page",
        "crate::kafka::b::C",
        "rdkafka::d",
        "crate::state::e",
        "crate::kafka::g::H",
    ];
    assert_eq!(paths, expected);
    assert_eq!((found[6].in_test, found[6].line, found[5].in_test), (true, 3, false));
}
