//! Requests with values of a parent's record, bodies of each kind, and answers that actions are for.

use super::support::{Outcome, Seen, Server, headers, json, literals, offset, source, status, walk};
use crate::model::{Parent, Redactor, ResourceName, Span};
use crate::poll::*;
use crate::template::{BodyTemplate, JsonTemplate, Scope, Template, UrlTemplate};

fn template(text: &str) -> Template {
    Template::parse(text, &Scope::default()).unwrap()
}

fn of(record: &str) -> Walk {
    let span = Span { start: 0, end: u32::try_from(record.len()).unwrap() };
    let parent = Parent::new(ResourceName::new("posts"), record.to_owned().into(), span, "7".to_owned());
    Walk { parent: Some(parent), ..Walk::default() }
}

async fn ask(server: &Server, record: &str, change: impl FnOnce(&mut Source)) -> Outcome {
    let mut source = source(&server.url);
    change(&mut source);
    walk(&Poller::new(Redactor::default()), source, &of(record)).await
}

/// The one request that a source makes for this record.
async fn request(record: &str, change: impl FnOnce(&mut Source, &str)) -> Seen {
    let server = Server::start(|_, _| json(r#"{"data":[]}"#)).await;
    let outcome = ask(&server, record, |source| change(source, &server.url)).await;
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    server.seen().swap_remove(0)
}

#[tokio::test]
async fn every_part_of_a_request_takes_values_of_the_parents_record() {
    let seen = request(r#"{"id":7,"tag":"a b"}"#, |source, base| {
        source.url = UrlTemplate::new(base, template("v1/posts/{resources.posts.id}/comments")).unwrap();
        source.method = Method::Post;
        source.params =
            vec![(template("tag"), template("<{resources.posts.tag}>")), (template("z"), template("1"))];
        source.headers =
            vec![(template("X-{resources.posts.id}"), Some(template("post {resources.posts.id}")))];
        let id = JsonTemplate::Text(template("{resources.posts.id}"));
        source.body = BodyTemplate::Json(JsonTemplate::Map(vec![(template("id"), id)]));
    })
    .await;
    assert_eq!(seen.target, "/v1/posts/7/comments?tag=%3Ca%20b%3E&z=1");
    assert!(seen.head.starts_with("post ") && seen.head.contains("x-7: post 7"), "{}", seen.head);
    assert!(seen.head.contains("content-type: application/json"), "{}", seen.head);
    assert_eq!(seen.body, r#"{"id":7}"#);
}

#[tokio::test]
async fn a_form_and_a_text_are_sent_as_they_are_and_a_header_of_ones_own_says_the_type() {
    let seen = request("{}", |source, _| {
        source.body = BodyTemplate::Form(literals(&[("q", "a b&c"), ("q", "é")]));
    })
    .await;
    assert_eq!(seen.body, "q=a+b%26c&q=%C3%A9");
    assert!(
        seen.head.starts_with("get ")
            && seen.head.contains("content-type: application/x-www-form-urlencoded")
    );
    let seen = request("{}", |source, _| source.body = BodyTemplate::Text(template("<q/>"))).await;
    assert_eq!(seen.body, "<q/>");
    assert!(!seen.head.contains("content-type"), "{}", seen.head);
    let seen = request("{}", |source, _| {
        source.body = BodyTemplate::Text(template("<q/>"));
        source.headers = headers(&[("Content-Type", "text/xml")]);
    })
    .await;
    assert!(seen.head.contains("content-type: text/xml"), "{}", seen.head);
}

#[tokio::test]
async fn a_paginator_writes_into_the_configured_body_and_keeps_the_rest_of_it() {
    let seen = request("{}", |source, _| {
        let number = JsonTemplate::Fixed("1.0".to_owned());
        source.method = Method::Post;
        source.body = BodyTemplate::Json(JsonTemplate::Map(vec![(template("keep"), number)]));
        source.paginator = Paginator::Range(RangePaginator {
            place: Place::Body(vec!["page".into(), "from".into()]),
            ..offset(50)
        });
    })
    .await;
    assert_eq!(
        (seen.target.as_str(), seen.body.as_str()),
        ("/?limit=50", r#"{"keep":1.0,"page":{"from":0}}"#)
    );
}

#[tokio::test]
async fn a_header_without_a_value_takes_back_the_clients() {
    let seen = request("{}", |source, _| {
        source.headers = headers(&[("X-Keep", "1"), ("X-Drop", "2")]);
        source.headers.push((template("x-drop"), None));
    })
    .await;
    assert!(seen.head.contains("x-keep: 1") && !seen.head.contains("x-drop"), "{}", seen.head);
}

#[tokio::test]
async fn a_cursor_value_that_is_not_there_yet_leaves_the_parameter_out() {
    let cursor = crate::template::Cursor::default();
    let scope = Scope { cursor: Some(&cursor), ..Scope::default() };
    let since = Template::parse("{incremental.start_value}", &scope).unwrap();
    let seen = request("{}", |source, _| {
        source.params = vec![(template("since"), since), (template("a"), template("1"))];
    })
    .await;
    assert_eq!(seen.target, "/?a=1");
}

#[tokio::test]
async fn a_request_that_cannot_be_made_is_not_sent_and_says_why() {
    let server = Server::start(|_, _| json("[]")).await;
    let error = ask(&server, r#"{"id":null,"name":"x"}"#, |source| {
        source.params = vec![(template("id"), template("{resources.posts.id}"))];
    })
    .await
    .error();
    assert!(error.contains("{resources.posts.id}: the field is null in the record 7 of posts"), "{error}");
    assert!(error.contains("processing_steps"), "{error}");
    let error = ask(&server, r#"{"url":"http://other.example/x"}"#, |source| {
        source.url = UrlTemplate::new("http://h", template("{resources.posts.url}")).unwrap();
    })
    .await
    .error();
    assert!(error.contains("a URL of http://other.example") && error.contains("nothing was sent"), "{error}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_redirect_of_a_post_keeps_it_or_asks_with_get() {
    for (code, method, body) in
        [(307, "post /b", "{}"), (308, "post /b", "{}"), (302, "get /b", ""), (303, "get /b", "")]
    {
        let server = Server::start(move |number, _| match number {
            0 => super::support::with_headers(code, "location: /b\r\n", b""),
            _ => json(r#"{"data":[]}"#),
        })
        .await;
        let outcome = ask(&server, "{}", |source| {
            source.method = Method::Post;
            source.body = BodyTemplate::Json(JsonTemplate::Map(Vec::new()));
        })
        .await;
        assert!(outcome.error.is_none(), "{:?}", outcome.error);
        let seen = server.seen().swap_remove(1);
        assert!(seen.head.starts_with(method), "{code}: {}", seen.head);
        assert_eq!(
            (seen.body.as_str(), seen.head.contains("content-type")),
            (body, !body.is_empty()),
            "{code}"
        );
    }
}

fn actions(list: &[(Option<u16>, Option<&str>, Action)]) -> Vec<ResponseAction> {
    let action = |(status, content, action): &(Option<u16>, Option<&str>, Action)| ResponseAction {
        status: *status,
        content: content.map(str::to_owned),
        action: *action,
    };
    list.iter().map(action).collect()
}

#[tokio::test]
async fn an_ignored_answer_ends_the_walk_quietly_and_without_retries() {
    let server = Server::start(|number, seen| match number {
        0 => json(&super::support::numbers(seen, 100)),
        _ => status(500, "{}"),
    })
    .await;
    let outcome = ask(&server, "{}", |source| {
        source.paginator = Paginator::Range(offset(2));
        source.actions = actions(&[(Some(500), None, Action::Ignore)]);
    })
    .await;
    assert!(outcome.error.is_none(), "{:?}", outcome.error);
    assert_eq!((outcome.records().len(), outcome.pages.len(), server.seen().len()), (2, 2, 2));
    assert_eq!(outcome.partial(), Some(PartialScan::ResponseIgnored));
}

#[tokio::test]
async fn raise_ends_the_scan_at_once_and_retry_asks_again_whatever_the_status() {
    let server = Server::start(|_, _| status(503, "closed for good")).await;
    let outcome =
        ask(&server, "{}", |source| source.actions = actions(&[(None, Some("for good"), Action::Raise)]))
            .await;
    assert!(outcome.error().contains("HTTP 503 Service Unavailable, for which response_actions say raise"));
    assert_eq!((server.seen().len(), outcome.error.unwrap().status()), (1, Some(503)));

    let server = Server::start(|number, _| match number {
        0 => json(r#"{"state":"running"}"#),
        _ => json(r#"{"data":[1]}"#),
    })
    .await;
    let again =
        |source: &mut Source| source.actions = actions(&[(Some(200), Some("running"), Action::Retry)]);
    let outcome = ask(&server, "{}", again).await;
    assert_eq!((outcome.records(), server.seen().len()), (vec!["1".to_owned()], 2));

    let server = Server::start(|_, _| json(r#"{"state":"running"}"#)).await;
    let error = ask(&server, "{}", again).await.error();
    assert!(error.contains("response_actions say retry") && error.contains("tried 4 times"), "{error}");
}

#[tokio::test]
async fn an_error_page_is_read_to_its_end_where_its_content_counts() {
    let long = format!("{}no such post", " ".repeat(50_000));
    let server = Server::start(move |_, _| status(404, &long)).await;
    let outcome = ask(&server, "{}", |source| {
        source.actions = actions(&[(None, Some("no such post"), Action::Ignore)]);
    })
    .await;
    assert_eq!(outcome.partial(), Some(PartialScan::ResponseIgnored));
}
