//! What a signal has paused, in a plan and in an audit: a run leaves it out, and both say so.

use std::collections::BTreeSet;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use serde_json::{Value, json};

use super::audit::{audited, differing};
use super::plan::planned;
use crate::delivery::seed::{world_of, written};
use crate::support::World;
use crate::support::api::generated;

/// What `krest signal FILE pause` leaves on the offsets topic. `None`: nothing is paused.
fn pause(world: &World, paused: Option<&Value>) {
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", world.bootstrap()).create().expect("a producer");
    let (topic, key) = (world.offsets_topic(), format!("[\"{}\",{{\"krest\":\"paused\"}}]", world.name));
    let value = paused.map(Value::to_string);
    let record = BaseRecord::to(&topic).key(&key).partition(0);
    let record = value.iter().fold(record, BaseRecord::payload);
    producer.send(record).map_err(|(error, _)| error).expect("a message");
    producer.flush(Duration::from_secs(20)).expect("it is written");
}

fn resources(names: &[&str]) -> Value {
    json!({"version": 1, "connector": false, "resources": names})
}

/// Ants and bees stand alone; members depend on teams.
fn config(world: &World) -> String {
    let source = "  resource_defaults: {primary_key: id, write_disposition: replace, endpoint: {data_selector: data, paginator: {type: offset, limit: 50, total_path: null}}}
  resources:
    - {name: ants, endpoint: {path: /ants}}
    - {name: bees, endpoint: {path: /bees}}
    - {name: teams, endpoint: {path: /teams}}
    - {name: members, endpoint: {path: '/teams/{resources.teams.id}/members'}}";
    written(world, "config.yaml", source, "deletes: {max_share: 0.9}")
}

fn served(test: &str) -> World {
    world_of(
        test,
        &[("/ants", 20), ("/bees", 20), ("/teams", 2), ("/teams/1/members", 3), ("/teams/2/members", 0)],
    )
}

fn change(world: &World, path: &str, id: usize) {
    let (key, text) = generated(id, 2, 120);
    world.api.change(path, |all| all.put(&key, &text));
}

/// The paths that krest asks for meanwhile.
fn asked(world: &World, during: impl FnOnce()) -> BTreeSet<String> {
    world.api.forget_requests();
    during();
    world.api.log().iter().map(|asked| asked.path.clone()).collect()
}

fn upserts(plan: &Value) -> Vec<(&str, u64, bool)> {
    let each = plan["resources"].as_array().unwrap().iter();
    let one = |one| (name(one), one["upserts"].as_u64().unwrap(), one["paused"] == true);
    fn name(one: &Value) -> &str {
        one["resource"].as_str().unwrap()
    }
    each.map(one).collect()
}

#[test]
fn a_plan_leaves_out_what_a_run_leaves_out_and_says_so() {
    let world = served("plan-paused");
    let file = config(&world);
    world.run_once(&file).exits(0);
    [("/ants", 3), ("/bees", 4), ("/teams", 1), ("/teams/1/members", 2)]
        .iter()
        .for_each(|(path, id)| change(&world, path, *id));
    pause(&world, Some(&resources(&["bees", "teams"])));
    let mut plan = Value::Null;
    let foreseen = asked(&world, || plan = planned(&world, &file, &[], 0));
    assert_eq!(
        upserts(&plan),
        [("ants", 1, false), ("bees", 0, true), ("teams", 0, true), ("members", 1, false)]
    );
    let shown = world.run(&["plan", &file]).exits(0).stdout;
    assert!(
        shown.contains("bees: note: it is paused") && shown.contains("teams: note: it is paused"),
        "{shown}"
    );
    assert!(!shown.contains("ants: ") && !shown.contains("members: "), "{shown}");
    // One alone: the paused one asks for nothing, the other one for its own pages.
    let one = |name: &str, expected: &[(&str, u64, bool)]| {
        let paths =
            asked(&world, || assert_eq!(upserts(&planned(&world, &file, &["-r", name], 0)), expected));
        paths.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(one("bees", &[("bees", 0, true)]), Vec::<String>::new());
    assert_eq!(one("ants", &[("ants", 1, false)]), ["/ants"]);
    assert_eq!(one("members", &[("members", 1, false)]), ["/teams", "/teams/1/members", "/teams/2/members"]);
    assert_eq!(foreseen, asked(&world, || drop(world.run_once(&file).exits(0).says(&["paused"]))));
    assert_eq!(
        (world.read("ants").len(), world.read("bees").len(), world.read("members").len()),
        (21, 20, 4)
    );
    // The whole connector.
    pause(&world, Some(&json!({"version": 1, "connector": true})));
    change(&world, "/ants", 5);
    let paths = asked(&world, || plan = planned(&world, &file, &[], 0));
    assert_eq!(paths, BTreeSet::new());
    assert_eq!(
        upserts(&plan).iter().filter(|(_, upserts, paused)| *upserts == 0 && *paused).count(),
        4,
        "{plan}"
    );
}

#[test]
fn a_repair_leaves_what_is_paused_alone_and_says_how_to_go_on() {
    let world = served("audit-paused");
    let file = config(&world);
    world.run_once(&file).exits(0);
    change(&world, "/ants", 3);
    change(&world, "/bees", 4);
    pause(&world, Some(&resources(&["bees"])));
    let found = audited(&world, &file, &[], 1);
    let (ants, bees) = (&found["resources"][0], &found["resources"][1]);
    assert_eq!(
        (differing(ants), differing(bees)),
        (vec!["3 differs".to_owned()], vec!["4 differs".to_owned()])
    );
    assert_eq!((&ants["paused"], &bees["paused"]), (&Value::Null, &json!(true)));
    let shown = world.run(&["audit", &file]).exits(1).stdout;
    assert!(shown.contains("bees: note: it is paused") && !shown.contains("ants: note"), "{shown}");

    let finished = world.run(&["audit", &file, "--repair", "-o", "json"]).exits(1);
    let finished = finished.says(&["mending ants\n", "bees is paused and is not mended", "resume -r bees"]);
    let found: Value = serde_json::from_str(&finished.stdout).unwrap();
    let after = |index: usize| (&found["after"][index]["different"], &found["after"][index]["cache"]);
    assert_eq!((after(0), after(1)), ((&json!(0), &json!(20)), (&json!(1), &json!(20))), "{found}");
    assert_eq!((world.read("ants").len(), world.read("bees").len()), (21, 20));

    // With nothing else to mend there is nothing to do: no scan, and what is on disk stays.
    for paused in [resources(&["bees"]), json!({"version": 1, "connector": true})] {
        pause(&world, Some(&paused));
        let finished = world.run(&["audit", &file, "--repair", "-r", "bees", "-o", "json"]).exits(1);
        assert!(!finished.stderr.contains("mending"), "{}", finished.stderr);
        let found: Value = serde_json::from_str(&finished.stdout).unwrap();
        assert_eq!((&found["after"], found["resources"].as_array().unwrap().len()), (&Value::Null, 1));
        assert_eq!(audited(&world, &file, &["-r", "bees"], 1)["resources"][0]["cache"], 20);
    }
    pause(&world, None);
    audited(&world, &file, &["--repair"], 0);
    assert_eq!(world.read("bees").len(), 21);
}

#[test]
fn under_a_paused_parent_no_row_is_called_gone() {
    let world = served("audit-parent");
    let file = config(&world);
    world.run_once(&file).exits(0);
    world.api.change("/teams", |all| all.remove("1"));
    assert_eq!(differing(&audited(&world, &file, &["-r", "members"], 1)["resources"][0]).len(), 3);
    pause(&world, Some(&resources(&["teams"])));
    let found = audited(&world, &file, &["-r", "members"], 0);
    assert_eq!(found["resources"][0]["kept"], 3);
    world.run_once(&file).exits(0);
    assert_eq!(world.read("members").len(), 3, "a run keeps them as well");
}
