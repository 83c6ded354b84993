//! Redirects: followed within the origin, refused elsewhere.

use super::support::{Reply, Server, headers, json, offset, scan, source, with_headers};
use crate::model::Secret;
use crate::poll::*;

const CANARY: &str = "CANARY-0123456789abcdef";

fn to(code: u16, location: &str) -> Reply {
    with_headers(code, &format!("Location: {location}\r\n"), b"moved")
}

fn with_key(url: &str) -> Source {
    Source {
        auth: Auth::ApiKeyQuery { name: "api_key".into(), key: Secret::new(CANARY) },
        headers: headers(&[("X-Key", CANARY)]),
        secret_params: vec!["api_key".into()],
        ..source(url)
    }
}

#[tokio::test]
async fn a_redirect_within_the_origin_keeps_the_credentials() {
    for code in [301, 302, 303, 307, 308] {
        let server = Server::start(move |number, _| match number {
            0 => to(code, "/v2/users/?a=1"),
            1 => to(code, "final"),
            _ => json(r#"{"data":[1]}"#),
        })
        .await;
        let outcome = scan(with_key(&format!("{}/v1/users", server.url))).await;
        assert_eq!(outcome.records(), ["1"], "{code}");
        let key = format!("api_key={CANARY}");
        let expected =
            [format!("/v1/users?{key}"), format!("/v2/users/?a=1&{key}"), format!("/v2/users/final?{key}")];
        assert_eq!(server.targets(), expected);
        assert!(server.seen().iter().all(|seen| seen.head.contains("x-key: canary")));
    }
}

#[tokio::test]
async fn a_key_that_the_new_url_carries_is_not_added_again() {
    let server = Server::start(move |number, seen| match number {
        0 => to(302, &format!("/new{}", seen.target.trim_start_matches('/'))),
        _ => json("[]"),
    })
    .await;
    scan(with_key(&server.url)).await;
    assert_eq!(server.targets()[1], format!("/new?api_key={CANARY}"));
}

#[tokio::test]
async fn a_redirect_to_another_host_is_an_error_and_nothing_is_sent_there() {
    let other = Server::start(|_, _| json(r#"{"data":[1]}"#)).await;
    let elsewhere = format!("{}/steal?api_key={CANARY}", other.url);
    let server = Server::start(move |_, _| to(302, &elsewhere)).await;
    let error = scan(with_key(&server.url)).await.error();
    assert!(other.seen().is_empty());
    assert_eq!(server.seen().len(), 1);
    assert!(error.contains(&other.url) && error.contains("client.base_url"), "{error}");
    assert!(!error.contains(CANARY) && !error.contains("steal"), "{error}");
}

#[tokio::test]
async fn another_scheme_port_or_name_is_another_host() {
    for location in [
        "https://127.0.0.1/",
        "//evil.example/",
        "http://127.0.0.1:1/",
        "http://localhost/",
        "\\\\evil.example\\x",
        "file:///etc/passwd",
    ] {
        let server = Server::start(move |_, _| to(302, location)).await;
        let error = scan(with_key(&server.url)).await.error();
        assert!(error.contains("another host"), "{location}: {error}");
    }
}

#[tokio::test]
async fn redirects_are_followed_ten_times_at_most() {
    let server = Server::start(|_, _| to(302, "/again")).await;
    let error = scan(source(&server.url)).await.error();
    assert!(error.contains("more than 10"), "{error}");
    assert_eq!(server.seen().len(), 11);
}

#[tokio::test]
async fn a_redirect_without_a_target_is_an_error() {
    for headers in ["", "Location: http://[\r\n"] {
        let server = Server::start(move |_, _| with_headers(302, headers, b"")).await;
        let error = scan(source(&server.url)).await.error();
        assert!(error.contains("302") && error.contains("Location"), "{error}");
    }
}

#[tokio::test]
async fn only_a_redirect_that_keeps_the_request_keeps_its_body() {
    for (code, body) in [(302, ""), (307, r#"{"offset":0}"#)] {
        let server =
            Server::start(move |number, _| if number == 0 { to(code, "/b") } else { json("[]") }).await;
        let paginator = RangePaginator { place: Place::Body(vec!["offset".into()]), ..offset(5) };
        scan(Source { paginator: Paginator::Range(paginator), ..source(&server.url) }).await;
        assert_eq!(server.seen()[1].body, body, "{code}");
    }
}
