//! `cursor` and `header_cursor`.

use serde_json::json;

use super::support::{Ending, asked, body, of, resumed, walk};
use crate::model::Position;
use crate::poll::paginate::{End, PaginateError, Start};
use crate::poll::source::Source;
use crate::poll::{CursorPaginator, HeaderCursorPaginator, Paginator, Place};
use crate::template::JsonPath;

fn settings(path: &str) -> CursorPaginator {
    CursorPaginator {
        cursor_path: JsonPath::parse(path).unwrap(),
        place: Place::Param("cursor".into()),
        stop_after_empty_page: false,
        has_more_path: None,
    }
}

fn cursor(path: &str) -> Source {
    of(Paginator::Cursor(settings(path)))
}

fn over(source: &Source, answers: &[&str]) -> (Ending, String) {
    let mut left = answers.iter();
    let walked = walk(source, |_| body(*left.next().expect("a page was asked for too much")));
    let asked = asked(&walked, "cursor");
    (walked.ending, asked)
}

#[test]
fn the_token_of_a_page_goes_into_the_next_request() {
    let pages = [
        r#"{"data":[1],"cursors":{"next":"a b"}}"#,
        r#"{"data":[2],"cursors":{"next":7}}"#,
        r#"{"data":[3]}"#,
    ];
    assert_eq!(over(&cursor("cursors.next"), &pages), (Ending::End(End::NoReference), "-,a b,7".into()));
}

#[test]
fn what_python_takes_for_false_ends_the_scan_as_in_dlt() {
    for falsy in ["null", "\"\"", "0", "0.0", "false", "[]", "{}"] {
        let answer = format!(r#"{{"data":[1],"next":{falsy}}}"#);
        assert_eq!(over(&cursor("next"), &[&answer]).0, Ending::End(End::NoReference), "{falsy}");
    }
    let pages = [r#"{"data":[1],"next":"0"}"#, r#"{"data":[2],"next":true}"#, r#"{"data":[3]}"#];
    assert_eq!(over(&cursor("next"), &pages).1, "-,0,true");
}

#[test]
fn a_token_may_be_the_last_record() {
    let pages = [r#"{"data":[{"id":1},{"id":2}]}"#, r#"{"data":[{"id":3}]}"#, r#"{"data":[]}"#];
    assert_eq!(over(&cursor("data[-1].id"), &pages), (Ending::End(End::NoReference), "-,2,3".into()));
}

#[test]
fn an_empty_page_goes_on_unless_it_is_to_end() {
    let pages = [r#"{"data":[],"next":"a"}"#, r#"{"data":[1]}"#];
    assert_eq!(over(&cursor("next"), &pages).1, "-,a");
    let stops = CursorPaginator { stop_after_empty_page: true, ..settings("next") };
    assert_eq!(over(&of(Paginator::Cursor(stops)), &pages[..1]).0, Ending::End(End::EmptyPage));
}

#[test]
fn has_more_is_combined_with_the_token() {
    let has_more_path = Some(JsonPath::parse("more").unwrap());
    let source = of(Paginator::Cursor(CursorPaginator { has_more_path, ..settings("next") }));
    assert_eq!(over(&source, &[r#"{"data":[1],"next":"a","more":false}"#]).0, Ending::End(End::NoMore));
    assert_eq!(over(&source, &[r#"{"data":[1],"more":true}"#]).0, Ending::End(End::NoReference));
    let missing = over(&source, &[r#"{"data":[1],"next":"a"}"#]).0;
    assert!(matches!(missing, Ending::Failed(PaginateError::HasMoreMissing { .. })));
}

#[test]
fn a_body_takes_the_token_with_its_type_and_a_parameter_takes_no_list() {
    let place = Place::Body(vec!["search_after".into()]);
    let in_body = of(Paginator::Cursor(CursorPaginator { place, ..settings("data[-1].sort") }));
    let mut left = [r#"{"data":[{"sort":[1,"a"]}]}"#, r#"{"data":[]}"#].into_iter();
    let walked = walk(&in_body, |_| body(left.next().unwrap()));
    assert_eq!(walked.asks[1].body, [("search_after".into(), r#"[1,"a"]"#.into())].into());
    let refused = over(&cursor("data[-1].sort"), &[r#"{"data":[{"sort":[1,"a"]}]}"#]).0;
    assert!(matches!(refused, Ending::Failed(PaginateError::CursorNotAWord { .. })));
}

#[test]
fn tokens_in_a_circle_are_a_loop_within_ten_requests() {
    for circle in [&["a"][..], &["a", "b"], &["a", "b", "c", "d"]] {
        let mut n = 0;
        let walked = walk(&cursor("next"), |_| {
            n += 1;
            body(format!(r#"{{"data":[{n}],"next":"{}"}}"#, circle[n % circle.len()]))
        });
        assert_eq!(walked.ending, Ending::Loop);
        assert!(walked.asks.len() <= 10, "{}", walked.asks.len());
    }
}

#[test]
fn a_header_holds_the_token_whatever_its_case_and_an_empty_one_ends() {
    let place = Place::Param("cursor".into());
    let source = of(Paginator::HeaderCursor(HeaderCursorPaginator { cursor_key: "X-Next".into(), place }));
    for last in [vec![], vec![("x-next", String::new())]] {
        let mut pages =
            [vec![("x-next", "a".to_owned())], vec![("X-NEXT", "7".to_owned())], last].into_iter();
        let mut n = 0;
        let walked = walk(&source, |_| {
            n += 1;
            (pages.next().unwrap(), format!("[{n}]"))
        });
        assert_eq!(
            (asked(&walked, "cursor").as_str(), walked.ending),
            ("-,a,7", Ending::End(End::NoReference))
        );
    }
}

#[test]
fn a_token_is_resumed_with_its_own_bytes() {
    for token in ["12345678901234567890123", "1.50", "\"b\"", "\"\\u0062\"", "[1.0,\"x\"]"] {
        let place = Place::Body(vec!["after".into()]);
        let source = of(Paginator::Cursor(CursorPaginator { place, ..settings("next") }));
        let mut pages = [format!("{{\"data\":[1],\"next\":{token}}}"), "[]".to_owned()].into_iter();
        let walked = walk(&source, |_| body(pages.next().unwrap()));
        let again = resumed(&source, walked.positions.first(), |_| body("[]"));
        assert_eq!((again.start, &again.asks[0]), (Start::Resumed, &walked.asks[1]), "{token}");
    }
}

#[test]
fn a_position_is_the_token_with_its_type() {
    let mut pages = [r#"{"data":[1],"next":7}"#, r#"{"data":[2],"next":"b"}"#, "[]"].into_iter();
    let walked = walk(&cursor("next"), |_| body(pages.next().unwrap()));
    assert_eq!(walked.positions, [Position(json!({"cursor": 7})), Position(json!({"cursor": "b"}))]);
    for (position, expected) in [
        (json!({"cursor": 7}), ("7", Start::Resumed)),
        (json!({"json": "1.50"}), ("1.50", Start::Resumed)),
        (json!({"json": "1.5 0"}), ("-", Start::Unreadable)),
        (json!({"cursor": null}), ("-", Start::Unreadable)),
        (json!({"offset": 7}), ("-", Start::Unreadable)),
        (json!({}), ("-", Start::Fresh)),
    ] {
        let walked = resumed(&cursor("next"), Some(&Position(position.clone())), |_| body("[]"));
        assert_eq!((asked(&walked, "cursor").as_str(), walked.start), expected, "{position}");
    }
}
