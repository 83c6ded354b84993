//! `krest plan`: its numbers are those of the `run --once` that follows, and it leaves no trace.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::delivery::seed::{PATH, config, world, world_of, written};
use crate::support::api::{Answer, generated};
use crate::support::checker;
use crate::support::{World, broker};

/// What a plan says of each resource, or what a run made of it: upserts, tombstones, dead letters.
pub(super) type Numbers = BTreeMap<String, [u64; 3]>;

/// The document that `krest plan FILE -o json` prints.
pub(super) fn planned(world: &World, file: &str, more: &[&str], code: i32) -> Value {
    let finished = world.run(&[&["plan", file, "-o", "json"], more].concat()).exits(code);
    assert_eq!(finished.stdout.lines().count(), 1, "{}", finished.stdout);
    serde_json::from_str(&finished.stdout).unwrap()
}

pub(super) fn numbers(document: &Value) -> Numbers {
    let count = |one: &Value, name: &str| one.get(name).map_or(0, |count| count.as_u64().unwrap());
    let each = document["resources"].as_array().unwrap().iter().map(|one| {
        let counts = ["upserts", "tombstones", "dead_letters"].map(|name| count(one, name));
        (one["resource"].as_str().unwrap().to_owned(), counts)
    });
    each.collect()
}

pub(super) fn unchanged(document: &Value) -> BTreeMap<String, u64> {
    let each = document["resources"].as_array().unwrap().iter();
    each.map(|one| (one["resource"].as_str().unwrap().to_owned(), one["unchanged"].as_u64().unwrap()))
        .collect()
}

/// The same of many topics; most of it is waiting for Kafka.
pub(super) fn side_by_side<T: Send>(
    topics: &[String],
    look: impl Fn(&str) -> T + Sync,
) -> BTreeMap<String, T> {
    let look = &look;
    std::thread::scope(|scope| {
        let looking: Vec<_> = topics.iter().map(|topic| (topic, scope.spawn(move || look(topic)))).collect();
        looking.into_iter().map(|(topic, one)| (topic.clone(), one.join().unwrap())).collect()
    })
}

/// What stands in the topics of these resources, by kind.
pub(super) fn there(world: &World, resources: &[&str]) -> Numbers {
    let bootstrap = world.bootstrap();
    let letters = |resource: &str| world.topic(&format!("{resource}.dlq"));
    let topics: Vec<String> =
        resources.iter().flat_map(|resource| [world.topic(resource), letters(resource)]).collect();
    let messages = side_by_side(&topics, |topic| match checker::partitions(bootstrap, topic) {
        0 => Vec::new(),
        _ => checker::read(bootstrap, topic),
    });
    let of = |resource: &&str| {
        let (rows, letters) = (&messages[&world.topic(resource)], &messages[&letters(resource)]);
        let tombstones = rows.iter().filter(|row| row.value.is_none()).count();
        let counts = [rows.len() - tombstones, tombstones, letters.len()];
        ((*resource).to_owned(), counts.map(|count| count as u64))
    };
    resources.iter().map(of).collect()
}

/// Plans, then runs, and compares: the numbers, and that the plan wrote nothing. Gives the plan.
#[track_caller]
fn agree(world: &World, file: &str, resources: &[&str], code: i32) -> Value {
    let before = there(world, resources);
    let offsets = checker::read(world.bootstrap(), &world.offsets_topic()).len();
    let plan = planned(world, file, &[], code);
    assert_eq!(there(world, resources), before, "the plan has written");
    assert_eq!(checker::read(world.bootstrap(), &world.offsets_topic()).len(), offsets);
    let finished = world.run_once(file).exits(code);
    let after = there(world, resources);
    let made = |(name, now): (&String, &[u64; 3])| {
        (name.clone(), std::array::from_fn(|kind| now[kind] - before[name][kind]))
    };
    let made: Numbers = after.iter().map(made).collect();
    assert_eq!(numbers(&plan), made, "planned and made differ:\n{plan}\n{}", finished.stderr);
    let foreseen = unchanged(&plan);
    for (resource, count) in told(&finished.stderr, "unchanged") {
        assert_eq!(foreseen[&resource], count, "{resource}: {}", finished.stderr);
    }
    plan
}

/// A number that the log of a run names for each resource's scan that went well.
pub(super) fn told(log: &str, field: &str) -> BTreeMap<String, u64> {
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let scans = lines.filter(|line| {
        line.to_string().contains("records read in") || line.to_string().contains("record read in")
    });
    let mut told = BTreeMap::new();
    for line in scans {
        let fields = line.get("fields").unwrap_or(&line);
        let (Some(resource), Some(count)) = (fields["resource"].as_str(), fields[field].as_u64()) else {
            continue;
        };
        // A scan that confirms another one finds its changes unchanged.
        told.entry(resource.to_owned())
            .and_modify(|least: &mut u64| *least = count.min(*least))
            .or_insert(count);
    }
    told
}

const REPLACE: &str = "write_disposition: replace";

/// One resource, `monitors`, in pages of 50; `resource` is further YAML of it, `more` krest's own blocks.
pub(super) fn listing(world: &World, resource: &str, more: &str) -> String {
    let source = format!(
        "  resources:
    - name: monitors
      {resource}
      endpoint: {{path: {PATH}, data_selector: data, paginator: {{type: offset, limit: 50, total_path: null}}}}"
    );
    written(world, "config.yaml", &source, more)
}

pub(super) fn put(world: &World, id: usize, version: usize) {
    let (key, text) = generated(id, version, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
}

#[test]
fn a_first_plan_counts_everything_and_creates_nothing() {
    let world = world("plan-first", 120).on_broker(&broker::bootstrap()); // without an offsets topic
    let file = config(&world, 50, "errors: {tolerance: all}");
    let finished = world.run(&["plan", &file, "-o", "json"]).exits(0);
    assert_eq!(
        finished.stdout,
        "{\"resources\":[{\"resource\":\"monitors\",\"upserts\":120,\"tombstones\":0,\"unchanged\":0}]}\n"
    );
    for topic in [world.topic("monitors"), world.topic("monitors.dlq"), world.offsets_topic()] {
        assert_eq!(checker::partitions(world.bootstrap(), &topic), 0, "{topic} was created");
    }
    assert!(!world.state_directory().exists(), "a plan keeps nothing");
}

#[test]
fn changed_new_and_deleted_rows_come_out_as_the_run_makes_them() {
    let world = world("plan-replace", 120);
    let file = listing(&world, &format!("primary_key: id\n      {REPLACE}"), "deletes: {max_share: 0.5}");
    let resources = ["monitors"];
    agree(&world, &file, &resources, 0);
    (1..=7).for_each(|id| put(&world, id, 2));
    (121..=123).for_each(|id| put(&world, id, 1));
    world.api.change(PATH, |all| (50..=61).for_each(|id| all.remove(&id.to_string())));
    let plan = agree(&world, &file, &resources, 0);
    assert_eq!(numbers(&plan)["monitors"], [10, 12, 0]);
    assert_eq!(unchanged(&plan)["monitors"], 101);
    let plan = agree(&world, &file, &resources, 0);
    assert_eq!((numbers(&plan)["monitors"], unchanged(&plan)["monitors"]), ([0, 0, 0], 111));
}

#[test]
fn a_guard_that_refuses_fails_the_plan_too() {
    let world = world("plan-guard", 100);
    let file = listing(&world, &format!("primary_key: id\n      {REPLACE}"), "deletes: {max_share: 0.1}");
    agree(&world, &file, &["monitors"], 0);
    world.api.change(PATH, |all| (1..=30).for_each(|id| all.remove(&id.to_string())));
    put(&world, 40, 2);
    let plan = agree(&world, &file, &["monitors"], 1);
    let error = plan["resources"][0]["error"].as_str().unwrap();
    assert!(error.contains("deletes.max_share"), "{error}");
    let shown = world.run(&["plan", &file]).exits(1);
    assert!(shown.stdout.contains("failed: ") && shown.stdout.contains("max_share"), "{}", shown.stdout);
}

#[test]
fn a_scan_that_has_shrunk_is_doubted_and_then_believed_as_in_a_run() {
    let world = world("plan-shrunk", 100);
    let file = listing(&world, &format!("primary_key: id\n      {REPLACE}"), "deletes: {max_share: 1.0}");
    agree(&world, &file, &["monitors"], 0);
    world.api.change(PATH, |all| (41..=100).for_each(|id| all.remove(&id.to_string())));
    for tombstones in [0, 0, 60, 0] {
        let plan = agree(&world, &file, &["monitors"], 0);
        assert_eq!(numbers(&plan)["monitors"], [0, tombstones, 0]);
    }
    let failing = listing(
        &world,
        &format!("primary_key: id\n      {REPLACE}"),
        "deletes: {max_share: 1.0}\nerrors: {shrunk_scan: fail}",
    );
    world.api.change(PATH, |all| (11..=40).for_each(|id| all.remove(&id.to_string())));
    let plan = agree(&world, &failing, &["monitors"], 1);
    assert!(plan["resources"][0]["error"].as_str().unwrap().contains("10 records instead of 40"), "{plan}");
}

#[test]
fn dead_letters_are_counted_and_those_that_fail_a_scan_are_named() {
    let world = world("plan-letters", 60);
    let tolerant =
        listing(&world, "primary_key: id\n      write_disposition: merge", "errors: {tolerance: all}");
    world.api.change(PATH, |all| all.put_first("bad 1", r#"{"nr":1}"#));
    world.api.change(PATH, |all| all.put_first("bad 2", r#"{"id":null}"#));
    let plan = agree(&world, &tolerant, &["monitors"], 0);
    assert_eq!(numbers(&plan)["monitors"], [60, 0, 2]);
    let text = world.run(&["plan", &tolerant]).exits(0).stdout;
    assert!(text.lines().nth(1).unwrap().split_whitespace().eq(["monitors", "0", "0", "60", "2"]), "{text}");
    let strict = listing(&world, "primary_key: id\n      write_disposition: merge", "");
    let plan = agree(&world, &strict, &["monitors"], 1);
    assert!(plan["resources"][0]["error"].as_str().unwrap().contains("errors.tolerance: all"), "{plan}");
}

#[test]
fn an_incremental_resource_is_planned_from_its_cursor() {
    let world = world("plan-cursor", 0);
    let row = |id: usize, at: usize| format!("{{\"id\":{id},\"at\":{at}}}");
    let put = |id: usize, at: usize| world.api.change(PATH, |all| all.put(&id.to_string(), &row(id, at)));
    (1..=80).for_each(|id| put(id, id));
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: id
      write_disposition: merge
      endpoint:
        path: {PATH}
        data_selector: data
        params: {{since: '{{incremental.start_value}}'}}
        incremental: {{cursor_path: at, initial_value: 0}}
        paginator: {{type: offset, limit: 50, total_path: null}}"
    );
    let file = written(&world, "config.yaml", &source, "");
    let plan = agree(&world, &file, &["monitors"], 0);
    assert_eq!(numbers(&plan)["monitors"], [80, 0, 0]);
    put(3, 81);
    put(81, 82);
    put(5, 4); // below the cursor: krest does not see it
    let plan = agree(&world, &file, &["monitors"], 0);
    assert_eq!(numbers(&plan)["monitors"], [2, 0, 0]);
}

#[test]
fn append_counts_every_record_without_a_key_and_only_new_ones_with_one() {
    for (name, resource, again) in [
        ("plan-append", "write_disposition: append", 70),
        ("plan-by-key", "primary_key: id\n      write_disposition: append", 0),
    ] {
        let world = world(name, 70);
        let file = listing(&world, resource, "");
        agree(&world, &file, &["monitors"], 0);
        let plan = agree(&world, &file, &["monitors"], 0);
        assert_eq!(numbers(&plan)["monitors"][0], again, "{name}");
    }
}

#[test]
fn a_scan_that_was_cut_off_is_planned_from_its_position() {
    let world = world("plan-resumed", 200);
    let file = listing(&world, &format!("primary_key: id\n      {REPLACE}"), "deletes: {max_share: 0.5}");
    world.api.answers(vec![Answer { offset: Some(100), status: Some(404), ..Answer::default() }]);
    agree(&world, &file, &["monitors"], 1);
    world.api.answers(Vec::new());
    world.api.change(PATH, |all| all.remove("7"));
    put(&world, 8, 2); // on a page that the resumed scan does not see
    let plan = agree(&world, &file, &["monitors"], 0);
    assert_eq!(numbers(&plan)["monitors"], [99, 0, 0], "row 101 has moved to a page that is not read again");
    let plan = agree(&world, &file, &["monitors"], 0);
    assert_eq!(numbers(&plan)["monitors"], [2, 1, 0]);
}

#[test]
fn a_whole_scan_in_one_transaction_that_fails_publishes_nothing_in_the_plan_either() {
    let world = world("plan-poll", 120);
    let more = "overrides: {monitors: {kafka: {transaction.boundary: poll}}}";
    let file = listing(&world, "primary_key: id\n      write_disposition: merge", more);
    world.api.answers(vec![Answer { offset: Some(100), status: Some(404), ..Answer::default() }]);
    let plan = agree(&world, &file, &["monitors"], 1);
    assert_eq!(numbers(&plan)["monitors"], [0, 0, 0]);
    world.api.answers(Vec::new());
    let plan = agree(&world, &file, &["monitors"], 0);
    assert_eq!(numbers(&plan)["monitors"], [120, 0, 0]);
    // Where deletes alone are refused, the rest is published.
    let more = "overrides: {monitors: {kafka: {transaction.boundary: poll}, deletes: {mode: snapshot, max_count: 1}}}";
    let file = listing(&world, "primary_key: id\n      write_disposition: merge", more);
    [3, 4].iter().for_each(|id| world.api.change(PATH, |all| all.remove(&id.to_string())));
    put(&world, 5, 2);
    let plan = agree(&world, &file, &["monitors"], 1);
    assert_eq!(numbers(&plan)["monitors"], [1, 0, 0]);
}

/// Two resources of which one depends on the other, and one that stands alone.
fn family(world: &World, more: &str) -> String {
    let source = "  resource_defaults: {primary_key: id, write_disposition: replace, endpoint: {data_selector: data, paginator: {type: offset, limit: 50, total_path: null}}}
  resources:
    - {name: teams, endpoint: {path: /teams}}
    - {name: members, endpoint: {path: '/teams/{resources.teams.id}/members'}}
    - {name: alone, endpoint: {path: /alone}}";
    written(world, "config.yaml", source, more)
}

fn rows(world: &World, path: &str, ids: &[usize]) {
    world.api.change(path, |all| {
        for id in ids {
            all.put(&id.to_string(), &format!("{{\"id\":{id},\"n\":{}}}", ids.len()));
        }
    });
}

#[test]
fn a_family_is_planned_together_over_several_tasks() {
    let paths = ["/teams", "/teams/1/members", "/teams/2/members", "/alone"];
    let world = world_of("plan-family", &paths.map(|path| (path, 0)));
    rows(&world, "/teams", &[1, 2]);
    rows(&world, "/teams/1/members", &[11, 12, 13]);
    rows(&world, "/teams/2/members", &[21]);
    rows(&world, "/alone", &[5]);
    let file = family(&world, "tasks.max: 2\ndeletes: {max_share: 0.9}");
    let all = ["teams", "members", "alone"];
    let plan = agree(&world, &file, &all, 0);
    assert_eq!(numbers(&plan).into_values().collect::<Vec<_>>(), [[1, 0, 0], [4, 0, 0], [2, 0, 0]]);
    assert_eq!(plan["resources"][0]["resource"], "teams", "in the order of the file");
    world.api.change("/teams", |all| all.remove("2"));
    world.api.change("/teams/1/members", |all| all.remove("12"));
    rows(&world, "/alone", &[5, 6]);
    let asked = world.api.requests("/alone");
    let one = planned(&world, &file, &["-r", "members"], 0);
    assert_eq!(numbers(&one), Numbers::from([("members".to_owned(), [0, 2, 0])]));
    assert_eq!(world.api.requests("/alone"), asked, "what is not asked for is not scanned");
    let plan = agree(&world, &file, &all, 0);
    assert_eq!(numbers(&plan)["members"], [0, 2, 0]);
    assert_eq!(numbers(&plan)["alone"], [2, 0, 0]);
    // A parent that cannot be read is not an empty one.
    world.api.answers(vec![Answer {
        path: Some("/teams".to_owned()),
        status: Some(404),
        ..Answer::default()
    }]);
    let plan = agree(&world, &file, &all, 1);
    assert!(plan["resources"][0]["error"].is_string() && plan["resources"][1]["error"].is_string(), "{plan}");
}
