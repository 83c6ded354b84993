//! The tests that a page may name.

use std::collections::BTreeSet;
use std::path::Path;

use walkdir::WalkDir;

use super::text::path;

/// The functions that are tests, in `src` and `tests`; the folders of `tests/scenarios`; the files of `tests/grammar` and of
/// `tests/config/mistakes`, by their stems.
pub fn existing() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for root in ["src", "tests"] {
        for entry in WalkDir::new(path(root)).into_iter().map(Result::unwrap) {
            names.extend(named_by(entry.path()));
        }
    }
    names
}

fn named_by(file: &Path) -> Vec<String> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let inside = |folder: &str| file.starts_with(path(folder));
    if name.ends_with(".rs") {
        return tests_in(&std::fs::read_to_string(file).unwrap());
    }
    if file.join("expected.yaml").exists() {
        return vec![name];
    }
    let data = inside("tests/grammar") || inside("tests/config/mistakes");
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".json"));
    stem.filter(|_| data).map(str::to_owned).into_iter().collect()
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
fn only_functions_that_are_tests_count() {
    let text = "#[test]\nfn a() {}\nfn b() {}\n#[tokio::test]\n#[ignore]\nasync fn c() {}\n";
    assert_eq!(tests_in(text), ["a", "c"]);
}
