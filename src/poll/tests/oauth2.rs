//! OAuth 2.0 against a server that is token endpoint and API at once.

use std::sync::Arc;
use std::time::Duration;

use super::support::{Outcome, Seen, Server, json, numbers, offset, scan_with, source, status, with_headers};
use crate::model::{Redactor, Secret};
use crate::poll::*;

const SECRET: &str = "CANARY-client-secret";

fn with_oauth2(server: &Server) -> Source {
    let mut source = source(&format!("{}/users", server.url));
    source.auth = Auth::OAuth2(Arc::new(OAuth2 {
        token_url: url::Url::parse(&format!("{}/token", server.url)).unwrap(),
        client_id: Secret::new("krest"),
        client_secret: Secret::new(SECRET),
        request_data: vec![("scope".into(), Secret::new("read"))],
        default_expiration: Duration::from_secs(3600),
        client_auth: ClientAuth::Post,
    }));
    source.retry.max_retries = 1;
    source
}

fn is_token(seen: &Seen) -> bool {
    seen.target == "/token"
}

fn grant(number: usize, expires_in: u64) -> super::support::Reply {
    json(&format!(r#"{{"access_token":"CANARY-{number}","expires_in":{expires_in},"token_type":"Bearer"}}"#))
}

fn bearer(seen: &Seen) -> Option<String> {
    let line = seen.head.lines().find_map(|line| line.strip_prefix("authorization: bearer "));
    line.map(str::to_owned)
}

/// The tokens that the API was asked with.
fn tokens(server: &Server) -> Vec<String> {
    server.seen().iter().filter(|seen| !is_token(seen)).filter_map(bearer).collect()
}

fn token_requests(server: &Server) -> usize {
    server.seen().iter().filter(|seen| is_token(seen)).count()
}

async fn run(source: Source) -> Outcome {
    let redactor = Redactor::default();
    redactor.add(&Secret::new(SECRET));
    scan_with(&Poller::new(redactor), source, None).await
}

#[tokio::test]
async fn a_token_is_asked_for_with_a_form_and_serves_all_pages() {
    let server = Server::start(
        |number, seen| {
            if is_token(seen) { grant(number, 3600) } else { json(&numbers(seen, 3)) }
        },
    )
    .await;
    let paginator = Paginator::Range(offset(1));
    let outcome = run(Source { paginator, ..with_oauth2(&server) }).await;
    assert_eq!(outcome.records().len(), 3);
    let first = &server.seen()[0];
    assert_eq!(
        first.body,
        format!("client_id=krest&client_secret={SECRET}&grant_type=client_credentials&scope=read")
    );
    assert!(first.head.starts_with("post /token"), "{}", first.head);
    assert!(first.head.contains("content-type: application/x-www-form-urlencoded"));
    assert_eq!(token_requests(&server), 1);
    assert_eq!(tokens(&server), vec!["canary-0"; 4]);
}

#[tokio::test]
async fn resources_of_one_client_share_a_token() {
    let server = Server::start(
        |number, seen| {
            if is_token(seen) { grant(number, 3600) } else { json(r#"{"data":[1]}"#) }
        },
    )
    .await;
    let poller = Poller::new(Redactor::default());
    let (one, two) = (with_oauth2(&server), with_oauth2(&server));
    let (one, two) = tokio::join!(scan_with(&poller, one, None), scan_with(&poller, two, None));
    assert_eq!((one.records().len(), two.records().len()), (1, 1));
    assert_eq!(token_requests(&server), 1);
}

#[tokio::test]
async fn a_token_that_expires_at_once_is_asked_for_before_every_request() {
    let server =
        Server::start(|number, seen| if is_token(seen) { grant(number, 0) } else { json(&numbers(seen, 2)) })
            .await;
    let paginator = Paginator::Range(offset(1));
    run(Source { paginator, ..with_oauth2(&server) }).await;
    assert_eq!(token_requests(&server), 3);
    assert_eq!(tokens(&server), ["canary-0", "canary-2", "canary-4"]);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_request_repeated_once() {
    let server = Server::start(|number, seen| {
        if is_token(seen) {
            return grant(number, 3600);
        }
        let good = bearer(seen).as_deref() == Some("canary-2");
        if good { json(r#"{"data":[1]}"#) } else { status(401, "{}") }
    })
    .await;
    assert_eq!(run(with_oauth2(&server)).await.records(), ["1"]);
    assert_eq!(tokens(&server), ["canary-0", "canary-2"]);
}

#[tokio::test]
async fn a_second_refusal_is_the_end_and_says_what_was_sent() {
    let server =
        Server::start(|number, seen| if is_token(seen) { grant(number, 3600) } else { status(401, "{}") })
            .await;
    let error = run(with_oauth2(&server)).await.error();
    assert_eq!((tokens(&server).len(), token_requests(&server)), (2, 2));
    assert!(error.contains("HTTP 401"), "{error}");
    assert!(error.contains("an OAuth 2.0 access token was sent, and after a 401 a new one"), "{error}");
}

#[tokio::test]
async fn a_token_endpoint_that_refuses_is_not_asked_again() {
    for (reply, told) in [
        (400, "HTTP 400"),
        (401, "HTTP 401"),
        (302, "HTTP 302"),
        (200, "an answer without access_token; it says: invalid_client"),
    ] {
        let server = Server::start(move |_, _| {
            with_headers(
                reply,
                "Location: /elsewhere\r\n",
                format!("{{\"error\":\"invalid_client {SECRET}\"}}").as_bytes(),
            )
        })
        .await;
        let error = run(with_oauth2(&server)).await.error();
        assert!(error.contains(told) && error.contains("/token"), "{error}");
        assert!(error.contains("access_token_url") && !error.contains("CANARY"), "{error}");
        assert_eq!(server.seen().len(), 1, "{reply}");
    }
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_is_asked_again_by_the_retry_policy() {
    for code in [500, 503, 429] {
        let server = Server::start(move |number, seen| match number {
            0 => status(code, "{}"),
            _ if is_token(seen) => grant(number, 3600),
            _ => json(r#"{"data":[1]}"#),
        })
        .await;
        assert_eq!(run(with_oauth2(&server)).await.records(), ["1"], "{code}");
    }
    let server = Server::start(|_, _| status(503, "{}")).await;
    let error = run(with_oauth2(&server)).await.error();
    assert_eq!(server.seen().len(), 2);
    assert!(error.contains("HTTP 503") && error.contains("tried 2 times"), "{error}");
}

#[tokio::test]
async fn a_token_is_secret_before_it_is_used() {
    let redactor = Redactor::default();
    let server = Server::start(|number, seen| {
        if is_token(seen) { grant(number, 3600) } else { status(403, &seen.head.to_uppercase()) }
    })
    .await;
    let error = scan_with(&Poller::new(redactor), with_oauth2(&server), None).await.error();
    assert!(error.contains("BEARER ***"), "{error}");
    assert!(!error.contains("CANARY"), "{error}");
}
