//! Every mistake, with what krest says about it.

use super::support::{mistakes, parse};

fn tell(cases: &[(&str, &str)]) {
    for (endpoint, expected) in cases {
        let told = mistakes(endpoint);
        assert!(told.contains(expected), "{endpoint}\nwanted: {expected}\n  told: {told}");
    }
}

#[test]
fn placeholders_in_a_path() {
    tell(&[
        (
            "'posts/{id}'",
            "resources[1].endpoint.path: \"{id}\" is no known placeholder: \"params\" have no such name",
        ),
        ("{path: 'posts/{idd}', params: {id: 1}}", "have no such name; did you mean \"id\"?"),
        ("'posts/{resource.posts.id}'", "is no known placeholder; did you mean \"resources\"?"),
        (
            "'posts/{resources.posts.id'",
            "resources[1].endpoint.path: a single \"{\"; a brace is written twice",
        ),
        ("{path: '{a}/x', params: {a: null}}", "the parameter \"a\" is null, and the path needs it"),
        ("{path: '{a}/x', params: {a: [1, 2]}}", "the parameter \"a\" is a list"),
        (
            "{params: {id: {type: resolve, resource: posts, field: id}}}",
            "has to stand in the path; elsewhere write {resources.<parent>.<field>}",
        ),
    ]);
}

#[test]
fn parents() {
    tell(&[
        (
            "'posts/{resources.post.id}/x'",
            "the resource \"child\" depends on \"post\", which is no resource; did you mean \"posts\"?",
        ),
        ("'{resources.child.id}/x'", "circle: \"child\" → \"child\""),
        (
            "{path: '{resources.posts.id}/x', params: {a: '{resources.child.id}'}}",
            "5:58: the resource \"child\" depends on two parents, \"posts\" and \"child\"",
        ),
        ("{params: {id: {type: resolve, resource: post, field: id}}, path: '{id}'}", "depends on \"post\""),
    ]);
    let told = parse("resources: [{name: a, include_from_parent: [id]}]").unwrap_err();
    assert!(told.contains("has \"include_from_parent\", but no placeholder"), "{told}");
}

#[test]
fn parameters_and_headers() {
    tell(&[
        ("{params: {id: {type: resolve, resource: posts}}}", "the key \"field\" is missing"),
        (
            "{params: {a: {type: resolved, resource: posts, field: id}}}",
            "unknown word \"resolved\"; did you mean \"resolve\"?",
        ),
        ("{params: {a: {b: 1}}}", "the key \"type\" is missing"),
        ("{params: {a: [[1]]}}", "params.a[0]: must be"),
        ("{params: {a: '{\"x\":1}'}}", "{type: literal, value: …}"),
        ("{params: {a: '{b'}}", "{type: literal, value: …}"),
        (
            "{params: {a: '{id}', id: {type: resolve, resource: posts, field: id}}, path: '{id}/x'}",
            "endpoint.params.a: \"{id}\" is no known placeholder",
        ),
        ("{params: {a: '{incremental.start_value}'}}", "the endpoint has no \"incremental\""),
        (
            "{params: {a: '>{incremental.start_value}'}, incremental: {cursor_path: x}}",
            "params.a: \"{incremental.start_value}\" has no value in the first scan; set \"incremental.initial_value\"",
        ),
        (
            "{path: 'x/{incremental.end_value}', incremental: {cursor_path: x, initial_value: 1}}",
            "endpoint.path: \"{incremental.end_value}\" has no value in the first scan; set \"incremental.end_value\"",
        ),
        (
            "{params: {a: {type: incremental, cursor_path: x}, b: {type: incremental, cursor_path: x}}}",
            "a second parameter of the type incremental",
        ),
        ("{params: {a: {type: incremental, cursor_path: x, end_value: 5}}}", "unknown key \"end_value\""),
        ("{params: {a: '{resources.posts.a..}'}}", "the path \"a..\", character"),
        ("{headers: {X: 5}}", "endpoint.headers.X: must be text"),
        ("{headers: {X: {type: literally, value: x}}}", "endpoint.headers.X"),
        ("{method: get}", "unknown word \"get\"; did you mean \"GET\"?"),
        ("{method: PUT}", "unknown word \"PUT\" (allowed: GET, POST)"),
    ]);
}

#[test]
fn bodies_and_actions() {
    tell(&[
        (
            "{json: {a: '{ b }'}}",
            "endpoint.json.a: \"{ b }\" is no known placeholder; a brace is written twice",
        ),
        ("{json: [1]}", "endpoint.json: must be a mapping"),
        ("{json: {a: .inf}}", "endpoint.json.a: must be a finite number"),
        ("{json: {a: 1}, data: x}", "\"json\" and \"data\" exclude each other"),
        ("{data: 5}", "endpoint.data: must be a mapping or a list of pairs"),
        ("{data: [[a]]}", "endpoint.data[0]: must be a pair"),
        ("{data: {a: {b: 1}}}", "a mapping cannot be sent here"),
        (
            "{data: {a: 1}, paginator: {type: offset, limit: 1, offset_body_path: o}}",
            "offset_body_path: writes into a JSON body",
        ),
        ("{response_actions: [{status_code: 404}]}", "the key \"action\" is missing"),
        (
            "{response_actions: [{status_code: 404, action: ignored}]}",
            "unknown word \"ignored\"; did you mean \"ignore\"?",
        ),
        (
            "{response_actions: [{status_code: 4xx, action: ignore}]}",
            "status_code: must be a number from 100 to 599, not \"4xx\"",
        ),
    ]);
}

#[test]
fn no_header_and_nothing_from_a_variable_is_shown() {
    for endpoint in [
        "{headers: {X: 'Bearer {canary}'}}",
        "{params: {a: '{resources.${env:KEY}'}}",
        "{params: {a: '{${env:KEY}}'}}",
        "'posts/{resources.posts.${env:KEY}['",
    ] {
        let told = mistakes(endpoint);
        assert!(!told.contains("canary"), "{endpoint}: {told}");
    }
}
