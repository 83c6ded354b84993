//! What `preview` tells of paging: each request with `-v`, and the lines to write where an API seems to have more.

use crate::support::World;

#[test]
fn signs_of_more_become_lines_to_write() {
    let world = World::new("more").serving(
        "answers: [{path: /posts, body: '{\"data\":[{\"id\":1}],\"paging\":{\"continuation\":\"t0\"}}'}]",
    );
    let file = world.file(
        "more.yaml",
        "client: {base_url: \"${API}/\", paginator: single_page}\nresources: [{name: posts, endpoint: {data_selector: data}}]\n",
    );
    let finished = world.run(&["preview", &file]).exits(0);
    finished.says(&["seems to have more", "its endpoint needs these lines", "paginator:", "type: cursor"]);
}

#[test]
fn every_request_is_shown_without_secrets() {
    let world = World::new("verbose")
        .serving("auth: {query: {name: api_key, value: '${CANARY}'}}\ncollections: {/posts: {generate: 5}}");
    let file = world.file(
        "verbose.yaml",
        "client:
  base_url: \"${API}/\"
  auth: {type: api_key, name: api_key, api_key: '${env:API_KEY}', location: query}
resources:
  - {name: posts, endpoint: {data_selector: data, paginator: {type: offset, limit: 2}}}
",
    );
    let finished = world.run(&["preview", &file, "-n", "0", "-v"]).exits(0);
    assert_eq!(finished.stdout.lines().count(), 5);
    finished.says(&[
        "/posts?offset=0&limit=2&api_key=***",
        "offset=4",
        "\"status\":200",
        "\"records\":2",
        "asking for the next page",
        "the last page",
    ]);
}

#[test]
fn a_literal_under_the_name_of_a_secret_is_starred_in_a_quoted_answer_too() {
    let world = World::new("literal")
        .serving("answers: [{path: /posts, status: 400, body: 'no ?token=L1teralT0ken'}]");
    let file = world.file(
        "literal.yaml",
        "client: {base_url: \"${API}/\"}\nresources: [{name: posts, endpoint: {params: {token: L1teralT0ken}, paginator: single_page}}]\n",
    );
    let finished = world.run(&["preview", &file]).exits(1);
    assert!(!finished.stderr.contains("L1teralT0ken"), "{}", finished.stderr);
}

#[test]
fn the_environment_names_a_proxy_and_what_goes_past_it() {
    let api = "collections: {/posts: {generate: 3}}";
    let text = |base: &str| {
        format!(
            "source:\n  client: {{base_url: \"{base}/\"}}\n  resources: [{{name: posts, endpoint: {{data_selector: data, paginator: single_page}}}}]\nretry: {{max_retries: 0}}\n"
        )
    };
    let world = World::new("proxied").serving(api);
    // Nobody answers to that name: the proxy, which is the API here, is asked for it.
    let file = world.file("proxied.yaml", &text("http://elsewhere.invalid"));
    let proxy = world.expand("${API}");
    let world = world.with_variable("HTTP_PROXY", &proxy);
    assert_eq!(world.run(&["preview", &file]).exits(0).stdout.lines().count(), 3);
    assert_eq!(world.api.requests("/posts"), 1);

    let world = world.with_variable("NO_PROXY", "elsewhere.invalid");
    world.run(&["preview", &file]).exits(1).says(&["elsewhere.invalid", "resolve", "tried once"]);
    assert_eq!(world.api.requests("/posts"), 1);
}
