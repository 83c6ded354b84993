//! Histories of families under every pair of modes.

use fastrand::Rng;

use super::config::Mode;
use super::history::History;
use crate::delivery::histories::runs::{SEED, STEPS, given};

const RUNS: &str = "KREST_HISTORY_RUNS";

/// Posts under each of these modes, and below them comments under each; sometimes there are replies. Side by side: krest is mostly
/// waited for.
fn families(posts: &[Mode]) {
    let seed = given(SEED, 1);
    for seed in seed..seed + given(RUNS, 1) {
        let pairs = posts.iter().flat_map(|posts| Mode::ALL.map(|comments| (*posts, comments)));
        std::thread::scope(|scope| {
            let all: Vec<_> =
                pairs.map(|(posts, comments)| scope.spawn(move || family(seed, posts, comments))).collect();
            for one in all {
                one.join().unwrap_or_else(|found| std::panic::resume_unwind(found));
            }
        });
    }
}

fn family(seed: u64, posts: Mode, comments: Mode) {
    let mut dice = Rng::with_seed((seed * 31 + posts as u64) * 31 + comments as u64);
    let mut modes = vec![posts, comments];
    if dice.u32(..3) == 0 {
        modes.push(dice.choice(Mode::ALL).expect("one of four"));
    }
    let name = format!("a family under {modes:?}, {SEED}={seed}");
    let mut history = History::new(&modes, name, dice);
    history.play(usize::try_from(given(STEPS, 1) * 3).expect("a number of steps"));
    history.rest();
}

#[test]
fn families_whose_parents_stay_or_say_that_they_are_deleted_end_as_their_modes_promise() {
    families(&[Mode::None, Mode::Soft]);
}

#[test]
fn families_whose_parents_go_when_they_are_not_shown_end_as_their_modes_promise() {
    families(&[Mode::Snapshot, Mode::Probe]);
}
