//! Every `krest …` command line that is shown has words that krest knows.

use std::collections::BTreeMap;
use std::process::Command;

use super::text::{code, lines, pages, read};

/// The command lines of a page: in fences, and between backticks.
fn command_lines(text: &str) -> Vec<String> {
    let shown = lines(text, true).into_iter().map(str::to_owned);
    let prose = lines(text, false).join("\n");
    let inline: Vec<String> = code(&prose).into_iter().map(str::to_owned).collect();
    shown.chain(inline).filter_map(|line| arguments(&line)).collect()
}

/// What follows `krest`, without comments.
fn arguments(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches("$ ");
    let rest = line.strip_prefix("krest ").or_else(|| line.strip_prefix("cargo run --release -- "))?;
    Some(rest.split(" #").next().unwrap_or_default().trim().to_owned())
}

/// `topics`, or `topics show`.
fn help_of(command: &str) -> Option<String> {
    let words = command.split(' ').chain(["--help"]);
    let output = Command::new(env!("CARGO_BIN_EXE_krest")).args(words).output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

#[test]
fn every_command_line_is_one_that_krest_knows() {
    let mut helps: BTreeMap<String, Option<String>> = BTreeMap::new();
    let mut checked = 0;
    let examples = ["config/monitoring.yaml", "config/demo.yaml"].map(|file| (file.to_owned(), read(file)));
    let commented = |text: &str| {
        text.lines().filter_map(|line| arguments(line.trim_start_matches(['#', ' ']))).collect::<Vec<_>>()
    };
    let from_pages = pages().into_iter().map(|(page, text)| (page, command_lines(&text)));
    let all = from_pages.chain(examples.map(|(file, text)| (file, commented(&text))));
    for (page, lines) in all {
        for line in lines {
            let words: Vec<&str> = line.split([' ', '[', ']']).filter(|word| !word.is_empty()).collect();
            let Some(command) = words.iter().find(|word| !word.starts_with('-')) else { continue };
            // `COMMAND` and the like stand for any.
            if command.chars().all(|c| c.is_ascii_uppercase()) {
                continue;
            }
            let mut help = |command: &str| {
                let help = helps.entry(command.to_owned()).or_insert_with(|| help_of(command)).clone();
                help.unwrap_or_else(|| panic!("{page}: krest {line}: no such command"))
            };
            let mut text = help(command);
            let after = words.iter().skip_while(|word| *word != command).nth(1);
            let is_one =
                |word: &&&str| word.chars().all(|c| c.is_ascii_lowercase()) && text.contains("<COMMAND>");
            if let Some(more) = after.filter(is_one) {
                text = help(&format!("{command} {more}"));
            }
            // `-` alone is stdin.
            for option in words.iter().filter(|word| word.starts_with('-') && **word != "-") {
                let name = option.split('=').next().unwrap_or_default();
                let known = text.split([' ', ',', '\n', '[']).any(|word| word == name);
                assert!(known, "{page}: krest {line}: {command} has no {name}");
            }
            checked += 1;
        }
    }
    assert!(checked > 20, "only {checked} command lines were found");
}
