//! Bodies: encodings, limits, and everything that is not the JSON that was hoped for.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};

use super::support::{Reply, Server, json, scan, source, with_headers};
use crate::model::{Redactor, Secret};
use crate::poll::*;

const GOOD: &[u8] = br#"{"data":[{"n":1.0,"big":12345678901234567890}]}"#;

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

async fn answer(headers: &'static str, body: Vec<u8>) -> super::support::Outcome {
    let server = Server::start(move |_, _| with_headers(200, headers, &body)).await;
    scan(source(&server.url)).await
}

#[tokio::test]
async fn every_offered_encoding_is_read() {
    // `printf '{"data":[1]}' | brotli` and `| zstd`.
    let brotli =
        [0x8b, 0x05, 0x80, 0x7b, 0x22, 0x64, 0x61, 0x74, 0x61, 0x22, 0x3a, 0x5b, 0x31, 0x5d, 0x7d, 0x03];
    let mut zstd = vec![0x28, 0xb5, 0x2f, 0xfd, 0x20, 0x0c, 0x61, 0x00, 0x00];
    zstd.extend_from_slice(br#"{"data":[1]}"#);
    for (headers, body) in [
        ("content-encoding: gzip\r\n", gzip(br#"{"data":[1]}"#)),
        ("content-encoding: br\r\n", brotli.to_vec()),
        ("content-encoding: zstd\r\n", zstd),
    ] {
        let outcome = answer(headers, body).await;
        assert_eq!(outcome.records(), ["1"], "{headers} {:?}", outcome.error);
    }
}

#[tokio::test]
async fn a_record_keeps_its_bytes_behind_an_encoding_and_a_byte_order_mark() {
    let body = [b"\xef\xbb\xbf", GOOD].concat();
    let outcome = answer("content-encoding: gzip\r\ncontent-type: text/plain\r\n", gzip(&body)).await;
    assert_eq!(outcome.records(), [r#"{"n":1.0,"big":12345678901234567890}"#]);
}

#[tokio::test]
async fn a_small_body_that_unpacks_into_a_large_one_is_refused() {
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 100_000);
    let error = answer("content-encoding: gzip\r\n", bomb).await.error();
    assert!(error.contains("limits.body") && error.contains("1048576"), "{error}");
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_with_and_without_a_length() {
    let large = vec![b' '; (1 << 20) + 1];
    let error = answer("", large.clone()).await.error();
    assert!(error.contains("limits.body") && error.contains("smaller pages"), "{error}");

    let server = Server::start(move |_, _| {
        Reply::Raw([b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n".as_slice(), &large].concat())
    })
    .await;
    let error = scan(source(&server.url)).await.error();
    assert!(error.contains("limits.body"), "{error}");
    assert_eq!(server.seen().len(), 1, "not tried again");
}

#[tokio::test]
async fn a_body_just_within_the_limit_is_read() {
    let mut body = GOOD.to_vec();
    body.resize(1 << 20, b' ');
    assert_eq!(answer("", body).await.records().len(), 1);
}

#[tokio::test]
async fn a_body_that_is_not_what_its_encoding_says_is_named_and_not_tried_again() {
    for headers in ["content-encoding: gzip\r\n", "content-encoding: br\r\n", "content-encoding: zstd\r\n"] {
        let server =
            Server::start(move |_, _| with_headers(200, headers, b"this is plain text, not packed")).await;
        let error = scan(source(&server.url)).await.error();
        assert!(error.contains("Content-Encoding"), "{headers} {error}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn what_is_not_json_is_told_apart() {
    let html = b" <!DOCTYPE html>\n<title>Log\x1b in</title>".to_vec();
    for (headers, body, parts) in [
        (
            "content-type: text/html\r\n",
            html,
            &["HTML", "text/html", "Log\\u{1b} in", "\\n<title>", "for people"][..],
        ),
        ("", b"{\"data\":[1,".to_vec(), &["ends before", "no content type", "{\"data\":[1,"]),
        ("", b"[1]\n[2]\n".to_vec(), &["not JSON", "trailing"]),
        ("", b"[NaN]".to_vec(), &["not JSON", "line 1"]),
        ("content-type: application/json\r\n", b"[\"\xff\"]".to_vec(), &["UTF-8", "byte 2"]),
        ("", b"".to_vec(), &["empty body", "204"]),
        ("", b" \r\n ".to_vec(), &["empty body"]),
    ] {
        let error = answer(headers, body).await.error();
        for part in ["users", "page 1", "http://127.0.0.1"].iter().chain(parts) {
            assert!(error.contains(part), "{part} is not in: {error}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_complete_is_taken_whatever_becomes_of_the_connection() {
    let length = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", GOOD.len()).into_bytes();
    let chunk =
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n", GOOD.len()).into_bytes();
    for whole in [[&length, GOOD].concat(), [&chunk, GOOD, b"\r\n0\r\n\r\n"].concat()] {
        let server = Server::start(move |_, _| Reply::Reset(whole.clone())).await;
        let outcome = scan(source(&server.url)).await;
        assert_eq!(outcome.records().len(), 1, "{:?}", outcome.error);
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn answers_whose_framing_is_broken_are_errors_and_no_pages() {
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for broken in [
        format!("{chunked}fffffffffffffffff\r\n{{\"data\":[1]}}\r\n0\r\n\r\n"),
        format!("{chunked}-5\r\n{{\"data\":[1]}}\r\n0\r\n\r\n"),
        format!("{chunked}5\r\n{{\"data\":[1]}}\r\n0\r\n\r\n"),
        format!("{chunked}c\r\n{{\"data\":[1]}}"),
        "HTTP/1.1 200 OK\r\ncontent-length: 12\r\ncontent-length: 5\r\n\r\n{\"data\":[1]}".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: -12\r\n\r\n{\"data\":[1]}".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n{\"data\":[1]}".to_owned(),
        "HTTP/9.9 200 OK\r\n\r\n{\"data\":[1]}".to_owned(),
        "{\"data\":[1]}".to_owned(),
        format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n{{\"data\":[1]}}", "y".repeat(1 << 20)),
    ] {
        let shown: String = broken.chars().take(80).collect();
        let server = Server::start(move |_, _| Reply::Raw(broken.clone().into_bytes())).await;
        let mut source = source(&server.url);
        source.retry.max_retries = 1;
        let outcome = scan(source).await;
        assert!(outcome.pages.is_empty(), "{shown}: {:?}", outcome.records());
        let error = outcome.error();
        assert!(error.contains("connection broke") && error.contains("tried 2 times"), "{shown}: {error}");
    }
}

#[tokio::test]
async fn a_quoted_body_is_short_and_without_secrets() {
    let redactor = Redactor::default();
    redactor.add(&Secret::new("CANARY-1234567890"));
    let body = format!("{}your key CANARY-1234567890 {}", "x".repeat(180), "y".repeat(5000));
    let server = Server::start(move |_, _| {
        with_headers(200, "content-type: x/CANARY-1234567890\r\n", body.as_bytes())
    })
    .await;
    let poller = Poller::new(redactor);
    let error = super::support::scan_with(&poller, source(&server.url), None).await.error();
    assert!(!error.contains("CANARY") && error.contains("your key ***"), "{error}");
    assert!(!error.contains(&"y".repeat(30)), "{error}");
}

#[tokio::test]
async fn a_secret_at_the_place_where_a_body_is_cut_is_not_quoted() {
    let redactor = Redactor::default();
    let secret = "CANARY".repeat(500);
    redactor.add(&Secret::new(&secret));
    let body = format!("<p>{}", secret.repeat(5));
    let server = Server::start(move |_, _| with_headers(200, "", body.as_bytes())).await;
    let error = super::support::scan_with(&Poller::new(redactor), source(&server.url), None).await.error();
    assert!(error.contains("HTML") && !error.contains("CANARY"), "{error}");
}

#[tokio::test]
async fn json_is_read_whatever_its_content_type() {
    let server = Server::start(|_, _| with_headers(200, "content-type: text/html\r\n", GOOD)).await;
    assert_eq!(scan(source(&server.url)).await.records().len(), 1);
}

#[tokio::test]
async fn an_escaped_key_is_found_among_the_records_place() {
    let server = Server::start(|_, _| json(r#"{"d\u0061ta":[1]}"#)).await;
    assert_eq!(scan(Source { selector: None, ..source(&server.url) }).await.records(), ["1"]);
}
