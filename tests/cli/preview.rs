//! `krest preview`: records as JSON lines, without Kafka and without a trace.

use crate::support::World;

fn world(test: &str, api: &str) -> World {
    World::new(test).serving(api)
}

fn config(world: &World, resources: &str) -> String {
    world.file("preview.yaml", &format!("client: {{base_url: \"${{API}}/\"}}\nresources:\n{resources}"))
}

const TWO: &str = "
  - {name: posts, primary_key: id, endpoint: {path: posts, data_selector: data, paginator: {type: offset, limit: 10}}}
  - {name: pairs, primary_key: [a, b], endpoint: {path: pairs, data_selector: data, paginator: single_page}}
  - {name: bare, endpoint: {path: bare, data_selector: data, paginator: single_page}}
";
const TWO_API: &str = r#"
collections:
  /posts: {generate: 25}
  /pairs: {records: [["-", '{ "b" : 1.0, "a":"x" }']]}
  /bare: {records: [["-", '1e3'], ["-", '[ null ]'], ["-", '"\u00e9"']]}
"#;

fn lines(world: &World, arguments: &[&str]) -> Vec<String> {
    world.run(arguments).exits(0).stdout.lines().map(str::to_owned).collect()
}

#[test]
fn one_compact_line_a_record() {
    let world = world("lines", TWO_API);
    let file = config(&world, TWO);
    let pairs = lines(&world, &["preview", &file, "-r", "pairs"]);
    assert_eq!(pairs, [r#"{"resource":"pairs","key":"{\"a\":\"x\",\"b\":1.0}","value":{"b":1.0,"a":"x"}}"#]);
    let bare = lines(&world, &["preview", &file, "-r", "bare"]);
    let value = |line: &str| line.replace("{\"resource\":\"bare\",\"key\":null,\"value\":", "");
    let values: Vec<String> = bare.iter().map(|line| value(line)).collect();
    assert_eq!(values[..2], ["1e3}", "[null]}"]);
    assert!([r#""\u00e9"}"#, "\"é\"}"].contains(&values[2].as_str()), "{}", values[2]);
}

#[test]
fn ten_of_each_resource_unless_told_otherwise() {
    let world = world("count", TWO_API);
    let file = config(&world, TWO);
    let count = |arguments: &[&str]| {
        let arguments = [&["preview", &file], arguments].concat();
        lines(&world, &arguments).iter().filter(|line| line.contains("\"posts\"")).count()
    };
    assert_eq!([count(&[]), count(&["-n", "3"]), count(&["-n", "0"])], [10, 3, 25]);
    world.api.forget_requests();
    assert_eq!(count(&["-n", "12"]), 12);
    assert!(world.api.requests("/posts") <= 3, "{}", world.api.requests("/posts"));
    assert_eq!(lines(&world, &["preview", &file]).len(), 10 + 1 + 3);
    world.run(&["preview", &file, "-r", "pots"]).exits(2).says(&["pots", "posts"]);
}

#[test]
fn a_failed_scan_prints_what_it_read_and_exits_1() {
    let world =
        world("failed", "collections: {/posts: {generate: 25}}\nanswers: [{offset: 10, status: 404}]");
    let file = config(&world, TWO);
    let finished = world.run(&["preview", &file, "-r", "posts", "-n", "0"]).exits(1);
    let finished = finished.says(&["resource posts, page 2", "404"]);
    assert_eq!(finished.stdout.lines().count(), 10);
}

#[test]
fn a_record_without_its_key_is_shown_with_null_and_named() {
    let world =
        world("keyless", r#"collections: {/posts: {records: [["1", '{"id":1}'], ["-", '{"x":2}']]}}"#);
    let file = config(&world, TWO);
    let finished = world.run(&["preview", &file, "-r", "posts"]).exits(1).says(&["posts", "id"]);
    let expected = [
        r#"{"resource":"posts","key":"1","value":{"id":1}}"#,
        r#"{"resource":"posts","key":null,"value":{"x":2}}"#,
    ];
    assert_eq!(finished.stdout.lines().collect::<Vec<_>>(), expected);
}

#[test]
fn each_kind_of_credential_is_sent() {
    for (client, auth) in [
        (
            "{type: api_key, name: k, api_key: \"${env:API_KEY}\", location: query}",
            "{query: {name: k, value: \"${CANARY}\"}}",
        ),
        (
            "{type: api_key, name: X-K, api_key: \"${env:API_KEY}\", location: header}",
            "{header: {name: X-K, value: \"${CANARY}\"}}",
        ),
        ("{type: bearer, token: \"${env:API_KEY}\"}", "{bearer: {token: \"${CANARY}\"}}"),
        (
            "{type: http_basic, username: me, password: \"${env:API_KEY}\"}",
            "{basic: {username: me, password: \"${CANARY}\"}}",
        ),
    ] {
        let world = world("credential", &format!("auth: {auth}\ncollections: {{/posts: {{generate: 25}}}}"));
        let text = format!("client: {{base_url: \"${{API}}/\", auth: {client}}}\nresources:\n{TWO}");
        let file = world.file("preview.yaml", &text);
        assert_eq!(lines(&world, &["preview", &file, "-r", "posts", "-n", "0", "-v"]).len(), 25, "{client}");
        // Without it the API refuses, and that is said.
        let file = config(&world, TWO);
        world.run(&["preview", &file, "-r", "posts"]).exits(1).says(&["401", "client.auth"]);
    }
}

#[test]
fn records_are_shown_as_steps_and_parents_leave_them_and_under_their_keys() {
    let api = r#"
collections:
  /posts: {records: [["-", '{"id":1,"n":1.50,"tags":["a","b"],"on":true}'], ["-", '{"id":2,"on":false}']]}
  /posts/1/notes: {records: [["-", '{"id":7 }'], ["-", '{"id":8}']]}
"#;
    let world = world("steps", api);
    let file = config(
        &world,
        r#"
  - name: posts
    primary_key: {jq: '"post-\(.id)"'}
    endpoint: {data_selector: data, paginator: single_page}
    processing_steps: [{filter: .on}]
  - name: tags
    endpoint: {path: posts, data_selector: data, paginator: single_page}
    primary_key: [tag, {jq: .post * 10, name: ten}]
    processing_steps: [{yield_map: ".i as $post | .t[]? | {$post, tag: .}", map: "{i: .id, t: .tags}"}]
  - name: notes
    endpoint: {path: "posts/{resources.posts.id}/notes", data_selector: data, paginator: single_page}
    include_from_parent: [id, n]
    primary_key: [_posts_id, id]
"#
        .trim_start_matches('\n'),
    );
    let values = |resource: &str| lines(&world, &["preview", &file, "-r", resource]);
    let post = r#"{"resource":"posts","key":"post-1","value":{"id":1,"n":1.50,"tags":["a","b"],"on":true}}"#;
    assert_eq!(values("posts"), [post]);
    // The map of a step comes before its yield_map, wherever it stands.
    let tag = |tag: &str| {
        format!(
            r#"{{"resource":"tags","key":"{{\"tag\":\"{tag}\",\"ten\":10}}","value":{{"post":1,"tag":"{tag}"}}}}"#
        )
    };
    assert_eq!(values("tags"), [tag("a"), tag("b")]);
    let notes = values("notes");
    assert_eq!(
        notes,
        [
            r#"{"resource":"notes","key":"{\"_posts_id\":1,\"id\":7}","value":{"id":7,"_posts_id":1,"_posts_n":1.50}}"#,
            r#"{"resource":"notes","key":"{\"_posts_id\":1,\"id\":8}","value":{"id":8,"_posts_id":1,"_posts_n":1.50}}"#,
        ]
    );
    let text = std::fs::read_to_string(&file).unwrap().replace("{filter: .on}", "{filter: .tags.x}");
    let file = world.file("failing.yaml", &text);
    let told = ["resource posts, page 1", "record 1 (key \"post-1\"): processing_steps[0].filter failed"];
    world.run(&["preview", &file, "-r", "posts"]).exits(1).says(&told);
}
