//! What a resource's hints say about its topic, and notes on those that say nothing.

use crate::config::report::{Report, quoted};
use crate::config::source::{
    ColumnHints, Columns, DispositionWord, HardDelete, KeyPart, Resource as Written, WriteDisposition,
};
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

/// The primary key: what `primary_key` names, or else the columns that say so themselves, as in dlt. And the column that says
/// whether a record is deleted; several have been reported.
pub(super) fn of_columns(written: &mut Written) -> (Vec<KeyPart>, Option<HardDelete>) {
    let ColumnHints { primary_key, hard_delete } =
        written.columns.take().map(Columns::into_hints).unwrap_or_default();
    let primary_key = match written.primary_key.take() {
        Some(keys) => keys.into_vec(),
        None => primary_key.into_iter().map(KeyPart::Field).collect(),
    };
    (primary_key, hard_delete.into_iter().next())
}

/// dlt takes one column, too.
pub(super) fn one_hard_delete(merged: &Node, path: &str, report: &mut Report) {
    let Some(columns) = merged.get("columns") else { return };
    let at = |column: &Node| {
        let hint = column.entry("hard_delete")?;
        matches!(hint.node.value, Value::Bool(true)).then_some(hint.at)
    };
    let by_name = columns.entries().iter().filter_map(|entry| Some((entry.key.as_str(), at(&entry.node)?)));
    let listed = columns.items().iter().filter_map(|item| Some((item.get("name")?.text()?, at(item)?)));
    let mut columns = by_name.chain(listed);
    let Some((first, _)) = columns.next() else { return };
    for (name, at) in columns {
        let (first, name) = (quoted(first), quoted(name));
        let text = format!(
            "{path}.columns: {first} and {name} are both \"hard_delete\", and one column can be; for several fields \
             write an expression: deletes: {{mode: soft, when: …}}"
        );
        report.mistake(at, text);
    }
}

/// Deletes are for tables. `at`: the resource's name.
pub(super) fn note_hard_delete(column: &HardDelete, name: &str, at: Place, report: &mut Report) {
    let text = format!(
        "the resource {}: \"hard_delete\" of the column {} has no meaning under append, where nothing is deleted; \
         as in dlt it needs merge",
        quoted(name),
        quoted(&column.name)
    );
    report.note(at, text);
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
            "columns" => match describes_table(&entry.node) {
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

/// Two of the columns' hints are read, and beside `hard_delete` the type.
fn describes_table(columns: &Node) -> Option<String> {
    let is_set = |node: &Node| !matches!(node.value, Value::Null | Value::Bool(false));
    let is_read = |column: &Node, key: &str| match key {
        "name" | "primary_key" | "hard_delete" => true,
        "data_type" => column.get("hard_delete").is_some_and(is_set),
        _ => false,
    };
    let columns = columns.entries().iter().map(|entry| &entry.node).chain(columns.items());
    let has_others =
        |column: &Node| column.entries().iter().any(|hint| is_set(&hint.node) && !is_read(column, &hint.key));
    columns.into_iter().any(has_others).then(|| {
        "describes a table; only its \"primary_key\" and \"hard_delete\" have a meaning for a topic"
            .to_owned()
    })
}
