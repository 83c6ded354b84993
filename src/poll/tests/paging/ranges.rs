//! `offset` and `page_number`.

use serde_json::json;

use super::support::{Ending, asked, body, of, resumed, walk};
use crate::model::Position;
use crate::poll::paginate::{End, PaginateError, Start};
use crate::poll::tests::support::{offset, page_number};
use crate::poll::{Counts, Paginator, Place, RangePaginator};
use crate::template::JsonPath;

fn path(text: &str) -> Option<JsonPath> {
    Some(JsonPath::parse(text).unwrap())
}

/// The end after pages with these records and these other fields, and what was asked for.
fn ends(paginator: RangePaginator, answers: &[&str]) -> (Ending, String) {
    let mut left = answers.iter();
    let param = if matches!(paginator.counts, Counts::Records { .. }) { "offset" } else { "page" };
    let walked = walk(&of(Paginator::Range(paginator)), |_| {
        body(*left.next().expect("a page was asked for too much"))
    });
    let asked = asked(&walked, param);
    (walked.ending, asked)
}

#[test]
fn an_empty_page_ends_before_anything_else_is_looked_at() {
    let explicit = RangePaginator { total_explicit: true, ..offset(2) };
    assert_eq!(ends(explicit, &[r#"{"data":[]}"#]), (Ending::End(End::EmptyPage), "0".into()));
}

#[test]
fn a_short_page_never_ends_and_the_offset_steps_by_the_limit() {
    let pages = [r#"{"data":[1]}"#, r#"{"data":[2,3]}"#, r#"{"data":[]}"#];
    assert_eq!(ends(offset(2), &pages), (Ending::End(End::EmptyPage), "0,2,4".into()));
}

#[test]
fn a_total_of_records_ends_at_the_last_page() {
    let pages =
        [r#"{"data":[1,2],"total":"5"}"#, r#"{"data":[3,4],"total":5.9}"#, r#"{"data":[5],"total":5}"#];
    assert_eq!(ends(offset(2), &pages), (Ending::End(End::Total), "0,2,4".into()));
}

#[test]
fn an_implicit_total_may_be_absent_and_a_written_one_may_not() {
    let pages = [r#"{"data":[1,2],"total":null}"#, r#"{"data":[3]}"#, "[]"];
    assert_eq!(ends(offset(2), &pages).0, Ending::End(End::EmptyPage));
    for answer in [r#"{"data":[1],"total":null}"#, r#"{"data":[1]}"#] {
        let explicit = RangePaginator { total_explicit: true, ..offset(2) };
        let missing = PaginateError::TotalMissing { key: "total_path", path: "total".into() };
        assert_eq!(ends(explicit, &[answer]).0, Ending::Failed(missing));
    }
}

#[test]
fn a_total_of_pages_counts_from_the_base() {
    for (base, expected) in [(0, "0,1,2"), (1, "1,2,3")] {
        let pages =
            ["{\"data\":[1],\"total\":3}", "{\"data\":[2],\"total\":3}", "{\"data\":[3],\"total\":3}"];
        assert_eq!(ends(page_number(base), &pages), (Ending::End(End::Total), expected.into()));
    }
}

#[test]
fn a_scan_may_begin_at_a_later_page_than_the_base() {
    let later = RangePaginator { first: 3, ..page_number(1) };
    let pages = ["{\"data\":[3],\"total\":4}", "{\"data\":[4],\"total\":4}"];
    assert_eq!(ends(later, &pages), (Ending::End(End::Total), "3,4".into()));
}

#[test]
fn a_maximum_is_an_exclusive_bound_of_the_number_to_request() {
    let pages = ["[1,2]", "[3,4]", "[5,6]"];
    for (paginator, expected) in [
        (RangePaginator { maximum: Some(3), ..page_number(0) }, "0,1,2"),
        (RangePaginator { maximum: Some(3), ..page_number(1) }, "1,2"),
        (RangePaginator { maximum: Some(4), ..offset(2) }, "0,2"),
    ] {
        assert_eq!(ends(paginator, &pages), (Ending::End(End::Maximum), expected.into()));
    }
}

#[test]
fn has_more_is_combined_with_the_other_rules() {
    for (answer, expected) in [
        (r#"{"data":[1],"more":"No"}"#, End::NoMore),
        (r#"{"data":[1],"more":true,"total":2}"#, End::Total),
        (r#"{"data":[1],"more":false,"total":9}"#, End::NoMore),
    ] {
        let paginator = RangePaginator { has_more_path: path("more"), ..offset(2) };
        assert_eq!(ends(paginator, &[answer]).0, Ending::End(expected), "{answer}");
    }
    let paginator = RangePaginator { has_more_path: path("more"), ..offset(2) };
    assert!(matches!(ends(paginator, &["[1]"]).0, Ending::Failed(PaginateError::HasMoreMissing { .. })));
}

#[test]
fn a_total_of_records_ends_a_listing_by_pages_whatever_their_size() {
    let by_items = || RangePaginator { total_path: None, total_items_path: path("count"), ..page_number(1) };
    let pages = [r#"{"data":[1,2],"count":5}"#, r#"{"data":[3,4],"count":5}"#, r#"{"data":[5],"count":5}"#];
    assert_eq!(ends(by_items(), &pages), (Ending::End(End::Total), "1,2,3".into()));
    let missing = PaginateError::TotalMissing { key: "total_items_path", path: "count".into() };
    assert_eq!(ends(by_items(), &["[1]"]).0, Ending::Failed(missing));
}

#[test]
fn the_records_read_are_part_of_a_position_where_they_count() {
    let source = of(Paginator::Range(RangePaginator {
        total_path: None,
        total_items_path: path("count"),
        ..page_number(1)
    }));
    let page = |n: usize| body(format!(r#"{{"data":[{n}],"count":3}}"#));
    let whole = walk(&source, |ask| page(ask.number("page").unwrap()));
    assert_eq!(whole.positions[1], Position(json!({"page": 3, "read": 2})));
    let rest = resumed(&source, Some(&whole.positions[1]), |ask| page(ask.number("page").unwrap()));
    assert_eq!((rest.ending, rest.asks.len()), (Ending::End(End::Total), 1));
}

#[test]
fn without_a_bound_an_empty_page_ends_even_where_it_should_not() {
    let open = RangePaginator { stop_after_empty_page: false, ..offset(2) };
    assert_eq!(ends(open.clone(), &["[]"]), (Ending::End(End::EmptyPage), "0".into()));
    let pages = [r#"{"data":[],"total":3}"#, r#"{"data":[1],"total":3}"#];
    assert_eq!(ends(open.clone(), &pages), (Ending::End(End::Total), "0,2".into()));
    let bounded = RangePaginator { maximum: Some(4), ..open };
    assert_eq!(ends(bounded, &["[]", "[]"]), (Ending::End(End::Maximum), "0,2".into()));
}

#[test]
fn numbers_go_into_the_body_where_it_is_configured() {
    let at = |keys: &[&str]| Place::Body(keys.iter().map(|key| (*key).to_owned()).collect());
    let paginator = RangePaginator {
        counts: Counts::Records { limit: 2, limit_in: at(&["page", "size"]) },
        place: at(&["page", "from"]),
        ..offset(2)
    };
    let walked = walk(&of(Paginator::Range(paginator)), |_| body("[]"));
    assert_eq!(
        walked.asks[0].body,
        [("page.from".into(), "0".into()), ("page.size".into(), "2".into())].into()
    );
}

#[test]
fn a_position_is_taken_up_or_the_scan_starts_over() {
    let by_offset = of(Paginator::Range(RangePaginator { first: 2, maximum: Some(10), ..offset(2) }));
    let by_page = of(Paginator::Range(page_number(1)));
    for (source, position, expected) in [
        (&by_offset, json!({"offset": 6}), ("6", Start::Resumed)),
        (&by_offset, json!({"offset": 2}), ("2", Start::Fresh)),
        (&by_offset, json!({"offset": 10}), ("2", Start::Unreadable)),
        (&by_offset, json!({"offset": 0}), ("2", Start::Unreadable)),
        (&by_offset, json!({"offset": "6"}), ("2", Start::Unreadable)),
        (&by_offset, json!({"page": 6}), ("2", Start::Unreadable)),
        (&by_offset, json!(null), ("2", Start::Unreadable)),
        (&by_offset, json!({}), ("2", Start::Fresh)),
        (&by_page, json!({"page": 4}), ("4", Start::Resumed)),
        (&by_page, json!({"offset": 4}), ("1", Start::Unreadable)),
    ] {
        let walked = resumed(source, Some(&Position(position.clone())), |_| body("[]"));
        let name = if std::ptr::eq(source, &raw const by_page) { "page" } else { "offset" };
        assert_eq!((asked(&walked, name).as_str(), walked.start), expected, "{position}");
    }
}

#[test]
fn the_last_number_of_all_is_an_error_and_no_wrap() {
    let paginator = RangePaginator { first: u64::MAX - 1, ..offset(2) };
    assert_eq!(ends(paginator, &["[1]"]).0, Ending::Failed(PaginateError::Overflow));
}
