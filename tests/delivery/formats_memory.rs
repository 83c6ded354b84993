//! What is remembered of the values' schemas: where it is large, and where a whole scan is one transaction.

use std::time::Duration;

use serde_json::{Value, json};

use super::seed::{PATH, config, world, written};
use super::whole_scans::with_kafka;
use crate::support::api::Answer;
use crate::support::checker::{self, Seen, Tail};
use crate::support::{World, alter_topic, until};

const JSON_SCHEMA: &str = "format: {value: json_schema}";

fn put(world: &World, id: &str, more: &str) {
    let text = format!("{{\"id\":\"{id}\"{more}}}");
    world.api.change(PATH, |all| all.put(id, &text));
}

/// What the offsets topic remembers of the schema, in order.
fn remembered(world: &World) -> Vec<Seen> {
    let key = format!("[\"{}\",{{\"resource\":\"monitors\",\"schema\":\"value\"}}]", world.name);
    let records = checker::read(world.bootstrap(), &world.offsets_topic());
    records.into_iter().filter(|record| record.key_text() == key).collect()
}

fn payloads(messages: &[Seen]) -> Vec<Value> {
    let read = |message: &Seen| serde_json::from_str::<Value>(message.value_text().unwrap()).unwrap();
    messages.iter().map(|message| read(message)["payload"].clone()).collect()
}

#[test]
fn a_schema_that_the_offsets_topic_does_not_take_sets_its_resource_aside_and_says_what_to_do() {
    let world = world("memory", 0);
    let limit = |bytes: &str| {
        let settings = [("cleanup.policy", "compact"), ("max.message.bytes", bytes)];
        alter_topic(world.bootstrap(), &world.offsets_topic(), &settings);
    };
    limit("4000");
    let many: String = (0..200).map(|field| format!(",\"field_{field}\":1")).collect();
    put(&world, "a", &many);
    world.api.change("/others", |all| all.put("1", r#"{"id":1}"#));
    let resource = |name: &str, path: &str| {
        format!(
            "    - {{name: {name}, primary_key: id, endpoint: {{path: {path}, data_selector: data, paginator: {{type: offset, limit: 10}}}}}}\n"
        )
    };
    let source = format!("  resources:\n{}{}", resource("monitors", PATH), resource("others", "others"));
    let more = format!("{JSON_SCHEMA}\npoll: {{interval: 200ms}}");
    let file = written(&world, "memory.yaml", &source, &more);
    let running = world.start(&["run", &file]);
    for part in [
        "monitors: kafka refused the data: what is remembered of its schema has become",
        &format!("and topic {} takes 3488", world.offsets_topic()),
        "raise max.message.bytes of the topic",
        "have data_type: json",
        "the resource is set aside",
    ] {
        running.says(part);
    }
    let mut others = Tail::new(world.bootstrap(), &world.topic("others"));
    others.wait_for(1); // who shares its transactions goes on
    running.says_again("what is remembered of its schema", 2); // at its next poll
    assert_eq!((remembered(&world).len(), world.read("monitors").len()), (0, 0));
    limit("8000");
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    tail.wait_for(1);
    running.terminate();
    assert_eq!(remembered(&world).len(), 1);
    assert_eq!(payloads(&world.read("monitors"))[0]["field_199"], 1);
}

#[test]
fn what_a_whole_scan_appends_and_its_schema_are_one_transaction_or_nothing() {
    let world = world("appended-schema", 0);
    put(&world, "a", r#","n":1"#);
    put(&world, "b", r#","n":2.5"#);
    let file = config(&world, 1, &format!("{JSON_SCHEMA}\npoll: {{interval: 100ms}}"));
    let text = std::fs::read_to_string(&file).unwrap();
    let file = world.file("appended.yaml", &text.replace("disposition: merge", "disposition: append"));
    let file = with_kafka(&world, &file, "transaction.boundary: poll, ");
    // Its first page has taught something, and is gone with the second one.
    let refused = Answer { offset: Some(1), status: Some(404), ..Answer::default() };
    world.api.answers(vec![refused]);
    let running = world.start(&["run", &file]);
    let failures = || running.stderr().matches("nothing of it is published").count();
    until("two failures", Duration::from_secs(60), || (failures() >= 2).then_some(()));
    assert_eq!((remembered(&world).len(), world.read("monitors").len()), (0, 0));
    world.api.answers(Vec::new());
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    let messages = tail.wait_for(2).to_vec();
    assert_eq!(payloads(&messages).len(), 2);
    running.terminate();
    let known = remembered(&world);
    assert_eq!(known.len(), 1, "the scan's last word of it alone");
    assert!(known[0].value_text().unwrap().contains(r#""n":{"kinds":["long","double"]}"#), "{known:?}");
    // One that dies with its scan leaves neither; the next one has both.
    put(&world, "c", r#","m":true"#);
    world.run_to_its_death("kafka::before_commit=kill@2", &["run", &file, "--once"]);
    world.run_once(&file).exits(0).says(&["1 published"]);
    assert_eq!(remembered(&world).len(), 2);
    let all = payloads(&world.read("monitors"));
    assert!(all.len() == 3 && all.contains(&json!({"id": "c", "m": true})), "{all:?}");
}
