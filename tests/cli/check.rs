//! `krest check`: contacts nobody, and finds every mistake at once.

use crate::support::World;

const GOOD: &str = "name: ${NAME}
source:
  client: {base_url: \"${API}/\", auth: {type: bearer, token: \"${env:API_KEY}\"}}
  resources:
    - {name: monitors, primary_key: id, endpoint: {path: v1/monitors, paginator: single_page}}
kafka: {bootstrap.servers: \"127.0.0.1:1\"}
";

#[test]
fn a_good_file_exits_0_and_nobody_is_contacted() {
    let world = World::new("good");
    let file = world.file("good.yaml", GOOD);
    world.run(&["check", &file]).exits(0);
    assert!(world.api.log().is_empty());
}

#[test]
fn a_bare_dlt_dictionary_and_json_are_read_too() {
    let world = World::new("forms");
    let bare = world.file(
        "bare.json",
        r#"{"client": {"base_url": "${API}/"}, "resource_defaults": {"primary_key": "id", "endpoint": {"paginator": "single_page"}},
            "resources": ["monitors", {"name": "users", "endpoint": {"path": "v1/users"}}]}"#,
    );
    let none = world.file("none.yaml", "client: {base_url: \"${API}/\"}\nresources: []\n");
    world.run(&["check", &bare, &none]).exits(0);
}

/// Without Kafka there is no topic that would have to take these names.
#[test]
fn names_that_kafka_does_not_take_are_fine_where_there_is_no_kafka() {
    let world = World::new("plain").serving("collections: {/posts: {generate: 5}}");
    let file = world.file(
        "my conn.json",
        r#"{"client": {"base_url": "${API}/"}, "resources": [
            {"name": "a b", "primary_key": "id", "endpoint": {"path": "posts", "data_selector": "data", "paginator": "single_page"}}]}"#,
    );
    world.run(&["check", &file]).exits(0);
    let shown = world.run(&["preview", &file]).exits(0).stdout;
    assert_eq!(shown.matches("\"resource\":\"a b\"").count(), 5, "{shown}");
}

#[test]
fn all_mistakes_are_told_at_once_with_their_places() {
    let world = World::new("mistakes");
    let file = world.file(
        "wrong.yaml",
        "name: bad name
source:
  client:
    base_url: ${API}/
    auth: {type: api_key, name: k, api_key: ${CANARY}, location: body}
  resources:
    - {name: monitors, primary_ky: id, endpoint: {path: v1/monitors, paginator: {type: ofset, limit: 100}}}
kafka: {bootstrap.servers: \"127.0.0.1:1\", acks: 0}
pol: {interval: 60}
",
    );
    let finished = world.run(&["check", &file]).exits(2);
    for (line, fragment) in
        [(1, "bad name"), (5, "query"), (7, "primary_key"), (7, "offset"), (8, "acks"), (9, "poll")]
    {
        let place = format!("wrong.yaml:{line}:");
        let told = finished.stderr.lines().any(|text| text.contains(&place) && text.contains(fragment));
        assert!(told, "{place} … {fragment}:\n{}", finished.stderr);
    }
    assert_eq!(finished.stdout, "");
}

#[test]
fn a_missing_variable_or_file_is_named() {
    let world = World::new("missing");
    let variable = world.file("variable.yaml", &GOOD.replace("${env:API_KEY}", "${env:NO_SUCH_VARIABLE}"));
    world.run(&["check", &variable]).exits(2).says(&["variable.yaml:3:", "NO_SUCH_VARIABLE"]);
    let file = world.file("file.yaml", &GOOD.replace("${env:API_KEY}", "${file:/no/such/file}"));
    world.run(&["check", &file]).exits(2).says(&["file.yaml:3:", "/no/such/file"]);
}

#[test]
fn a_secret_in_a_file_is_read() {
    let world = World::new("secret_file");
    let secret = world.file("secret.txt", "${CANARY}\n");
    let file = world.file("good.yaml", &GOOD.replace("${env:API_KEY}", &format!("${{file:{secret}}}")));
    world.run(&["check", &file]).exits(0);
}

#[test]
fn what_is_not_yaml_exits_2_with_a_place() {
    let world = World::new("not_yaml");
    for (name, text) in [
        ("tab.yaml", "source:\n\tclient: {}\n"),
        ("open.yaml", "source: {client: [\n"),
        ("text.yaml", "just a sentence\n"),
        ("open.json", "{\"client\": {\n"),
        ("empty.yaml", ""),
    ] {
        let file = world.file(name, text);
        for command in ["check", "run", "preview"] {
            world.run(&[command, &file]).exits(2).says(&[&format!("{name}:")]);
        }
    }
    let file = world.file("bytes.yaml", "");
    std::fs::write(&file, b"name: \xff\xfe\x00").unwrap();
    world.run(&["check", &file]).exits(2).says(&["bytes.yaml"]);
}

#[test]
fn what_comes_later_is_refused_by_name() {
    let world = World::new("later");
    let source = "source: {client: {base_url: \"${API}/\"}, resources: [m]}";
    let file = world.file("later.yaml", &format!("{source}\nserver: {{port: 8083}}\n"));
    world.run(&["check", &file]).exits(2).says(&["not supported yet", "server"]);
}

#[test]
fn run_needs_to_know_a_kafka() {
    let world = World::new("no_kafka");
    let file = world.file("good.yaml", &GOOD.replace("kafka:", "# kafka:"));
    world.run(&["check", &file]).exits(0);
    world.run(&["run", &file, "--once"]).exits(2).says(&["kafka"]);
    assert!(world.api.log().is_empty());
}

#[test]
fn two_connectors_of_one_name_are_a_mistake() {
    let world = World::new("twins");
    let (one, two) = (world.file("one.yaml", GOOD), world.file("two.yaml", GOOD));
    world.run(&["run", &one, &two, "--once"]).exits(2).says(&[&world.name]);
}
