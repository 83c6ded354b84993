//! What a plan foretells is what the `run --once` after it does: one connector with a resource for each way to write and to delete.
//! And a plan leaves no trace.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::Value;

use super::plan::{Numbers, numbers, planned, side_by_side, there, told, unchanged};
use crate::delivery::seed::{world_of, written};
use crate::support::api::Answer;
use crate::support::checker;
use crate::support::{World, create_topic};

/// Forty rows; then one is changed, one is new, one is missing, and what `more` says.
struct Case {
    name: &'static str,
    /// YAML of the resource.
    resource: &'static str,
    /// Krest's own blocks of it.
    blocks: &'static str,
    more: Change,
    /// Upserts, tombstones and dead letters of the first run, of the one after the changes, and of one after nothing.
    runs: [[u64; 3]; 3],
    unchanged: u64,
    fails: bool,
}

#[derive(Clone, Copy)]
enum Change {
    Nothing,
    /// Row 7 has this, too.
    Says(&'static str),
    /// Row 6 is not listed any more, and is there when it is asked for.
    Hides,
    /// Rows 5 to 15 are missing.
    Many,
    /// A record without a key.
    Bad,
}

const ALL: [u64; 3] = [40, 0, 0];
const NONE: [u64; 3] = [0, 0, 0];
const KEYED: &str = "primary_key: id, write_disposition: merge";
const CURSOR: &str =
    "primary_key: id, write_disposition: merge, endpoint: {incremental: {cursor_path: at, initial_value: 0}}";

const fn case(
    name: &'static str,
    (resource, blocks): (&'static str, &'static str),
    more: Change,
    (second, unchanged): ([u64; 3], u64),
) -> Case {
    Case { name, resource, blocks, more, runs: [ALL, second, NONE], unchanged, fails: false }
}

fn cases() -> Vec<Case> {
    let replace = "primary_key: id, write_disposition: replace";
    let hard = "primary_key: id, write_disposition: merge, columns: {dead: {hard_delete: true}}";
    let by_content = "write_disposition: replace";
    let journal = "write_disposition: append, endpoint: {incremental: {cursor_path: at, initial_value: 0}}";
    vec![
        case("none", (KEYED, "deletes: {mode: none}"), Change::Nothing, ([2, 0, 0], 38)),
        case("snapshot", (KEYED, "deletes: {mode: snapshot}"), Change::Nothing, ([2, 1, 0], 38)),
        case("replace", (replace, ""), Change::Nothing, ([2, 1, 0], 38)),
        case("content", (by_content, ""), Change::Nothing, ([2, 2, 0], 38)),
        case(
            "soft",
            (KEYED, "deletes: {mode: soft, when: .gone}"),
            Change::Says("\"gone\":1"),
            ([2, 1, 0], 37),
        ),
        case("hard", (hard, ""), Change::Says("\"dead\":true"), ([2, 1, 0], 37)),
        case("probe", (KEYED, "deletes: {mode: probe}"), Change::Hides, ([2, 1, 0], 37)),
        case("cursor", (CURSOR, ""), Change::Nothing, ([2, 0, 0], 1)),
        case("seldom", (CURSOR, "deletes: {mode: snapshot, every: 24h}"), Change::Nothing, ([2, 0, 0], 1)),
        case("often", (CURSOR, "deletes: {mode: snapshot, every: 1ms}"), Change::Nothing, ([2, 1, 0], 38)),
        Case {
            // A start sends a letter once more.
            runs: [ALL, [2, 0, 1], [0, 0, 1]],
            ..case("letters", (KEYED, "errors: {tolerance: all}"), Change::Bad, ([2, 0, 1], 38))
        },
        Case {
            fails: true,
            ..case(
                "refused",
                (KEYED, "deletes: {mode: snapshot, max_share: 0.1}"),
                Change::Many,
                ([2, 0, 0], 28),
            )
        },
        Case {
            // What the run does then no plan can know: how often a row was missing stands on disk.
            runs: [ALL, [2, 0, 0], [0, 1, 0]],
            ..case("grace", (KEYED, "deletes: {mode: snapshot, grace: 1}"), Change::Nothing, ([2, 0, 0], 38))
        },
        Case {
            runs: [ALL, ALL, ALL],
            ..case("log", ("write_disposition: append", ""), Change::Nothing, (ALL, 0))
        },
        case("journal", (journal, ""), Change::Nothing, ([2, 0, 0], 0)),
    ]
}

/// And teams with members: a team goes, with all of its members, and one of another team.
const FAMILY: [(&str, [[u64; 3]; 3]); 2] =
    [("teams", [[3, 0, 0], [1, 1, 0], NONE]), ("members", [[4, 0, 0], [0, 3, 0], NONE])];

fn config(world: &World) -> String {
    let (mut resources, mut overrides) = (String::new(), String::new());
    for Case { name, resource, blocks, .. } in cases() {
        let path = format!("path: /{name}");
        let resource = match resource.contains("endpoint: {") {
            true => resource.replace("endpoint: {", &format!("endpoint: {{{path}, ")),
            false => format!("{resource}, endpoint: {{{path}}}"),
        };
        resources += &format!("    - {{name: {name}, {resource}}}\n");
        if !blocks.is_empty() {
            overrides += &format!("  {name}: {{{blocks}}}\n");
        }
    }
    for (name, path) in [("teams", "/teams"), ("members", "/teams/{resources.teams.id}/members")] {
        resources += &format!("    - {{name: {name}, {KEYED}, endpoint: {{path: '{path}'}}}}\n");
        overrides += &format!("  {name}: {{deletes: {{mode: snapshot, max_share: 1}}}}\n");
    }
    let source = format!(
        "  resource_defaults: {{endpoint: {{data_selector: data, paginator: {{type: offset, limit: 20, total_path: null}}}}}}
  resources:
{resources}"
    );
    let more = format!("tasks.max: 2\noverrides:\n{overrides}");
    written(world, "config.yaml", &source, &more)
}

fn put(world: &World, path: &str, (id, at, more): (usize, usize, &str)) {
    let comma = if more.is_empty() { "" } else { "," };
    let text = format!("{{\"id\":{id},\"at\":{at}{comma}{more}}}");
    world.api.change(path, |all| all.put(&id.to_string(), &text));
}

fn fill(world: &World) {
    for Case { name, .. } in cases() {
        (1..=40).for_each(|id| put(world, &format!("/{name}"), (id, id, "")));
    }
    [1, 2, 3].iter().for_each(|id| put(world, "/teams", (*id, 1, "")));
    for (team, member) in [(1, 11), (1, 12), (2, 21), (2, 22)] {
        put(world, &format!("/teams/{team}/members"), (member, 1, ""));
    }
}

fn change(world: &World) {
    for Case { name, more, .. } in cases() {
        let path = format!("/{name}");
        put(world, &path, (2, 102, "\"v\":2"));
        put(world, &path, (201, 201, ""));
        let remove = |id: usize| world.api.change(&path, |all| all.take(&id.to_string()).unwrap());
        remove(5);
        match more {
            Change::Nothing => {}
            Change::Says(text) => put(world, &path, (7, 7, text)),
            Change::Hides => world.api.item(&format!("{path}/6"), &remove(6)),
            Change::Many => (6..=15).for_each(|id| drop(remove(id))),
            Change::Bad => world.api.change(&path, |all| all.put("?", "{\"at\":1}")),
        }
    }
    put(world, "/teams", (1, 2, ""));
    world.api.change("/teams", |all| all.remove("2"));
    world.api.change("/teams/1/members", |all| all.remove("12"));
}

/// Where each of the topics ends, control records included; those that are not there have no partitions.
fn ends(world: &World, names: &[&str]) -> BTreeMap<String, BTreeMap<i32, i64>> {
    let topics = names.iter().flat_map(|name| [world.topic(name), world.topic(&format!("{name}.dlq"))]);
    let (topics, bootstrap) = (topics.chain([world.offsets_topic()]).collect::<Vec<_>>(), world.bootstrap());
    side_by_side(&topics, |topic| checker::end_offsets(bootstrap, topic))
}

/// The sum of a number that the log of a run names for each resource's scans.
fn summed(log: &str, field: &str) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for line in log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let fields = line.get("fields").unwrap_or(&line);
        if let (Some(resource), Some(count)) = (fields["resource"].as_str(), fields[field].as_u64()) {
            *sums.entry(resource.to_owned()).or_default() += count;
        }
    }
    sums
}

fn beside(world: &World) -> String {
    format!("{}-beside", world.name)
}

/// A producer with the transactional id of the connector's first task, in the middle of a transaction: whoever fences it ends that.
fn in_a_transaction(world: &World) -> BaseProducer {
    let (topic, long) = (beside(world), Duration::from_secs(20));
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", world.bootstrap())
        .set("transactional.id", format!("krest-{}-0", world.name))
        .create()
        .unwrap();
    producer.init_transactions(long).unwrap();
    producer.begin_transaction().unwrap();
    producer.send(BaseRecord::to(&topic).key("k").payload("v")).map_err(|(error, _)| error).unwrap();
    producer.flush(long).unwrap();
    producer
}

/// What a plan has foretold, what the run after it has made of each topic, and what that said.
struct Played {
    plan: Value,
    made: Numbers,
    log: String,
}

/// Plans, sees that nothing was touched, and runs. `before`: what stood in the topics.
fn play(world: &World, (file, code): (&str, i32), before: &mut Numbers) -> Played {
    let names: Vec<String> = before.keys().cloned().collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (open, ended) = (in_a_transaction(world), ends(world, &names));
    let plan = planned(world, file, &[], code);
    assert_eq!(ends(world, &names), ended, "the plan has written, or made a topic");
    open.commit_transaction(Duration::from_secs(20)).expect("the plan has fenced nobody");
    let log = world.run_once(file).exits(code).stderr;
    let after = there(world, &names);
    let new = |(name, now): (&String, &[u64; 3])| {
        (name.clone(), std::array::from_fn(|kind| now[kind] - before[name][kind]))
    };
    let made = after.iter().map(new).collect();
    *before = after;
    Played { plan, made, log }
}

/// One resource: what was foretold is what is there, and what the run has said.
fn compare(played: &Played, (name, expected): (&str, [u64; 3]), fails: bool) {
    let Played { plan, made, log } = played;
    let (what, made) = (format!("{name}: {plan}\n{log}"), made[name]);
    assert_eq!(made, expected, "{what}");
    assert_eq!(numbers(plan)[name], made, "{what}");
    assert_eq!(summed(log, "published").get(name), Some(&(made[0] + made[1])), "{what}");
    assert_eq!(summed(log, "dead_letters").get(name).copied().unwrap_or_default(), made[2], "{what}");
    let one = plan["resources"].as_array().unwrap().iter().find(|one| one["resource"] == name).unwrap();
    assert_eq!(one["error"].is_string(), fails, "{what}");
    if !fails {
        assert_eq!(told(log, "unchanged").get(name), Some(&unchanged(plan)[name]), "{what}");
    }
}

#[test]
fn a_run_does_what_its_plan_has_foretold_whatever_is_written_and_deleted_and_however() {
    let cases = cases();
    let paths = cases.iter().map(|case| format!("/{}", case.name));
    let family = ["/teams", "/teams/1/members", "/teams/2/members", "/teams/3/members"].map(str::to_owned);
    let paths: Vec<String> = paths.chain(family).collect();
    let world = world_of("plan-equals", &paths.iter().map(|path| (path.as_str(), 0)).collect::<Vec<_>>());
    create_topic(world.bootstrap(), &beside(&world), 1, &[]);
    fill(&world);
    let file = config(&world);
    let names = cases.iter().map(|case| case.name).chain(FAMILY.map(|(name, _)| name));
    let mut before: Numbers = names.map(|name| (name.to_owned(), NONE)).collect();
    for run in 0..3 {
        if run == 1 {
            change(&world);
        }
        let played = play(&world, (&file, i32::from(run > 0)), &mut before); // one is refused
        FAMILY.iter().for_each(|(name, runs)| compare(&played, (name, runs[run]), false));
        for Case { name, runs, unchanged: same, fails, .. } in &cases {
            if (*name, run) == ("grace", 2) {
                assert_eq!((numbers(&played.plan)[*name], played.made[*name]), (NONE, runs[run]));
                continue;
            }
            compare(&played, (name, runs[run]), *fails && run > 0);
            if run == 1 {
                assert_eq!(unchanged(&played.plan)[*name], *same, "{name}");
            }
        }
    }
    let shown = world.run(&["plan", &file, "-r", "grace"]).exits(0).stdout;
    assert!(shown.contains("grace: note: deletes.grace counts here from this scan"), "{shown}");
}

/// A scan that does not read all parents whole still deletes what surely has no other.
#[test]
fn rows_under_parents_are_foretold_where_a_scan_does_not_show_everything() {
    let paths =
        ["/labels", "/labels/1/things", "/labels/2/things", "/rooms", "/rooms/1/seats", "/rooms/2/seats"];
    let world = world_of("plan-orphans", &paths.map(|path| (path, 0)));
    for (path, ids) in paths.iter().zip([&[1, 2][..], &[11], &[21, 22], &[1, 2], &[13, 14], &[23]]) {
        ids.iter().for_each(|id| put(&world, path, (*id, *id, "")));
    }
    let source = "  resource_defaults: {primary_key: id, write_disposition: merge, endpoint: {data_selector: data, paginator: {type: offset, limit: 20, total_path: null}}}
  resources:
    - {name: labels, columns: {dead: {hard_delete: true}}, endpoint: {path: /labels, incremental: {cursor_path: at}}}
    - {name: things, endpoint: {path: '/labels/{resources.labels.id}/things'}}
    - {name: rooms, endpoint: {path: /rooms}}
    - {name: seats, endpoint: {path: '/rooms/{resources.rooms.id}/seats'}}";
    let file = written(&world, "config.yaml", source, "deletes: {mode: snapshot, max_share: 1}");
    let mut before: Numbers =
        ["labels", "things", "rooms", "seats"].map(|name| (name.to_owned(), NONE)).into();
    create_topic(world.bootstrap(), &beside(&world), 1, &[]);
    play(&world, (&file, 0), &mut before);
    put(&world, "/labels", (2, 32, "\"dead\":true"));
    world.api.change("/rooms/1/seats", |all| all.remove("14"));
    let gone = Answer { path: Some("/rooms/2/seats".to_owned()), status: Some(404), ..Answer::default() };
    world.api.answers(vec![gone]);
    let shown = world.run(&["plan", &file]).exits(1).stdout;
    assert!(shown.contains("things: note: rows under deleted parents"), "{shown}");
    let played = play(&world, (&file, 1), &mut before);
    for (name, tombstones) in [("labels", 1), ("things", 2), ("rooms", 0), ("seats", 1)] {
        let made = [0, tombstones, 0];
        assert_eq!((numbers(&played.plan)[name], played.made[name]), (made, made), "{name}: {}", played.log);
    }
}
