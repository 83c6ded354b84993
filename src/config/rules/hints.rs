//! What a resource's hints say about its topic, and notes on those that say nothing.

use crate::config::read::read;
use crate::config::report::{Report, quoted};
use crate::config::source::{
    ColumnHint, ColumnHints, Columns, DispositionWord, HardDelete, KeyPart, Resource as Written,
    WriteDisposition,
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
/// whether a record is deleted; several have been reported. And what is said of types.
pub(super) fn of_columns(written: &mut Written) -> (Vec<KeyPart>, Option<HardDelete>, Vec<ColumnHint>) {
    let ColumnHints { primary_key, hard_delete, types } =
        written.columns.take().map(Columns::into_hints).unwrap_or_default();
    let primary_key = match written.primary_key.take() {
        Some(keys) => keys.into_vec(),
        None => primary_key.into_iter().map(KeyPart::Field).collect(),
    };
    (primary_key, hard_delete.into_iter().next(), types)
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

/// A decimal has no more digits than fit into one, and no more behind the point than it has.
pub(super) fn digits(merged: &Node, path: &str, report: &mut Report) {
    let Some(columns) = merged.get("columns") else { return };
    let columns = columns.entries().iter().map(|entry| &entry.node).chain(columns.items());
    for column in columns.filter(|column| column.get("data_type").and_then(Node::text) == Some("decimal")) {
        let number = |key: &str| column.given(key).and_then(read::<u32>);
        let (precision, scale) = (number("precision").unwrap_or(38), number("scale").unwrap_or(0));
        if precision > 38 || precision == 0 {
            let text = format!("{path}.columns: a decimal of {precision} digits: 1 to 38 are possible");
            report.mistake(column.at, text);
        } else if scale > precision {
            let text = format!("{path}.columns: of {precision} digits, {scale} cannot be behind the point");
            report.mistake(column.at, text);
        }
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

/// One note for each hint without a meaning for a topic. `schema`: the topic's values have one.
pub(super) fn note_hints(merged: &Node, schema: bool, report: &mut Report) {
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
            "columns" => match describes_table(&entry.node, schema) {
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

/// Two of the columns' hints are always read, and beside `hard_delete` the type. Those of types count where values have a schema.
fn describes_table(columns: &Node, schema: bool) -> Option<String> {
    let is_set = |node: &Node| !matches!(node.value, Value::Null | Value::Bool(false));
    let is_read = |column: &Node, key: &str| match key {
        "name" | "primary_key" | "hard_delete" => true,
        "data_type" | "nullable" | "precision" | "scale" | "description" if schema => true,
        "data_type" => column.get("hard_delete").is_some_and(is_set),
        _ => false,
    };
    let columns = columns.entries().iter().map(|entry| &entry.node).chain(columns.items());
    let has_others =
        |column: &Node| column.entries().iter().any(|hint| is_set(&hint.node) && !is_read(column, &hint.key));
    let said = if schema {
        "describes a table; only its keys and types have a meaning for a topic"
    } else {
        "describes a table; only its \"primary_key\" and \"hard_delete\" have a meaning for a topic whose values have no schema"
    };
    columns.into_iter().any(has_others).then(|| said.to_owned())
}
