//! No file lies about that no compiler reads.

use std::collections::{BTreeMap, BTreeSet};

use super::sources::{Source, sources};

/// Where compilation begins.
const ROOTS: &[&str] = &["src/lib.rs", "src/main.rs", "tests/main.rs"];

/// The files that the roots do not reach through `mod`.
fn forgotten(files: &BTreeMap<&str, &syn::File>) -> Vec<String> {
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = ROOTS.iter().map(|root| (*root).to_owned()).collect();
    while let Some(path) = open.pop() {
        let Some(file) = files.get(path.as_str()) else { continue };
        let folder = folder(&path);
        reached.insert(path);
        open.extend(
            file.items
                .iter()
                .filter_map(|item| match item {
                    syn::Item::Mod(module) if module.content.is_none() => Some(module.ident.to_string()),
                    _ => None,
                })
                .flat_map(|name| [format!("{folder}{name}.rs"), format!("{folder}{name}/mod.rs")]),
        );
    }
    let inside = |path: &str| path.starts_with("src/") || path.starts_with("tests/");
    files
        .keys()
        .filter(|path| inside(path) && !reached.contains(**path))
        .map(|path| (*path).to_owned())
        .collect()
}

/// Where the modules of a file are.
fn folder(path: &str) -> String {
    let is_root = ROOTS.contains(&path) || path.ends_with("/mod.rs");
    let end = if is_root { path.rfind('/').map_or(0, |slash| slash + 1) } else { path.len() - ".rs".len() };
    let folder = &path[..end];
    if is_root { folder.to_owned() } else { format!("{folder}/") }
}

#[test]
fn no_file_is_forgotten() {
    let sources = sources();
    let files = sources.iter().map(|source| (source.path.as_str(), &source.file)).collect();
    assert_eq!(forgotten(&files), Vec::<String>::new());
}

#[test]
fn a_planted_file_is_found() {
    let source = |path: &str, text: &str| Source::parse(path, text);
    let all = [
        source("tests/main.rs", "mod a;"),
        source("tests/a/mod.rs", "mod b;"),
        source("tests/a/b.rs", "mod c;"),
        source("tests/a/b/c.rs", ""),
        source("tests/a/lost.rs", ""),
        source("src/lib.rs", ""),
        source("src/gone/mod.rs", ""),
    ];
    let files = all.iter().map(|source| (source.path.as_str(), &source.file)).collect();
    assert_eq!(forgotten(&files), ["src/gone/mod.rs", "tests/a/lost.rs"]);
}
