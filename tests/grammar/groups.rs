//! One test for each group of scenarios.

use std::collections::BTreeSet;

use super::runner::run;
use super::scenario::{Scenario, folder};

/// Group and test; a folder that has no test here would never run.
macro_rules! groups {
    ($($group:ident)*) => {
        const GROUPS: &[&str] = &[$(stringify!($group)),*];
        $(
            #[test]
            fn $group() {
                run(stringify!($group));
            }
        )*
    };
}

groups! {
    auth
    defaults
    dependents
    detection
    dispositions
    incremental
    own
    paginators
    requests
    response_actions
    selection
    steps
    templates
}

#[test]
fn every_folder_is_a_group_and_the_grammar_is_covered() {
    let folders = std::fs::read_dir(folder()).expect("the scenarios").flatten();
    let folders = folders.filter(|entry| entry.path().is_dir());
    let folders: BTreeSet<String> =
        folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(folders, GROUPS.iter().map(|&group| group.to_owned()).collect());
    let count: usize = GROUPS.iter().map(|group| Scenario::group(group).len()).sum();
    assert!(count >= 250, "only {count} scenarios");
}
