//! What a resource's hints say about its topic, and notes on those that say nothing.

use crate::config::report::{Report, quoted};
use crate::config::source::{Columns, DispositionWord, KeyPart, Resource as Written, WriteDisposition};
use crate::config::tree::{Node, Place, Value};
use crate::config::typed::Disposition;

const OF_TABLES: &[&str] = &[
    "file_format",
    "max_table_nesting",
    "nested_hints",
    "parent_table_name",
    "references",
    "schema_contract",
    "table_format",
    "table_name",
];

/// The primary key: what `primary_key` names, or else the columns that say so themselves, as in dlt.
pub(super) fn primary_key(written: &mut Written) -> Vec<KeyPart> {
    let columns = written.columns.take().map(Columns::into_primary_key).unwrap_or_default();
    match written.primary_key.take() {
        Some(keys) => keys.into_vec(),
        None => columns.into_iter().map(KeyPart::Field).collect(),
    }
}

/// Not given: `merge` where there is a key. `merge` without a key is `append`, as in dlt.
pub(super) fn disposition(written: Option<WriteDisposition>, has_key: bool) -> Disposition {
    match written.map_or(DispositionWord::Merge, WriteDisposition::word) {
        DispositionWord::Merge if has_key => Disposition::Merge,
        DispositionWord::Merge | DispositionWord::Append => Disposition::Append,
        DispositionWord::Replace => Disposition::Replace,
        DispositionWord::Skip => Disposition::Skip,
    }
}

/// A note where the disposition is `append` and nobody said so, or where every scan appends everything. `at`: the resource's name.
pub(super) fn note_append(
    written: &Written,
    (keyless, incremental): (bool, bool),
    at: Place,
    report: &mut Report,
) {
    let why = match written.write_disposition.map(WriteDisposition::word) {
        Some(DispositionWord::Merge) if keyless => "\"merge\" without a \"primary_key\" is append",
        Some(DispositionWord::Append) if keyless && !incremental => "its write disposition is append",
        None if keyless && !incremental => "without a \"primary_key\" its write disposition is append",
        None
        | Some(
            DispositionWord::Merge
            | DispositionWord::Append
            | DispositionWord::Replace
            | DispositionWord::Skip,
        ) => return,
    };
    let consequence = if incremental {
        ""
    } else {
        ", and without a cursor every scan appends every record; \
         name its \"primary_key\", or an \"incremental\" cursor"
    };
    report.note(at, format!("the resource {}: {why}{consequence}", quoted(&written.name)));
}

/// One note for each hint without a meaning for a topic.
pub(super) fn note_hints(merged: &Node, report: &mut Report) {
    for entry in
        merged.entries().iter().filter(|entry| !matches!(entry.node.value, Value::Null | Value::Wrong))
    {
        let key = entry.key.as_str();
        let why = match key {
            _ if OF_TABLES.contains(&key) => "describes a table and has no meaning for a topic".to_owned(),
            "merge_key" => {
                "has no meaning for a topic: messages are told apart by the primary key".to_owned()
            }
            "parallelized" => {
                "has no meaning here: pages of several parents are asked for at the same time anyway, \
                 as far as \"limits\" allows"
                    .to_owned()
            }
            "write_disposition" => match options(&entry.node) {
                options if options.is_empty() => continue,
                options => {
                    format!("has no use for {options}: only the disposition has a meaning for a topic")
                }
            },
            "columns" => match of_columns(&entry.node) {
                Some(why) => why,
                None => continue,
            },
            _ => continue,
        };
        report.note(entry.at, format!("{} {why}", quoted(key)));
    }
}

/// The options of a disposition that is written as a mapping.
fn options(disposition: &Node) -> String {
    let given = disposition.entries().iter().filter(|entry| entry.key != "disposition");
    given.map(|entry| quoted(&entry.key)).collect::<Vec<_>>().join(", ")
}

/// Of the columns' hints, one is read and one is not read yet.
fn of_columns(columns: &Node) -> Option<String> {
    let named = columns.entries().iter().map(|entry| &entry.node);
    let hints = named.chain(columns.items()).flat_map(Node::entries).filter(|hint| {
        !matches!(hint.node.value, Value::Null | Value::Bool(false))
            && !matches!(hint.key.as_str(), "name" | "primary_key")
    });
    let keys: Vec<&str> = hints.map(|hint| hint.key.as_str()).collect();
    if keys.contains(&"hard_delete") {
        return Some(
            "has a \"hard_delete\" column, which does not delete yet: its records are published like all others; \
             of the other hints only \"primary_key\" has a meaning for a topic"
                .to_owned(),
        );
    }
    (!keys.is_empty())
        .then(|| "describes a table; only its \"primary_key\" has a meaning for a topic".to_owned())
}
