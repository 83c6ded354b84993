//! Every key has its row: dlt's in docs/dlt-compatibility.md with its state, krest's own in docs/configuration.md.

use krest::config::{Why, Word, dlt_keys, later, schema};

use super::text::{Row, code, read, rows};

/// A block of the schema → the section that describes it.
const SECTIONS: &[(&str, &str)] = &[
    ("source", "Top level"),
    ("client", "`client`"),
    ("auth", "Authentication"),
    ("location", "Authentication"),
    ("paginator", "Paginators"),
    ("resource", "A resource"),
    ("resource_defaults", "A resource"),
    ("write_disposition", "A resource"),
    ("endpoint", "`endpoint`"),
    ("param", "`endpoint`"),
    ("incremental", "Incremental"),
];

const READ: &[&str] = &["supported", "differs"];
const REFUSED: &[&str] = &["not yet", "Python"];

/// The rows of a block whose first cell names the key (`offset.limit` and `.limit` name `limit`).
fn rows_of<'r>(rows: &'r [Row], block: &str, key: &str) -> Vec<&'r Row> {
    let section = SECTIONS.iter().find(|(name, _)| *name == block).map_or("", |(_, section)| section);
    let names = |row: &Row| {
        code(&row.cells[0]).iter().any(|name| name.rsplit('.').next().is_some_and(|last| last == key))
    };
    rows.iter().filter(|row| row.section == section && names(row)).collect()
}

/// Whether the page says "not yet" about a value, in its own row or in the notes of another.
fn value_is_refused(rows: &[Row], block: &str, value: &str) -> bool {
    let section = SECTIONS.iter().find(|(name, _)| *name == block).map_or("", |(_, section)| section);
    rows.iter().filter(|row| row.section == section).any(|row| {
        let named = row.cells.iter().any(|cell| code(cell).contains(&value));
        named && row.cells[1..].iter().any(|cell| cell.contains("not yet"))
    })
}

#[test]
fn every_key_of_dlts_that_krest_reads_has_a_row_that_says_so() {
    let page = rows(&read("docs/dlt-compatibility.md"));
    for (block, key) in dlt_keys() {
        let found = rows_of(&page, &block, &key);
        assert!(!found.is_empty(), "docs/dlt-compatibility.md has no row for {block}.{key}");
        let read = found.iter().any(|row| READ.contains(&row.cells[1].as_str()));
        assert!(read, "{block}.{key} is read, but docs/dlt-compatibility.md says otherwise: {found:?}");
    }
}

#[test]
fn every_word_of_dlts_that_krest_refuses_has_a_row_that_says_so() {
    let page = rows(&read("docs/dlt-compatibility.md"));
    for refused in later().filter(|later| later.why == Why::Python) {
        let block = refused.block;
        match refused.word {
            Word::Key(key) => {
                let found = rows_of(&page, block, key);
                assert!(!found.is_empty(), "docs/dlt-compatibility.md has no row for {block}.{key}");
                let agrees = found.iter().all(|row| REFUSED.contains(&row.cells[1].as_str()));
                assert!(
                    agrees,
                    "{block}.{key} is refused, but docs/dlt-compatibility.md says otherwise: {found:?}"
                );
            }
            Word::Value(value) | Word::Bare(value) => {
                assert!(value_is_refused(&page, block, value), "nothing is said of {block}: {value}");
            }
        }
    }
}

#[test]
fn every_key_of_krests_own_is_described() {
    let page = read("docs/configuration.md");
    let known = code(&page);
    let definitions = schema()["$defs"].as_object().unwrap();
    let own = definitions.iter().filter(|(_, definition)| definition["x-krest"] == true);
    let mut checked = 0;
    for (block, definition) in own {
        for key in definition["properties"].as_object().unwrap().keys() {
            let short = key.strip_prefix("creation.default.").unwrap_or(key);
            let told = known
                .iter()
                .any(|word| [key.as_str(), short].contains(&word.split(':').next().unwrap_or_default()));
            assert!(told, "docs/configuration.md does not name {block}.{key}");
            checked += 1;
        }
    }
    assert!(checked > 100, "only {checked} keys of krest's own in the schema");
    for block in schema()["$defs"]["connector"]["properties"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("`{block}")), "docs/configuration.md does not name {block}");
    }
}
