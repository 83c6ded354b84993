//! Every test that docs/delivery.md names exists.

use super::known::existing;
use super::text::{code, read, rows};

const RULES: &str = "The rules behind it";

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
