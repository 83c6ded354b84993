//! What a reader of the terminal gets to see of a topic.

use super::*;
use crate::table::Look;

const PLAIN: Look = Look { width: 100, colors: false };

fn row(key: &str, offset: i64, value: &str, change: RowChange) -> Row {
    Row { key: key.to_owned(), value: value.to_owned(), place: Place { partition: 2, offset }, change }
}

fn monitors() -> Vec<Row> {
    let before = r#"{"id":17,"name":"login Zürich","status":"up","ms":82,"uptime":99.950,"tags":["a"]}"#;
    vec![
        row(
            "1",
            0,
            r#"{"id":1,"name":"mail 東京","status":"up","ms":120,"uptime":100.000,"tags":[]}"#,
            RowChange::Same,
        ),
        row(
            "2",
            1,
            r#"{"id":2,"name":"docs São Paulo","status":"paused","ms":null,"uptime":99.5}"#,
            RowChange::Same,
        ),
        row(
            "17",
            1003,
            r#"{"id":17,"name":"login Zürich","status":"down","ms":null,"uptime":99.940,"tags":["a"]}"#,
            RowChange::Updated { before: before.to_owned() },
        ),
        row(
            "1001",
            1004,
            r#"{"id":1001,"name":"new","status":"up","ms":31,"uptime":99.990}"#,
            RowChange::New,
        ),
    ]
}

fn render(rows: &[Row], most: usize, look: &Look) -> String {
    Table { topic: "demo.monitors", rows, most }.render(look)
}

#[test]
fn changed_rows_come_first_and_show_old_and_new() {
    insta::assert_snapshot!(render(&monitors(), 3, &PLAIN), @"
    topic demo.monitors, as a reader sees it: 4 rows
      key   name          status            ms           uptime  partition:offset
    ~ 17    login Zürich  up → down  82 → null  99.950 → 99.940  2:1003
    + 1001  new           up                31           99.990  2:1004
      1     mail 東京     up               120          100.000  2:0
      … and 1 more
    ");
}

#[test]
fn a_narrow_terminal_keeps_the_columns_that_changed() {
    insta::assert_snapshot!(render(&monitors(), 10, &Look { width: 60, colors: false }), @"
    topic demo.monitors, as a reader sees it: 4 rows
      key   status            ms  partition:offset
    ~ 17    up → down  82 → null  2:1003
    + 1001  up                31  2:1004
      1     up               120  2:0
      2     paused          null  2:1
    ");
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for width in 0..120 {
        for line in render(&monitors(), 10, &Look { width, colors: true }).lines() {
            let drawn = console::measure_text_width(line);
            assert!(drawn <= width.max(5), "{drawn} columns at {width}: {line}");
        }
    }
}

#[test]
fn colours_come_only_when_asked_for_and_change_no_text() {
    let coloured = render(&monitors(), 10, &Look { width: 100, colors: true });
    assert!(coloured.contains("\u{1b}[33m"), "{coloured}");
    let bare = |text: &str| {
        console::strip_ansi_codes(text).lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(bare(&coloured), bare(&render(&monitors(), 10, &PLAIN)));
}

#[test]
fn a_record_cannot_steer_the_terminal() {
    let rows = [row("k\u{1b}[2J", 0, r#"{"a":"x\u001b[31m\ny"}"#, RowChange::Same)];
    let drawn = render(&rows, 1, &PLAIN);
    assert!(!drawn.contains('\u{1b}'), "{drawn:?}");
    insta::assert_snapshot!(drawn, @"
    topic demo.monitors, as a reader sees it: 1 row
      key    a         partition:offset
      k·[2J  x·[31m·y  2:0
    ");
}

#[test]
fn a_field_that_repeats_the_key_now_and_then_keeps_its_column() {
    let rows = [
        row("1", 5, r#"{"id":1,"n":1}"#, RowChange::Same),
        row("2", 6, r#"{"id":2,"n":7}"#, RowChange::Same),
    ];
    insta::assert_snapshot!(render(&rows, 5, &PLAIN), @"
    topic demo.monitors, as a reader sees it: 2 rows
      key  n  partition:offset
      1    1  2:5
      2    7  2:6
    ");
}

#[test]
fn values_that_are_no_objects_leave_key_and_place() {
    let rows = [row("1", 5, "[1,2]", RowChange::New), row("2", 6, "3", RowChange::Same)];
    insta::assert_snapshot!(render(&rows, 5, &PLAIN), @"
    topic demo.monitors, as a reader sees it: 2 rows
      key  partition:offset
    + 1    2:5
      2    2:6
    ");
}
