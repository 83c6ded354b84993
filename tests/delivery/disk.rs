//! What krest keeps on disk: kept, lost, damaged, old, of another machine, in use, too small, full.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use krest::kafka::{Cluster, Settings, identity};
use krest::model::{ConnectorName, Redactor, ResourceName};
use krest::state::{Directory, LocalState, Present};
use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use walkdir::WalkDir;

use super::seed::{PATH, config, world, written};
use crate::support::api::{generated, runtime};
use crate::support::checker::Tail;
use crate::support::{World, until};

const HOUR: Duration = Duration::from_secs(3600);
const FAST: &str = "poll: {interval: 100ms}";

fn change(world: &World, id: usize, version: usize) {
    let (key, text) = generated(id, version, 120);
    world.api.change(PATH, |all| all.put(&key, &text));
}

/// A world that sees what was known before the topic was read.
fn talking(test: &str, records: usize) -> World {
    world(test, records).with_variable("RUST_LOG", "krest=debug,info")
}

fn known(count: usize) -> String {
    format!("\"known\":{count},")
}

#[test]
fn a_restart_reads_from_disk_and_only_the_rest_from_the_topic() {
    let world = talking("kept", 300);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0).says(&[&known(0)]);
    change(&world, 5, 2);
    world.run_once(&file).exits(0).says(&[&known(300), "1 published"]);
    world.fresh_directory();
    world.run_once(&file).exits(0).says(&[&known(0), "0 published"]);
    assert_eq!(world.checked("monitors", PATH).len(), 301);
}

#[test]
fn killed_again_and_again_what_is_on_disk_is_at_most_behind() {
    let world = world("killed-disk", 200);
    let file = config(&world, 50, FAST);
    for round in 1..=5 {
        let running = world.start(&["run", &file]);
        let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
        tail.wait_for(200 + (round - 1) * 30);
        for id in 1..=30 {
            change(&world, id, round + 1);
            if id % 10 == 0 {
                std::thread::sleep(Duration::from_millis(130));
            }
        }
        tail.wait_for(200 + round * 30);
        running.kill_9();
    }
    world.run_once(&file).exits(0);
    assert_eq!(world.checked("monitors", PATH).len(), 350);
}

fn files(world: &World) -> Vec<PathBuf> {
    let files = WalkDir::new(world.state_directory().join("cache")).sort_by_file_name().into_iter().flatten();
    files.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

#[test]
fn a_damaged_disk_is_thrown_away_and_said_so() {
    let world = world("damaged", 5000);
    let file = config(&world, 1000, "");
    world.run_once(&file).exits(0);
    for damage in ["cut", "flipped", "missing"] {
        for path in files(&world).iter().filter(|path| !path.ends_with("lock")) {
            let open = OpenOptions::new().read(true).write(true).open(path).unwrap();
            let length = open.metadata().unwrap().len();
            match damage {
                "cut" => open.set_len(length / 3).unwrap(),
                "flipped" => (0..length.min(200_000)).step_by(97).for_each(|at| {
                    open.write_all_at(&[0xa5], at).unwrap();
                }),
                _ => fs::remove_file(path).unwrap(),
            }
        }
        let finished = world.run_once(&file).exits(0);
        let said = finished.stderr.contains("damaged") || finished.stderr.contains("thrown away");
        assert!(said || damage == "missing", "{damage}:\n{}", finished.stderr);
        assert_eq!(world.checked("monitors", PATH).len(), 5000, "{damage}");
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in WalkDir::new(from).into_iter().flatten() {
        let target = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_disk_copied_from_a_machine_that_ran_on_is_read_forward() {
    let world = talking("copied", 200);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    let copied = tempfile::tempdir().unwrap();
    copy(&world.state_directory(), copied.path());
    (1..=20).for_each(|id| change(&world, id, 2));
    world.run_once(&file).exits(0);
    fs::remove_dir_all(world.state_directory()).unwrap();
    copy(copied.path(), &world.state_directory());
    world.run_once(&file).exits(0).says(&[&known(200), "0 published"]);
    (1..=5).for_each(|id| change(&world, id, 1)); // back to what the copy had seen
    world.run_once(&file).exits(0).says(&["5 published"]);
    assert_eq!(world.checked("monitors", PATH).len(), 225);
}

/// Makes the checkpoint on disk another one: that of a clock which was so far behind, at this offset if one is given.
fn rewrite(world: &World, behind: Duration, offset: Option<i64>) {
    let mut settings = Settings::new(ConnectorName::new(&world.name), Redactor::default());
    settings.properties.push(("bootstrap.servers".to_owned(), world.bootstrap().to_owned()));
    let topic = world.topic("monitors");
    let (id, partitions) = runtime()
        .block_on(async { identity(&Cluster::connect(settings).await.unwrap(), &topic).await })
        .unwrap()
        .unwrap();
    let base = world.state_directory();
    let directory = Directory::claim(base.parent().unwrap(), &ConnectorName::new(&world.name)).unwrap();
    let state = LocalState::open(directory, 1 << 29);
    let mut cache = state.cache(&ResourceName::new("monitors"), false);
    let now = SystemTime::now();
    let present = Present {
        topic: &topic,
        topic_id: id.as_str(),
        key_format: "string",
        partitions,
        delete_retention: None,
        now,
    };
    cache.recall(&present);
    assert!(cache.keys() > 0, "the test's own doing");
    let offsets = cache.checkpoint().offsets.clone();
    cache.restored(offsets.iter().map(|(partition, next)| (*partition, offset.unwrap_or(*next)))).unwrap();
    let ends = cache.checkpoint().offsets.clone();
    cache.confirm(&ends, now - behind).unwrap();
}

#[test]
fn a_checkpoint_that_is_too_old_is_not_believed() {
    let world = talking("old", 100);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    rewrite(&world, 11 * HOUR, None); // delete.retention.ms is a day
    world.run_once(&file).exits(0).says(&[&known(100), "0 published"]);
    rewrite(&world, 13 * HOUR, None);
    let finished = world.run_once(&file).exits(0);
    finished.says(&[&known(0), "delete.retention.ms", "read anew", "0 published"]);
    assert_eq!(world.checked("monitors", PATH).len(), 100);
}

#[test]
fn a_checkpoint_that_is_ahead_of_its_topic_is_not_believed() {
    let world = talking("ahead", 100);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    rewrite(&world, Duration::ZERO, Some(10_000));
    let finished = world.run_once(&file).exits(0);
    finished.says(&["nothing at the offsets", "read anew", "0 published"]);
    world.run_once(&file).exits(0).says(&[&known(100), "0 published"]);
    assert_eq!(world.checked("monitors", PATH).len(), 100);
}

#[test]
fn a_second_process_on_one_directory_exits_4_and_touches_nothing() {
    let world = world("locked", 50);
    let file = config(&world, 100, FAST);
    let mut first = world.start(&["run", &file]);
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    tail.wait_for(50);
    let directory = fs::canonicalize(world.state_directory()).unwrap();
    let second = world.run(&["run", &file, "--once"]).exits(4);
    assert!(second.took < Duration::from_secs(5), "{:?}", second.took);
    second.says(&[
        "state",
        &world.name,
        "in use",
        "process",
        directory.file_name().unwrap().to_str().unwrap(),
    ]);
    world.run(&["check", &file]).exits(0); // which does not lock
    change(&world, 7, 2);
    tail.wait_for(51);
    assert!(first.is_running());
    first.kill_9();
    world.run_once(&file).exits(0); // the lock went with the process
    assert_eq!(world.checked("monitors", PATH).len(), 51);
}

#[test]
fn a_directory_that_cannot_be_used_is_refused_before_kafka_is_asked() {
    let world = world("unusable", 10).on_broker("127.0.0.1:1");
    let path = world.file("a-file", "");
    let file = config(&world, 100, &format!("state: {{dir: '{path}'}}"));
    let finished = world.run_once(&file).exits(2);
    assert!(finished.took < Duration::from_secs(5), "{:?}", finished.took);
    finished.says(&["not a directory", "state.dir", &path]);
}

#[test]
fn a_memory_that_holds_next_to_nothing_changes_no_result() {
    let world = world("tiny", 3000);
    let merge = config(&world, 500, "state: {memory: 64KiB}");
    world.run_once(&merge).exits(0).says(&["the cache works from disk"]);
    (1..=40).for_each(|id| change(&world, id, 2));
    world.run_once(&merge).exits(0).says(&["40 published"]);
    world.run_once(&merge).exits(0).says(&["0 published"]);
    world.fresh_directory();
    world.run_once(&merge).exits(0).says(&["0 published", "the cache works from disk"]);
    assert_eq!(world.checked("monitors", PATH).len(), 3040);
}

#[test]
fn replace_knows_its_keys_from_disk_alone() {
    let world = world("tiny-replace", 2000);
    let source = format!(
        "  resources:
    - name: monitors
      primary_key: id
      write_disposition: replace
      endpoint: {{path: {PATH}, data_selector: data, paginator: {{type: offset, limit: 500, total_path: null}}}}"
    );
    let file = written(&world, "replace.yaml", &source, "state: {memory: 64KiB}");
    world.run_once(&file).exits(0);
    for id in ["7", "8", "1999"] {
        world.api.change(PATH, |all| all.remove(id));
    }
    world.run_once(&file).exits(0).says(&["3 published (3 tombstones)"]);
    world.run_once(&file).exits(0).says(&["0 published"]);
    world.fresh_directory();
    world.api.change(PATH, |all| all.remove("9"));
    world.run_once(&file).exits(0).says(&["1 published (1 tombstone)"]);
    let mut gone: Vec<String> = world
        .read("monitors")
        .iter()
        .filter(|message| message.value.is_none())
        .map(|message| message.key_text().to_owned())
        .collect();
    gone.sort();
    assert_eq!(gone, ["1999", "7", "8", "9"]);
}

/// RLIMIT_FSIZE, in blocks of 512 bytes: no file may grow beyond it, as on a disk that is full.
fn limited(world: &World, blocks: u32, file: &str) -> crate::support::Finished {
    world.run_in_shell(
        &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\""),
        &["run", file, "--once"],
    )
}

#[test]
fn a_full_disk_costs_the_next_start_its_time_and_nothing_else() {
    let world = world("full", 6000);
    let file = config(&world, 1000, "");
    let finished = limited(&world, 64, &file).exits(0);
    finished.says(&["cannot be used", "goes on with what it has in memory", "6000 published"]);
    limited(&world, 64, &file).exits(0).says(&["0 published"]);
    world.run_once(&file).exits(0).says(&["0 published"]);
    // Full only after it had been opened: the new entries do not fit.
    (1..=5500).for_each(|id| change(&world, id, 2));
    limited(&world, 300, &file).exits(0).says(&["5500 published"]);
    world.run_once(&file).exits(0).says(&["0 published"]);
    assert_eq!(world.checked("monitors", PATH).len(), 11_500);
}

/// As a directory that was made read-only while krest runs: it cannot be written, now or a moment later.
#[test]
fn a_disk_that_does_not_take_a_write_costs_the_next_start_its_time_and_nothing_else() {
    let world = world("unwritable", 300);
    let file = config(&world, 100, "");
    for (round, count) in [1, 2].into_iter().enumerate() {
        (1..=20).for_each(|id| change(&world, id, 2 + round));
        let failed = world.run_once_at(&format!("state::before_write=fail@{count}"), &file).exits(0);
        failed.says(&["cannot be used", "goes on with what it has in memory"]);
        world.checked("monitors", PATH);
        world.run_once(&file).exits(0).says(&["0 published"]);
    }
}

fn foreign(world: &World, key: &str, value: &str) {
    let topic = world.topic("monitors");
    let producer: BaseProducer =
        ClientConfig::new().set("bootstrap.servers", world.bootstrap()).create().unwrap();
    let partition = crate::support::checker::partition(key.as_bytes(), 3);
    producer.send(BaseRecord::to(&topic).key(key).payload(value).partition(partition)).unwrap();
    producer.flush(Duration::from_secs(10)).unwrap();
}

#[test]
fn what_another_writer_put_between_ours_is_read_before_anything_is_compared() {
    another_writer_is_noticed(&world("foreign", 60), "");
}

/// There is no marker between ours that the foreign message could be taken for.
#[test]
fn without_transactions_another_writer_is_noticed_as_well() {
    another_writer_is_noticed(&world("foreign-plain", 60), "delivery: at_least_once\n");
}

fn another_writer_is_noticed(world: &World, more: &str) {
    let file = config(world, 100, &format!("{more}{FAST}"));
    let running = world.start(&["run", &file]);
    let mut tail = Tail::new(world.bootstrap(), &world.topic("monitors"));
    tail.wait_for(60);
    foreign(world, "7", "{}");
    // The next message of the same partition shows that there was another one before it.
    (1..=60).filter(|id| *id != 7).for_each(|id| change(world, id, 2));
    running.says("this krest did not write");
    let last = generated(7, 1, 120).1;
    until("the record to be put back", Duration::from_secs(30), || {
        let messages = world.read("monitors");
        let seven: Vec<_> = messages.iter().filter(|message| message.key_text() == "7").collect();
        (seven.len() == 3 && seven[2].value_text().map(str::len) == Some(last.len())).then_some(())
    });
    running.terminate().exits(0);
    assert_eq!(world.read("monitors").len(), 60 + 1 + 59 + 1);
}

#[test]
fn what_is_on_disk_is_the_connectors_own_business() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = world("private", 20);
    let file = config(&world, 100, "");
    world.run_once(&file).exits(0);
    for path in [world.state_directory(), world.state_directory().parent().unwrap().to_owned()] {
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700, "{}", path.display());
    }
}

#[test]
fn killed_before_and_after_each_write_to_disk_it_is_at_most_behind() {
    let world = world("killed-writing", 300);
    let file = config(&world, 100, "");
    for (round, point) in
        ["state::before_write", "state::after_write", "sync::before_apply", "sync::after_apply"]
            .into_iter()
            .enumerate()
    {
        for count in 1..=2 {
            (1..=20).for_each(|id| change(&world, id, 2 * round + count));
            world.run_to_its_death(&format!("{point}=kill@{count}"), &["run", &file, "--once"]);
        }
    }
    world.run_once(&file).exits(0);
    world.checked("monitors", PATH);
    world.run_once(&file).exits(0).says(&["0 published"]);
}
