//! The table at the end: the best and the median of each stage, and the ratios between stages.

use krest::kafka::CommitPolicy;

use crate::meter::Sample;
use crate::{PARTITIONS, data};

/// Samples of every stage, for one size of pages.
#[derive(Default)]
pub(crate) struct Stages {
    pub(crate) fetch: Vec<Sample>,
    pub(crate) librdkafka: Vec<Sample>,
    pub(crate) start: Vec<Sample>,
    pub(crate) first_scan: Vec<Sample>,
    pub(crate) restore: Vec<Sample>,
    pub(crate) after_restart: Vec<Sample>,
    pub(crate) rescan: Vec<Sample>,
}

/// Under what conditions the figures were taken.
pub(crate) fn introduce(bootstrap: &str, records: usize, runs: usize) {
    let origin = if std::env::var_os("KREST_TEST_KAFKA").is_some() {
        "named by KREST_TEST_KAFKA"
    } else {
        "one node, started for this run"
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let page = data::page(data::body(0, 1000, 0).into());
    let size: usize = page.records.iter().map(|span| page.text(*span).len()).sum();
    let CommitPolicy { records: transaction, .. } = CommitPolicy::default();
    println!(
        "krest {} · {cores} cores, API and broker on them too · broker {bootstrap} ({origin})",
        env!("CARGO_PKG_VERSION")
    );
    println!(
        "{records} records of {} bytes · {PARTITIONS} partitions · transactions of {transaction} · {runs} runs",
        size / 1000
    );
}

impl Stages {
    pub(crate) fn print(&self, size: usize) {
        println!("\npages of {size}");
        println!("{:36}{:>20}{:>24}{:>10}", "", "records/s", "records/CPU s", "peak RSS");
        println!("{:36}{:>11}{:>9}{:>13}{:>11}{:>10}", "", "best", "median", "best", "median", "MiB");
        for (name, samples) in [
            ("a  fetch alone", &self.fetch),
            ("b  librdkafka alone", &self.librdkafka),
            ("c  krest, first scan", &self.first_scan),
            ("   krest, restore at a restart", &self.restore),
            ("   krest, first scan after a restart", &self.after_restart),
            ("d  krest, unchanged scan", &self.rescan),
        ] {
            line(name, samples);
        }
        let start = &self.start;
        let seconds = |of: fn(&Sample) -> f64| median(start.iter().map(of).collect());
        println!(
            "start of krest until the first request: {:.2} s, {:.3} CPU s",
            seconds(|start| start.wall.as_secs_f64()),
            seconds(|start| start.cpu.as_secs_f64())
        );
        self.ratios();
    }

    fn ratios(&self) {
        let wall = |samples: &[Sample]| median(samples.iter().map(Sample::per_second).collect());
        let cpu = |samples: &[Sample]| median(samples.iter().map(Sample::per_cpu_second).collect());
        let floor = 1.0 / (1.0 / cpu(&self.fetch) + 1.0 / cpu(&self.librdkafka));
        println!("ratios of the medians:");
        println!(
            "  c / b           {:.2} in time, {:.2} in CPU",
            ratio(&self.first_scan, &self.librdkafka, wall),
            ratio(&self.first_scan, &self.librdkafka, cpu)
        );
        println!("  c / (a then b)  {:.2} in CPU", cpu(&self.first_scan) / floor);
        println!(
            "  d / a           {:.2} in time, {:.2} in CPU",
            ratio(&self.rescan, &self.fetch, wall),
            ratio(&self.rescan, &self.fetch, cpu)
        );
    }
}

fn ratio(one: &[Sample], other: &[Sample], of: impl Fn(&[Sample]) -> f64) -> f64 {
    of(one) / of(other)
}

fn line(name: &str, samples: &[Sample]) {
    let wall: Vec<f64> = samples.iter().map(Sample::per_second).collect();
    let cpu: Vec<f64> = samples.iter().map(Sample::per_cpu_second).collect();
    let peak = samples.iter().map(|sample| sample.peak).max().unwrap_or_default();
    println!(
        "{name:36}{:>10.0}k{:>8.0}k{:>12.0}k{:>10.0}k{:>10}",
        best(&wall) / 1e3,
        median(wall) / 1e3,
        best(&cpu) / 1e3,
        median(cpu) / 1e3,
        peak >> 20
    );
}

fn best(figures: &[f64]) -> f64 {
    figures.iter().copied().fold(0.0, f64::max)
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}
