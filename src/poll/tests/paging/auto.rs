//! `auto`: what it takes an answer for, and how it goes on.

use serde_json::json;

use super::support::{Answer, Ask, Ending, asked, body, links, of, resumed, walk};
use crate::model::Position;
use crate::poll::Paginator;
use crate::poll::paginate::{End, Start};

/// Five pages of two records each. `first`: the number of the first page. Answers carry `more` beside the records.
fn paged(ask: &Ask, first: usize, more: &str) -> Answer {
    let page = ask.number("page").unwrap_or(first) - first;
    let ids: Vec<String> = (page * 2..(page * 2 + 2).min(10)).map(|id| format!("{{\"id\":{id}}}")).collect();
    let more = more.replace('%', &(page + first).to_string());
    body(format!(r#"{{"data":[{}],"total_pages":5{more}}}"#, ids.join(",")))
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|id| format!("{{\"id\":{id}}}")).collect()
}

#[test]
fn it_takes_answers_for_what_dlt_takes_them() {
    let link = |header: &'static str| vec![("link", header.to_owned())];
    for (headers, answer, expected) in [
        (link(r#"</items?p=2>; rel="next""#), r#"{"next":"/no","data":[1]}"#, "link /items?p=2"),
        (vec![], r#"{"data":[1],"next":"/items?p=2"}"#, "link /items?p=2"),
        (vec![], r#"{"data":[1],"_links":{"next":{"href":"/items?p=2"}}}"#, "link /items?p=2"),
        (vec![], r#"{"data":[1],"next_token":"t","pages":3}"#, "page 1"),
        (vec![], r#"{"data":[1],"meta":{"next_token":"t"}}"#, "cursor t"),
        (vec![], r#"{"data":[1],"next":{"url":5}}"#, "cursor 5"),
        (vec![], r#"{"data":[1],"total":90}"#, "end"),
        (vec![], r#"{"data":[1],"next":null}"#, "end"),
        (vec![], r#"{"data":[1],"next":true}"#, "end"),
        (vec![], r#"{"id":1,"next_invoice":"2024-01-01"}"#, "end"),
        (vec![], "[1]", "end"),
    ] {
        let mut pages = vec![(vec![], "[]".to_owned()), (headers, answer.to_owned())];
        let walked = walk(&of(Paginator::Auto), |_| pages.pop().unwrap());
        let found = match walked.asks.get(1) {
            None => "end".to_owned(),
            Some(Ask { link: Some(link), .. }) => link.replace("https://h.example", "link "),
            Some(ask) => ask.params.iter().map(|(name, value)| format!("{name} {value}")).collect(),
        };
        assert_eq!(found, expected, "{answer}");
    }
}

#[test]
fn pages_that_begin_at_zero_are_asked_for_as_dlt_asks() {
    for more in ["", ",\"page\":%"] {
        let walked = walk(&of(Paginator::Auto), |ask| paged(ask, 0, more));
        assert_eq!((asked(&walked, "page").as_str(), walked.ending), ("-,1,2,3,4", Ending::End(End::Total)));
        assert_eq!(walked.records, ids(10));
    }
}

#[test]
fn pages_that_begin_at_one_are_all_read_where_dlt_leaves_the_last_one_out() {
    for more in ["", ",\"page\":%", ",\"currentPage\":%,\"size\":2"] {
        let walked = walk(&of(Paginator::Auto), |ask| paged(ask, 1, more));
        assert_eq!(
            (asked(&walked, "page").as_str(), walked.ending),
            ("-,1,2,3,4,5", Ending::End(End::Total))
        );
        assert_eq!(walked.records, ids(10), "{more}");
    }
}

#[test]
fn a_first_page_whose_records_changed_meanwhile_is_known_by_its_number_or_by_half_of_them() {
    let mut n = 0;
    let mut changing = |ask: &Ask, more: &str| {
        n += 1;
        let page = ask.number("page").unwrap_or(1);
        body(format!(
            r#"{{"data":[{{"id":{page}}},{{"at":{n}}}],"pages":3{}}}"#,
            more.replace('%', &page.to_string())
        ))
    };
    let by_half = walk(&of(Paginator::Auto), |ask| changing(ask, ""));
    assert_eq!(asked(&by_half, "page"), "-,1,2,3");
    let new = [r#"{"id":1}"#, r#"{"at":1}"#, r#"{"at":2}"#, r#"{"id":2}"#];
    assert_eq!(by_half.records[..4], new, "what the first page did not hold is kept");
    let mut n = 0;
    let by_number = walk(&of(Paginator::Auto), |ask| {
        n += 1;
        let page = ask.number("page").unwrap_or(1);
        body(format!(r#"{{"meta":{{"page":{page},"pages":3}},"data":[{{"at":{n}}}]}}"#))
    });
    assert_eq!(asked(&by_number, "page"), "-,1,2,3");
}

#[test]
fn a_position_says_what_was_found() {
    let walked = walk(&of(Paginator::Auto), |ask| paged(ask, 1, ""));
    let found = json!({"paginator": "page_number", "path": ["total_pages"], "base": 1});
    assert_eq!(walked.positions[0], Position(json!({})), "what the numbers mean is not known yet");
    assert_eq!(walked.positions[2], Position(json!({"auto": found, "at": {"page": 3}})));
    let rest = resumed(&of(Paginator::Auto), walked.positions.get(2), |ask| paged(ask, 1, ""));
    assert_eq!((asked(&rest, "page").as_str(), rest.start), ("3,4,5", Start::Resumed));
}

#[test]
fn links_and_tokens_go_on_after_a_restart() {
    let linked = |ask: &Ask| {
        let next = if ask.link.is_none() { r#"{"next":{"href":"/items?p=2"}}"# } else { "{}" };
        body(format!(r#"{{"data":[1],"a b":{next}}}"#))
    };
    let walked = walk(&of(Paginator::Auto), linked);
    let rest = resumed(&of(Paginator::Auto), walked.positions.first(), linked);
    assert_eq!((links(&rest), rest.start), (vec!["https://h.example/items?p=2"], Start::Resumed));

    let with_token = |ask: &Ask| {
        let next = if ask.params.is_empty() { "\"t\"" } else { "null" };
        body(format!(r#"{{"data":[{}],"next":{next}}}"#, ask.params.len()))
    };
    let walked = walk(&of(Paginator::Auto), with_token);
    let rest = resumed(&of(Paginator::Auto), walked.positions.first(), with_token);
    assert_eq!((asked(&rest, "cursor").as_str(), rest.start), ("t", Start::Resumed));
}

#[test]
fn a_position_that_says_something_else_starts_over() {
    for position in [
        json!({"auto": {"paginator": "page_number", "path": ["pages"]}, "at": {"page": 2}}),
        json!({"auto": {"paginator": "guess"}, "at": {}}),
        json!({"auto": {"paginator": "cursor", "path": [1]}, "at": {"cursor": 2}}),
        json!({"offset": 2}),
    ] {
        let walked = resumed(&of(Paginator::Auto), Some(&Position(position.clone())), |_| body("[]"));
        assert_eq!(walked.start, Start::Unreadable, "{position}");
    }
}
