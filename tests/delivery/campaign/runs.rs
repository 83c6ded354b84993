//! The campaigns: the bounded one of every test run, and the long one.

use std::time::{Duration, Instant};

use krest::failpoint::POINTS;

use super::rounds::{Lane, Run, SEED};
use super::tally::Tally;

const MINUTES: &str = "KREST_CAMPAIGN_MINUTES";
/// Side by side, each with a broker of its own: a fault is mostly waiting.
const LANES: u64 = 2;
/// Of the bounded campaign.
const LEAST_FAULTS: u64 = 60;

fn campaign(test: &'static str, enough: impl Fn(&Tally) -> bool + Send + Sync) -> Tally {
    let given = std::env::var(SEED).ok().map(|seed| seed.parse().expect("KREST_CAMPAIGN_SEED is a number"));
    let run = Run { seed: given.unwrap_or_else(|| fastrand::u64(..1 << 32)), test };
    eprintln!("fault campaign, {SEED}={}", run.seed);
    let begun = Instant::now();
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let lane = |number| {
            let enough = &enough;
            scope.spawn(move || Lane::new(run, number, LANES).go(enough))
        };
        let lanes: Vec<_> = (0..LANES).map(lane).collect();
        for lane in lanes {
            tally += lane.join().unwrap_or_else(|found| std::panic::resume_unwind(found));
        }
    });
    tally.took = begun.elapsed();
    eprintln!("{tally}");
    let missing: Vec<_> = POINTS.iter().filter(|point| !tally.points.contains(*point)).collect();
    assert!(missing.is_empty(), "krest was never killed at {missing:?}");
    assert!(tally.tombstones > 0, "nothing was deleted");
    assert!(tally.asides > 0, "no resource was ever set aside");
    assert!(tally.aborted > 0, "no transaction was aborted: the faults did nothing");
    tally
}

/// So many faults as every run of the tests can bear; krest dies at every failpoint.
#[test]
fn a_campaign_of_faults_leaves_every_topic_right() {
    let test = "delivery::campaign::runs::a_campaign_of_faults_leaves_every_topic_right";
    let tally = campaign(test, |tally| tally.fired() >= LEAST_FAULTS / LANES);
    assert!(tally.fired() >= LEAST_FAULTS);
}

/// For `KREST_CAMPAIGN_MINUTES`, ten if not given. The report is a file, too.
#[test]
#[ignore = "as long as one wishes: see docs/delivery.md"]
fn a_long_campaign_of_faults_leaves_every_topic_right() {
    let minutes = std::env::var(MINUTES).map_or(10, |text| text.parse().expect("a number of minutes"));
    let until = Instant::now() + Duration::from_secs(minutes * 60);
    let test = "delivery::campaign::runs::a_long_campaign_of_faults_leaves_every_topic_right";
    let tally = campaign(test, |_| Instant::now() >= until);
    let report = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("campaign.md");
    std::fs::write(&report, tally.to_string()).expect("the report is written");
    eprintln!("the report: {}", report.display());
}
