//! Values of random types and records, read by libraries of other hands: fastavro, and a validator of JSON Schema (decode.py).

#[path = "../../src/encode/tests/random.rs"]
mod random;

use std::io::Write as _;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use krest::encode::{write_avro, write_json};
use krest::model::Json;
use krest::schema::{Field, Record, Slot, Type, Unit, to_avro, to_json_schema};
use serde_json::json;

use crate::support::packages;
use random::{Random, Types};

const DECODE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/values/decode.py");

/// Records of one type, each as a line for decode.py.
fn lines(seed: u64) -> Vec<String> {
    let types = if seed.is_multiple_of(4) { Types::Learned } else { Types::All };
    let mut random = Random::new(types, seed);
    let slot = random.record(3);
    let records: Vec<String> = (0..4).map(|_| random.value(&slot)).collect();
    records.iter().map(|record| line(&slot, record)).collect()
}

fn line(slot: &Slot, record: &str) -> String {
    let (mut avro, mut text) = (Vec::new(), String::new());
    write_avro(slot, Json::trusted(record), &mut avro).unwrap_or_else(|misfit| panic!("{misfit}: {record}"));
    write_json(slot, Json::trusted(record), &mut text).unwrap_or_else(|misfit| panic!("{misfit}: {record}"));
    json!({
        "record": record,
        "avro_schema": to_avro(slot).unwrap(),
        "avro": STANDARD.encode(avro),
        "json_schema": to_json_schema(slot),
        "json": text,
    })
    .to_string()
}

fn differences(lines: &[String]) -> Vec<String> {
    let mut python = packages::python(include_str!("requirements.txt"));
    let mut python =
        python.arg(DECODE).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 starts");
    let mut stdin = python.stdin.take().unwrap();
    stdin.write_all(lines.join("\n").as_bytes()).unwrap();
    drop(stdin);
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "decode.py failed: see above");
    serde_json::from_slice(&output.stdout).expect("a list of texts")
}

#[test]
fn fastavro_and_a_json_schema_validator_read_what_the_records_have() {
    let mut all: Vec<String> = (0..100).flat_map(lines).collect();
    let found = differences(&all);
    assert!(found.is_empty(), "{} differences, the first: {}", found.len(), found[0]);

    // And what is another value is seen.
    all.truncate(1);
    let mut line: serde_json::Value = serde_json::from_str(&all[0]).unwrap();
    line["record"] = json!(r#"{"a":"another"}"#);
    assert!(!differences(&[line.to_string()]).is_empty());
}
