//! docs/dlt-compatibility.md and the scenarios know of the same differences between krest and dlt.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::scenario::{Scenario, folder};

/// What is krest's own needs no row among the differences: dlt refuses the key.
const OWN: &str = "not in its grammar";

/// Name → the scenarios that its row names.
fn rows() -> BTreeMap<String, BTreeSet<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/dlt-compatibility.md");
    let text = std::fs::read_to_string(path).expect("docs/dlt-compatibility.md");
    let section = text.split("## Deliberate differences").nth(1).expect("the section of differences");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let cells = rows.map(|row| row.trim_matches('|').split(" | ").map(str::trim).collect::<Vec<_>>());
    let scenarios = |cell: &str| {
        let names = cell.split('`').skip(1).step_by(2).filter(|name| !name.contains("::"));
        names.map(str::to_owned).collect()
    };
    cells.map(|cells| (cells[0].to_owned(), scenarios(cells.last().expect("a last cell")))).collect()
}

#[test]
fn every_difference_has_a_row_that_names_the_scenarios_that_show_it() {
    let groups =
        std::fs::read_dir(folder()).expect("the scenarios").flatten().filter(|entry| entry.path().is_dir());
    let groups: Vec<String> = groups.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let scenarios = groups.iter().flat_map(|group| Scenario::group(group));
    let mut shown: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for scenario in scenarios {
        if let Some(row) = scenario.deviation.filter(|row| row != OWN) {
            shown.entry(row).or_default().insert(scenario.name);
        }
    }
    let mut rows = rows();
    assert!(rows.len() > 10, "the table of differences has only {} rows", rows.len());
    // A row may be shown by a test elsewhere, which it then names: `delivery::crash`.
    rows.retain(|_, scenarios| !scenarios.is_empty());
    assert_eq!(rows, shown);
}
