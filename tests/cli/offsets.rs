//! `krest offsets`: Kafka Connect's form, to be read, edited and written back.

use serde_json::{Value, json};

use crate::delivery::seed::{PATH, config, world};
use crate::support::World;
use crate::support::checker::Tail;

/// `krest offsets show FILE …`.
fn stored(world: &World, file: &str, more: &[&str]) -> Value {
    let finished = world.run(&[&["offsets", "show", file], more].concat()).exits(0);
    serde_json::from_str(&finished.stdout).unwrap()
}

/// Two posts with comments of their own, each with a cursor; the number of their comments' dates is their cursor.
fn dependent(world: &World) -> String {
    let text = "name: ${NAME}
source:
  client: {base_url: '${API}/'}
  resource_defaults: {primary_key: id, write_disposition: merge, endpoint: {data_selector: data, paginator: single_page}}
  resources:
    - {name: posts, endpoint: {path: posts}}
    - name: comments
      endpoint:
        path: 'posts/{resources.posts.id}/comments'
        incremental: {cursor_path: at, initial_value: 0, start_param: since}
kafka: ${KAFKA}
";
    world.file("dependent.yaml", text)
}

fn dependent_world(test: &str) -> World {
    World::new(test).serving(
        r#"
collections:
  /posts: {records: [["1", '{"id":1}'], ["2", '{"id":2}']]}
  /posts/1/comments: {records: [["11", '{"id":11,"at":5}']]}
  /posts/2/comments: {records: [["21", '{"id":21,"at":7}']]}
"#,
    )
}

#[test]
fn offsets_are_shown_in_connects_form_parents_too() {
    let world = dependent_world("offsets-shown");
    let file = dependent(&world);
    let finished = world.run(&["offsets", "show", &file]).exits(0);
    assert_eq!(serde_json::from_str::<Value>(&finished.stdout).unwrap(), json!({"offsets": []}));
    world.run_once(&file).exits(0);
    let all = stored(&world, &file, &[]);
    let partitions: Vec<&Value> =
        all["offsets"].as_array().unwrap().iter().map(|one| &one["partition"]).collect();
    let expected = [
        json!({"resource": "comments"}),
        json!({"resource": "comments", "parent": "1"}),
        json!({"resource": "comments", "parent": "2"}),
        json!({"resource": "posts"}),
    ];
    assert_eq!(partitions, expected.iter().collect::<Vec<_>>());
    assert_eq!(all["offsets"][2]["offset"]["cursor"]["value"], 7);
    assert_eq!(Some(&all["offsets"][3]["offset"]), world.positions("posts").last());
    let one = stored(&world, &file, &["-r", "posts"]);
    assert_eq!(one["offsets"].as_array().unwrap().len(), 1);
    world.run(&["offsets", "show", &file, "-r", "post"]).exits(2).says(&["\"post\"", "posts"]);
}

#[test]
fn offsets_are_shown_while_an_instance_runs() {
    let world = world("offsets-running", 20);
    let file = config(&world, 100, "poll: {interval: 100ms}");
    let running = world.start(&["run", &file]);
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(20);
    let all = stored(&world, &file, &[]);
    assert_eq!(all["offsets"][0]["partition"], json!({"resource": "monitors"}), "{all}");
    assert!(all["offsets"][0]["offset"]["source"].as_str().unwrap().ends_with(PATH), "{all}");
    running.terminate().exits(0);
}
