//! What a stretch of work costs this process.

use std::fs;
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// A moment between two stretches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    at: Instant,
    cpu: Duration,
    /// The largest resident size since the mark before, in bytes; 0 where there is no /proc.
    peak: u64,
}

/// What one stretch cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) records: u64,
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
    pub(crate) peak: u64,
}

impl Mark {
    pub(crate) fn now() -> Self {
        let peak = peak();
        // proc(5): "5" sets the peak back to the present size.
        let _ = fs::write("/proc/self/clear_refs", "5");
        Self { at: Instant::now(), cpu: cpu(), peak }
    }

    /// From this mark to a later one.
    pub(crate) fn until(self, end: Self, records: u64) -> Sample {
        Sample { records, wall: end.at - self.at, cpu: end.cpu.saturating_sub(self.cpu), peak: end.peak }
    }
}

impl Sample {
    /// Records per second.
    pub(crate) fn per_second(&self) -> f64 {
        self.records as f64 / self.wall.as_secs_f64()
    }

    /// Records per CPU second.
    pub(crate) fn per_cpu_second(&self) -> f64 {
        self.records as f64 / self.cpu.as_secs_f64()
    }
}

fn cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_SELF).expect("getrusage");
    let [user, system] = [usage.user_time(), usage.system_time()]
        .map(|time| Duration::new(time.tv_sec() as u64, time.tv_usec() as u32 * 1000));
    user + system
}

fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() * 1024
}
