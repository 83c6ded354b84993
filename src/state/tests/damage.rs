//! Damage of any kind: the topic is read again, and nothing else is believed.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::SystemTime;

use super::support::{ALL, Machine, NOTHING, Topic, diff, present};

/// Enough for tables as well as a journal.
fn filled(memory: u64) -> (Machine, Topic) {
    let (mut machine, mut topic) = (Machine::new(memory), Topic::default());
    let mut cache = machine.users();
    topic.bring_up(&mut cache);
    let many: Vec<(String, String)> = (0..6000).map(|n| (format!("k{n}"), format!("v{n}"))).collect();
    let page: Vec<(&str, &str)> = many.iter().map(|(key, raw)| (key.as_str(), raw.as_str())).collect();
    topic.commit(&mut cache, &page);
    drop(cache);
    machine.stop();
    let mut cache = machine.users();
    topic.bring_up(&mut cache);
    topic.commit(&mut cache, &[("k1", "x"), ("k2", "y")]);
    topic.delete(&mut cache, &["k3"]);
    drop(cache);
    machine.stop();
    (machine, topic)
}

/// Whatever is left on disk, the cache says what the topic says.
fn is_true(mut machine: Machine, topic: &Topic, what: &str) {
    for _ in 0..2 {
        let mut cache = machine.users();
        topic.bring_up(&mut cache);
        assert_eq!(cache.keys(), 5999, "{what}");
        let scan =
            diff(&mut cache, &[("k0", "v0"), ("k1", "x"), ("k2", "y"), ("k3", "v3"), ("k5999", "v5999")]);
        let changed: Vec<_> = scan.changes.iter().map(|change| change.key().to_string()).collect();
        assert_eq!(changed, ["k3"], "{what}");
        drop(cache);
        machine.stop();
    }
}

#[test]
fn every_file_may_be_missing_empty_or_cut_short() {
    for memory in [ALL, NOTHING] {
        let (machine, topic) = filled(memory);
        let count = machine.files().len();
        assert!(count > 4, "{:?}", machine.files());
        for number in 0..count {
            for kind in ["missing", "empty", "half"] {
                let copy = machine.killed_now();
                let file = &copy.files()[number];
                let length = fs::metadata(file).unwrap().len();
                match kind {
                    "missing" => fs::remove_file(file).unwrap(),
                    "empty" => OpenOptions::new().write(true).open(file).unwrap().set_len(0).unwrap(),
                    _ => OpenOptions::new().write(true).open(file).unwrap().set_len(length / 2).unwrap(),
                }
                let what = format!("{} {kind}, memory {memory}", file.display());
                is_true(copy, &topic, &what);
            }
        }
    }
}

/// But for the list of tables: a bit of it may ask for more memory than there is, which ends the process.
#[test]
fn flipped_bits_anywhere_are_found_out() {
    let (machine, topic) = filled(ALL);
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    for round in 0..60 {
        let copy = machine.killed_now();
        let listing =
            |path: &Path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('v'));
        let files: Vec<_> = copy.files().into_iter().filter(|path| !listing(path)).collect();
        let file = &files[random.usize(..files.len())];
        // The journal is mostly empty space.
        let length = fs::metadata(file).unwrap().len().min(300_000);
        if length == 0 {
            continue;
        }
        let at = random.u64(..length);
        let open = OpenOptions::new().read(true).write(true).open(file).unwrap();
        let mut byte = [0];
        open.read_exact_at(&mut byte, at).unwrap();
        open.write_all_at(&[byte[0] ^ (1 << random.u8(..8))], at).unwrap();
        is_true(copy, &topic, &format!("seed {seed}, round {round}: {} at {at}", file.display()));
    }
}

#[test]
fn a_checkpoint_of_another_version_is_not_believed_and_the_directory_goes_on() {
    let (mut machine, topic) = filled(ALL);
    machine.write_checkpoint("users", br#"{"format":3,"offsets":{"0":1}}"#);
    is_true(machine, &topic, "newer");
    let (mut machine, topic) = filled(ALL);
    machine.write_checkpoint("users", b"\xff\x00");
    is_true(machine, &topic, "garbage");
}

/// Some damage ends the process that meets it.
#[test]
fn a_store_whose_opening_ended_the_process_is_not_opened_again() {
    let (mut machine, topic) = filled(ALL);
    fs::write(machine.directory.path().join("shop/cache.opening"), "").unwrap();
    let mut cache = machine.users();
    cache.recall(&present("t", SystemTime::now()));
    assert_eq!(cache.keys(), 0);
    topic.read_into(&mut cache);
    drop(cache);
    machine.stop();
    is_true(machine, &topic, "opened once more");
}

#[test]
fn a_key_whose_bytes_are_not_its_own_is_not_believed() {
    let (mut machine, mut topic) = (Machine::new(ALL), Topic::default());
    let mut cache = machine.cache("users", true);
    topic.bring_up(&mut cache);
    topic.commit(&mut cache, &[("1", "a"), ("2", "b")]);
    drop(cache);
    machine.swap_names("users");
    let mut cache = machine.cache("users", true);
    cache.recall(&present("t", SystemTime::now()));
    assert_eq!(cache.keys(), 0);
}
