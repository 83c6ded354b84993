//! Links, tokens and statuses over HTTP: what is sent, what is delivered, where a scan goes on.

use super::support::{
    Reply, Server, json, literals, offset, page_number, scan, scan_with, source, status, with_headers,
};
use crate::model::{Redactor, Secret};
use crate::poll::*;
use crate::template::JsonPath;

fn linked(url: &str) -> Source {
    Source { paginator: Paginator::JsonLink(JsonPath::parse("next").unwrap()), ..source(url) }
}

fn with_key(url: &str) -> Source {
    Source {
        auth: Auth::ApiKeyQuery { name: "api_key".into(), key: Secret::new("s3cret") },
        params: literals(&[("q", "a b"), ("token", "t0ken")]),
        secret_params: vec!["api_key".into(), "token".into()],
        ..linked(url)
    }
}

/// Three pages; every link carries what the request carried, as many APIs write it, credentials too.
fn echoing(number: usize, target: &str) -> Reply {
    let carried = target.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let carried = carried.split_once("&page=").map_or(carried, |(before, _)| before);
    let next = if number < 2 { format!("\"?{carried}&page={}\"", number + 2) } else { "null".to_owned() };
    json(&format!(r#"{{"data":[{number}],"next":{next}}}"#))
}

#[tokio::test]
async fn a_link_takes_the_place_of_all_parameters_and_carries_the_key_once() {
    let server = Server::start(|number, seen| echoing(number, &seen.target)).await;
    let outcome = scan(with_key(&server.url)).await;
    assert_eq!((outcome.records(), outcome.partial()), (vec!["0".into(), "1".into(), "2".into()], None));
    let all = "/?q=a%20b&token=t0ken&api_key=s3cret";
    assert_eq!(server.targets(), [all.to_owned(), format!("{all}&page=2"), format!("{all}&page=3")]);

    let server = Server::start(|number, _| json(["{\"data\":[1],\"next\":\"/p2\"}", "{}"][number])).await;
    scan(with_key(&server.url)).await;
    assert_eq!(server.targets()[1], "/p2?api_key=s3cret");
}

#[tokio::test]
async fn a_scan_that_goes_on_at_a_link_puts_the_secrets_back() {
    let server = Server::start(|number, seen| echoing(number, &seen.target)).await;
    let first = scan(with_key(&server.url)).await;
    let position = first.pages[0].next.clone().unwrap();
    assert!(!position.0.to_string().contains("s3cret") && !position.0.to_string().contains("t0ken"));
    let server_again = Server::start(|_, _| json("{}")).await;
    let moved = position.0.to_string().replace(&server.url, &server_again.url);
    let position = crate::model::Position(serde_json::from_str(&moved).unwrap());
    let poller = Poller::new(Redactor::default());
    let outcome = scan_with(&poller, with_key(&server_again.url), Some(&position)).await;
    assert_eq!(outcome.partial(), Some(PartialScan::NothingAtPosition));
    assert_eq!(server_again.targets(), ["/?q=a%20b&page=2&token=t0ken&api_key=s3cret"]);
}

#[tokio::test]
async fn a_position_that_holds_a_secret_after_all_is_not_stored() {
    let server =
        Server::start(|number, _| json(["{\"data\":[1],\"next\":\"/bot-s3cret/2\"}", "{}"][number])).await;
    let redactor = Redactor::default();
    redactor.add(&Secret::new("s3cret"));
    let outcome = scan_with(&Poller::new(redactor), linked(&server.url), None).await;
    assert_eq!(server.targets(), ["/", "/bot-s3cret/2"]);
    assert_eq!(outcome.pages[0].next.as_ref().unwrap().0, serde_json::json!({}));
}

#[tokio::test]
async fn a_relative_link_starts_where_the_answer_came_from() {
    let server = Server::start(|number, _| match number {
        0 => with_headers(302, "location: /v2/items/\r\n", b""),
        1 => json(r#"{"data":[1],"next":"second"}"#),
        _ => json("{}"),
    })
    .await;
    scan(linked(&format!("{}/v1/items", server.url))).await;
    assert_eq!(server.targets(), ["/v1/items", "/v2/items/", "/v2/items/second"]);
}

#[tokio::test]
async fn a_page_whose_link_is_refused_or_unreadable_is_delivered_and_then_the_scan_fails() {
    for (link, named) in [
        ("\"https://evil.example/x?t=s3cret\"", "https://evil.example"),
        ("7", "next_url_path"),
        ("\"ftp://h/x\"", "\"ftp\""),
    ] {
        let body = format!(r#"{{"data":[1,2],"next":{link}}}"#);
        let server = Server::start(move |_, _| json(&body)).await;
        let outcome = scan(linked(&server.url)).await;
        assert_eq!(outcome.records(), ["1", "2"]);
        assert!(outcome.error().contains(named) && !outcome.error().contains("t=s3"), "{}", outcome.error());
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn links_in_a_circle_end_within_ten_requests_though_the_pages_differ() {
    let server =
        Server::start(|number, _| json(&format!(r#"{{"data":[{number}],"next":"/{}"}}"#, number % 2))).await;
    let outcome = scan(linked(&server.url)).await;
    assert!(outcome.error().contains("over and over"), "{}", outcome.error());
    assert!(server.seen().len() < 10);
}

#[tokio::test]
async fn a_status_can_be_the_end_of_a_listing_but_not_on_its_first_page() {
    let pages =
        || Paginator::Range(RangePaginator { stop_on_status: vec![404], total_path: None, ..page_number(1) });
    let server = Server::start(|number, _| match number {
        0 | 1 => json(&format!("{{\"data\":[{number}]}}")),
        _ => status(404, "{\"detail\":\"Invalid page.\"}"),
    })
    .await;
    let outcome = scan(Source { paginator: pages(), ..source(&server.url) }).await;
    assert_eq!((outcome.records().len(), outcome.partial(), outcome.error.is_none()), (2, None, true));
    let last = outcome.pages.last().unwrap();
    assert!(last.next.is_none() && last.records.is_empty(), "the scan is known to be over");

    let server = Server::start(|_, _| status(404, "{}")).await;
    let outcome = scan(Source { paginator: pages(), ..source(&server.url) }).await;
    assert!(outcome.error().contains("HTTP 404"), "{}", outcome.error());
    let unwritten = Paginator::Range(RangePaginator { total_path: None, ..page_number(1) });
    let server =
        Server::start(|number, _| if number == 0 { json("{\"data\":[1]}") } else { status(404, "{}") }).await;
    let outcome = scan(Source { paginator: unwritten, ..source(&server.url) }).await;
    assert!(outcome.error().contains("HTTP 404"), "{}", outcome.error());
}

#[tokio::test]
async fn the_place_of_the_records_is_kept_when_a_scan_goes_on() {
    let server = Server::start(|number, _| {
        json(
            [r#"{"rows_here":[1,2],"total":9}"#, r#"{"extras":[7],"rows_here":[3],"total":3}"#]
                [number.min(1)],
        )
    })
    .await;
    let detected =
        || Source { selector: None, paginator: Paginator::Range(offset(2)), ..source(&server.url) };
    let first = scan(detected()).await;
    let position = first.pages[0].next.clone().unwrap();
    assert_eq!(position.0, serde_json::json!({"offset": 2, "selector": ["rows_here"]}));
    let poller = Poller::new(Redactor::default());
    let rest = scan_with(&poller, detected(), Some(&position)).await;
    assert_eq!(rest.records(), ["3"]);
}
