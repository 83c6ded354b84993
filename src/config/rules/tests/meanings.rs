//! What is sent, what is bound to the path, what depends on what.

use super::support::{child, good, parse_with, sent};
use crate::config::{Action, Method, Paginator, StatusCode};
use crate::model::{Redactor, ResourceName};

fn params(endpoint: &str) -> String {
    sent(&child(endpoint)).params
}

#[test]
fn all_ways_to_name_a_parent_ask_for_the_same() {
    for endpoint in [
        "{path: 'posts/{resources.posts.id}/x'}",
        "{path: 'posts/{id}/x', params: {id: '{resources.posts.id}'}}",
        "{path: 'posts/{id}/x', params: {id: {type: resolve, resource: posts, field: id}}}",
        "{path: 'posts/{id}/{x}', params: {x: x, id: {type: resolve, resource: posts, field: id}}}",
        "'posts/{resources.posts.$.id}/x'",
    ] {
        let resource = child(endpoint);
        assert_eq!(resource.parent.as_ref().map(ResourceName::as_str), Some("posts"), "{endpoint}");
        let sent = sent(&resource);
        assert_eq!((sent.url.as_str(), sent.params.as_str()), ("https://h/v1/posts/7/x", ""), "{endpoint}");
    }
}

#[test]
fn parameters_are_sent_in_their_order_and_by_their_text() {
    let endpoint = "{params: {b: true, n: 1.0, none: null, list: [1, null, two], '{resources.posts.o.k}': 'k={resources.posts.n}', e: '', d: '{{x}}'}}";
    assert_eq!(params(endpoint), "b=true&n=1.0&list=1&list=two&true=k=1.50&e=&d={x}");
}

#[test]
fn a_literal_value_needs_no_doubled_braces() {
    let sent = sent(&child(
        r#"{params: {a: {type: literal, value: '{"x":{resources.posts.id}}'}, b: {type: literal, value: {x: [1.0, null, "é"]}}},
            headers: {X: {type: literal, value: '{'}}, data: {f: {type: literal, value: '}'}}}"#,
    ));
    assert_eq!(sent.params, r#"a={"x":{resources.posts.id}}&b={"x":[1.0,null,"é"]}"#);
    assert_eq!((sent.headers.as_str(), sent.body.as_str()), ("X={", "form:f=}"));
}

#[test]
fn json_keeps_types_order_and_the_bytes_of_numbers() {
    let body = sent(&child(
        "{method: POST, json: {z: '{resources.posts.id}', a: ['{resources.posts.o}', '{resources.posts.id:03}', 0x10, 1.0, .5, null, true], '{{k}}': {x: '{{}}'}}}",
    ))
    .body;
    assert_eq!(body, r#"{"z":7,"a":[{"k":true},"007",16,1.0,0.5,null,true],"{k}":{"x":"{}"}}"#);
}

#[test]
fn data_is_a_form_or_a_text_and_an_empty_one_is_nothing() {
    for (endpoint, expected) in [
        ("{data: {a: 1, b: null, c: [x, true], d: '{resources.posts.id}'}}", "form:a=1&c=x&c=true&d=7"),
        ("{data: [[a, 1], [a, '{resources.posts.id}'], [b, null]]}", "form:a=1&a=7"),
        ("{data: '<id>{resources.posts.id}</id>'}", "text:<id>7</id>"),
        ("{data: ''}", "none"),
        ("{data: {}}", "none"),
        ("{data: null}", "none"),
        ("{json: {}}", "{}"),
        ("{json: {}, data: {a: 1}}", "form:a=1"),
        ("{json: {a: 1}, data: ''}", r#"{"a":1}"#),
    ] {
        assert_eq!(sent(&child(endpoint)).body, expected, "{endpoint}");
    }
    assert!(matches!(child("{method: POST}").method, Method::Post));
    assert!(matches!(child("{}").method, Method::Get));
}

#[test]
fn headers_take_placeholders_and_null_takes_one_back() {
    let sent = sent(&child("{headers: {'X-{resources.posts.id}': 'v {resources.posts.n}', X-None: null}}"));
    assert_eq!(sent.headers, "X-7=v 1.50&-X-None");
}

#[test]
fn defaults_are_merged_as_dlt_merges_them() {
    let config = good(
        "resource_defaults: {endpoint: {params: {a: 1, b: 2}, json: {x: {p: 1, q: 2}, y: 1}, headers: {A: '1', B: '2'}}}
resources:
- {name: one, endpoint: {params: {b: null, c: 3}, json: {x: {p: 3}}, headers: {C: '3'}}}
- {name: two, endpoint: {json: null, headers: null, params: null}}
- three",
    );
    let all: Vec<_> =
        config.resources.iter().map(sent).map(|sent| [sent.params, sent.headers, sent.body]).collect();
    assert_eq!(all[0], ["a=1&c=3", "C=3", r#"{"x":{"p":3},"y":1}"#]);
    assert_eq!(all[1], ["", "", "none"]);
    assert_eq!(all[2], ["a=1&b=2", "A=1&B=2", r#"{"x":{"p":1,"q":2},"y":1}"#]);
}

#[test]
fn a_cursor_sends_its_values_in_the_place_of_parameters_of_their_names() {
    let cursor = "cursor_path: updated_at, initial_value: 5";
    let block = format!(
        "{{params: {{a: 1, since: x, b: 2}}, incremental: {{{cursor}, start_param: since, end_param: until}}}}"
    );
    assert_eq!(params(&block), "a=1&since=(unset)&b=2&until=(unset)");
    let older = format!("{{params: {{a: 1, since: {{type: incremental, {cursor}}}, b: 2}}}}");
    assert_eq!(params(&older), "a=1&since=(unset)&b=2");
    let constants =
        "{params: {q: '{incremental.cursor_path}:{incremental.lag}'}, incremental: {cursor_path: x, lag: 3}}";
    assert_eq!(params(constants), "q=x:3");
}

#[test]
fn a_path_that_ends_in_a_placeholder_leads_to_one_record() {
    for (endpoint, single) in [
        ("'posts/{resources.posts.id}'", true),
        ("'posts/{resources.posts.id}/'", true),
        ("'posts/x-{resources.posts.id}'", true),
        ("{path: 'posts/{k}', params: {k: a}}", true),
        ("{path: 'posts/{resources.posts.id}', data_selector: null, paginator: null}", true),
        ("'posts/{resources.posts.id}/comments'", false),
        ("'posts/{{k}}'", false),
        ("'comments?post={resources.posts.id}'", false),
        ("{path: 'since/{incremental.cursor_path}', incremental: {cursor_path: x}}", false),
    ] {
        let resource = child(endpoint);
        let found = (resource.data_selector.as_deref(), matches!(resource.paginator, Paginator::SinglePage));
        assert_eq!(found, if single { (Some("$"), true) } else { (None, false) }, "{endpoint}");
    }
    let own = child(
        "{path: 'posts/{resources.posts.id}', data_selector: data, paginator: {type: offset, limit: 1}}",
    );
    assert_eq!(own.data_selector.as_deref(), Some("data"));
    assert!(matches!(own.paginator, Paginator::Offset(_)));
}

#[test]
fn a_single_record_is_not_paged_by_the_client_but_by_the_defaults() {
    let config = good(
        "resource_defaults: {endpoint: {paginator: {type: offset, limit: 1}}}
resources: [posts, {name: child, endpoint: 'posts/{resources.posts.id}'}]",
    );
    assert!(matches!(config.resources[1].paginator, Paginator::Offset(_)));
    assert_eq!(config.resources[1].data_selector.as_deref(), Some("$"));
}

#[test]
fn response_actions_take_numbers_and_their_digits() {
    let resource = child(
        "{response_actions: [{status_code: 404, action: ignore}, {status_code: '500', content: x, action: raise}, {content: y, action: retry}, {action: ignore}]}",
    );
    let actions = resource.response_actions.iter();
    let found: Vec<_> = actions
        .map(|one| {
            (one.status_code.as_ref().and_then(StatusCode::number), one.content.as_deref(), one.action)
        })
        .collect();
    let expected = [
        (Some(404), None, Action::Ignore),
        (Some(500), Some("x"), Action::Raise),
        (None, Some("y"), Action::Retry),
        (None, None, Action::Ignore),
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_came_out_of_a_variable_becomes_known_and_is_no_placeholder() {
    for endpoint in [
        "{params: {p: ['${env:KEY}']}}",
        "{json: {a: [{b: 'x${env:KEY}'}]}}",
        "{data: {d: '${env:KEY}'}}",
        "{headers: {h: '${env:KEY}'}}",
        "{params: {p: {type: literal, value: {x: '${env:KEY}'}}}}",
    ] {
        let redactor = Redactor::default();
        let text = format!("resources: [{{name: a, endpoint: {endpoint}}}]");
        let config = parse_with(&text, &redactor).unwrap();
        assert_eq!(redactor.scrub("canary{x}"), "***", "{endpoint}");
        assert!(!format!("{config:?}").contains("canary"), "{endpoint}");
        let sent = sent(&config.resources[0]);
        assert!([sent.params, sent.headers, sent.body].concat().contains("canary{x}"), "{endpoint}");
    }
    let text = "resources: [{name: a, endpoint: {params: {p: ['${env:KEY}'], q: {type: literal, value: '${env:KEY}'}, r: s}}}]";
    assert_eq!(good(text).resources[0].secret_params, ["p", "q"]);
}
