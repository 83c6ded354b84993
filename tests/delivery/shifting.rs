//! Rows that move from page to page while they are read are not taken for deleted.

use std::collections::BTreeSet;

use super::seed::{PATH, monitors, world};
use crate::support::World;
use crate::support::api::{Collection, generated};

const PAGES: &str = "paginator: {type: offset, limit: 10, total_path: null}";

fn present(world: &World) -> BTreeSet<String> {
    world.api.change(PATH, |all| all.keys().map(str::to_owned).collect())
}

#[test]
fn on_several_pages_a_row_is_deleted_once_a_second_scan_of_the_same_run_misses_it_too() {
    let world = world("confirmed", 35);
    let file = monitors(&world, PAGES, "deletes: {mode: snapshot}");
    world.run_once(&file).exits(0);
    assert_eq!(world.api.requests(PATH), 5);
    world.run_once(&file).exits(0);
    assert_eq!(world.api.requests(PATH), 10, "nothing is missing, nothing is confirmed");
    world.api.change(PATH, |all| all.remove("7"));
    world.run_once(&file).exits(0).says(&["scan 2: ", "scan 3: ", "1 published (1 tombstone)"]);
    assert_eq!((world.tombstones("monitors"), world.api.requests(PATH)), (vec!["7".to_owned()], 20));
    world.run_once(&file).exits(0);
    assert_eq!((world.read("monitors").len(), world.api.requests(PATH)), (36, 25));
}

#[test]
fn a_row_that_another_one_hid_by_going_is_no_deleted_one() {
    let world = world("hidden", 35);
    let file = monitors(&world, PAGES, "deletes: {mode: snapshot}");
    world.run_once(&file).exits(0);
    // A row of the first page goes when that has been read: the eleventh row moves to the first page, and nobody reads it.
    let mut gone = false;
    world.api.after_each_page(move |asked, all| {
        if asked.offset() == Some(0) && !gone {
            gone = true;
            all.remove("3");
        }
    });
    world.run_once(&file).exits(0);
    assert_eq!(world.tombstones("monitors"), ["3"]);
}

#[test]
fn while_rows_go_during_each_scan_nothing_is_deleted_and_then_exactly_what_is_gone() {
    let world = world("restless", 45);
    let file = monitors(&world, PAGES, "deletes: {mode: snapshot, max_share: 1.0}");
    world.run_once(&file).exits(0);
    let mut next = 1;
    world.api.after_each_page(move |asked, all| {
        if asked.offset() == Some(10) {
            all.remove(&next.to_string());
            next += 1;
        }
    });
    world.api.forget_requests();
    world.run_once(&file).exits(0).says(&["rows moved between the pages of each of 4 scans in a row"]);
    assert_eq!(world.tombstones("monitors"), Vec::<String>::new());
    world.api.leave_pages_alone();
    world.run_once(&file).exits(0);
    let mut gone = world.tombstones("monitors");
    gone.sort_unstable();
    assert_eq!(gone, ["1", "2", "3", "4"]);
}

/// A row comes at the front, one goes, one moves to the front; each now and then.
fn disturb(all: &mut Collection, dice: &mut fastrand::Rng, next: &mut usize) {
    let any = |all: &Collection, dice: &mut fastrand::Rng| {
        let at = dice.usize(..all.len());
        all.keys().nth(at).map(str::to_owned).unwrap()
    };
    if dice.u8(..) < 40 {
        let key = any(all, dice);
        all.remove(&key);
    }
    if dice.u8(..) < 40 {
        *next += 1;
        let (key, text) = generated(*next, 1, 120);
        all.put_first(&key, &text);
    }
    if dice.u8(..) < 20 {
        let key = any(all, dice);
        let text = all.take(&key).unwrap();
        all.put_first(&key, &text);
    }
}

/// One history: rows come at the front and go anywhere, between any two pages, for some runs; then it is quiet.
fn history(seed: u64, filter: &str, is_shown: fn(&str) -> bool) {
    let world = world(&format!("seed{seed}"), 60);
    let file =
        monitors(&world, PAGES, "deletes: {mode: snapshot, max_share: 1.0}\nerrors: {max_shrink: 1.0}");
    let text = std::fs::read_to_string(&file).unwrap();
    let step = format!("primary_key: id\n      processing_steps: [{{filter: '{filter}'}}]");
    let file = world.file(&file, &text.replace("primary_key: id", &step));
    world.run_once(&file).exits(0);
    let mut dice = fastrand::Rng::with_seed(seed);
    let mut next = 1000;
    world.api.after_each_page(move |_, all| disturb(all, &mut dice, &mut next));
    for run in 0..5 {
        world.run_once(&file).exits(0);
        let present = present(&world);
        let wrong: Vec<String> =
            world.tombstones("monitors").into_iter().filter(|key| present.contains(key)).collect();
        assert!(wrong.is_empty(), "seed {seed}, run {run}: {wrong:?} were never gone");
    }
    world.api.leave_pages_alone();
    world.run_once(&file).exits(0);
    let mut table = BTreeSet::new();
    for message in world.read("monitors") {
        let key = message.key_text().to_owned();
        if message.value.is_some() {
            table.insert(key)
        } else {
            table.remove(&key)
        };
    }
    let shown: BTreeSet<String> = present(&world).into_iter().filter(|key| is_shown(key)).collect();
    assert_eq!(table, shown, "seed {seed}");
    let mut gone = world.tombstones("monitors");
    gone.sort_unstable();
    let count = gone.len();
    gone.dedup();
    assert_eq!(gone.len(), count, "seed {seed}: no row goes twice");
}

#[test]
fn rows_that_come_go_and_move_between_pages_never_make_a_false_tombstone() {
    (1..=4).for_each(|seed| history(seed, "true", |_| true));
}

#[test]
fn rows_that_a_filter_hides_hide_no_others_when_they_go() {
    (11..=13).for_each(|seed| history(seed, ".id % 3 == 0", |key| key.parse::<u64>().unwrap() % 3 == 0));
}
