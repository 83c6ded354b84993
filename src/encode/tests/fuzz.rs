//! Fuzz target: any record against any schema that can be given. See fuzz/README.md.

use std::collections::BTreeSet;

use apache_avro::Schema;

use super::Given;
use super::avro::{agree, read};
use crate::encode::{write_avro, write_json};
use crate::fuzz::{Target, split};
use crate::model::{Json, Kind};

/// Whether every name is there once, and every string is Unicode.
fn is_plain(json: Json<'_>) -> bool {
    let names: Vec<_> = json.fields().map(|(name, _)| name.text().into_owned()).collect();
    names.iter().collect::<BTreeSet<_>>().len() == names.len()
        && (json.kind() != Kind::String || json.as_str().is_some())
        && json.elements().all(is_plain)
        && json.fields().all(|(name, value)| is_plain(name.json()) && is_plain(value))
}

#[test]
fn any_record_is_read_back_from_avro_or_fits_no_format() {
    Target { name: "avro", runs: 4_000 }.holds(|input| {
        let (line, rest) = split(input);
        let (Ok(given), Ok(record)) = (Given::read(line), Json::parse(rest)) else { return };
        let (mut bytes, mut text) = (vec![7], String::new());
        let avro = write_avro(&given.slot, record, &mut bytes);
        let json = write_json(&given.slot, record, &mut text);
        if is_plain(record) {
            assert_eq!(avro.is_ok(), json.is_ok(), "{avro:?} {json:?}");
        }
        assert!(json.is_err() || Json::parse(text.as_bytes()).is_ok(), "{text}");
        if avro.is_err() {
            return assert_eq!(bytes, [7], "what does not fit leaves bytes behind");
        }
        let value = read(&Schema::parse_str(line).unwrap(), None, &bytes[1..]);
        assert!(agree(&given.slot, Some(record), &value), "{value:?}");
    });
}
