//! Waiting and trying again, on real connections.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use super::support::{Outcome, Reply, Server, json, scan, scan_with, source, status, with_headers};
use crate::model::Redactor;
use crate::poll::*;

const GOOD: &str = r#"{"data":[1]}"#;

type Waits = Arc<Mutex<Vec<(WaitReason, Duration)>>>;

/// A poller that notes its waits.
fn listening() -> (Poller, Waits) {
    let waits = Waits::default();
    let heard = Arc::clone(&waits);
    let observer: Observer = Arc::new(move |event: &PollEvent| match event {
        PollEvent::Waiting { reason, duration, .. } => heard.lock().unwrap().push((*reason, *duration)),
        PollEvent::Requested { .. } | PollEvent::PageRead { .. } | PollEvent::MoreLikely(_) => {}
    });
    (Poller::with_observer(Redactor::default(), observer), waits)
}

async fn scan_of(server: &Server) -> Outcome {
    scan(source(&server.url)).await
}

#[tokio::test]
async fn a_storm_of_passing_errors_is_waited_out() {
    let server = Server::start(|number, _| match number {
        0 => status(429, "{}"),
        1 => status(503, "{}"),
        2 => Reply::Raw(Vec::new()),
        _ => json(GOOD),
    })
    .await;
    let (poller, waits) = listening();
    let outcome = scan_with(&poller, source(&server.url), None).await;
    assert_eq!((outcome.records(), outcome.partial()), (vec!["1".to_owned()], None));
    let waits = waits.lock().unwrap();
    let reasons: Vec<WaitReason> = waits.iter().map(|(reason, _)| *reason).collect();
    let by_status = |status| WaitReason::Status { status, retry_after: false };
    assert_eq!(reasons, [by_status(429), by_status(503), WaitReason::Transport]);
    for ((_, wait), nominal) in waits.iter().zip([4, 8, 16]) {
        let (least, most) = (Duration::from_millis(nominal / 2), Duration::from_millis(nominal * 3 / 2));
        assert!((least..=most).contains(wait), "{wait:?} is not about {nominal} ms");
    }
}

#[tokio::test]
async fn retries_end_and_the_error_says_how_often_was_tried() {
    let server = Server::start(|_, _| status(503, r#"{"error":"down for\nmaintenance"}"#)).await;
    let outcome = scan_of(&server).await;
    assert_eq!(server.seen().len(), 4);
    let error = outcome.error();
    for part in ["users", "page 1", "503 Service Unavailable", "tried 4 times", "down for", &server.url] {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
    assert_eq!(outcome.error.unwrap().not_before(), None);
}

#[tokio::test]
async fn what_a_retry_cannot_help_is_tried_once() {
    for (code, hint) in
        [(400, "endpoint.params"), (401, "client.auth"), (403, "client.auth"), (404, "endpoint.path")]
    {
        let server = Server::start(move |_, _| status(code, "{}")).await;
        let error = scan_of(&server).await.error();
        assert_eq!(server.seen().len(), 1, "{code}");
        assert!(error.contains(hint), "{error}");
    }
}

#[tokio::test]
async fn retry_after_is_waited_for_in_both_its_forms() {
    for is_date in [false, true] {
        let date = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
        let header = if is_date { date } else { "1".to_owned() };
        let line = format!("Retry-After: {header}\r\n");
        let server = Server::start(
            move |number, _| {
                if number == 0 { with_headers(429, &line, b"") } else { json(GOOD) }
            },
        )
        .await;
        let begun = Instant::now();
        assert_eq!(scan_of(&server).await.records(), ["1"]);
        assert!(begun.elapsed() >= Duration::from_millis(900), "{header}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_retry_after_beyond_the_longest_wait_ends_the_scan_and_says_until_when() {
    let server = Server::start(|_, _| with_headers(429, "Retry-After: 3600\r\n", b"slow down")).await;
    let outcome = scan_of(&server).await;
    assert_eq!(server.seen().len(), 1);
    let error = outcome.error();
    for part in ["429", "1 h 0 min", "GMT", "retry.max_wait", "limits.rate"] {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
    let left = outcome.error.unwrap().not_before().unwrap() - tokio::time::Instant::now();
    assert!((3590..=3600).contains(&left.as_secs()), "{left:?}");
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_and_named() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let error = scan(source(&format!("http://{address}/"))).await.error();
    for part in ["no connection", "refused", "tried 4 times", "HTTPS_PROXY"] {
        assert!(error.contains(part), "{part} is not in: {error}");
    }
}

#[tokio::test]
async fn a_request_that_hangs_is_timed_out_with_its_body() {
    let half = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\":[".to_vec();
    for slow_body in [false, true] {
        let half = half.clone();
        let server = Server::start(move |_, _| {
            let head = String::from_utf8(half.clone()).unwrap();
            let delay = Duration::ZERO;
            // The length that the server adds comes after the blank line: a body that stays short.
            if slow_body { Reply::Http { head, body: Vec::new(), delay } } else { Reply::Hang }
        })
        .await;
        let mut source = source(&server.url);
        source.limits.timeout = Duration::from_millis(100);
        source.retry.max_retries = 1;
        let error = scan(source).await.error();
        assert!(error.contains("limits.timeout") && error.contains("tried 2 times"), "{error}");
        assert_eq!(server.seen().len(), 2);
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_read_again_whole() {
    let short = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\":[1]".to_vec();
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"dat\r\n".to_vec();
    let head = b"HTTP/1.1 200 OK\r\ncontent-le".to_vec();
    for broken in [short, chunked, head] {
        let server =
            Server::start(move |number, _| if number == 0 { Reply::Raw(broken.clone()) } else { json(GOOD) })
                .await;
        let outcome = scan_of(&server).await;
        assert_eq!(outcome.records(), ["1"], "{:?}", outcome.error);
        assert_eq!(server.seen().len(), 2);
    }
}

#[tokio::test]
async fn a_server_that_drops_idle_connections_costs_nothing_but_a_new_one() {
    let server = Server::start(|_, _| {
        Reply::Raw(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{GOOD}", GOOD.len()).into_bytes())
    })
    .await;
    let poller = Poller::new(Redactor::default());
    for _ in 0..3 {
        let outcome = scan_with(&poller, source(&server.url), None).await;
        assert_eq!(outcome.records(), ["1"]);
    }
}
