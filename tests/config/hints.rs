//! What a resource's hints come to: its key, its disposition, and the notes on what has no meaning for a topic.

use krest::config::{Config, Disposition, KeyPart};

use super::parse;

fn good(resource: &str) -> Config {
    let text = format!(
        "client: {{base_url: https://h/, paginator: single_page}}\nresources: [{{name: a, {resource}}}]"
    );
    parse(&text, "good.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn disposition(resource: &str) -> Disposition {
    good(resource).resources[0].disposition
}

fn key(resource: &str) -> Vec<String> {
    good(resource).resources[0].key_names().into_iter().map(str::to_owned).collect()
}

fn notes(resource: &str) -> Vec<String> {
    good(&format!("primary_key: id, {resource}")).notes.into_iter().map(|note| note.text).collect()
}

#[test]
fn a_disposition_is_what_is_written_and_merge_needs_a_key() {
    for (written, expected) in [
        ("endpoint: a", Disposition::Append),
        ("primary_key: id", Disposition::Merge),
        ("primary_key: []", Disposition::Append),
        ("write_disposition: merge", Disposition::Append),
        ("primary_key: id, write_disposition: null", Disposition::Merge),
        ("primary_key: id, write_disposition: append", Disposition::Append),
        ("write_disposition: replace", Disposition::Replace),
        ("write_disposition: skip", Disposition::Skip),
        ("primary_key: id, write_disposition: {disposition: merge}", Disposition::Merge),
        ("primary_key: id, write_disposition: {disposition: append, strategy: upsert}", Disposition::Append),
        ("columns: {id: {primary_key: true}}, write_disposition: merge", Disposition::Merge),
    ] {
        assert_eq!(disposition(written), expected, "{written}");
    }
    for strategy in ["delete-insert", "scd2", "upsert", "insert-only", "cdc"] {
        let written =
            format!("primary_key: id, write_disposition: {{disposition: merge, strategy: {strategy}}}");
        assert_eq!(disposition(&written), Disposition::Merge, "{strategy}");
    }
    let options = "deduplicated: true, skip_unchanged_rows: true, source_filter: x, destination_scope: y, \
                   row_version_column_name: v, validity_column_names: [a, b], \
                   active_record_timestamp: 9999-12-31, boundary_timestamp: null";
    let written = format!("primary_key: id, write_disposition: {{disposition: merge, {options}}}");
    assert_eq!(disposition(&written), Disposition::Merge);
}

#[test]
fn a_key_is_a_name_a_path_an_expression_or_a_column_that_says_so() {
    assert_eq!(key("primary_key: id"), ["id"]);
    assert_eq!(key("primary_key: [_posts_id, info.run_id]"), ["_posts_id", "info.run_id"]);
    assert_eq!(key("primary_key: {jq: '.a | tostring'}"), [".a | tostring"]);
    assert_eq!(key("primary_key: [{jq: .a, name: x}, b]"), ["x", "b"]);
    assert_eq!(key("columns: {b: {primary_key: true}, c: {}, a: {primary_key: true}}"), ["b", "a"]);
    assert_eq!(key("columns: [{name: a, primary_key: true}, {name: b, primary_key: false}]"), ["a"]);
    // As in dlt, the resource's own hint takes the place of the columns'.
    assert_eq!(key("primary_key: id, columns: {b: {primary_key: true}}"), ["id"]);
    let config = good("primary_key: {jq: .a, name: x}");
    let KeyPart::Computed(computed) = &config.resources[0].primary_key[0] else { panic!() };
    assert_eq!((computed.jq.as_str(), computed.name.as_deref()), (".a", Some("x")));
}

#[test]
fn one_column_says_that_a_record_is_deleted() {
    let column = |written: &str| {
        let column = good(written).resources.remove(0).hard_delete;
        column.map(|column| (column.name, column.boolean))
    };
    assert_eq!(column("columns: {a: {}, b: {hard_delete: false}}"), None);
    assert_eq!(column("columns: {a: {}, b: {hard_delete: true}}"), Some(("b".to_owned(), false)));
    let bool = "columns: [{name: a, primary_key: true}, {name: b, hard_delete: true, data_type: bool}]";
    assert_eq!(column(bool), Some(("b".to_owned(), true)));
    assert_eq!(key(bool), ["a"]);
}

#[test]
fn a_hint_without_a_meaning_for_a_topic_is_one_note() {
    let table = "describes a table and has no meaning for a topic";
    for (written, expected) in [
        ("table_name: t", format!("\"table_name\" {table}")),
        ("parent_table_name: t", format!("\"parent_table_name\" {table}")),
        ("table_format: iceberg", format!("\"table_format\" {table}")),
        ("file_format: parquet", format!("\"file_format\" {table}")),
        ("schema_contract: freeze", format!("\"schema_contract\" {table}")),
        ("schema_contract: {tables: evolve, columns: discard_row}", format!("\"schema_contract\" {table}")),
        ("references: [{referenced_table: b}]", format!("\"references\" {table}")),
        ("nested_hints: {b: {columns: {}}}", format!("\"nested_hints\" {table}")),
        ("max_table_nesting: 2", format!("\"max_table_nesting\" {table}")),
        ("merge_key: [a, b]", "\"merge_key\" has no meaning for a topic".to_owned()),
        ("parallelized: true", "\"parallelized\" has no meaning here".to_owned()),
        ("columns: {a: {data_type: text, nullable: false}}", "\"columns\" describes a table".to_owned()),
        (
            "columns: [{name: a, dedup_sort: desc, mine: {x: [1]}}]",
            "\"columns\" describes a table".to_owned(),
        ),
        (
            "columns: {a: {hard_delete: true, nullable: true}}",
            "\"columns\" describes a table; only its \"primary_key\" and \"hard_delete\"".to_owned(),
        ),
        (
            "columns: {d: {hard_delete: true}}, write_disposition: append",
            "the resource \"a\": \"hard_delete\" of the column \"d\" has no meaning under append".to_owned(),
        ),
        (
            "write_disposition: {disposition: merge, strategy: scd2, boundary_timestamp: x}",
            "\"write_disposition\" has no use for \"strategy\", \"boundary_timestamp\"".to_owned(),
        ),
    ] {
        let notes = notes(written);
        assert_eq!(notes.len(), 1, "{written}: {notes:?}");
        assert!(notes[0].starts_with(&expected), "{written}: {notes:?}");
    }
    for written in [
        "table_name: null",
        "write_disposition: {disposition: merge}",
        "columns: {a: {primary_key: true}}",
        "columns: {a: {hard_delete: true, data_type: timestamp}, b: {hard_delete: false}}",
        "columns: [{name: a, hard_delete: true}], write_disposition: replace",
    ] {
        assert_eq!(notes(written), [""; 0], "{written}");
    }
}

#[test]
fn a_hint_of_the_defaults_is_noted_once() {
    let text = "client: {base_url: https://h/, paginator: single_page}\n\
                resource_defaults: {primary_key: id, max_table_nesting: 0}\nresources: [a, b, c]";
    assert_eq!(parse(text, "good.yaml").unwrap().notes.len(), 1);
}

#[test]
fn hints_of_types_count_where_values_have_a_schema() {
    let of = |format: &str| {
        let text = format!(
            "name: shop\nsource:\n  client: {{base_url: https://h/, paginator: single_page}}\n  resources:\n    \
             - {{name: a, primary_key: id, columns: {{n: {{data_type: decimal, precision: 5, scale: 2, nullable: false}}}}}}\n{format}\n"
        );
        parse(&text, "good.yaml").unwrap_or_else(|mistakes| panic!("{mistakes}"))
    };
    let notes =
        |format: &str| of(format).notes.into_iter().map(|note| note.text).collect::<Vec<_>>().join("\n");
    assert_eq!(notes("format: {value: json_schema}"), "");
    assert_eq!(notes("overrides: {a: {format: {value: json_schema}}}"), "");
    assert!(notes("").contains("a topic whose values have no schema"), "{}", notes(""));
    let useless = notes("format: {conflicts: string, decimals: {precision: 9, scale: 2}}");
    assert!(useless.contains("format.conflicts: counts for values that have a schema"), "{useless}");
    assert!(useless.contains("format.decimals: counts for"), "{useless}");
    let column = of("").resources.remove(0).columns.remove(0);
    assert_eq!(
        (column.name.as_str(), column.precision, column.scale, column.nullable),
        ("n", Some(5), Some(2), false)
    );
}
