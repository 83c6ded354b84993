//! Confluent's client for Python, with its deserializers.

use super::told::{Reading, Told, arguments, messages};
use crate::support::packages;

const READER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/readers/reader.py");
const REQUIREMENTS: &str = include_str!("requirements.txt");

/// All committed messages of these topics. JSON Schema values are checked by their schema as well.
#[track_caller]
pub fn confluent(bootstrap: &str, registry: &str, readings: &[Reading]) -> Vec<Told> {
    let mut python = packages::python(REQUIREMENTS);
    let output = python.arg(READER).args(arguments(bootstrap, registry, readings)).output();
    messages("reader.py", &output.expect("python3 starts"))
}
