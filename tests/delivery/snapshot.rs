//! What a complete scan did not show is deleted: when, how often, and what keeps it from being.

use rdkafka::ClientConfig;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};

use super::seed::{PATH, monitors, put, remove, world};

const ONE_PAGE: &str = "paginator: {type: offset, limit: 500, total_path: null}";

#[test]
fn under_merge_what_is_gone_stays_unless_snapshot_is_asked_for() {
    let world = world("snapshot", 20);
    let merge = monitors(&world, ONE_PAGE, "");
    let snapshot = monitors(&world, ONE_PAGE, "deletes: {mode: snapshot}");
    world.run_once(&merge).exits(0);
    remove(&world, [7]);
    world.run_once(&merge).exits(0);
    assert_eq!(world.tombstones("monitors"), Vec::<String>::new());
    world.api.forget_requests();
    world.run_once(&snapshot).exits(0).says(&["1 published (1 tombstone)"]);
    assert_eq!(world.tombstones("monitors"), ["7"]);
    assert_eq!(
        world.api.requests(PATH),
        2,
        "a short page and an empty one: nothing can have moved, one scan is enough"
    );
    world.run_once(&snapshot).exits(0);
    assert_eq!(world.read("monitors").len(), 21, "nothing comes twice");
    // It comes back, goes, and goes once.
    put(&world, 7);
    world.run_once(&snapshot).exits(0);
    remove(&world, [7]);
    world.run_once(&snapshot).exits(0);
    assert_eq!(world.tombstones("monitors"), ["7", "7"]);
    assert_eq!(world.read("monitors").len(), 23);
}

#[test]
fn more_than_the_guards_allow_is_refused_listed_and_allowed_once() {
    let world = world("guards", 20);
    let file = monitors(&world, ONE_PAGE, "deletes: {mode: snapshot, max_share: 0.5, max_count: 5}");
    world.run_once(&file).exits(0);
    remove(&world, 1..=6);
    let refused = world.run_once(&file).exits(1);
    let refused =
        refused.says(&["6 of 20 records are no longer there, more than deletes.max_count allows (5)"]);
    refused.says(&[
        "That is 30 % of them: 1, 2, 3, 4, 5, …",
        "krest signal FILE allow-deletes -r monitors while an instance runs",
        "krest run FILE --allow-deletes monitors if none does",
    ]);
    assert_eq!(world.tombstones("monitors"), Vec::<String>::new());
    let lists = world.state_directory().join("refused-deletes");
    let list = std::fs::read_dir(&lists).unwrap().next().unwrap().unwrap().path();
    let lines = std::fs::read_to_string(&list).unwrap();
    assert_eq!(lines.lines().count(), 6);
    assert!(lines.starts_with("{\"key\":\"1\"}\n"), "{lines}");
    world
        .run(&["run", &file, "--once", "--allow-deletes", "nobody"])
        .exits(2)
        .says(&["no resource \"nobody\""]);
    let keeps = monitors(&world, ONE_PAGE, "deletes: {mode: none}");
    world
        .run(&["run", &keeps, "--once", "--allow-deletes", "monitors"])
        .exits(2)
        .says(&["the resource monitors deletes nothing that could be allowed (deletes.mode)"]);
    world.run(&["run", &file, "--once", "--allow-deletes", "monitors"]).exits(0).says(&["as was allowed"]);
    assert_eq!(world.tombstones("monitors").len(), 6);
    assert!(!list.exists(), "what is deleted is refused no longer");
    // The next start is guarded again.
    remove(&world, 11..=16);
    world.run_once(&file).exits(1);
    assert_eq!(world.tombstones("monitors").len(), 6);
}

#[test]
fn a_table_with_fewer_rows_than_its_share_is_told_so() {
    let world = world("small-table", 3);
    let file = monitors(&world, ONE_PAGE, "deletes: {mode: snapshot}");
    world.run_once(&file).exits(0);
    remove(&world, [2]);
    world.run_once(&file).exits(1).says(&[
        "1 of 3 records are no longer there, more than deletes.max_share allows (0.2)",
        "One of 3 rows is more than max_share 0.2: small tables want deletes.max_count, and max_share: 1.",
    ]);
    let mended = monitors(
        &world,
        ONE_PAGE,
        "deletes: {mode: snapshot, max_share: 1.0, max_count: 1}\nerrors: {max_shrink: 1.0}",
    );
    world.run_once(&mended).exits(0);
    remove(&world, [1, 3]);
    let refused = world.run_once(&mended).exits(1);
    assert!(!refused.stderr.contains("small tables"), "{}", refused.stderr);
    assert_eq!(world.tombstones("monitors"), ["2"]);
}

#[test]
fn with_grace_a_row_has_to_be_missing_for_longer_and_restarts_do_not_begin_anew() {
    let world = world("grace", 20);
    let file = monitors(&world, ONE_PAGE, "deletes: {mode: snapshot, grace: 2}");
    world.run_once(&file).exits(0);
    remove(&world, [7, 8]);
    world.run_once(&file).exits(0);
    put(&world, 8);
    world.run_once(&file).exits(0);
    remove(&world, [8]);
    assert_eq!(world.tombstones("monitors"), Vec::<String>::new(), "missing twice");
    world.run_once(&file).exits(0);
    assert_eq!(
        world.tombstones("monitors"),
        ["7"],
        "missing for the third time; the other one was back in between"
    );
    // The counting is lost with the disk, and nothing else.
    world.run_once(&file).exits(0);
    world.fresh_directory();
    world.run_once(&file).exits(0);
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("monitors"), ["7"]);
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("monitors"), ["7", "8"]);
}

#[test]
fn rows_that_another_source_wrote_are_left_alone() {
    let world = world("others", 20);
    let file = monitors(&world, ONE_PAGE, "deletes: {mode: snapshot}");
    world.run_once(&file).exits(0);
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", world.bootstrap()).create().unwrap();
    let (topic, fingerprint) = (world.topic("monitors"), "0123456789abcdef0123456789abcdef");
    for (key, source) in [("theirs", Some("[\"other\",{\"resource\":\"x\"}]")), ("nobodys", None)] {
        let headers =
            OwnedHeaders::new().insert(Header { key: "krest.fingerprint", value: Some(fingerprint) });
        let headers = match source {
            Some(source) => headers.insert(Header { key: "krest.source", value: Some(source) }),
            None => headers,
        };
        let record = BaseRecord::to(&topic).partition(0).key(key).payload("{}").headers(headers);
        producer.send(record).unwrap();
    }
    producer.flush(std::time::Duration::from_secs(10)).unwrap();
    remove(&world, [3]);
    for _ in 0..2 {
        world.run_once(&file).exits(0);
        assert_eq!(world.tombstones("monitors"), ["3"]);
        world.fresh_directory();
    }
}

#[test]
fn a_resource_with_a_cursor_deletes_in_the_whole_scans_of_every_alone() {
    let world = world("every", 20);
    let cursor = format!("{ONE_PAGE}, incremental: {{cursor_path: id, start_param: since}}");
    let never = monitors(&world, &cursor, "deletes: {mode: snapshot}");
    let often = monitors(&world, &cursor, "deletes: {mode: snapshot, every: 1ms}");
    let seldom = monitors(&world, &cursor, "deletes: {mode: snapshot, every: 24h}");
    world.run_once(&often).exits(0);
    remove(&world, [7]);
    world.run_once(&never).exits(0);
    world.run_once(&seldom).exits(0);
    assert_eq!(world.tombstones("monitors"), Vec::<String>::new());
    world.api.forget_requests();
    world.run_once(&often).exits(0);
    assert!(world.api.log().iter().all(|asked| asked.param("since").is_none()), "no cursor");
    assert_eq!(world.tombstones("monitors"), ["7"]);
    let last = world.positions("monitors").pop().unwrap();
    assert_eq!((&last["cursor"]["value"], last["full"].is_u64()), (&serde_json::json!(20), true));
    world.api.forget_requests();
    world.fresh_directory();
    world.run_once(&seldom).exits(0);
    assert_eq!(
        world.api.log()[0].param("since"),
        Some("20"),
        "when the last whole scan was survives a restart"
    );
    assert_eq!(world.read("monitors").len(), 21);
}
