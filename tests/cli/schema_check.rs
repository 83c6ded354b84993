//! `krest schema check`: what a real registry would say, and that asking changes nothing.

use serde_json::{Value, json};

use crate::support::registry::Registry;
use crate::support::{Finished, World, free_port};

const API: &str = r#"
collections:
  /posts: {records: [["1", '{"id":1,"title":"x"}']]}
  /odd: {records: [["1", '{"id":1}'], ["2", '{"id":"c4nary"}']]}
"#;

/// `format` is a block, `registry` what stands behind the URL in one.
fn config(world: &World, format: &str, registry: &str) -> String {
    world.file(
        "check.yaml",
        &format!(
            "name: ${{NAME}}
source:
  client: {{base_url: '${{API}}/', paginator: single_page}}
  resource_defaults: {{primary_key: id, endpoint: {{data_selector: data}}}}
  resources:
    - {{name: posts, endpoint: {{path: posts}}}}
    - {{name: odd, endpoint: {{path: odd}}}}
kafka: ${{KAFKA}}
format: {format}
registry: {{url: '{}', max.retries: 0{registry}}}
overrides: {{odd: {{format: {{key: string, value: json, envelope: none}}}}}}
",
            Registry::shared().url()
        ),
    )
}

fn check(world: &World, file: &str, resource: &str) -> Finished {
    world.run(&["schema", "check", file, "-r", resource])
}

/// Each of these is on stdout.
#[track_caller]
fn prints(done: &Finished, fragments: &[&str]) {
    fragments
        .iter()
        .for_each(|fragment| assert!(done.stdout.contains(fragment), "no {fragment:?} in:\n{}", done.stdout));
}

fn verdict(world: &World, file: &str, code: i32) -> Value {
    let done = world.run(&["schema", "check", file, "-r", "posts", "-o", "json"]).exits(code);
    serde_json::from_str(&done.stdout).unwrap()
}

fn put(world: &World, id: &str, text: &str) {
    world.api.change("/posts", |all| all.put(id, text));
}

#[test]
fn check_says_what_would_become_of_a_schema_and_changes_nothing() {
    let world = World::new("schema-check").serving(API);
    let (registry, subject) = (Registry::shared(), format!("{}-value", world.topic("posts")));
    let file = config(&world, "{value: avro}", "");
    let done = world.run(&["schema", "check", &file]).exits(0);
    assert_eq!(
        done.stdout,
        format!(
            "posts
  id     long    or null
  title  string  or null
  subject {subject}: would be taken, as the first version

odd
  no registry is asked: values in this format name no schema by an id
"
        )
    );
    assert_eq!((registry.versions(&subject), world.read("posts").len()), (vec![], 0));
    world.run(&["run", &file, "--once"]).exits(0);
    let id = registry.latest(&subject)["id"].clone();
    let schema: Value = serde_json::from_str(registry.latest(&subject)["schema"].as_str().unwrap()).unwrap();
    let expected = json!({
        "resource": "posts", "of": "value", "verdict": "registered", "subject": subject, "id": id, "version": 1, "type": "AVRO",
        "schema": schema,
    });
    assert_eq!(verdict(&world, &file, 0), expected);
    // What is remembered counts, though no record has it any more; what is new joins it.
    put(&world, "1", r#"{"id":1.5,"more":true}"#);
    registry.set_compatibility(&subject, "BACKWARD");
    prints(
        &check(&world, &file, "posts").exits(0),
        &[
            "id     double   or null",
            "more   boolean  or null",
            "title  string   or null",
            "would be taken, as a new version (compatibility BACKWARD)",
        ],
    );
    registry.set_compatibility(&subject, "FULL");
    let said = verdict(&world, &file, 1);
    assert_eq!((&said["verdict"], &said["compatibility"]), (&json!("rejected"), &json!("FULL")));
    assert!(said["broken"].as_array().unwrap()[0].as_str().unwrap().contains("DOUBLE"), "{said}");
    prints(&check(&world, &file, "posts").exits(1), &["would be rejected (compatibility FULL)\n    "]);
    assert_eq!((registry.versions(&subject), world.read("posts").len()), (vec![1], 1));
}

#[test]
fn check_knows_what_must_be_there_already_and_what_does_not_fit_it() {
    let world = World::new("schema-check-latest").serving(API);
    let (registry, subject) = (Registry::shared(), format!("{}-value", world.topic("posts")));
    let lookup = config(&world, "{value: avro}", ", auto.register.schemas: false");
    prints(
        &check(&world, &lookup, "posts").exits(1),
        &["is not registered, and registry.auto.register.schemas is false"],
    );
    let latest = config(&world, "{value: avro}", ", auto.register.schemas: false, use.latest.version: true");
    assert_eq!(
        verdict(&world, &latest, 1),
        json!({"resource": "posts", "of": "value", "verdict": "no_version", "subject": subject})
    );
    let schema = r#"{"type":"record","name":"Post","fields":[{"name":"id","type":"long"}]}"#;
    let id = registry.register(&subject, "AVRO", schema);
    let schema: Value = serde_json::from_str(schema).unwrap();
    let expected = json!({
        "resource": "posts", "of": "value", "verdict": "newest_version", "subject": subject, "id": id, "version": 1, "type": "AVRO",
        "schema": schema,
    });
    assert_eq!(verdict(&world, &latest, 0), expected);
    put(&world, "2", r#"{"id":"c4nary"}"#);
    check(&world, &latest, "posts")
        .exits(1)
        .says(&["resource posts, page 1, record 2: the field \"id\" is a string"]);
    assert_eq!(registry.versions(&subject), [1]);
}

#[test]
fn check_names_who_could_not_be_asked_and_goes_on_with_the_rest() {
    let world = World::new("schema-check-away").serving(API);
    let text = std::fs::read_to_string(config(&world, "{value: json_sr}", "")).unwrap();
    let nobody = format!("http://127.0.0.1:{}", free_port());
    let file = world.file("away.yaml", &text.replace(Registry::shared().url(), &nobody));
    let done =
        check(&world, &file, "posts").exits(1).says(&[&format!("the schema registry {nobody}"), "is away"]);
    assert!(done.stdout.contains("title  string  or null"), "{}", done.stdout);
    assert!(done.stdout.contains("the registry could not be asked"), "{}", done.stdout);
    let text = text.replace(world.bootstrap(), &format!("127.0.0.1:{}", free_port()));
    let file = world.file("kafka.yaml", &text);
    let done = check(&world, &file, "posts")
        .exits(1)
        .says(&["kafka at 127.0.0.1", "what is remembered of the schemas is not known"]);
    assert!(done.stdout.contains("would be taken, as the first version"), "{}", done.stdout);
    prints(&check(&world, &file, "odd").exits(0), &["no registry is asked"]);
    check(&world, &file, "pots").exits(2).says(&["pots", "posts"]);
}

#[test]
fn check_asks_for_the_schemas_of_keys_and_of_events_as_they_would_be_written() {
    let world = World::new("schema-check-keys").serving(API);
    let (registry, topic) = (Registry::shared(), world.topic("posts"));
    let file = config(&world, "{key: avro, value: avro, envelope: debezium}", "");
    let lines = |code| {
        let done = world.run(&["schema", "check", &file, "-r", "posts", "-o", "json"]).exits(code).stdout;
        let lines = done.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines
            .map(|line| (line["of"].clone(), line["verdict"].clone(), line["schema"].clone()))
            .collect::<Vec<_>>()
    };
    let before = lines(0);
    let verdicts: Vec<_> = before.iter().map(|(of, verdict, _)| (of.as_str(), verdict.as_str())).collect();
    assert_eq!(verdicts, [(Some("value"), Some("first_version")), (Some("key"), Some("first_version"))]);
    assert!(registry.versions(&format!("{topic}-key")).is_empty());
    world.run_once(&file).exits(0);
    for (of, verdict, schema) in lines(0) {
        assert_eq!(verdict, "registered", "{of}");
        let there = registry.latest(&format!("{topic}-{}", of.as_str().unwrap()));
        assert_eq!(serde_json::from_str::<Value>(there["schema"].as_str().unwrap()).unwrap(), schema);
        assert!(
            before.iter().any(|(part, _, expected)| *part == of && *expected == schema),
            "{of}: {schema}"
        );
    }
    let shown = check(&world, &file, "posts").exits(0);
    prints(
        &shown,
        &[&format!("subject {topic}-value: is registered"), &format!("subject {topic}-key: is registered")],
    );
    // `infer` shows the record in the event.
    assert!(
        world
            .run(&["schema", "infer", &file, "-r", "posts"])
            .exits(0)
            .stdout
            .contains("title  string  or null")
    );
}
