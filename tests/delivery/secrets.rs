//! Keys in unusual places: they are used, and not shown. The harness searches both streams, the checker the topics.

use crate::support::World;
use crate::support::api::Answer;

/// Where an API takes its key in the path: the configuration's base URL and path.
const PLACES: [(&str, &str); 2] =
    [("${API}/", "/bot${env:API_KEY}/items"), ("${API}/bot${env:API_KEY}/", "items")];

/// Without `auth`, which would make the key known as a secret wherever else it stands.
fn config(world: &World, base: &str, path: &str) -> String {
    let text = format!(
        "name: ${{NAME}}
source:
  client: {{base_url: '{base}'}}
  resource_defaults: {{primary_key: id, write_disposition: merge}}
  resources:
    - {{name: items, endpoint: {{path: '{path}', data_selector: data, paginator: {{type: offset, limit: 50}}}}}}
kafka: ${{KAFKA}}
"
    );
    world.file("secrets.yaml", &text)
}

#[test]
fn a_key_in_the_path_is_not_shown() {
    for (base, path) in PLACES {
        let world = World::new("bot").serving("collections: {'/bot${CANARY}/items': {generate: 120}}");
        let world = world.with_variable("RUST_LOG", "trace");
        let file = config(&world, base, path);
        world.run_once(&file).exits(0);
        let served = format!("/bot{}/items", world.canary);
        assert_eq!(world.checked("items", &served).len(), 120);
        let source = world.positions("items").last().expect("a source offset")["source"].clone();
        assert!(source.as_str().is_some_and(|source| source.ends_with("/items")), "{source}");

        world.api.answers(vec![Answer { status: Some(404), ..Answer::default() }]);
        world.run_once(&file).exits(1).says(&["404", "/items"]);
        world.run(&["preview", "-v", &file]).exits(1).says(&["404", "/items"]);
    }
}

#[test]
fn a_literal_token_in_the_base_url_is_starred() {
    let api = "auth: {query: {name: token, value: '${CANARY}'}}\ncollections: {/items: {generate: 5}}";
    let world = World::new("literal").serving(api);
    let file = config(&world, "${API}/items?token=${CANARY}", "");
    let shown = world.run(&["preview", "-v", &file]).exits(0).says(&["token=***"]).stdout;
    assert_eq!(shown.lines().count(), 5);
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("items", "/items").len(), 5);
}
