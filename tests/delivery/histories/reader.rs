//! The topic as a table, made by reader.py with confluent-kafka.

use std::collections::BTreeMap;

use crate::support::packages;

const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/delivery/histories/reader.py");
const REQUIREMENTS: &str = include_str!("requirements.txt");

pub fn table(bootstrap: &str, topic: &str) -> BTreeMap<String, String> {
    let mut python = packages::python(REQUIREMENTS);
    let output = python.args([READER, bootstrap, topic]).output().expect("python3 starts");
    assert!(output.status.success(), "reader.py: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object of texts")
}
