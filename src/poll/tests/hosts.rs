//! Other hosts: named ones are asked without credentials, the others not at all.

use std::sync::Arc;

use super::support::{
    Outcome, Reply, Server, headers, json, scan, scan_with, source, status, walk, with_headers,
};
use crate::model::{AllowedHost, Parent, Position, Redactor, ResourceName, Secret, Span};
use crate::poll::*;
use crate::template::{JsonPath, Scope, Template, UrlTemplate};

const CANARY: &str = "canary-0123456789abcdef";

fn to(code: u16, location: &str) -> Reply {
    with_headers(code, &format!("Location: {location}\r\n"), b"moved")
}

/// Everything that could give the operator away, towards `home`; `guest` is a host that may be asked.
fn with_everything(home: &Server, guest: &Server) -> Source {
    let mut source = source(&format!("{}/users", home.url));
    source.auth = Auth::Bearer { token: Secret::new(CANARY) };
    source.headers = headers(&[("X-Key", CANARY), ("Cookie", CANARY), ("Accept", CANARY)]);
    source.access.allowed_hosts = vec![AllowedHost::parse(&guest.url).unwrap()];
    source
}

/// A walk for a parent's record that holds this URL.
async fn with_link(source: Source, url: &str) -> Outcome {
    let record = format!("{{\"url\":{url:?}}}");
    let span = Span { start: 0, end: u32::try_from(record.len()).unwrap() };
    let parent = Parent::new(ResourceName::new("posts"), record.into(), span, "7".to_owned());
    let of_parent = Walk { parent: Some(parent), ..Walk::default() };
    walk(&Poller::new(Redactor::default()), source, &of_parent).await
}

#[tokio::test]
async fn a_redirect_to_a_named_host_is_followed_without_credentials() {
    let guest = Server::start(|_, _| json(r#"{"data":[1]}"#)).await;
    let there = format!("{}/file?signature=x", guest.url);
    let home = Server::start(move |_, _| to(302, &there)).await;
    assert_eq!(scan(with_everything(&home, &guest)).await.records(), ["1"]);
    assert_eq!(guest.targets(), ["/file?signature=x"]);
    let head = &guest.seen()[0].head;
    let told: Vec<&str> = head.lines().filter(|line| line.contains(CANARY)).collect();
    assert_eq!(told, [format!("accept: {CANARY}")], "{head}");
    assert!(home.seen()[0].head.contains(&format!("x-key: {CANARY}")));
}

#[tokio::test]
async fn a_key_in_the_query_does_not_go_to_another_host() {
    let guest = Server::start(|_, _| json(r#"{"data":[1]}"#)).await;
    let there = format!("{}/file", guest.url);
    let home = Server::start(move |_, _| to(307, &there)).await;
    let auth = Auth::ApiKeyQuery { name: "key".into(), key: Secret::new(CANARY) };
    scan(Source { auth, ..with_everything(&home, &guest) }).await;
    assert_eq!(home.targets(), [format!("/users?key={CANARY}")]);
    assert_eq!(guest.targets(), ["/file"]);
}

#[tokio::test]
async fn a_next_link_to_a_named_host_is_asked_without_credentials_and_one_that_leads_home_with_them() {
    let home_url = Arc::new(std::sync::OnceLock::<String>::new());
    let back = Arc::clone(&home_url);
    let guest = Server::start(move |_, _| {
        json(&format!(r#"{{"data":[2],"next":"{}/users?page=3"}}"#, back.get().unwrap()))
    })
    .await;
    let there = format!("{}/users?page=2", guest.url);
    let home = Server::start(move |number, _| match number {
        0 => json(&format!(r#"{{"data":[1],"next":"{there}"}}"#)),
        _ => json(r#"{"data":[3],"next":null}"#),
    })
    .await;
    home_url.set(home.url.clone()).unwrap();
    let paginator = Paginator::JsonLink(JsonPath::parse("next").unwrap());
    let source = Source { paginator, ..with_everything(&home, &guest) };
    assert_eq!(scan(source).await.records(), ["1", "2", "3"]);
    let signed = |server: &Server| -> Vec<bool> {
        server.seen().iter().map(|seen| seen.head.contains("authorization")).collect()
    };
    assert_eq!((signed(&home), signed(&guest)), (vec![true, true], vec![false]));
    assert!(!guest.seen()[0].head.contains("x-key"), "{}", guest.seen()[0].head);
}

#[tokio::test]
async fn a_stored_link_to_a_host_that_may_not_be_asked_is_not_taken_up() {
    let home = Server::start(|_, _| json(r#"{"data":[1]}"#)).await;
    let other = Server::start(|_, _| json(r#"{"data":[2]}"#)).await;
    let stored = Position(serde_json::json!({"link": format!("{}/users?page=2", other.url)}));
    for (allowed, records) in [(&home, [].as_slice()), (&other, &["2"])] {
        let paginator = Paginator::JsonLink(JsonPath::parse("next").unwrap());
        let source = Source { paginator, ..with_everything(&home, allowed) };
        let poller = Poller::new(Redactor::default());
        let outcome = scan_with(&poller, source, Some(&stored)).await;
        assert_eq!(outcome.records(), records);
        assert_eq!(outcome.error.is_some(), records.is_empty());
    }
    assert!(!other.seen()[0].head.contains("authorization"));
}

#[tokio::test]
async fn a_way_that_left_home_gets_no_credentials_back() {
    let url = Arc::new(std::sync::OnceLock::<String>::new());
    let back = Arc::clone(&url);
    let guest = Server::start(move |_, _| to(302, &format!("{}/back", back.get().unwrap()))).await;
    let there = format!("{}/file", guest.url);
    let home = Server::start(move |_, seen| match seen.target.as_str() {
        "/users" => to(302, &there),
        _ => status(401, "{}"),
    })
    .await;
    url.set(home.url.clone()).unwrap();
    let error = scan(with_everything(&home, &guest)).await.error();
    assert!(!home.seen()[1].head.contains("authorization"), "{}", home.seen()[1].head);
    assert!(error.contains("no credentials were sent: this host is not the API's own"), "{error}");
}

#[tokio::test]
async fn an_address_on_another_host_is_not_asked_unless_it_is_named() {
    let guest = Server::start(|_, _| json(r#"{"data":[1]}"#)).await;
    let home = Server::start(|_, _| json("[]")).await;
    let mut source = with_everything(&home, &guest);
    let path = Template::parse("{resources.posts.url}", &Scope::default()).unwrap();
    source.url = UrlTemplate::new(&home.url, path).unwrap();
    let outcome = with_link(source.clone(), &format!("{}/users", guest.url)).await;
    assert_eq!(outcome.records(), ["1"]);
    assert!(!guest.seen()[0].head.contains("authorization"));
    with_link(source.clone(), &format!("{}/users", home.url)).await;
    assert!(home.seen()[0].head.contains("authorization"));
    source.access.allowed_hosts.clear();
    let error = with_link(source, &format!("{}/users", guest.url)).await.error();
    assert_eq!(guest.seen().len(), 1);
    assert!(error.contains("another host") && error.contains("client.allowed_hosts"), "{error}");
    assert!(error.contains(&format!("{:?}", guest.url)), "{error}");
}

#[tokio::test]
async fn a_refusal_says_which_credentials_were_sent() {
    let server = Server::start(|_, _| status(403, "{}")).await;
    let key = || Secret::new(CANARY);
    for (auth, told) in [
        (Auth::None, "no credentials were sent: this resource has no auth"),
        (Auth::Bearer { token: key() }, "a bearer token was sent"),
        (Auth::Basic { username: key(), password: key() }, "HTTP Basic"),
        (Auth::ApiKeyQuery { name: "k".into(), key: key() }, "in the query parameter k"),
        (Auth::ApiKeyHeader { name: "K".into(), key: key() }, "in the header K"),
        (Auth::ApiKeyCookie { name: "K".into(), key: key() }, "in the cookie K"),
    ] {
        let secret_params = vec!["k".to_owned()];
        let error = scan(Source { auth, secret_params, ..source(&server.url) }).await.error();
        assert!(error.contains(told) && !error.contains(CANARY), "{error}");
    }
}

#[tokio::test]
async fn a_cookie_joins_those_of_the_configured_header() {
    let server = Server::start(|_, _| json("[]")).await;
    let auth = Auth::ApiKeyCookie { name: "sid".into(), key: Secret::new(CANARY) };
    let headers = headers(&[("Cookie", "a=b")]);
    scan(Source { auth, headers, ..source(&server.url) }).await;
    assert!(
        server.seen()[0].head.contains(&format!("cookie: a=b; sid={CANARY}\r")),
        "{}",
        server.seen()[0].head
    );
}
