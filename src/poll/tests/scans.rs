//! Pages in order: paging, running ahead, resuming, stopping, and what a scan may be taken for.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json as value;

use super::support::{
    Reply, Server, json, numbers, offset, scan, scan_with, source, status, walk as walk_with,
};
use crate::model::{CursorValue, Json, Position, Range, Redactor, Selection, Window};
use crate::poll::*;
use crate::template::JsonPath;

fn paged(server: &Server, paginator: RangePaginator) -> Source {
    Source { paginator: Paginator::Range(paginator), ..source(&server.url) }
}

#[tokio::test]
async fn a_scan_reads_every_page_until_an_empty_one() {
    let server = Server::start(|_, seen| json(&numbers(seen, 5))).await;
    let outcome = scan(paged(&server, offset(2))).await;
    assert_eq!(
        server.targets(),
        ["/?offset=0&limit=2", "/?offset=2&limit=2", "/?offset=4&limit=2", "/?offset=6&limit=2"]
    );
    let ids: Vec<String> = (0..5).map(|id| format!("{{\"id\":{id}}}")).collect();
    assert_eq!(outcome.records(), ids);
    let positions: Vec<_> = outcome.pages.iter().map(|page| page.next.clone().map(|next| next.0)).collect();
    let expected = [Some(value!({"offset":2})), Some(value!({"offset":4})), Some(value!({"offset":6})), None];
    assert_eq!(positions, expected);
    assert_eq!(outcome.pages.iter().map(|page| page.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(outcome.partial(), None);
}

#[tokio::test]
async fn a_total_or_a_maximum_ends_a_scan_that_is_then_not_complete() {
    let server =
        Server::start(|_, seen| json(&numbers(seen, 99).replace("{\"data\"", "{\"total\":4,\"data\""))).await;
    let outcome = scan(paged(&server, offset(2))).await;
    assert_eq!((outcome.pages.len(), outcome.partial()), (2, Some(PartialScan::EndedByTotal)));

    let server = Server::start(|_, seen| json(&numbers(seen, 99))).await;
    let outcome = scan(paged(&server, RangePaginator { maximum: Some(4), ..offset(2) })).await;
    assert_eq!((outcome.pages.len(), outcome.partial()), (2, Some(PartialScan::EndedByMaximum)));
}

#[tokio::test]
async fn a_scan_ends_after_the_page_that_its_row_order_says_is_the_last_and_is_not_complete() {
    let server = Server::start(|_, seen| json(&numbers(seen, 99))).await;
    let mut source = paged(&server, offset(2));
    source.row_order = Some(RowOrder { path: JsonPath::parse("id").unwrap(), order: Order::Ascending });
    let value = |json| Some(CursorValue::read(Json::trusted(json)).unwrap());
    let range = Range { start: value("-1"), end: value("3"), ..Range::default() };
    let walk = |range| Walk { window: Some(Window { range, ..Window::default() }), ..Walk::default() };
    let outcome = walk_with(&Poller::new(Redactor::default()), source.clone(), &walk(range)).await;
    assert_eq!(server.targets(), ["/?offset=0&limit=2", "/?offset=2&limit=2"]);
    assert_eq!((outcome.records().len(), outcome.pages[1].next.clone()), (4, None));
    assert_eq!(outcome.partial(), Some(PartialScan::AskedForRange));

    source.row_order = Some(RowOrder { path: JsonPath::parse("id").unwrap(), order: Order::Descending });
    let outcome = walk_with(&Poller::new(Redactor::default()), source, &walk(Range::default())).await;
    assert_eq!((outcome.records().len(), outcome.partial()), (99, None), "a first scan sees everything");
}

#[tokio::test]
async fn a_page_whose_total_is_wrong_is_delivered_before_the_scan_fails_and_is_read_again_by_the_next() {
    let server = Server::start(|_, _| json(r#"{"data":[1,2],"total":"many"}"#)).await;
    let outcome = scan(paged(&server, offset(2))).await;
    assert_eq!(outcome.records(), ["1", "2"]);
    assert_eq!(outcome.pages[0].next, Some(Position(value!({"offset":0}))));
    assert!(outcome.error().contains("\"many\""), "{}", outcome.error());
    assert_eq!(outcome.partial(), Some(PartialScan::Failed));
}

#[tokio::test]
async fn a_resumed_scan_goes_on_at_its_position_and_is_never_complete() {
    let server = Server::start(|_, seen| json(&numbers(seen, 5))).await;
    let poller = Poller::new(Redactor::default());
    let position = Position(value!({"offset":4}));
    let outcome = scan_with(&poller, paged(&server, offset(2)), Some(&position)).await;
    assert_eq!(outcome.records(), ["{\"id\":4}"]);
    assert_eq!(outcome.partial(), Some(PartialScan::Resumed));

    let unreadable = Position(value!({"cursor":"abc"}));
    let outcome = scan_with(&poller, paged(&server, offset(2)), Some(&unreadable)).await;
    assert!(outcome.error().contains("not one that this paginator can take up"), "{}", outcome.error());
    assert_eq!((server.seen().len(), outcome.pages.len()), (2, 0), "nothing was asked for it");
}

/// What may be said of a position that the API has forgotten is an error, without a page, so that the scan can start over.
#[tokio::test]
async fn the_page_of_a_stored_position_is_handed_out_only_if_it_can_be_used() {
    let position = Position(value!({"cursor":"abc"}));
    let by_token = CursorPaginator {
        cursor_path: JsonPath::parse("next").unwrap(),
        place: Place::Param("after".into()),
        stop_after_empty_page: false,
        has_more_path: None,
    };
    for (answer, expected) in [
        (r#"{"error":"the token has expired"}"#, "matches nothing"),
        (r#"{"data":[1],"next":{"no":"word"}}"#, "no query parameter can carry"),
        ("<html>", "HTML instead of JSON"),
    ] {
        let server = Server::start(move |_, _| json(answer)).await;
        let source = Source { paginator: Paginator::Cursor(by_token.clone()), ..source(&server.url) };
        let outcome = scan_with(&Poller::new(Redactor::default()), source, Some(&position)).await;
        assert!(outcome.error().contains(expected), "{}", outcome.error());
        let error = outcome.error.as_ref().unwrap();
        assert!(!error.what().contains("the scan ends here") && error.what().contains(expected));
        assert_eq!((outcome.pages.len(), server.targets()), (0, vec!["/?after=abc".to_owned()]));
    }
    // Nothing more may be the end, and may be a token that is forgotten: no cursor moves over it.
    let server = Server::start(|_, _| json(r#"{"data":[]}"#)).await;
    let source = Source { paginator: Paginator::Cursor(by_token), ..source(&server.url) };
    let outcome = scan_with(&Poller::new(Redactor::default()), source, Some(&position)).await;
    assert_eq!((outcome.records().len(), outcome.partial()), (0, Some(PartialScan::NothingAtPosition)));
}

#[tokio::test]
async fn the_next_page_is_asked_for_before_this_one_is_taken_and_no_further() {
    let server = Server::start(|_, seen| json(&numbers(seen, 100))).await;
    let mut pages =
        Poller::new(Redactor::default()).scan(Arc::new(paged(&server, offset(2))), &Walk::default());
    server.wait_for(2).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.seen().len(), 2, "pages 1 and 2 wait");
    pages.next().await.unwrap().unwrap();
    server.wait_for(3).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.seen().len(), 3, "page 1 is processed, 2 waits, 3 is read");
}

#[tokio::test]
async fn dropped_pages_send_nothing_more_and_close_the_connection() {
    let server =
        Server::start(|number, seen| if number < 2 { json(&numbers(seen, 100)) } else { Reply::Hang }).await;
    let mut pages =
        Poller::new(Redactor::default()).scan(Arc::new(paged(&server, offset(2))), &Walk::default());
    pages.next().await.unwrap().unwrap();
    server.wait_for(3).await;
    assert_eq!(server.hung_up.load(Ordering::SeqCst), 0);
    drop(pages);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!((server.seen().len(), server.hung_up.load(Ordering::SeqCst)), (3, 1));
}

#[tokio::test]
async fn a_scan_that_is_not_read_to_its_end_is_partial() {
    let server = Server::start(|_, seen| json(&numbers(seen, 100))).await;
    let mut pages =
        Poller::new(Redactor::default()).scan(Arc::new(paged(&server, offset(2))), &Walk::default());
    pages.next().await.unwrap().unwrap();
    assert!(matches!(pages.finish(), Coverage::Partial(PartialScan::NotReadToTheEnd)));
}

#[tokio::test]
async fn the_same_page_over_and_over_is_an_error() {
    let server = Server::start(|_, _| json(r#"{"data":[{"id":1},{"id":2}],"total":1000}"#)).await;
    let outcome = scan(paged(&server, offset(2))).await;
    assert!(outcome.error().contains("offset_param"), "{}", outcome.error());
    assert!(server.seen().len() < 10);
}

#[tokio::test]
async fn a_circle_of_pages_is_an_error() {
    let server = Server::start(|number, _| json(&format!("{{\"data\":[{}]}}", number % 2))).await;
    let outcome = scan(paged(&server, offset(1))).await;
    assert!(outcome.error().contains("over and over"), "{}", outcome.error());
    assert!(server.seen().len() < 10);
}

#[tokio::test]
async fn a_page_that_came_twice_makes_no_complete_scan() {
    let server = Server::start(|number, _| json(["[1]", "[1]", "[2]", "[]"][number])).await;
    let outcome = scan(Source { selector: None, ..paged(&server, offset(1)) }).await;
    assert_eq!((outcome.records().len(), outcome.partial()), (3, Some(PartialScan::PageRepeated)));
}

#[tokio::test]
async fn a_selector_without_a_match_is_a_warning_or_an_error_and_never_a_complete_scan() {
    let server = Server::start(|_, _| json(r#"{"items":[1],"next":null}"#)).await;
    let outcome = scan(source(&server.url)).await;
    let present = vec!["items".to_owned(), "next".to_owned()];
    assert_eq!(outcome.pages[0].selection, Selection::Nothing { present });
    assert_eq!(outcome.partial(), Some(PartialScan::SelectorMatchedNothing));

    let outcome = scan(Source { missing_data: MissingData::Fail, ..source(&server.url) }).await;
    let error = outcome.error();
    assert!(error.contains("`data`") && error.contains("items, next") && outcome.pages.is_empty(), "{error}");
}

#[tokio::test]
async fn no_content_and_plainly_empty_bodies_are_empty_pages() {
    for (code, body) in [(204, ""), (200, "{}"), (200, "[]"), (200, " null ")] {
        let server = Server::start(move |_, _| status(code, body)).await;
        let outcome = scan(paged(&server, offset(2))).await;
        assert_eq!((outcome.pages.len(), outcome.records().len(), outcome.partial()), (1, 0, None), "{body}");
    }
}

#[tokio::test]
async fn has_more_ends_a_complete_scan() {
    let server =
        Server::start(|number, _| json(&format!("{{\"data\":[{number}],\"more\":{}}}", number < 2))).await;
    let has_more_path = Some(JsonPath::parse("more").unwrap());
    let outcome = scan(paged(&server, RangePaginator { has_more_path, ..offset(1) })).await;
    assert_eq!((outcome.records(), outcome.partial()), (vec!["0".into(), "1".into(), "2".into()], None));
}

#[tokio::test]
async fn an_error_ends_the_scan_and_nothing_follows() {
    let server = Server::start(|_, _| status(404, "{}")).await;
    let mut pages = Poller::new(Redactor::default()).scan(Arc::new(source(&server.url)), &Walk::default());
    let error = pages.next().await.unwrap_err();
    assert_eq!(error.status(), Some(404));
    assert!(pages.next().await.unwrap().is_none());
    assert_eq!(server.seen().len(), 1);
}
