//! The page behind a total: when it is asked for, what it proves, and what it does not.

use super::support::{
    Outcome, Reply, Server, json, numbers, offset, page_number, scan, source, status, with_headers,
};
use crate::poll::*;
use crate::template::JsonPath;

fn ranged(server: &Server, paginator: RangePaginator) -> Source {
    Source { paginator: Paginator::Range(paginator), ..source(&server.url) }
}

/// Rows that there are, and the total that the API names.
async fn api(rows: u64, total: u64) -> Server {
    let total = format!("{{\"total\":{total},\"data\"");
    Server::start(move |_, seen| json(&numbers(seen, rows).replace("{\"data\"", &total))).await
}

async fn behind(outcome: Outcome) -> Result<CompleteScan, NotProven> {
    let Coverage::UpToTotal(end) = outcome.coverage else { panic!("{:?}", outcome.coverage) };
    UpToTotal::look_behind(vec![*end]).await.remove(0)
}

#[tokio::test]
async fn an_empty_page_behind_the_total_proves_that_everything_was_seen() {
    for (rows, limit, shifts, expected) in [
        (2, 3, false, "/?offset=0&limit=3 /?offset=2&limit=3"),
        (3, 3, true, "/?offset=0&limit=3 /?offset=3&limit=3"), // a fourth row may have moved up meanwhile
        (3, 2, true, "/?offset=0&limit=2 /?offset=2&limit=2 /?offset=3&limit=2"),
    ] {
        let server = api(rows, rows).await;
        let outcome = scan(ranged(&server, offset(limit))).await;
        assert_eq!(outcome.partial(), Some(PartialScan::EndedByTotal), "until somebody has looked");
        assert_eq!(behind(outcome).await.unwrap().may_have_shifted(), shifts, "{rows} by {limit}");
        assert_eq!(server.targets().join(" "), expected);
    }
}

#[tokio::test]
async fn records_behind_the_total_refute_it() {
    let server = api(99, 4).await;
    let not = behind(scan(ranged(&server, offset(2))).await).await.unwrap_err();
    assert_eq!(not.reason, PartialScan::RowsBehindTotal);
    assert_eq!(server.targets().last().unwrap(), "/?offset=4&limit=2");
    // An API that heeds no parameters shows the same page for ever.
    let server = Server::start(|_, _| json(r#"{"data":[1,2],"total":2}"#)).await;
    let not = behind(scan(ranged(&server, offset(9))).await).await.unwrap_err();
    assert_eq!(not.reason, PartialScan::RowsBehindTotal);
}

/// Of a listing by page numbers: its one page, then this.
async fn looked(
    paginator: RangePaginator,
    actions: Vec<ResponseAction>,
    reply: fn() -> Reply,
) -> (Result<CompleteScan, NotProven>, usize) {
    let server =
        Server::start(move |n, _| if n == 0 { json(r#"{"data":[1],"total":1}"#) } else { reply() }).await;
    let outcome = scan(Source { actions, ..ranged(&server, paginator) }).await;
    let looked = behind(outcome).await;
    assert!(server.targets()[1..].iter().all(|target| target == "/?page=2"), "{:?}", server.targets());
    (looked, server.seen().len())
}

#[tokio::test]
async fn only_a_plainly_empty_page_is_a_proof() {
    let empty: [fn() -> Reply; 5] = [
        || status(204, ""),
        || json("{}"),
        || json("null"),
        || json(r#"{"data":[],"total":1}"#),
        || json(r#"{"data":null}"#),
    ];
    for reply in empty {
        assert!(looked(page_number(1), Vec::new(), reply).await.0.unwrap().may_have_shifted());
    }
    let unclear: [(fn() -> Reply, usize); 6] = [
        (|| json(r#"{"error":"no such page"}"#), 2),
        (|| json(r#"{"data":"nothing"}"#), 2),
        (|| json("<html>"), 2),
        (|| json(""), 2),
        (|| status(404, "{}"), 2),
        (|| status(500, "{}"), 5), // with the usual repetitions
    ];
    for (reply, requests) in unclear {
        let (looked, asked) = looked(page_number(1), Vec::new(), reply).await;
        assert_eq!((looked.unwrap_err().reason, asked), (PartialScan::UnknownBehindTotal, requests));
    }
}

#[tokio::test]
async fn a_status_is_a_proof_where_the_configuration_says_what_it_means() {
    let refused: fn() -> Reply = || status(404, "{}");
    let written = RangePaginator { stop_on_status: vec![404], ..page_number(1) };
    assert!(looked(written, Vec::new(), refused).await.0.is_ok());
    let ignored = ResponseAction { status: Some(404), content: None, action: Action::Ignore };
    let (looked, _) = looked(page_number(1), vec![ignored], refused).await;
    assert_eq!(looked.unwrap_err().reason, PartialScan::UnknownBehindTotal, "an ignored answer says nothing");
}

#[tokio::test]
async fn an_api_that_asks_to_be_left_alone_is_not_asked_for_the_others() {
    let server = Server::start(|n, _| {
        if n < 6 {
            json(r#"{"data":[1],"total":1}"#)
        } else {
            with_headers(429, "retry-after: 600\r\n", b"{}")
        }
    })
    .await;
    let mut ends = Vec::new();
    for _ in 0..6 {
        let mut source = ranged(&server, offset(9));
        source.limits.in_flight = 2;
        let Coverage::UpToTotal(end) = scan(source).await.coverage else { panic!() };
        ends.push(*end);
    }
    let looked = UpToTotal::look_behind(ends).await;
    let not_before: Vec<bool> =
        looked.into_iter().map(|looked| looked.unwrap_err().not_before.is_some()).collect();
    assert_eq!(not_before, [true, true, false, false, false, false]);
    assert_eq!(server.seen().len(), 8);
}

#[tokio::test]
async fn where_the_page_behind_may_not_be_asked_for_or_would_say_nothing_the_total_is_the_end() {
    let partial = async |server: &Server, paginator: Paginator| {
        let outcome = scan(Source { paginator, ..source(&server.url) }).await;
        assert!(matches!(outcome.coverage, Coverage::Partial(_)), "{:?}", outcome.coverage);
        outcome.partial().unwrap()
    };
    let limited = RangePaginator { maximum: Some(4), ..offset(2) };
    assert_eq!(partial(&api(4, 4).await, Paginator::Range(limited)).await, PartialScan::EndedByTotal);
    // Nobody knows whether the second page would be number 1 or 2.
    let server = Server::start(|_, _| json(r#"{"data":[1],"total_pages":1}"#)).await;
    assert_eq!(partial(&server, Paginator::Auto).await, PartialScan::EndedByTotal);
    // A cap of two records a page: the total is right, and half of it was never shown.
    let server = Server::start(|_, _| json(r#"{"data":[1,2],"n":4}"#)).await;
    let capped = RangePaginator { total_path: Some(JsonPath::parse("n").unwrap()), ..offset(4) };
    assert_eq!(partial(&server, Paginator::Range(capped)).await, PartialScan::MoreThanTotal);
    let server = Server::start(|_, _| json(r#"{"data":[1,2],"total":2,"next":"/more"}"#)).await;
    assert_eq!(partial(&server, Paginator::Range(offset(9))).await, PartialScan::MoreThanTotal);
}

#[tokio::test]
async fn page_numbers_that_were_found_are_asked_for_as_they_count() {
    let server = Server::start(|n, _| {
        let data = ["[1]", "[1]", "[2]", "[]"][n]; // page 1 is the first one, so the last is number 2
        json(&format!("{{\"data\":{data},\"total_pages\":2}}"))
    })
    .await;
    let outcome = scan(Source { paginator: Paginator::Auto, selector: None, ..source(&server.url) }).await;
    assert!(behind(outcome).await.is_ok());
    assert_eq!(server.targets(), ["/", "/?page=1", "/?page=2", "/?page=3"]);
}

#[tokio::test]
async fn the_word_of_an_api_that_there_is_no_more_needs_no_further_proof() {
    let server = Server::start(|_, _| json(r#"{"data":[1],"total":1,"more":false}"#)).await;
    let has_more_path = Some(JsonPath::parse("more").unwrap());
    let outcome = scan(ranged(&server, RangePaginator { has_more_path, ..offset(2) })).await;
    assert_eq!(outcome.partial(), None);
    assert_eq!(server.seen().len(), 1);
}
