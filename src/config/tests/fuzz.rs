//! Fuzz target: what an operator may have written. See fuzz/README.md.

use std::path::Path;

use crate::config::Config;
use crate::fuzz::Target;
use crate::model::Redactor;

const SECRET: &str = "hush-5f0c1b7e";

/// What comes of a text under a file name that says its form.
fn read(text: &[u8], name: &str) -> Result<String, String> {
    let environment = |name: &str| match name {
        "EMPTY" => Some(String::new()),
        "YAML" => Some("{a: [1, ${env:TOKEN}]}".to_owned()),
        name if name.chars().all(|c| c.is_ascii_uppercase() || c == '_') => Some(SECRET.to_owned()),
        _ => None,
    };
    let config = Config::parse(text, Path::new(name), &environment, &Redactor::default());
    let lines = text.split(|byte| *byte == b'\n' || *byte == b'\r').count();
    config.map(|config| format!("{config:?}")).map_err(|mistakes| {
        assert!(!mistakes.list().is_empty(), "refused without a word");
        for mistake in mistakes.list() {
            assert!(mistake.at.line >= 1 && mistake.at.line <= lines + 1, "{mistake:?} of {lines} lines");
            assert!(!mistake.text.is_empty() && !mistake.text.contains('\n'), "{mistake:?}");
        }
        mistakes.to_string()
    })
}

#[test]
fn any_text_is_a_configuration_or_mistakes_in_time() {
    Target { name: "config", runs: 1_000 }.holds(|input| {
        for name in ["a.yaml", "a.json", "a"] {
            let told = read(input, name);
            let text = told.as_ref().map_or_else(String::as_str, String::as_str);
            assert!(!text.contains(SECRET), "a secret in {text}");
            assert_eq!(read(input, name), told, "the same file, read again");
        }
    });
}
