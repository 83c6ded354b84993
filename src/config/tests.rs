//! Unit tests of the two readers: kinds of scalars, places, aliases, escapes.

mod fuzz;

use super::report::Report;
use super::tree::{Node, Value, integer};
use super::{json, yaml};

fn shown(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(text) => format!("#{text}"),
        Value::String(text) => format!("{text:?}"),
        Value::Seq(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(" ")),
        Value::Map(entries) => {
            let entries = entries
                .iter()
                .map(|entry| format!("{}@{}={}@{}", entry.key, entry.at, shown(&entry.node), entry.node.at));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(" "))
        }
        Value::Wrong => "wrong".to_owned(),
    }
}

fn read(parse: fn(&str, &mut Report) -> Option<Node>, text: &str) -> String {
    let mut report = Report::default();
    let node = parse(text, &mut report);
    let mistakes = report.into_mistakes("f");
    node.filter(|_| mistakes.list().is_empty()).map_or_else(|| mistakes.to_string(), |node| shown(&node))
}

#[test]
fn plain_scalars_are_those_of_the_core_schema() {
    for (text, expected) in [
        ("~", "null"),
        ("True", "true"),
        ("yes", "\"yes\""),
        ("012", "#012"),
        ("+5", "#+5"),
        ("0x1F", "#0x1F"),
        ("0o17", "#0o17"),
        ("1_000", "\"1_000\""),
        ("1.", "#1."),
        (".5", "#.5"),
        ("1e3", "#1e3"),
        ("e3", "\"e3\""),
        ("-", "[null]"),
        (".", "\".\""),
        ("-.inf", "#-.inf"),
        ("1:30", "\"1:30\""),
        ("2024-01-01", "\"2024-01-01\""),
        ("'1'", "\"1\""),
        ("!!str 1", "\"1\""),
        ("! 1", "\"1\""),
        ("!!int 1", "#1"),
        ("!!int x", "f:1:1: not a value of !!int"),
        ("!mine 1", "f:1:1: a YAML tag that is not of the core schema"),
    ] {
        assert_eq!(read(yaml::parse, text), expected, "{text}");
    }
    assert_eq!(
        (integer("0x1F"), integer("0o17"), integer("+5"), integer("012")),
        (Some(31), Some(15), Some(5), Some(12))
    );
}

#[test]
fn places_count_lines_and_characters_from_one() {
    assert_eq!(
        read(yaml::parse, "é: {x: ö, y: 1}\nb:\n  - 2\n  - c: d\n"),
        "{é@1:1={x@1:5=\"ö\"@1:8 y@1:11=#1@1:14}@1:4 b@2:1=[#2 {c@4:5=\"d\"@4:8}]@3:3}"
    );
    assert_eq!(
        read(json::parse, "{\"é\": {\"x\": 1},\r\n \"b\": [true, null]}"),
        "{é@1:2={x@1:8=#1@1:13}@1:7 b@2:2=[true null]@2:7}"
    );
}

#[test]
fn an_alias_is_its_anchor_again_and_never_part_of_itself() {
    assert_eq!(read(yaml::parse, "[&a [1], *a]"), "[[#1] [#1]]");
    assert_eq!(read(yaml::parse, "&a [*a]"), "f:1:5: an alias inside the value that it stands for");
    assert!(read(yaml::parse, "[*b]").contains("not YAML"));
}

#[test]
fn json_escapes_are_read_and_halves_of_pairs_refused() {
    assert_eq!(read(json::parse, r#"["\ud83d\ude00\u00e9\n", -1.50e+2]"#), "[\"😀é\\n\" #-1.50e+2]");
    assert!(
        read(json::parse, r#"["\ud83d"]"#).starts_with("f:1:3: not JSON: "),
        "{}",
        read(json::parse, r#"["\ud83d"]"#)
    );
    for lax in ["{a: 1}", "{'a': 1}", "[1,]", "[1 2]", "[01]", "[0x1]", "[+1]", "[NaN]", "[1] // x", "[1][2]"]
    {
        assert!(read(json::parse, lax).contains("not JSON"), "{lax}");
    }
}
