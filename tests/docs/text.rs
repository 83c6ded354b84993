//! Markdown as far as these tests read it: files, sections, tables, code.

use std::path::{Path, PathBuf};

/// README and every page of docs/, by path inside the package.
pub fn pages() -> Vec<(String, String)> {
    let folder = std::fs::read_dir(path("docs")).unwrap();
    let names = folder.map(|entry| format!("docs/{}", entry.unwrap().file_name().to_string_lossy()));
    let mut pages: Vec<String> = names.filter(|name| name.ends_with(".md")).collect();
    pages.extend(["README.md".to_owned(), "CHANGELOG.md".to_owned()]);
    pages.sort();
    pages.into_iter().map(|page| (page.clone(), read(&page))).collect()
}

pub fn path(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(inside)
}

pub fn read(inside: &str) -> String {
    std::fs::read_to_string(path(inside)).unwrap_or_else(|error| panic!("{inside}: {error}"))
}

/// A row of a table, cell by cell, with the heading that it stands under.
#[derive(Debug)]
pub struct Row {
    pub section: String,
    pub cells: Vec<String>,
}

/// The rows of all tables, without their heads.
pub fn rows(text: &str) -> Vec<Row> {
    let mut section = String::new();
    let mut rows: Vec<Row> = Vec::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix('#') {
            section = heading.trim_matches(['#', ' ']).to_owned();
        } else if line.starts_with("|---") {
            rows.pop();
        } else if line.starts_with('|') {
            let line = line.replace("\\|", "&#124;");
            let cells = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
            rows.push(Row { section: section.clone(), cells });
        }
    }
    rows
}

/// What stands between backticks in a line or a cell.
pub fn code(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Lines inside fences, or those outside.
pub fn lines(text: &str, fenced: bool) -> Vec<&str> {
    let mut inside = false;
    let kept = text.lines().filter(|line| {
        let fence = line.starts_with("```");
        inside ^= fence;
        !fence && inside == fenced
    });
    kept.collect()
}

#[test]
fn tables_and_code_are_read_as_they_stand() {
    let text = "## A `b`\n\n| head | x |\n|---|---|\n| `c.d`, `e` | f |\n\n```sh\nkrest run\n```\n";
    let rows = rows(text);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].section.as_str(), rows[0].cells.len()), ("A `b`", 2));
    assert_eq!(code(&rows[0].cells[0]), ["c.d", "e"]);
    assert_eq!(lines(text, true), ["krest run"]);
}
