//! The files that the rules look at.

use std::path::Path;

use walkdir::WalkDir;

/// A Rust file of the package.
pub struct Source {
    /// From the package's root, with slashes: `src/poll/client.rs`.
    pub path: String,
    pub text: String,
    pub file: syn::File,
}

impl Source {
    pub fn parse(path: &str, text: &str) -> Self {
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path: path.to_owned(), text: text.to_owned(), file }
    }

    /// Tests may do what the program may not.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/") || self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    pub fn is_program(&self) -> bool {
        self.path.starts_with("src/") && !self.is_test()
    }
}

/// Every Rust file of the package.
pub fn sources() -> Vec<Source> {
    let all = texts();
    let rust: Vec<Source> = all
        .iter()
        .filter(|(path, _)| path.ends_with(".rs"))
        .map(|(path, text)| Source::parse(path, text))
        .collect();
    assert!(rust.len() > 30, "the walk found only {} files", rust.len());
    rust
}

/// Every text file of the package: path and content.
pub fn texts() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let skipped = |name: &str| matches!(name, ".git" | "target" | "Cargo.lock" | "state");
    let walk = WalkDir::new(root).sort_by_file_name().into_iter();
    walk.filter_entry(|entry| !(entry.depth() == 1 && skipped(&entry.file_name().to_string_lossy())))
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .filter_map(|entry| {
            let path = entry.path().strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/");
            Some((path, std::fs::read_to_string(entry.path()).ok()?))
        })
        .collect()
}

/// Runs a rule over every file and fails with all it objects to.
pub fn hold(rule: impl Fn(&Source) -> Vec<String>) {
    let objections: Vec<String> = sources().iter().flat_map(rule).collect();
    assert!(objections.is_empty(), "{} objections:\n{}", objections.len(), objections.join("\n"));
}
