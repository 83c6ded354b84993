//! What a scan says of records that it did not read, and what it proposes to write.

use std::sync::{Arc, Mutex};

use super::support::{Outcome, Server, json, literals, offset, scan_with, source, with_headers};
use crate::model::Redactor;
use crate::poll::*;
use crate::template::JsonPath;

/// The outcome of a scan of one page, and what was said of more.
async fn told(
    change: impl FnOnce(&mut Source),
    headers: &'static str,
    body: &'static str,
) -> (Outcome, Vec<Unread>) {
    let server = Server::start(move |_, _| with_headers(200, headers, body.as_bytes())).await;
    let heard: Arc<Mutex<Vec<Unread>>> = Arc::default();
    let list = Arc::clone(&heard);
    let observer: Observer = Arc::new(move |event: &PollEvent| {
        if let PollEvent::MoreLikely(unread) = event {
            list.lock().unwrap().push(unread.clone());
        }
    });
    let mut source = Source { paginator: Paginator::Auto, selector: None, ..source(&server.url) };
    change(&mut source);
    let outcome = scan_with(&Poller::with_observer(Redactor::default(), observer), source, None).await;
    let heard = heard.lock().unwrap().clone();
    (outcome, heard)
}

async fn proposed(params: &[(&str, &str)], headers: &'static str, body: &'static str) -> String {
    let params = literals(params);
    let single = |source: &mut Source| (source.params, source.paginator) = (params, Paginator::SinglePage);
    let (outcome, told) = told(single, headers, body).await;
    let Some(unread) = told.first() else {
        assert_eq!(outcome.partial(), None, "{body}");
        return String::new();
    };
    assert_eq!((told.len(), outcome.partial()), (1, Some(PartialScan::MoreLikely)), "{body}");
    unread.proposal.to_string().replace("paginator:\n  ", "").replace("\n  ", ", ")
}

#[tokio::test]
async fn a_next_page_of_any_spelling_is_proposed_as_a_paginator() {
    for (headers, body, expected) in [
        ("link: </p?n=2>; rel=\"next\"\r\n", "[1]", "type: header_link"),
        ("x-next-page: 2\r\n", "[1]", "type: header_cursor, cursor_key: x-next-page, cursor_param: page"),
        (
            "",
            r#"{"data":[1],"@odata.nextLink":"https://h/x"}"#,
            "type: json_link, next_url_path: '''@odata.nextLink'''",
        ),
        (
            "",
            r#"{"data":[1],"_links":{"next":{"href":"/x"}}}"#,
            "type: json_link, next_url_path: _links.next.href",
        ),
        (
            "",
            r#"{"data":[1],"link":[{"relation":"self","url":"/"},{"relation":"next","url":"/x"}]}"#,
            "type: json_link, next_url_path: 'link[?(@.relation==''next'')].url'",
        ),
        (
            "",
            r#"{"data":[1],"nextPageToken":"t"}"#,
            "type: cursor, cursor_path: nextPageToken, cursor_param: pageToken",
        ),
        (
            "",
            r#"{"data":[1],"meta":{"next_page":2}}"#,
            "type: cursor, cursor_path: meta.next_page, cursor_param: page",
        ),
        (
            "",
            r#"{"data":[1],"NextToken":"t"}"#,
            "type: cursor, cursor_path: NextToken, cursor_param: NextToken",
        ),
        (
            "",
            r#"{"data":[1],"pageInfo":{"hasNextPage":true,"endCursor":"c"}}"#,
            "type: cursor, cursor_path: pageInfo.endCursor, cursor_param: after",
        ),
    ] {
        assert_eq!(proposed(&[], headers, body).await, expected, "{body}");
    }
}

#[tokio::test]
async fn totals_and_flags_are_proposed_as_numbers() {
    for (headers, body, expected) in [
        (
            "",
            r#"{"data":[1],"page":0,"total_pages":3}"#,
            "type: page_number, base_page: 0, total_path: total_pages",
        ),
        (
            "",
            r#"{"data":[1],"meta":{"lastPage":3}}"#,
            "type: page_number, base_page: 1, total_path: meta.lastPage",
        ),
        (
            "",
            r#"{"data":[1],"count":9}"#,
            "type: page_number, base_page: 1, total_path: null, total_items_path: count",
        ),
        (
            "",
            r#"{"issues":[1,2],"startAt":0,"total":9}"#,
            "type: offset, limit: 2, offset_param: startAt, total_path: total",
        ),
        (
            "",
            r#"{"data":[1],"has_more":true}"#,
            "type: page_number, base_page: 1, total_path: null, has_more_path: has_more",
        ),
        ("", r#"{"data":[1],"last":false}"#, "type: page_number, base_page: 1, total_path: null"),
        ("content-range: items 0-1/7\r\n", "[1,2]", "type: page_number, base_page: 1, total_path: null"),
    ] {
        assert_eq!(proposed(&[], headers, body).await, expected, "{body}");
    }
}

#[tokio::test]
async fn a_full_page_is_proposed_by_the_parameter_that_asked_for_it() {
    for (params, headers, expected) in [
        (("per_page", "2"), "x-total-count: 9\r\n", "type: page_number, base_page: 1, total_path: null"),
        (("limit", "2"), "", "type: offset, limit: 2, total_path: null"),
        (("$top", "2"), "", "type: offset, limit: 2, limit_param: '$top', total_path: null"),
    ] {
        assert_eq!(proposed(&[params], headers, "[1,2]").await, expected, "{params:?}");
    }
}

#[tokio::test]
async fn an_answer_that_holds_everything_says_nothing() {
    for (params, headers, body) in [
        (&[][..], "", "[1,2,3]"),
        (&[], "", r#"{"data":[1,2],"total":2,"pages":1,"next":null,"has_more":false,"last":true}"#),
        (&[], "", r#"{"data":[1],"next":"","nextPageToken":"","cursor":null}"#),
        (&[], "", r#"{"pageInfo":{"hasNextPage":false,"endCursor":"c"},"data":[1]}"#),
        (&[("limit", "5")], "", "[1,2]"),
        (&[], "link: </p?n=1>; rel=\"prev\"\r\nx-total-count: 1\r\n", "[1]"),
        (&[], "", r#"{"id":1,"pages":320,"total":99,"next_invoice":"2030-01-01","has_more":true}"#),
    ] {
        assert_eq!(proposed(params, headers, body).await, "", "{body}");
    }
}

#[tokio::test]
async fn where_the_records_were_looked_for_a_longer_list_is_named() {
    let body = r#"{"meta":{"tags":["a"]},"users":[1,2,3]}"#;
    let (outcome, unread) = told(|_| {}, "", body).await;
    assert_eq!(outcome.partial(), Some(PartialScan::MoreLikely));
    assert_eq!(unread[0].proposal.to_string(), "data_selector: users");
    let chosen = |source: &mut Source| source.selector = Some(JsonPath::parse("meta.tags").unwrap());
    assert_eq!(told(chosen, "", body).await.1.len(), 0);
}

#[tokio::test]
async fn an_envelope_that_was_taken_for_a_single_entity_is_named() {
    let entity = |source: &mut Source| {
        source.selector = Some(JsonPath::parse("$").unwrap());
        (source.single_entity, source.paginator) = (true, Paginator::SinglePage);
    };
    let (_, unread) = told(entity, "", r#"{"data":[1,2,3]}"#).await;
    assert_eq!(unread[0].proposal.to_string(), "data_selector: data");
    assert_eq!(told(entity, "", r#"{"id":1,"tags":[1,2,3]}"#).await.1.len(), 0);
}

#[tokio::test]
async fn a_token_that_was_detected_and_leads_nowhere_ends_with_a_proposal() {
    let (outcome, unread) = told(|_| {}, "", r#"{"data":[1],"next_page":2}"#).await;
    assert!(outcome.error().contains("over and over"), "{}", outcome.error());
    let lines = "paginator:\n  type: cursor\n  cursor_path: next_page\n  cursor_param: page";
    assert_eq!(unread[0].proposal.to_string(), lines);
}

#[tokio::test]
async fn a_total_beyond_what_detected_links_led_to_is_a_sign() {
    let (outcome, unread) = told(|_| {}, "", r#"{"data":[1,2],"total":40,"next":null}"#).await;
    assert_eq!((outcome.partial(), unread[0].read), (Some(PartialScan::MoreLikely), 2));
    assert_eq!(unread[0].signs, ["`total` says 40"]);
}

#[tokio::test]
async fn where_paginator_and_selector_are_written_nothing_is_guessed() {
    let written = |source: &mut Source| {
        source.paginator = Paginator::JsonLink(JsonPath::parse("next").unwrap());
        source.selector = Some(JsonPath::parse("data").unwrap());
    };
    let (outcome, unread) = told(written, "", r#"{"data":[1],"total":40,"nextPageToken":"t"}"#).await;
    assert_eq!((outcome.partial(), unread.len()), (None, 0));
}

#[tokio::test]
async fn signs_and_proposals_hold_no_secret() {
    let server = Server::start(|_, _| json(r#"{"data":[1],"next-canary":1,"nextcursor canary":"t"}"#)).await;
    let redactor = Redactor::default();
    redactor.add(&crate::model::Secret::new("canary"));
    let heard: Arc<Mutex<Vec<Unread>>> = Arc::default();
    let list = Arc::clone(&heard);
    let observer: Observer = Arc::new(move |event: &PollEvent| {
        if let PollEvent::MoreLikely(unread) = event {
            list.lock().unwrap().push(unread.clone());
        }
    });
    let poller = Poller::with_observer(redactor, observer);
    scan_with(&poller, source(&server.url), None).await;
    let heard = heard.lock().unwrap();
    assert!(!heard.is_empty());
    assert!(!format!("{heard:?}").contains("canary"), "{heard:?}");
}

#[tokio::test]
async fn a_written_paginator_that_reads_to_a_maximum_is_not_suspected() {
    let bounded = |source: &mut Source| {
        source.paginator = Paginator::Range(RangePaginator { maximum: Some(1), ..offset(1) });
    };
    let (outcome, unread) = told(bounded, "", r#"{"data":[1],"total":40}"#).await;
    assert_eq!((outcome.partial(), unread.len()), (Some(PartialScan::EndedByMaximum), 0));
}
