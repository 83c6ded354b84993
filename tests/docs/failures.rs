//! docs/failures.md: every failure mode has a name of its own, says what happens, and names tests that exist.

use std::collections::BTreeSet;

use super::known::existing;
use super::text::{Row, code, read, rows};

const PAGE: &str = "docs/failures.md";

/// What is wrong with the rows, one line each.
fn objections(rows: &[Row], existing: &BTreeSet<String>) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut wrong = Vec::new();
    for row in rows {
        let [name, told @ .., tests] = row.cells.as_slice() else { continue };
        if told.len() != 3 || told.iter().any(String::is_empty) {
            wrong
                .push(format!("{name}: a row has what goes wrong, what is seen, what krest does, and tests"));
        }
        if !names.insert(name) {
            wrong.push(format!("{name}: another row has the name"));
        }
        let tests_named = code(tests);
        if tests_named.is_empty() {
            wrong.push(format!("{name}: no test"));
        }
        let missing = tests_named.iter().filter(|test| !existing.contains(**test));
        wrong.extend(missing.map(|test| format!("{name}: there is no test {test}")));
        // Between the names stands nothing but commas: a promise is no test.
        let between: String = tests.split('`').step_by(2).collect();
        if between.contains(char::is_alphanumeric) {
            wrong.push(format!("{name}: more than tests: {tests}"));
        }
    }
    wrong
}

#[test]
fn every_failure_mode_names_tests_that_exist() {
    let rows = rows(&read(PAGE));
    let wrong = objections(&rows, &existing());
    assert!(wrong.is_empty(), "{PAGE}, {} objections:\n{}", wrong.len(), wrong.join("\n"));
    assert!(rows.len() > 100, "the tables of {PAGE} were not found: {} rows", rows.len());
}

/// A row that is spoken of elsewhere on the page is there.
#[test]
fn rows_that_are_spoken_of_are_there() {
    let rows = rows(&read(PAGE));
    let names: BTreeSet<&str> = rows.iter().map(|row| row.cells[0].as_str()).collect();
    let spoken =
        rows.iter().flat_map(|row| row.cells[1..].iter().flat_map(|cell| cell.split("row ").skip(1)));
    let spoken =
        spoken.map(|rest| rest.split(|c: char| !(c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit())));
    let spoken: Vec<&str> =
        spoken.filter_map(|mut words| words.next()).filter(|word| word.contains('-')).collect();
    assert!(spoken.len() > 3, "{spoken:?}");
    for name in spoken {
        assert!(names.contains(name), "{PAGE} speaks of a row {name} that is not there");
    }
}

#[test]
fn planted_rows_are_objected_to() {
    let known = BTreeSet::from(["a_test".to_owned()]);
    for (row, objection) in [
        ("| a | b | c | d | `a_test` |", None),
        ("| a | b | c | d | `no_test` |", Some("no test no_test")),
        ("| a | b | c | d | gap |", Some("a: no test")),
        ("| a | b | c | d | `a_test`, later: more |", Some("more than tests")),
        ("| a | b |  | d | `a_test` |", Some("a row has")),
        ("| a | b | c | `a_test` |", Some("a row has")),
        ("| a | b | c | d | `a_test` |\n| a | b | c | d | `a_test` |", Some("another row")),
    ] {
        let text = format!("## A\n\n| h | h | h | h | h |\n|---|---|---|---|---|\n{row}\n");
        let found = objections(&rows(&text), &known);
        match objection {
            None => assert_eq!(found, Vec::<String>::new()),
            Some(part) => assert!(found.iter().any(|found| found.contains(part)), "{row}: {found:?}"),
        }
    }
}
