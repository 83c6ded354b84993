//! Several tasks in one connector: how resources are spread, move and stay with one writer, and that a task ends or is rebuilt
//! without the others.

use std::time::Duration;

use nix::sys::signal::Signal;
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, Producer as _};
use serde_json::{Value, json};

use super::seed::{connector, world_of};
use crate::support::api::{Answer, Asked, generated};
use crate::support::broker::Broker;
use crate::support::checker::{self, Tail};
use crate::support::{World, foreign_transaction, until};

const LONG: Duration = Duration::from_secs(60);
const RESOURCES: [(&str, &str); 6] = [
    ("ants", "/ants"),
    ("bees", "/bees"),
    ("cats", "/cats"),
    ("dogs", "/dogs"),
    ("elks", "/elks"),
    ("foxes", "/foxes"),
];
const FAST: &str = "poll: {interval: 100ms}";

/// So many of the resources, with 60 records each.
fn world(test: &str, resources: usize) -> World {
    world_of(test, &RESOURCES[..resources].iter().map(|(_, path)| (*path, 60)).collect::<Vec<_>>())
}

fn file(world: &World, resources: usize, tasks: u32, more: &str) -> String {
    connector(world, &world.name, &RESOURCES[..resources], &format!("tasks.max: {tasks}\n{more}"))
}

/// A change on the second page of each resource, and what its record is then.
fn change(world: &World, resources: usize, version: usize) -> String {
    let (key, text) = generated(57, version, 120);
    for (_, path) in &RESOURCES[..resources] {
        world.api.change(path, |all| all.put(&key, &text));
    }
    text
}

fn wait_for_all(world: &World, resources: usize, text: &str) {
    for (name, _) in &RESOURCES[..resources] {
        until(&format!("the newest version of {name}"), LONG, || {
            world.read(name).iter().any(|message| message.value_text() == Some(text)).then_some(())
        });
    }
}

/// The newest owner record.
fn owner(world: &World) -> Value {
    let key = json!([world.name, { "krest": "owner" }]).to_string();
    let records = checker::read(world.bootstrap(), &world.offsets_topic());
    let owner = records.iter().rfind(|record| record.key_text() == key);
    owner.and_then(|owner| serde_json::from_str(owner.value_text()?).ok()).unwrap_or_default()
}

#[test]
fn resources_move_between_tasks_while_another_instance_runs_elsewhere() {
    let world = world("moving_tasks", 6);
    let mut version = 1;
    let mut running = world.start(&["run", &file(&world, 6, 1, FAST)]);
    wait_for_all(&world, 6, &generated(57, 1, 120).1);
    for tasks in [3, 2, 1, 3] {
        world.fresh_directory();
        let newer = world.start(&["run", &file(&world, 6, tasks, FAST)]);
        // Each instance publishes what it sees first, until the older one notices.
        let fenced = until("the older instance to notice", LONG, || {
            version += 1;
            change(&world, 6, version);
            std::thread::sleep(Duration::from_millis(50));
            (!running.is_running()).then(|| running.finish(Duration::from_secs(5)))
        });
        fenced.exits(3).says(&[&world.name, "another instance has taken over"]);
        version += 1;
        wait_for_all(&world, 6, &change(&world, 6, version));
        assert_eq!(owner(&world)["tasks"], tasks);
        running = newer;
    }
    running.terminate().exits(0);
    for (name, path) in RESOURCES {
        world.checked(name, path);
    }
}

#[test]
fn what_moved_to_another_task_is_out_of_reach_for_the_one_that_had_it() {
    let world = world("out_of_reach", 3);
    let mut zombie = world.start(&["run", &file(&world, 3, 3, FAST)]);
    for (name, _) in &RESOURCES[..3] {
        until("the first scans", LONG, || world.is_recorded(name).then_some(()));
    }
    zombie.signal(Signal::SIGSTOP);
    world.fresh_directory();
    let newer = world.start(&["run", &file(&world, 3, 1, FAST)]);
    // The zombie's second task alone has something to send when it wakes up: nothing else tells it that it is one.
    let (key, text) = generated(7, 2, 120);
    world.api.change("/bees", |all| all.put(&key, &text));
    Tail::new(world.bootstrap(), &world.topic("bees")).wait_for(61);
    let before = world.end_offsets("bees");
    zombie.signal(Signal::SIGCONT);
    zombie.finish(LONG).exits(3).says(&["another instance has taken over"]);
    assert_eq!(world.end_offsets("bees"), before, "nothing came, not even something to be aborted");
    newer.terminate().exits(0);
    for (name, path) in &RESOURCES[..3] {
        world.checked(name, path);
    }
}

/// The newer instance has fenced the older one's tasks and has not claimed the connector yet, when one of them is rebuilt: it
/// reads that the connector is still its own, and fences the newer one in turn.
#[test]
fn a_task_that_is_rebuilt_while_another_instance_takes_over_is_fenced_again() {
    let world = world("takeover_race", 3);
    let mut older = world.start(&["run", &file(&world, 3, 3, FAST)]);
    for (name, _) in &RESOURCES[..3] {
        until("the first scans", LONG, || world.is_recorded(name).then_some(()));
    }
    // Nobody reads the offsets topic to its end as long as this is open.
    let foreigner = foreign_transaction(world.bootstrap(), &world.offsets_topic(), "foreign", LONG);
    world.fresh_directory();
    let newer = world.start(&["run", &file(&world, 3, 1, FAST)]);
    newer.says("waiting for another writer's open transaction");
    let mut version = 2;
    let put = |version: usize| {
        let (key, text) = generated(57, version, 120);
        world.api.change("/bees", |all| all.put(&key, &text));
    };
    put(version);
    older.says("starting a new producer");
    older.says("waiting for another writer's open transaction");
    foreigner.commit_transaction(Duration::from_secs(10)).unwrap();
    let fenced = until("the older instance to notice", LONG, || {
        version += 1;
        put(version);
        std::thread::sleep(Duration::from_millis(50));
        (!older.is_running()).then(|| older.finish(Duration::from_secs(5)))
    });
    fenced.exits(3).says(&["another instance has taken over"]);
    let newest = generated(57, version, 120).1;
    until("the newest version", LONG, || {
        world.read("bees").iter().any(|message| message.value_text() == Some(&newest)).then_some(())
    });
    newer.terminate().exits(0);
    for (name, path) in &RESOURCES[..3] {
        world.checked(name, path);
    }
}

#[test]
fn a_start_that_dies_once_it_has_claimed_leaves_no_old_task_unfenced() {
    let world = world("dead_claim", 3);
    world.run_once(&file(&world, 3, 3, "")).exits(0);
    let fewer = file(&world, 3, 1, "");
    world.run_to_its_death("service::after_claim=kill", &["run", &fewer, "--once"]);
    assert_eq!(owner(&world)["tasks"], 3, "the next start has to fence them, too");
    world.run_once(&fewer).exits(0);
    assert_eq!(owner(&world)["tasks"], 1);
    for (name, path) in &RESOURCES[..3] {
        assert_eq!(world.checked(name, path).len(), 60);
    }
}

#[test]
fn a_lost_session_is_rebuilt_by_its_task_alone() {
    let world = world("alone", 2);
    let file = file(&world, 2, 2, FAST);
    let running = world.start(&["run", &file]);
    for name in ["ants", "bees"] {
        until("the first scans", LONG, || world.is_recorded(name).then_some(()));
    }
    // A scan of the first task is under way ...
    world.api.forget_requests();
    let ants = world.api.hold("/ants", 50);
    let second = |asked: &Asked| asked.path == "/ants" && asked.offset() == Some(50);
    until("the second page", LONG, || world.api.log().iter().any(second).then_some(()));
    // ... while the second one loses its session: its transactional id is taken over, and its connector is not.
    take_over(&world, 1);
    let (key, text) = generated(57, 2, 120);
    world.api.change("/bees", |all| all.put(&key, &text));
    running.says("starting a new producer");
    Tail::new(world.bootstrap(), &world.topic("bees")).wait_for(61);
    let asked: Vec<_> = world.api.log().into_iter().filter(|asked| asked.path == "/ants").collect();
    let offsets: Vec<_> = asked.iter().filter_map(Asked::offset).collect();
    assert_eq!(offsets.last(), Some(&50), "the scan of the first task waits for its page: {offsets:?}");
    world.api.change("/ants", |all| all.put(&key, &text));
    ants.release();
    Tail::new(world.bootstrap(), &world.topic("ants")).wait_for(61);
    let finished = running.terminate().exits(0);
    assert_eq!(finished.stderr.matches("starting a new producer").count(), 1, "{}", finished.stderr);
    for (name, path) in [("ants", "/ants"), ("bees", "/bees")] {
        assert_eq!(world.checked(name, path).len(), 61);
    }
}

/// Fences one task's producer, and claims nothing.
fn take_over(world: &World, task: u32) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", world.bootstrap())
        .set("transactional.id", format!("krest-{}-{task}", world.name))
        .create()
        .unwrap();
    producer.init_transactions(LONG).unwrap();
}

#[test]
fn run_once_ends_with_the_worst_of_its_tasks() {
    let world = world("worst", 3);
    let file = file(&world, 3, 3, "");
    let gone = Answer { path: Some("/bees".to_owned()), status: Some(404), ..Answer::default() };
    world.api.answers(vec![gone]);
    world.run_once(&file).exits(1).says(&["bees", "404"]);
    for (name, path) in [RESOURCES[0], RESOURCES[2]] {
        assert_eq!(world.checked(name, path).len(), 60);
    }
    world.api.answers(Vec::new());
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("bees", "/bees").len(), 60);
    assert_eq!(owner(&world)["tasks"], 3);
}

#[test]
fn several_tasks_stop_as_fast_as_one_when_kafka_hangs() {
    let mut broker = Broker::start_private();
    let bootstrap = broker.bootstrap().to_owned();
    let world = world("hanging_tasks", 3).on_broker(&bootstrap);
    let running = world.start(&["run", &file(&world, 3, 3, FAST)]);
    wait_for_all(&world, 3, &generated(57, 1, 120).1);
    let gates: Vec<_> = RESOURCES[..3].iter().map(|(_, path)| world.api.hold(path, 50)).collect();
    world.api.forget_requests();
    let held = |path: &str| {
        world.api.log().iter().any(|asked| asked.path == path && asked.offset() == Some(50)).then_some(())
    };
    RESOURCES[..3].iter().for_each(|(_, path)| until("the second page", LONG, || held(path)));
    broker.pause();
    let text = change(&world, 3, 2);
    for gate in gates {
        gate.release();
    }
    for (_, path) in &RESOURCES[..3] {
        let shown = || world.api.change(path, |all| all.served()["57"].contains(&text)).then_some(());
        until("the change to be shown", LONG, shown);
    }
    running.terminate().exits(0);
    broker.resume();
    world.run_once(&file(&world, 3, 3, "")).exits(0);
    wait_for_all(&world, 3, &text);
    for (name, path) in &RESOURCES[..3] {
        world.checked(name, path);
    }
}
