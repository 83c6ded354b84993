//! One test for each folder, so that each has its own line in the report.

use std::collections::BTreeSet;

use super::runner::{folder, run};

/// The tests below, by name; [`no_scenario_is_forgotten`] compares them with the folders.
macro_rules! scenarios {
    ($($name:ident)*) => {
        const LISTED: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                run(stringify!($name));
            }
        )*
    };
}

scenarios! {
    bad_bodies
    bad_keys
    byte_for_byte
    empty_state_directory
    first_scan
    follow_up_unreadable
    key_on_two_pages
    key_twice_in_a_page
    keys
    missing_data_fails
    no_total
    one_change
    one_object
    only_the_form_changed
    page_fails_for_good
    partitions_changed
    plainly_empty
    position_forgotten
    rate_limited
    redirect_at_home
    redirect_elsewhere
    redirect_elsewhere_with_header
    refused
    retry_after_beyond_patience
    same_page_for_ever
    selector_matches_nothing
    server_errors
    shrunk_scan_fails
    there_and_back
    topic_created_again
    topic_deleted
    topic_not_compacted
    topic_with_retention
    volatile_field
}

#[test]
fn no_scenario_is_forgotten() {
    let entries = std::fs::read_dir(folder()).unwrap().flatten();
    let folders: BTreeSet<String> = entries
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(folders, LISTED.iter().map(|name| (*name).to_owned()).collect());
}
