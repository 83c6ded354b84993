//! `krest schema`: what records say, and what is remembered.

use serde_json::{Value, json};

use crate::support::World;

const API: &str = r#"
collections:
  /posts: {records: [["1", '{"id":1,"title":"x","tags":["a"],"by":{"first-name":"y"}}'], ["2", '{"id":2.5,"title":null,"at":"2024-02-29"}']]}
  /odd: {records: [["1", '{"id":1}'], ["2", '{"id":"c4nary"}']]}
"#;

fn config(world: &World, more: &str) -> String {
    world.file(
        "schema.yaml",
        &format!(
            "name: ${{NAME}}
source:
  client: {{base_url: '${{API}}/', paginator: single_page}}
  resource_defaults: {{primary_key: id, endpoint: {{data_selector: data}}}}
  resources:
    - {{name: posts, columns: {{title: {{data_type: text, nullable: false, description: What it says}}}}, endpoint: {{path: posts}}}}
{more}"
        ),
    )
}

#[test]
fn infer_shows_what_the_records_have_as_a_table_as_json_and_as_a_file_that_can_be_given() {
    let world = World::new("infer").serving(&API.replace("\"title\":null,", "\"title\":\"z\","));
    let file = config(&world, "");
    let table = world.run(&["schema", "infer", &file]).exits(0).stdout;
    assert_eq!(
        table,
        "posts
  at             string          or null
  by             record          or null
  by.first-name  string          or null
  id             double          or null
  tags           list of string  or null
  title          string                   What it says
"
    );
    let line = world.run(&["schema", "infer", &file, "-o", "json"]).exits(0).stdout;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["resource"], "posts");
    let avsc = world.run(&["schema", "infer", &file, "-r", "posts", "-o", "avsc"]).exits(0).stdout;
    assert_eq!(serde_json::from_str::<Value>(&avsc).unwrap(), line["schema"]);
    let given = world.file("posts.avsc", &avsc);
    let file = config(&world, &format!("format: {{value: json_schema, schema: {{file: '{given}'}}}}"));
    assert_eq!(world.run(&["schema", "infer", &file]).exits(0).stdout, table);
    assert_eq!(world.run(&["schema", "infer", &file, "-n", "1"]).exits(0).stdout, table);
}

#[test]
fn infer_names_the_records_that_fit_no_type_without_what_is_in_them() {
    let world = World::new("infer-odd").serving(API);
    let file = config(&world, "    - {name: odd, endpoint: {path: odd}}\n");
    let done = world.run(&["schema", "infer", &file, "-r", "odd"]).exits(1);
    assert!(
        done.stderr.contains("resource odd, page 1, record 2: the field \"id\" has values"),
        "{}",
        done.stderr
    );
    assert!(done.stdout.contains("id  long") && !done.stderr.contains("c4nary"), "{done:?}");
    world.run(&["schema", "infer", &file, "-r", "posts"]).exits(1).says(&["the field \"title\" is null"]);
    world.run(&["schema", "infer", &file, "-o", "avsc"]).exits(2).says(&["name one resource with -r"]);
    world.run(&["schema", "infer", &file, "-r", "pots"]).exits(2).says(&["pots", "posts"]);
}

#[test]
fn show_prints_what_is_remembered() {
    let world = World::new("show").serving(&API.replace("\"title\":null,", "\"title\":\"z\","));
    let file = config(&world, "kafka: ${KAFKA}\nformat: {value: json_schema}\n");
    world.run(&["schema", "show", &file]).exits(0).says(&["no schema is remembered"]);
    world.run_once(&file).exits(0);
    let line = world.run(&["schema", "show", &file, "-o", "json"]).exits(0).stdout;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        line["schema"]["fields"][2],
        json!({"name": "id", "type": ["null", "double"], "default": null})
    );
    let plain = config(&world, "");
    world.run(&["schema", "show", &plain]).exits(2).says(&["there is no `kafka:` block"]);
}
