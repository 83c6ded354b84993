//! No secret in any text: errors of every kind, log lines at their most talkative, events.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::support::{Reply, Server, headers, json, offset, scan_with, source, status, with_headers};
use crate::model::{Redactor, Secret};
use crate::poll::*;

const CANARY: &str = "CANARY 0123456789+abcdef/xyz";

/// What may never be seen: the key as it is, and as it stands in a query.
const FORMS: [&str; 2] = ["CANARY", "abcdef"];

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn with_key(url: &str) -> Source {
    let mut source = source(url);
    source.auth = Auth::ApiKeyQuery { name: "api_key".into(), key: Secret::new(CANARY) };
    source.headers = headers(&[("X-Other-Key", CANARY)]);
    source.secret_params = vec!["api_key".into()];
    source.limits.timeout = Duration::from_millis(400);
    source.retry.max_retries = 1;
    source
}

/// Everything that anyone could read of a scan: its error, its log, its events.
async fn texts_of(source: Source) -> (String, String) {
    let (log, events) = (Log::default(), Arc::new(Mutex::new(String::new())));
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let redactor = Redactor::default();
    redactor.add(&Secret::new(CANARY));
    let heard = Arc::clone(&events);
    let observer: Observer =
        Arc::new(move |event: &PollEvent| heard.lock().unwrap().push_str(&format!("{event:?}\n")));
    let shown = format!("{source:?}");
    let outcome = scan_with(&Poller::with_observer(redactor, observer), source, None).await;
    let error = outcome.error.map(|error| format!("{error} {error:?}")).unwrap_or_default();
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let urls: Vec<String> = outcome.pages.iter().map(|page| page.url.to_string()).collect();
    let all = format!("{shown}\n{error}\n{log}\n{}\n{urls:?}", events.lock().unwrap());
    (error, all)
}

async fn assert_silent(source: Source, error_has: &str) {
    let (error, all) = texts_of(source).await;
    assert!(error.contains(error_has), "{error_has} is not in: {error}");
    for form in FORMS {
        assert!(!all.contains(form), "{form} is in: {all}");
    }
    assert!(all.contains("api_key=***"), "{all}");
}

#[tokio::test]
async fn a_name_that_does_not_resolve_shows_no_secret() {
    assert_silent(with_key("http://no-such-host.invalid/v1"), "could not be resolved").await;
}

#[tokio::test]
async fn a_refused_connection_shows_no_secret() {
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    assert_silent(with_key(&url), "no connection").await;
}

#[tokio::test]
async fn failed_tls_shows_no_secret_and_is_not_tried_again() {
    let server = Server::start(|_, _| json("[]")).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let accepted = Arc::new(Mutex::new(0));
    let count = Arc::clone(&accepted);
    let task = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            *count.lock().unwrap() += 1;
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 plain\r\n\r\n").await;
        }
    });
    assert_silent(with_key(&url), "TLS failed").await;
    assert_eq!(*accepted.lock().unwrap(), 1);
    task.abort();
    drop(server);
}

#[tokio::test]
async fn answers_of_every_kind_show_no_secret() {
    let echo = |code: u16| {
        move |_: usize, seen: &super::support::Seen| {
            status(code, &format!("{{\"you sent\": \"{}\", \"plain\": \"{CANARY}\"}}", seen.target))
        }
    };
    for code in [200, 400, 401, 403, 404, 429, 500, 503] {
        let server = Server::start(echo(code)).await;
        let mut source = with_key(&server.url);
        source.missing_data = MissingData::Fail;
        assert_silent(source, if code == 200 { "matches nothing" } else { "HTTP" }).await;
    }
    for (headers, body, part) in [
        ("", format!("<html>{CANARY}"), "HTML"),
        ("", format!("[\"{CANARY}"), "ends before"),
        ("", format!("{CANARY} plain"), "not JSON"),
        ("", format!("{{\"{CANARY}\":1}}"), "matches nothing"),
        ("", format!("{{\"data\":[1],\"total\":\"{CANARY}\"}}"), "no whole number"),
        ("content-encoding: gzip\r\n", CANARY.to_owned(), "Content-Encoding"),
    ] {
        let server = Server::start(move |_, _| with_headers(200, headers, body.as_bytes())).await;
        let paginator = Paginator::Range(offset(1));
        let source = Source { missing_data: MissingData::Fail, paginator, ..with_key(&server.url) };
        assert_silent(source, part).await;
    }
}

#[tokio::test]
async fn time_outs_broken_answers_and_loops_show_no_secret() {
    let server = Server::start(|_, _| Reply::Hang).await;
    assert_silent(with_key(&server.url), "limits.timeout").await;
    let server =
        Server::start(|_, _| Reply::Raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_vec())).await;
    assert_silent(with_key(&server.url), "inside the answer").await;
    let server = Server::start(|_, _| json(r#"{"data":[1]}"#)).await;
    let paginator = Paginator::Range(offset(1));
    assert_silent(Source { paginator, ..with_key(&server.url) }, "over and over").await;
}

#[tokio::test]
async fn client_secrets_and_access_tokens_are_shown_nowhere() {
    let server = Server::start(|_, seen| match seen.target.as_str() {
        target if target.starts_with("/token") => json(&format!("{{\"access_token\":\"{CANARY}-token\"}}")),
        _ => status(403, &format!("{{\"you sent\":\"Bearer {CANARY}-token\"}}")),
    })
    .await;
    let failing = Server::start(|_, seen| status(400, &format!("{{\"error\":\"{}\"}}", seen.body))).await;
    for (tokens, error_has) in [(&server, "HTTP 403"), (&failing, "HTTP 400")] {
        let source = Source {
            auth: Auth::OAuth2(Arc::new(OAuth2 {
                token_url: url::Url::parse(&format!("{}/token?api_key=x", tokens.url)).unwrap(),
                client_id: Secret::new("krest"),
                client_secret: Secret::new(CANARY),
                request_data: Vec::new(),
                default_expiration: Duration::from_secs(60),
                client_auth: ClientAuth::Basic,
            })),
            ..with_key(&server.url)
        };
        assert_silent(source, error_has).await;
    }
}

#[tokio::test]
async fn a_key_in_the_path_is_taken_out_of_errors() {
    let server = Server::start(|_, _| status(404, "{}")).await;
    let url = format!("{}/CANARY%200123456789%2Babcdef%2Fxyz/jobs", server.url);
    let (error, _) = texts_of(with_key(&url)).await;
    assert!(error.contains("/***/jobs") && !error.contains("CANARY"), "{error}");
}
