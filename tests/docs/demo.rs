//! What README shows of the demo is what the demo prints; the picture shows the same lines.

use std::process::Command;

use super::picture::draw;
use super::text::{path, read};

const PICTURE: &str = "docs/demo.svg";

/// The lines of README's block of the demo.
fn shown(readme: &str) -> Vec<&str> {
    let block = readme.split("```text\n").nth(1).and_then(|rest| rest.split("\n```").next());
    block.expect("README has a block ```text").lines().collect()
}

/// A line without what differs between runs: numbers, and the spaces that follow from their length.
fn form(line: &str) -> String {
    let digits: String = line.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let words: Vec<&str> = digits.split_whitespace().collect();
    let mut form = words.join(" ");
    while form.contains("00") {
        form = form.replace("00", "0");
    }
    form.replace("0 0", "0")
}

#[test]
fn readme_shows_what_the_demo_prints() {
    let output = Command::new(env!("CARGO_BIN_EXE_krest")).arg("demo").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    let printed: Vec<String> = printed.lines().map(form).collect();
    let mut rest = printed.iter();
    for line in shown(&read("README.md")) {
        let form = form(line);
        assert!(rest.any(|line| *line == form), "README shows, but the demo does not print (there): {line}");
    }
}

#[test]
fn the_picture_shows_readmes_lines() {
    let readme = read("README.md");
    let picture = draw(&shown(&readme));
    if std::env::var_os("KREST_BLESS").is_some() {
        std::fs::write(path(PICTURE), &picture).unwrap();
    }
    let checked_in = std::fs::read_to_string(path(PICTURE)).unwrap_or_default();
    assert!(checked_in == picture, "{PICTURE} is out of date; rewrite it with KREST_BLESS=1");
}

#[test]
fn numbers_do_not_count() {
    assert_eq!(form("scan 1: 1 030 records, 0.5 s"), form("scan 2:   12 records, 10.25 s"));
    assert_ne!(form("5 changes published"), form("5 changes"));
}
