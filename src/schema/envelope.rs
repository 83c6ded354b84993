//! The types of Debezium's envelope, made from that of the record in it. Its text is `encode`'s (`encode/envelope.rs`).

use super::types::{Field, Record, Slot, Type};

/// The envelope of records with this slot; `None`: nothing is known of them yet. `value`: the name of their type, which ends as
/// Debezium's does.
pub(super) fn envelope(value: &str, record: Option<&Slot>) -> Slot {
    let prefix = value.strip_suffix(".Value").unwrap_or(value);
    let nothing = || Type::Record(Record::new(value.to_owned(), None, Vec::new()));
    let row = Slot::nullable(record.map_or_else(nothing, |slot| slot.ty.clone()));
    let fields = vec![
        field("before", row.clone()),
        field("after", row),
        field("source", source()),
        field("op", Slot::required(Type::String)),
        field("ts_ms", Slot::nullable(Type::Long)),
    ];
    Slot::required(Type::Record(Record::new(format!("{prefix}.Envelope"), None, fields)))
}

/// Where a change comes from: the fields that all of Debezium's connectors have, and krest's own. `schemas/source.avsc` says what they
/// mean; here that would stand in every message of a format that has its schema in each.
pub fn source() -> Slot {
    let text = |name| field(name, Slot::required(Type::String));
    let long = |name| field(name, Slot::required(Type::Long));
    let fields = vec![
        text("version"),
        text("connector"),
        text("name"),
        long("ts_ms"),
        field("snapshot", Slot::nullable(Type::String)),
        text("db"),
        text("table"),
        text("resource"),
        long("scan"),
        field("page", Slot::nullable(Type::Long)),
        field("url", Slot::nullable(Type::String)),
    ];
    Slot::required(Type::Record(Record::new("krest.Source".to_owned(), None, fields)))
}

fn field(name: &str, slot: Slot) -> Field {
    Field { name: name.to_owned(), slot, doc: None, default: None }
}
