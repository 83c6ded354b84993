//! Keys in unusual places: they are used, and not shown. The harness searches both streams, the checker the topics.

use super::seed::{PATH, connector, world};
use crate::support::World;
use crate::support::api::Answer;

/// Where an API takes its key in the path: the configuration's base URL and path.
const PLACES: [(&str, &str); 2] =
    [("${API}/", "/bot${env:API_KEY}/items"), ("${API}/bot${env:API_KEY}/", "items")];

#[test]
fn a_key_in_the_path_is_not_shown() {
    for (base, path) in PLACES {
        let world = World::new("bot").serving("collections: {'/bot${CANARY}/items': {generate: 120}}");
        let world = world.with_variable("RUST_LOG", "trace");
        let file = connector(&world, &world.name, &[("items", path)], "");
        let text = std::fs::read_to_string(&file).unwrap();
        let file =
            world.file("bot.yaml", &text.replace(&format!("{}/\n", world.api.url()), &format!("{base}\n")));
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
    let world = world("literal", 5);
    let file = connector(&world, &world.name, &[("monitors", "")], "");
    let base = format!("{}{PATH}?token={}", world.api.url(), world.canary);
    let text = std::fs::read_to_string(&file).unwrap();
    let file =
        world.file("literal.yaml", &text.replace(&format!("{}/\n", world.api.url()), &format!("{base}\n")));
    let finished = world.run(&["preview", "-v", &file]).exits(0).says(&["token=***"]);
    assert_eq!(finished.stdout.lines().count(), 5);
    let asked = world.api.log();
    assert_eq!(asked[0].param("token"), Some(world.canary.as_str()));
}
