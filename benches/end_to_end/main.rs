//! krest end to end beside what it stands on, in one run: `cargo bench --bench end_to_end`.
//!
//! Fetching the same pages and throwing them away, librdkafka alone with the same bytes, krest's first scan, its restart and its
//! unchanged scan, in turns, on one machine and one broker: only their ratios mean something elsewhere.
//!
//! CPU is that of this process alone, all threads, user and system: the API (this program once more, with `serve`) and the broker
//! are processes of their own. The broker is found as in the tests (`KREST_TEST_KAFKA`, Docker, Java and Maven).
//!
//! `KREST_BENCH_RECORDS` (200000), `KREST_BENCH_PAGES` (1000,100), `KREST_BENCH_RUNS` (3).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a bench that cannot go on panics"
)]
#![allow(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench makes its own data and prints"
)]

mod floors;
mod meter;
mod scans;
mod server;
mod table;

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "shared with the other bench")]
mod data;
#[path = "../../tests/support/mod.rs"]
#[allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "of the tests' harness only the broker and topics are used"
)]
mod support;

use std::str::FromStr;

use meter::Sample;
use scans::Connector;
use server::Server;
use table::Stages;

/// Of the output topics.
const PARTITIONS: i32 = 3;
/// Unchanged scans after one restart.
const RESCANS: usize = 3;

fn main() {
    // Cargo adds `--bench` of its own.
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return server::serve(setting("KREST_BENCH_RECORDS", 200_000));
    }
    let records = setting("KREST_BENCH_RECORDS", 200_000);
    let runs = setting("KREST_BENCH_RUNS", 3);
    let sizes = std::env::var("KREST_BENCH_PAGES").unwrap_or_else(|_| "1000,100".to_owned());
    let bootstrap = support::broker::bootstrap();
    let server = Server::start();
    table::introduce(&bootstrap, records, runs);
    for size in sizes.split(',') {
        let size = size.trim().parse().expect("KREST_BENCH_PAGES: numbers with commas between");
        measure(&server, &bootstrap, Work { records, size }, runs).print(size);
    }
}

fn setting<T: FromStr>(name: &str, default: T) -> T {
    std::env::var(name)
        .map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}: a number is needed")))
}

/// How much is done in each stage.
#[derive(Clone, Copy)]
struct Work {
    records: usize,
    /// Of a page.
    size: usize,
}

fn measure(server: &Server, bootstrap: &str, work: Work, runs: usize) -> Stages {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    // The API makes its pages when they are asked for the first time.
    runtime.block_on(floors::fetch(server, work));
    let mut stages = Stages::default();
    for _ in 0..runs {
        stages.fetch.push(runtime.block_on(floors::fetch(server, work)));
        stages.librdkafka.push(librdkafka(bootstrap, work));
        let connector = Connector::new(server, bootstrap, work);
        let first = runtime.block_on(connector.first_scan());
        stages.start.push(first.start);
        stages.first_scan.push(first.scan);
        let again = runtime.block_on(connector.again(RESCANS));
        stages.restore.push(again.restore);
        stages.after_restart.push(again.first);
        stages.rescan.extend(again.others);
        connector.delete_topics();
    }
    stages
}

fn librdkafka(bootstrap: &str, work: Work) -> Sample {
    let topic = support::unique("bench-librdkafka");
    support::create_topic(bootstrap, &topic, PARTITIONS, &[("cleanup.policy", "compact")]);
    let sample = floors::produce(bootstrap, &topic, work);
    support::delete_topic(bootstrap, &topic);
    sample
}
