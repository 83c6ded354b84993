//! TLS: own authorities, client certificates, and what is said when it fails.

use std::sync::Arc;

use super::secure::{Authority, Certificate, SecureServer};
use super::support::{Server, scan, source, with_headers};
use crate::model::{Proxy, Secret, Tls, Transport};
use crate::poll::*;

fn trusting(authority: &Authority) -> Tls {
    Tls { authorities: Some(authority.pem()), system_roots: false, identity: None }
}

fn identity(certificate: &Certificate) -> Option<Secret> {
    Some(Secret::new(&format!("{}{}", certificate.cert, certificate.key)))
}

fn over(tls: Tls, url: &str) -> Source {
    let mut source = source(url);
    source.access.transport = Arc::new(Transport { tls, proxy: Proxy::Direct });
    source
}

async fn error_of(tls: Tls, url: &str) -> String {
    scan(over(tls, url)).await.error()
}

#[tokio::test]
async fn an_own_authority_is_trusted_beside_those_of_the_machine_or_alone() {
    let authority = Authority::new("one");
    let server = SecureServer::start(&authority.sign("localhost", 2200), None);
    for system_roots in [true, false] {
        let tls = Tls { system_roots, ..trusting(&authority) };
        assert_eq!(scan(over(tls, &server.url())).await.records(), ["1"], "{system_roots}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_servers_certificate_is_told_with_its_remedy() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let good = SecureServer::start(&authority.sign("localhost", 2200), None);
    let old = SecureServer::start(&authority.sign("localhost", 2021), None);
    let wrong = SecureServer::start(&authority.sign("elsewhere.example", 2200), None);
    for (server, trusted, told, remedy) in [
        (&good, &other, "authority that is not trusted", "client.tls.ca_file"),
        (&old, &authority, "out of date", "renew"),
        (&wrong, &authority, "for another host", "client.base_url"),
    ] {
        let error = error_of(trusting(trusted), &server.url()).await;
        assert!(error.contains(told) && error.contains(remedy), "{error}");
        assert!(server.seen.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_server_without_tls_is_told_apart() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 plain\r\n\r\n").await;
        }
    });
    let error = error_of(Tls::default(), &url).await;
    assert!(error.contains("does not speak TLS") && error.contains("http://"), "{error}");
}

#[tokio::test]
async fn a_client_certificate_opens_the_door() {
    let authority = Authority::new("one");
    let server = SecureServer::start(&authority.sign("localhost", 2200), Some(&authority));
    let tls = Tls { identity: identity(&authority.sign("krest", 2200)), ..trusting(&authority) };
    assert_eq!(scan(over(tls, &server.url())).await.records(), ["1"]);
    assert!(server.seen.lock().unwrap()[0].1);
}

#[tokio::test]
async fn a_client_certificate_that_is_missing_or_wrong_is_asked_for_by_its_key() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let server = SecureServer::start(&authority.sign("localhost", 2200), Some(&authority));
    let none = error_of(trusting(&authority), &server.url()).await;
    assert!(none.contains("wants a client certificate") && none.contains("client.tls.cert_file"), "{none}");
    let tls = Tls { identity: identity(&other.sign("krest", 2200)), ..trusting(&authority) };
    let wrong = error_of(tls, &server.url()).await;
    assert!(wrong.contains("does not accept the client certificate"), "{wrong}");
    let tls = Tls { identity: identity(&authority.sign("krest", 2021)), ..trusting(&authority) };
    let old = error_of(tls, &server.url()).await;
    assert!(old.contains("does not accept the client certificate"), "{old}");
}

#[tokio::test]
async fn another_host_does_not_see_the_client_certificate() {
    let authority = Authority::new("one");
    let server = SecureServer::start(&authority.sign("localhost", 2200), Some(&authority));
    let tls = Tls { identity: identity(&authority.sign("krest", 2200)), ..trusting(&authority) };
    let there = format!("Location: {}\r\n", server.url());
    let home = Server::start(move |_, _| with_headers(302, &there, b"")).await;
    let mut source = over(tls, &home.url);
    let guest = format!("localhost:{}", server.port);
    source.access.allowed_hosts = vec![crate::model::AllowedHost::parse(&guest).unwrap()];
    let error = scan(source).await.error();
    assert!(error.contains("wants a client certificate"), "{error}");
    assert!(server.seen.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_token_endpoint_is_reached_by_the_same_tls() {
    let authority = Authority::new("one");
    let server = SecureServer::start(&authority.sign("localhost", 2200), Some(&authority));
    let tls = Tls { identity: identity(&authority.sign("krest", 2200)), ..trusting(&authority) };
    let mut source = over(tls, &server.url());
    source.auth = Auth::OAuth2(Arc::new(OAuth2 {
        token_url: url::Url::parse(&server.url().replace("users", "token")).unwrap(),
        client_id: Secret::new("id"),
        client_secret: Secret::new("CANARY"),
        request_data: Vec::new(),
        default_expiration: std::time::Duration::from_secs(60),
        client_auth: ClientAuth::Post,
    }));
    assert_eq!(scan(source).await.records(), ["1"]);
    let seen: Vec<String> = server.seen.lock().unwrap().iter().map(|(line, _)| line.clone()).collect();
    assert_eq!(seen, ["POST /token HTTP/1.1", "GET /users HTTP/1.1"]);
}
