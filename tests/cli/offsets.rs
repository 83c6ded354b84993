//! `krest offsets`: Kafka Connect's form, to be read, edited and written back.

use std::time::Duration;

use nix::sys::signal::Signal;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use serde_json::{Value, json};

use crate::delivery::seed::{PATH, config, world, written};
use crate::support::api::generated;
use crate::support::checker::Tail;
use crate::support::{Finished, World, until};

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

/// `posts` with a cursor over `at`; the test API gives all rows whatever is asked.
fn incremental(world: &World) -> String {
    let source = "  resources:
    - name: posts
      primary_key: id
      endpoint:
        path: posts
        data_selector: data
        paginator: {type: offset, limit: 2, total_path: null}
        incremental: {cursor_path: at, initial_value: 0, start_param: since}
    - {name: users, primary_key: id, endpoint: {path: users, data_selector: data, paginator: single_page}}";
    written(world, "incremental.yaml", source, "")
}

fn incremental_world(test: &str) -> World {
    World::new(test).serving(
        r#"
collections:
  /posts: {records: [["1", '{"id":1,"at":5}'], ["2", '{"id":2,"at":7}'], ["3", '{"id":3,"at":9}']]}
  /users: {records: [["u", '{"id":"u"}']]}
"#,
    )
}

/// What the last scan asked for first.
fn since(world: &World) -> String {
    let log = world.api.log();
    let of_posts = log.iter().rev().filter(|asked| asked.path == "/posts");
    of_posts.filter_map(|asked| asked.param("since").map(str::to_owned)).next().unwrap()
}

fn set(world: &World, file: &str, offsets: &Value) -> Finished {
    let offsets = world.file("offsets.json", &offsets.to_string());
    world.run(&["offsets", "set", file, &offsets])
}

fn generation(world: &World) -> u64 {
    let key = format!(r#"["{}",{{"krest":"owner"}}]"#, world.name);
    let messages = crate::support::checker::read(world.bootstrap(), &world.offsets_topic());
    let owner = messages.iter().rfind(|message| message.key_text() == key).unwrap();
    serde_json::from_str::<Value>(owner.value_text().unwrap()).unwrap()["generation"].as_u64().unwrap()
}

#[test]
fn what_is_shown_can_be_set_again_and_changes_nothing() {
    let world = dependent_world("offsets-round");
    let file = dependent(&world);
    world.run_once(&file).exits(0);
    let (before, number) = (stored(&world, &file, &[]), generation(&world));
    let script = r#""$0" offsets show "$1" | "$0" offsets set "$1" -"#;
    let finished = world.run_in_shell(script, &[&file]).exits(0);
    assert_eq!(finished.stdout.lines().count(), 4, "{}", finished.stdout);
    assert!(finished.stdout.contains(r#"set {"parent":"2","resource":"comments"}"#), "{}", finished.stdout);
    assert_eq!(stored(&world, &file, &[]), before);
    assert!(generation(&world) > number, "a forgotten instance would have been fenced");
    world.run_once(&file).exits(0).says(&["0 published"]);
    assert_eq!(world.read("comments").len(), 2);
}

#[test]
fn a_cursor_is_set_by_its_value_alone() {
    let world = incremental_world("offsets-cursor");
    let file = incremental(&world);
    // Before the first run, too.
    set(&world, &file, &json!({"offsets": [{"partition": {"resource": "posts"}, "offset": {"cursor": 3}}]}))
        .exits(0);
    world.run_once(&file).exits(0);
    assert_eq!(since(&world), "3");
    let before = stored(&world, &file, &["-r", "users"]);
    let partial = json!({"offsets": [{"partition": {"resource": "posts"}, "offset": {"cursor": 6}}]});
    let said = set(&world, &file, &partial).exits(0).stdout;
    assert_eq!(said, "set {\"resource\":\"posts\"}\n");
    let posts = &stored(&world, &file, &["-r", "posts"])["offsets"][0]["offset"];
    assert_eq!(
        (&posts["cursor"], &posts["scan"]),
        (&json!({"of": "max(at)", "value": 6}), &json!(1)),
        "{posts}"
    );
    assert_eq!(stored(&world, &file, &["-r", "users"]), before, "what is not named stays");
    world.run_once(&file).exits(0).says(&["0 published"]);
    assert_eq!(since(&world), "6");

    // A whole offset replaces what is stored: one without a cursor has none.
    let mut whole = stored(&world, &file, &["-r", "posts"]);
    whole["offsets"][0]["offset"].as_object_mut().unwrap().remove("cursor");
    set(&world, &file, &whole).exits(0);
    world.run_once(&file).exits(0).says(&["0 published"]);
    assert_eq!(since(&world), "0");

    let null = json!({"offsets": [{"partition": {"resource": "posts"}, "offset": null}]});
    assert_eq!(set(&world, &file, &null).exits(0).stdout, "reset {\"resource\":\"posts\"}\n");
    assert_eq!(stored(&world, &file, &["-r", "posts"]), json!({"offsets": []}));
}

#[test]
fn a_value_of_another_kind_than_the_stored_one_is_refused() {
    let world = dependent_world("offsets-kinds");
    let file = dependent(&world);
    let text = std::fs::read_to_string(&file).unwrap().replace("initial_value: 0, ", "");
    let file = world.file("kinds.yaml", &text);
    let parent = json!({"resource": "comments", "parent": "2"});
    let one = |offset: Value| json!({"offsets": [{"partition": parent, "offset": offset}]});
    world.run_once(&file).exits(0);
    let before = stored(&world, &file, &[]);
    set(&world, &file, &one(json!({"cursor": "abc"}))).exits(2).says(&[
        "offsets[0].offset.cursor.value: \"abc\" is a text, and the stored cursor, 7, is a number",
        "\"offset\": null",
    ]);
    assert_eq!(stored(&world, &file, &[]), before);
    set(&world, &file, &one(json!({"cursor": 9}))).exits(0); // forward, on purpose
    set(&world, &file, &one(Value::Null)).exits(0);
    set(&world, &file, &one(json!({"cursor": "abc"}))).exits(0);
}

#[test]
fn the_cursor_of_one_parent_is_set() {
    let world = dependent_world("offsets-parent");
    let file = dependent(&world);
    world.run_once(&file).exits(0);
    let partition = json!({"resource": "comments", "parent": "2"});
    set(&world, &file, &json!({"offsets": [{"partition": partition, "offset": {"cursor": 4}}]})).exits(0);
    world.api.forget_requests();
    world.run_once(&file).exits(0).says(&["0 published"]);
    let asked = |path: &str| {
        let log = world.api.log();
        let found = log.iter().find(|asked| asked.path == path).unwrap();
        found.param("since").map(str::to_owned)
    };
    assert_eq!(asked("/posts/1/comments").as_deref(), Some("5"));
    assert_eq!(asked("/posts/2/comments").as_deref(), Some("4"));
}

#[test]
fn every_mistake_is_named_with_its_place_and_nothing_is_touched() {
    let world = incremental_world("offsets-mistakes");
    let file = incremental(&world);
    world.run_once(&file).exits(0);
    let (before, number) = (stored(&world, &file, &[]), generation(&world));
    let wrong = json!({"offsets": [
        {"partition": {"resource": "post"}, "offset": {"cursor": 1}},
        {"partition": {"resource": "posts"}, "offset": {"cursr": 1, "scan": "x", "position": 7, "cursor": {"of": "max(id)", "value": 1}}},
        {"partition": {"resource": "users"}, "offset": {"cursor": 1}},
        {"partition": {"resource": "users", "parent": "1"}, "offset": {"cursor": 1}},
    ]});
    let finished = set(&world, &file, &wrong).exits(2);
    let lines: Vec<&str> = finished.stderr.lines().collect();
    for (line, parts) in [
        ["offsets[0].partition.resource", "\"post\"", "posts, users"],
        ["offsets[1].offset.cursor.of", "max(id)", "max(at)"],
        ["offsets[1].offset.cursr", "no such field", "position, cursor, "],
        ["offsets[1].offset.position", "an object", "null"],
        ["offsets[1].offset.scan", "invalid type", "u64"],
        ["offsets[2].offset.cursor", "users has no cursor", "incremental"],
        ["offsets[3].partition.parent", "no parents", ""],
    ]
    .into_iter()
    .enumerate()
    {
        assert!(
            parts.iter().all(|part| lines[line].contains(part)),
            "{line}: {parts:?}\n{}",
            finished.stderr
        );
    }
    assert_eq!(lines.len(), 7, "{}", finished.stderr);
    assert!(lines.iter().all(|line| line.contains("offsets.json: ")), "{}", finished.stderr);
    assert_eq!((stored(&world, &file, &[]), generation(&world)), (before, number));
}

#[test]
fn an_offset_of_another_topic_or_request_is_refused_and_a_file_that_is_none_too() {
    let world = incremental_world("offsets-foreign");
    let file = incremental(&world);
    world.run_once(&file).exits(0);
    let (before, number) = (stored(&world, &file, &[]), generation(&world));
    let mut foreign = stored(&world, &file, &["-r", "posts"]);
    foreign["offsets"][0]["offset"]["topic_id"] = json!("another");
    foreign["offsets"][0]["offset"]["partitions"] = json!(7);
    set(&world, &file, &foreign)
        .exits(2)
        .says(&["offset.topic_id: is \"another\"", "offset.partitions: is 7 and has to be 3"]);
    let mut stale = stored(&world, &file, &["-r", "posts"]);
    stale["offsets"][0]["offset"]["request"] = json!("0f");
    stale["offsets"][0]["offset"]["position"] = json!({"offset": 2});
    set(&world, &file, &stale).exits(2).says(&["offset.position: belongs to another request"]);
    for (text, word) in [("", "no json"), ("{\"offsets\":[]}", "empty")] {
        let offsets = world.file("odd.json", text);
        world.run(&["offsets", "set", &file, &offsets]).exits(2).says(&[word]);
    }
    world.run(&["offsets", "set", &file, "not-there.json"]).exits(1).says(&["not-there.json"]);
    world.run(&["offsets", "reset", &file, "-r", "post"]).exits(2).says(&["\"post\"", "posts"]);
    assert_eq!((stored(&world, &file, &[]), generation(&world)), (before, number));
}

#[test]
fn nothing_is_set_or_reset_while_an_instance_runs_here_or_elsewhere() {
    let world = world("offsets-refused", 30);
    let file = config(&world, 100, "poll: {interval: 100ms}");
    let mut running = world.start(&["run", &file]);
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(30);
    let offsets = world.file("offsets.json", &stored(&world, &file, &[]).to_string());
    let directory = world.state_directory();
    let directory = directory.file_name().unwrap().to_str().unwrap();
    let commands = [&["offsets", "set", &file, &offsets][..], &["offsets", "reset", &file]];
    for command in commands {
        world.run(command).exits(4).says(&["in use", "process", directory]);
    }
    // Its seat in the group is taken a moment after the start.
    world.fresh_directory();
    members(&world, 1);
    let group = format!("krest-{}", world.name);
    for command in commands {
        world.run(command).exits(4).says(&["is running", &group, "stop it first"]);
    }
    let (key, text) = generated(7, 2, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(31);
    assert!(running.is_running());
    running.terminate().exits(0);
    world.run(commands[0]).exits(0);
}

/// Waits until the connector's group has so many members.
fn members(world: &World, count: usize) {
    let consumer: BaseConsumer =
        ClientConfig::new().set("bootstrap.servers", world.bootstrap()).create().unwrap();
    let group = format!("krest-{}", world.name);
    until(&format!("{count} members of {group}"), Duration::from_secs(60), || {
        let list = consumer.fetch_group_list(Some(&group), Duration::from_secs(10)).ok()?;
        let found: usize = list.groups().iter().map(|group| group.members().len()).sum();
        (found == count).then_some(())
    });
}

#[test]
fn an_instance_that_was_forgotten_is_fenced_and_exits_3() {
    let world = world("offsets-forgotten", 30);
    let file = config(&world, 100, "poll: {interval: 100ms}");
    let mut forgotten = world.start(&["run", &file]);
    Tail::new(world.bootstrap(), &world.topic("monitors")).wait_for(30);
    members(&world, 1);
    forgotten.signal(Signal::SIGSTOP);
    members(&world, 0);
    world.fresh_directory();
    let finished = world.run(&["offsets", "reset", &file]).exits(0);
    assert_eq!(finished.stdout, "reset {\"resource\":\"monitors\"}\n");
    let (key, text) = generated(7, 2, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
    forgotten.signal(Signal::SIGCONT);
    forgotten.finish(Duration::from_secs(60)).exits(3).says(&["another instance has taken over"]);
    assert_eq!(stored(&world, &file, &[]), json!({"offsets": []}), "it wrote over nothing");
    world.run_once(&file).exits(0).says(&["1 published"]);
    assert_eq!(world.read("monitors").len(), 31);
}

#[test]
fn after_a_reset_everything_is_read_again_and_only_what_differs_is_published() {
    let world = incremental_world("offsets-reset");
    let file = incremental(&world);
    let nothing = world.run(&["offsets", "reset", &file]).exits(0);
    assert_eq!(nothing.stdout, "");
    nothing.says(&["nothing to reset"]);
    world.run_once(&file).exits(0);
    world.run_once(&file).exits(0);
    assert_eq!(since(&world), "9");
    world.api.change("/posts", |all| all.put("1", r#"{"id":1,"at":5,"new":true}"#));
    let users = stored(&world, &file, &["-r", "users"]);
    let finished = world.run(&["offsets", "reset", &file, "-r", "posts"]).exits(0);
    assert_eq!(finished.stdout, "reset {\"resource\":\"posts\"}\n");
    finished.says(&["reads from the beginning", "only what differs"]);
    assert_eq!(stored(&world, &file, &[]), users);
    world.run_once(&file).exits(0).says(&["1 published"]);
    assert_eq!((since(&world).as_str(), world.read("posts").len()), ("0", 4));
    // Without what is on this machine, too.
    world.run(&["offsets", "reset", &file]).exits(0);
    world.fresh_directory();
    world.run_once(&file).exits(0).says(&["0 published"]);
    assert_eq!(world.read("posts").len(), 4);
}

#[test]
fn a_reset_forgets_the_cursors_of_parents() {
    let world = dependent_world("offsets-parents");
    let file = dependent(&world);
    world.run_once(&file).exits(0);
    assert_eq!(world.run(&["offsets", "reset", &file, "-r", "comments"]).exits(0).stdout.lines().count(), 3);
    let left = stored(&world, &file, &[]);
    assert_eq!(left["offsets"].as_array().unwrap().len(), 1, "{left}");
    world.api.forget_requests();
    world.run_once(&file).exits(0).says(&["0 published"]);
    let log = world.api.log();
    assert!(
        log.iter()
            .filter(|asked| asked.path.ends_with("comments"))
            .all(|asked| asked.param("since") == Some("0"))
    );
}

#[test]
fn a_resource_whose_api_has_moved_goes_on_after_a_reset() {
    let world = crate::delivery::seed::world_of("offsets-moved", &[(PATH, 20), ("/v2/monitors", 20)]);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    let moved = std::fs::read_to_string(&file).unwrap().replace(PATH, "/v2/monitors");
    let moved = world.file("moved.yaml", &moved);
    world.run_once(&moved).exits(2).says(&["/v2/monitors"]);
    world.run(&["offsets", "reset", &moved, "-r", "monitors"]).exits(0);
    world.run_once(&moved).exits(0).says(&["0 published"]);
    // Other keys would be other rows of the same table.
    let keyed = std::fs::read_to_string(&moved).unwrap().replace("primary_key: id", "primary_key: name");
    let keyed = world.file("keyed.yaml", &keyed);
    world.run(&["offsets", "reset", &keyed]).exits(2).says(&["keyed by id", "name"]);
}
