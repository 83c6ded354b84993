//! Every test that docs/delivery.md names exists.

use std::collections::BTreeSet;

use walkdir::WalkDir;

use super::text::{code, path, read, rows};

const RULES: &str = "The rules behind it";

/// The functions that are tests, in `src` and `tests`, and the folders of `tests/scenarios`.
fn existing() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for root in ["src", "tests"] {
        for entry in WalkDir::new(path(root)).into_iter().map(Result::unwrap) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.ends_with(".rs") {
                names.extend(tests_in(&std::fs::read_to_string(entry.path()).unwrap()));
            } else if entry.path().join("expected.yaml").exists() {
                names.insert(name);
            }
        }
    }
    names
}

fn tests_in(text: &str) -> Vec<String> {
    let mut marked = false;
    let mut names = Vec::new();
    for line in text.lines().map(str::trim) {
        marked |= line == "#[test]" || line.starts_with("#[tokio::test");
        if let Some(rest) = line.strip_prefix("async fn ").or_else(|| line.strip_prefix("fn ")) {
            if marked {
                names.extend(rest.split(['(', '<']).next().map(str::to_owned));
            }
            marked = false;
        }
    }
    names
}

#[test]
fn every_test_that_the_promise_names_exists() {
    let text = read("docs/delivery.md");
    let existing = existing();
    let mut named = 0;
    let mut missing = Vec::new();
    for row in rows(&text).iter().filter(|row| row.section == RULES) {
        for name in row.cells.last().map(|cell| code(cell)).unwrap_or_default() {
            named += 1;
            if !existing.contains(name) {
                missing.push(name.to_owned());
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "docs/delivery.md names tests that do not exist");
    assert!(named > 30, "the table under {RULES:?} was not found: {named} names");
}

#[test]
fn only_functions_that_are_tests_count() {
    let text = "#[test]\nfn a() {}\nfn b() {}\n#[tokio::test]\n#[ignore]\nasync fn c() {}\n";
    assert_eq!(tests_in(text), ["a", "c"]);
}
