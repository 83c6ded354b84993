//! Failpoints: one list names them all, and what users build has none.

use std::collections::BTreeSet;

use super::sources::{sources, texts};

#[test]
fn one_list_names_every_failpoint() {
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| source.is_program()) {
        let calls = source.text.split("failpoint!(\"").skip(1);
        found.extend(calls.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
    }
    // The example in the macro's own documentation.
    found.retain(|name| !name.contains("$name"));
    let named: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    let listed: BTreeSet<&str> = krest::failpoint::POINTS.iter().copied().collect();
    assert_eq!(named, listed, "src/failpoint/points.rs and the calls of failpoint! differ");
}

#[test]
fn what_users_build_has_no_failpoints() {
    let manifest: toml_edit::DocumentMut =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).unwrap().parse().unwrap();
    assert!(manifest["features"].get("default").is_none(), "a default feature would turn them on one day");
    assert_eq!(manifest["dependencies"]["nix"]["optional"].as_bool(), Some(true));
    for (path, text) in texts() {
        let builds = path == "Dockerfile" || path == "README.md" || path.starts_with(".ci/");
        assert!(!builds || !text.contains("--all-features"), "{path} builds krest with all features");
        assert!(!builds || !text.contains("--features"), "{path} builds krest with features");
    }
}
