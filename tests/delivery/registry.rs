//! A schema registry that is away, comes back empty, or rejects: what goes on, and what waits.

use super::seed::{world_of, written};
use crate::support::World;
use crate::support::checker::Seen;
use crate::support::registry::{Answer, Front, Registry};

const TABLES: &str = "/v1/tables";
const CHAIRS: &str = "/v1/chairs";

/// `tables` in Avro, `chairs` in the records' own bytes. The password is the test's secret.
fn config(world: &World, registry: &str, more: &str) -> String {
    let source = format!(
        "  resource_defaults: {{primary_key: id, endpoint: {{data_selector: data, paginator: single_page}}}}
  resources:
    - {{name: tables, endpoint: {{path: {TABLES}}}}}
    - {{name: chairs, endpoint: {{path: {CHAIRS}}}}}"
    );
    let (scheme, rest) = registry.split_once("://").unwrap();
    let blocks = format!(
        "registry: {{url: '{scheme}://me:${{env:API_KEY}}@{rest}', max.retries: 0{more}}}
overrides: {{tables: {{format: {{value: avro}}}}}}"
    );
    written(world, "config.yaml", &source, &blocks)
}

fn put(world: &World, path: &str, id: &str, more: &str) {
    world.api.change(path, |all| all.put(id, &format!("{{\"id\":\"{id}\",{more}}}")));
}

/// The id in front of a value.
fn id_of(message: &Seen) -> u32 {
    let value = message.value.as_ref().unwrap();
    assert_eq!(value[0], 0);
    u32::from_be_bytes(value[1..5].try_into().unwrap())
}

fn count(world: &World) -> (usize, usize) {
    (world.read("tables").len(), world.read("chairs").len())
}

#[test]
fn a_registry_that_is_away_or_rejects_holds_back_what_needs_it_and_nothing_else() {
    let world = world_of("registry", &[(TABLES, 0), (CHAIRS, 0)]);
    let mut registry = Registry::start();
    let file = config(&world, registry.url(), "");
    put(&world, TABLES, "a", "\"legs\":4");
    put(&world, CHAIRS, "a", "\"legs\":4");
    world.run_once(&file).exits(0);
    let subject = format!("{}-value", world.topic("tables"));
    let first = id_of(&world.read("tables")[0]);
    assert_eq!((registry.versions(&subject), count(&world)), (vec![1], (1, 1)));
    assert!(registry.schema(first).contains("\"legs\""));

    registry.set_compatibility(&subject, "FULL");
    put(&world, TABLES, "a", "\"legs\":4.5");
    put(&world, CHAIRS, "b", "\"legs\":3");
    let rejected = ["rejects the new schema of subject", &subject, "level FULL: ", "/fields/"];
    let planned = world.run(&["plan", &file]).exits(1).stdout;
    assert!(rejected.iter().all(|words| planned.contains(words)), "{planned}");
    world.run_once(&file).exits(1).says(&rejected);
    assert_eq!((registry.versions(&subject), count(&world)), (vec![1], (1, 2)), "the others go on");

    // A known id needs no registry, not even after a start without a disk.
    registry.kill();
    world.fresh_directory();
    put(&world, TABLES, "a", "\"legs\":5");
    world.run_once(&file).exits(0);
    assert_eq!(id_of(world.read("tables").last().unwrap()), first);
    put(&world, TABLES, "b", "\"legs\":6,\"round\":true");
    put(&world, CHAIRS, "c", "\"legs\":3");
    world.run_once(&file).exits(1).says(&["the schema registry", "is away: no connection"]);
    assert_eq!(count(&world), (2, 3));

    registry.restart();
    world.run_once(&file).exits(0);
    let newest = id_of(world.read("tables").last().unwrap());
    assert!(registry.schema(newest).contains("\"round\"") && registry.versions(&subject) == [1]);
    assert_eq!(count(&world), (3, 3));
    is_looked_up(&world, (&registry, &subject));
}

/// A schema that has to be there, and is not.
fn is_looked_up(world: &World, (registry, subject): (&Registry, &str)) {
    put(world, TABLES, "c", "\"legs\":6,\"oval\":true");
    world.run(&["plan", &config(world, registry.url(), "")]).exits(0);
    assert_eq!(registry.versions(subject), [1], "a plan registers nothing");
    let looking = config(world, registry.url(), ", auto.register.schemas: false");
    let planned = world.run(&["plan", &looking]).exits(1).stdout;
    assert!(planned.contains("has no such schema under subject"), "{planned}");
    world.run_once(&looking).exits(1).says(&["has no such schema under subject", "auto.register.schemas"]);
    world.run_once(&config(world, registry.url(), "")).exits(0);
    assert_eq!((registry.versions(subject), count(world)), (vec![1, 2], (4, 3)));
}

#[test]
fn a_registry_that_is_away_is_asked_once_a_scan_however_many_parents_there_are() {
    let world = world_of("registry_family", &[(TABLES, 0)]);
    let front = Front::start(Registry::shared(), |_| Answer::Text(503, "", String::new()));
    for id in ["a", "b", "c"] {
        put(&world, TABLES, id, "\"legs\":4");
        put(&world, &format!("{TABLES}/{id}/chairs"), id, "\"legs\":3");
    }
    let source = format!(
        "  resource_defaults: {{primary_key: id, endpoint: {{data_selector: data, paginator: single_page}}}}
  resources:
    - {{name: tables, endpoint: {{path: {TABLES}}}}}
    - {{name: chairs, endpoint: {{path: '{TABLES}/{{resources.tables.id}}/chairs'}}}}"
    );
    let blocks = format!(
        "registry: {{url: '{}', max.retries: 0}}
overrides: {{chairs: {{format: {{value: avro}}}}}}",
        front.url()
    );
    let file = written(&world, "config.yaml", &source, &blocks);
    world.run_once(&file).exits(1).says(&["resource chairs: ", "is away"]);
    assert_eq!((front.asked().len(), world.read("tables").len()), (1, 3), "{:?}", front.asked());
    world.run_once(&file).exits(1).says(&["resource chairs: "]);
    assert_eq!(front.asked().len(), 2, "each scan asks anew");
}
