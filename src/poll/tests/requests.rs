//! What is sent, to the letter.

use super::support::{Server, headers, json, literals, offset, scan, source};
use crate::model::Secret;
use crate::poll::*;

/// The first request that a source makes: target and header lines.
async fn first_request(change: impl FnOnce(&mut Source)) -> (String, String, String) {
    let server = Server::start(|_, _| json(r#"{"data":[]}"#)).await;
    let mut source = source(&format!("{}/v1/users", server.url));
    change(&mut source);
    let outcome = scan(source).await;
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    let seen = server.seen().swap_remove(0);
    (seen.target, seen.head, seen.body)
}

/// Gives the source's URL this query.
fn with_query(source: &mut Source, query: &str) {
    let mut url = source.url.shape().unwrap();
    url.set_query(Some(query));
    source.url = url.into();
}

#[tokio::test]
async fn the_query_keeps_its_order_url_first_then_params_then_paginator_then_key() {
    let (target, _, _) = first_request(|source| {
        with_query(source, "own=1&own=2");
        source.params = literals(&[("z", "1"), ("a", "2"), ("z", "3")]);
        source.paginator = Paginator::Range(offset(100));
        source.auth = Auth::ApiKeyQuery { name: "api_key".into(), key: Secret::new("K") };
    })
    .await;
    assert_eq!(target, "/v1/users?own=1&own=2&z=1&a=2&z=3&offset=0&limit=100&api_key=K");
}

#[tokio::test]
async fn a_parameter_of_the_paginators_name_is_overwritten_where_it_stands() {
    let (target, _, _) = first_request(|source| {
        source.params = literals(&[("limit", "7"), ("a", "1"), ("limit", "8")]);
        source.paginator = Paginator::Range(offset(100));
    })
    .await;
    assert_eq!(target, "/v1/users?limit=100&a=1&offset=0");
}

#[tokio::test]
async fn values_are_percent_encoded_once() {
    let (target, _, _) = first_request(|source| {
        source.params = literals(&[("q", "a b+c&d=e/f?é~-._"), ("empty", ""), ("n m", "%20")]);
        source.auth = Auth::ApiKeyQuery { name: "key".into(), key: Secret::new("p+w /'x") };
    })
    .await;
    assert_eq!(
        target,
        "/v1/users?q=a%20b%2Bc%26d%3De%2Ff%3F%C3%A9~-._&empty=&n%20m=%2520&key=p%2Bw%20%2F%27x"
    );
}

#[tokio::test]
async fn a_key_that_the_url_carries_is_not_added() {
    let (target, _, _) = first_request(|source| {
        with_query(source, "api%5Fkey=K");
        source.auth = Auth::ApiKeyQuery { name: "api_key".into(), key: Secret::new("K") };
    })
    .await;
    assert_eq!(target, "/v1/users?api%5Fkey=K");
}

#[tokio::test]
async fn each_kind_of_auth_is_sent_and_wins_over_a_header_of_its_name() {
    for (auth, line) in [
        (Auth::Bearer { token: Secret::new("T") }, "authorization: bearer t"),
        (
            Auth::Basic { username: Secret::new("jürgen"), password: Secret::new("p:w") },
            "authorization: basic asO8cmdlbjpwOnc=",
        ),
        (Auth::ApiKeyHeader { name: "AUTHORIZATION".into(), key: Secret::new("raw") }, "authorization: raw"),
    ] {
        let (_, head, _) = first_request(|source| {
            source.auth = auth;
            source.headers = headers(&[("Authorization", "mine"), ("X-One", "1")]);
        })
        .await;
        let found: Vec<&str> = head.lines().filter(|text| text.starts_with("authorization")).collect();
        assert_eq!(found, [line.to_lowercase()]);
        assert!(head.contains("x-one: 1"));
    }
}

#[tokio::test]
async fn krest_names_itself_and_the_encodings_it_reads() {
    let (_, head, _) = first_request(|_| {}).await;
    assert!(head.contains(concat!("user-agent: krest/", env!("CARGO_PKG_VERSION"))), "{head}");
    for encoding in ["gzip", "br", "zstd"] {
        assert!(
            head.lines().any(|line| line.starts_with("accept-encoding") && line.contains(encoding)),
            "{head}"
        );
    }
    assert!(!head.contains("referer"));
}

#[tokio::test]
async fn offsets_can_go_into_a_json_body_also_with_a_get() {
    let (target, head, body) = first_request(|source| {
        source.paginator = Paginator::Range(RangePaginator {
            place: Place::Body(vec!["page".into(), "from".into()]),
            counts: Counts::Records { limit: 50, limit_in: Place::Body(vec!["page".into(), "size".into()]) },
            ..offset(50)
        });
    })
    .await;
    assert_eq!(target, "/v1/users");
    assert_eq!(body, r#"{"page":{"from":0,"size":50}}"#);
    assert!(head.starts_with("get ") && head.contains("content-type: application/json"), "{head}");
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_named_without_its_value() {
    for (name, value) in [("X-Bad", "one\r\nx-two: CANARY-VALUE"), ("X Bad", "CANARY-VALUE")] {
        let server = Server::start(|_, _| json("[]")).await;
        let mut source = source(&server.url);
        source.headers = headers(&[(name, value)]);
        let error = scan(source).await.error();
        assert!(error.contains(name) && !error.contains("CANARY"), "{error}");
        assert!(server.seen().is_empty());
    }
}
