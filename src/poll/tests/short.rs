//! Listings that show less than there is, or that never come to their end.

use super::support::{Server, json, numbers, offset, scan, source, status};
use crate::poll::*;
use crate::template::JsonPath;

/// An API of 99 records that shows no more than the first four.
async fn window(beyond: u16) -> (Server, Source) {
    let server = Server::start(move |_, seen| {
        let body = numbers(seen, 4);
        match body.as_str() {
            r#"{"data":[]}"# if beyond != 200 => status(beyond, r#"{"error":"result window is too large"}"#),
            body => json(&body.replace("{\"data\"", "{\"total\":99,\"data\"")),
        }
    })
    .await;
    let source = Source { paginator: Paginator::Range(offset(2)), ..source(&server.url) };
    (server, source)
}

#[tokio::test]
async fn a_window_that_the_api_does_not_look_beyond_is_not_taken_for_the_end() {
    let (server, source) = window(400).await;
    let outcome = scan(source).await;
    assert_eq!((outcome.records().len(), outcome.partial()), (4, Some(PartialScan::Failed)));
    let error = outcome.error();
    assert!(error.contains("HTTP 400") && error.contains("page 3") && error.contains("too large"), "{error}");
    assert_eq!(server.seen().len(), 3, "it is not asked for again");
}

#[tokio::test]
async fn an_empty_page_before_the_total_makes_no_complete_scan() {
    let outcome = scan(window(200).await.1).await;
    assert_eq!((outcome.records().len(), outcome.partial()), (4, Some(PartialScan::BelowTotal)));
    assert!(outcome.error.is_none() && PartialScan::BelowTotal.may_have_skipped());
    // Rows that were deleted meanwhile lower the total of the last page too.
    let server = Server::start(|_, seen| {
        let total = if seen.target.contains("offset=0") { 5 } else { 4 };
        json(&numbers(seen, 4).replace("{\"data\"", &format!("{{\"total\":{total},\"data\"")))
    })
    .await;
    let complete = Source { paginator: Paginator::Range(offset(2)), ..source(&server.url) };
    assert_eq!(scan(complete).await.partial(), Some(PartialScan::EndedByTotal));
    // A total may count more than a filter lets through: then the last page is a short one.
    let server =
        Server::start(|_, seen| json(&numbers(seen, 3).replace("{\"data\"", "{\"total\":99,\"data\""))).await;
    let complete = Source { paginator: Paginator::Range(offset(2)), ..source(&server.url) };
    assert_eq!(scan(complete).await.partial(), None);
}

#[tokio::test]
async fn empty_pages_without_end_end_the_scan() {
    let server = Server::start(|number, _| json(&format!(r#"{{"data":[],"next":"t{number}"}}"#))).await;
    let paginator = Paginator::Cursor(CursorPaginator {
        cursor_path: JsonPath::parse("next").unwrap(),
        place: Place::Param("after".into()),
        stop_after_empty_page: false,
        has_more_path: None,
    });
    let outcome = scan(Source { paginator, ..source(&server.url) }).await;
    let error = outcome.error();
    assert!(
        error.contains("1001 pages without a record") && error.contains("stop_after_empty_page"),
        "{error}"
    );
    assert_eq!((server.seen().len(), outcome.partial()), (1001, Some(PartialScan::Failed)));
}
