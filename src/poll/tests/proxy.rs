//! Proxies: plain ones, tunnels, credentials, and hosts that are reached without one.

use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::secure::{Authority, SecureServer};
use super::support::{Server, json, scan, source, status};
use crate::model::{Proxy, ProxyServer, Secret, Tls, Transport};
use crate::poll::*;

const PASSWORD: &str = "CANARY-pass";

fn through(url: &str, credentials: bool, target: &str) -> Source {
    let credentials = credentials.then(|| (Secret::new("me"), Secret::new(PASSWORD)));
    let server = ProxyServer { url: url::Url::parse(url).unwrap(), credentials, except: Vec::new() };
    let mut source = source(target);
    source.retry.max_retries = 0;
    source.access.transport = Arc::new(Transport { tls: Tls::default(), proxy: Proxy::Server(server) });
    source
}

/// Answers CONNECT with `refusal`, or connects as asked; gives the URL of the proxy, and what it heard.
async fn tunnel(refusal: Option<&'static str>) -> (String, Arc<std::sync::Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heard = Arc::new(std::sync::Mutex::new(String::new()));
    let log = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(client.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            log.lock().unwrap().push_str(&head);
            if let Some(refusal) = refusal {
                let _ = client.write_all(format!("HTTP/1.1 {refusal}\r\n\r\n").as_bytes()).await;
                continue;
            }
            let target = head.split(' ').nth(1).unwrap();
            let mut server = TcpStream::connect(target).await.unwrap();
            client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut server).await });
        }
    });
    (url, heard)
}

#[tokio::test]
async fn a_plain_request_goes_to_the_proxy_with_its_credentials() {
    let proxy = Server::start(|_, _| json(r#"{"data":[1]}"#)).await;
    let outcome = scan(through(&proxy.url, true, "http://api.example/users")).await;
    assert_eq!(outcome.records(), ["1"]);
    assert_eq!(proxy.targets(), ["http://api.example/users"]);
    let head = &proxy.seen()[0].head;
    assert!(head.contains("proxy-authorization: basic bwu6q0foqvjzlxbhc3m="), "{head}");
}

#[tokio::test]
async fn a_tls_request_goes_through_a_tunnel() {
    let authority = Authority::new("one");
    let server = SecureServer::start(&authority.sign("localhost", 2200), None);
    let (url, heard) = tunnel(None).await;
    let mut source = through(&url, true, &server.url());
    let mut transport = (*source.access.transport).clone();
    transport.tls = Tls { authorities: Some(authority.pem()), ..Tls::default() };
    source.access.transport = Arc::new(transport);
    assert_eq!(scan(source).await.records(), ["1"]);
    let heard = heard.lock().unwrap().to_lowercase();
    assert!(heard.starts_with(&format!("connect localhost:{} ", server.port)), "{heard}");
    assert!(heard.contains("proxy-authorization: basic "), "{heard}");
}

#[tokio::test]
async fn what_a_proxy_refuses_is_told_as_the_proxys_word() {
    for (refusal, told) in [
        ("407 Proxy Authentication Required", "the proxy wants credentials"),
        ("403 Forbidden", "the proxy does not connect to this host"),
    ] {
        let (url, _) = tunnel(Some(refusal)).await;
        let error = scan(through(&url, true, "https://api.example/users")).await.error();
        assert!(error.contains(told) && error.contains("client.proxy"), "{error}");
        assert!(!error.contains("CANARY"), "{error}");
    }
    let proxy = Server::start(|_, _| status(407, "{}")).await;
    let error = scan(through(&proxy.url, false, "http://api.example/users")).await.error();
    assert!(error.contains("HTTP 407") && error.contains("client.proxy"), "{error}");
}

#[tokio::test]
async fn a_proxy_that_is_not_there_shows_no_secret() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    for target in ["http://api.example/users", "https://api.example/users"] {
        let error = scan(through(&url, true, target)).await.error();
        assert!(error.contains("no connection") && error.contains("client.proxy"), "{error}");
        assert!(!error.contains("CANARY"), "{error}");
    }
}

#[tokio::test]
async fn an_excepted_host_is_reached_without_the_proxy() {
    let server = Server::start(|_, _| json(r#"{"data":[1]}"#)).await;
    let proxy = Server::start(|_, _| json(r#"{"data":[2]}"#)).await;
    let mut source = through(&proxy.url, false, &server.url);
    let mut transport = (*source.access.transport).clone();
    if let Proxy::Server(settings) = &mut transport.proxy {
        settings.except = vec!["example.com".into(), "127.0.0.0/8".into()];
    }
    source.access.transport = Arc::new(transport);
    assert_eq!(scan(source).await.records(), ["1"]);
    assert!(proxy.seen().is_empty());
}
