//! Progress on a terminal: a bar for every scan that takes longer than two seconds. Log lines pass above the bars.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::poll::{PollEvent, WaitReason};
use crate::service::Event;

/// What takes less time needs no bar.
const PATIENCE: Duration = Duration::from_secs(2);

/// Bars on stderr, or nothing at all where stderr is no terminal.
#[derive(Clone)]
pub(super) struct Progress {
    bars: MultiProgress,
    scans: Option<Arc<Mutex<HashMap<String, Scan>>>>,
}

struct Scan {
    started: Instant,
    records: u64,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new() -> Self {
        let terminal = Term::stderr().is_term();
        Self { bars: MultiProgress::new(), scans: terminal.then(Arc::default) }
    }

    /// Writes log lines so that they do not run through the bars.
    #[expect(clippy::print_stderr, reason = "the log goes to stderr")]
    pub(super) fn print(&self, lines: &str) {
        self.bars.suspend(|| eprint!("{lines}"));
    }

    pub(super) fn service_event(&self, event: &Event) {
        match event {
            Event::ScanStarted { resource, .. } => self.begin(resource.as_str()),
            Event::ScanFinished { resource, .. } | Event::ScanFailed { resource, .. } => {
                self.end(resource.as_str());
            }
            Event::Restoring { topic, done, total } => self.counted(topic, *done, *total),
            Event::Restored { topic, .. } => self.end(topic),
            Event::Started { .. } | Event::Reconnecting { .. } => {}
        }
    }

    pub(super) fn poll_event(&self, event: &PollEvent) {
        match event {
            PollEvent::PageRead { resource, records, total, .. } => {
                self.advance(resource.as_str(), *records as u64, *total);
            }
            PollEvent::Waiting { resource, reason, duration, .. } => {
                self.wait(resource.as_str(), *reason, *duration);
            }
            PollEvent::Requested { .. } | PollEvent::MoreLikely(_) => {}
        }
    }

    /// A topic is being read, counted in offsets, until [`Progress::end`].
    pub(super) fn counted(&self, topic: &str, done: u64, total: u64) {
        self.with_scans(|scans| {
            let started = Instant::now();
            let scan = scans.entry(topic.to_owned()).or_insert(Scan { started, records: 0, bar: None });
            if scan.bar.is_none() && scan.started.elapsed() > PATIENCE {
                scan.bar = Some(self.bars.add(bar(&format!("reading {topic}"), Some(total))));
            }
            if let Some(bar) = &scan.bar {
                bar.set_position(done);
            }
        });
    }

    fn begin(&self, resource: &str) {
        self.with_scans(|scans| {
            scans.insert(resource.to_owned(), Scan { started: Instant::now(), records: 0, bar: None });
        });
    }

    fn advance(&self, resource: &str, records: u64, total: Option<u64>) {
        self.with_scans(|scans| {
            let Some(scan) = scans.get_mut(resource) else { return };
            scan.records += records;
            if scan.bar.is_none() && scan.started.elapsed() > PATIENCE {
                scan.bar = Some(self.bars.add(bar(resource, total)));
            }
            if let Some(bar) = &scan.bar {
                bar.set_position(scan.records);
                bar.set_message("");
            }
        });
    }

    fn wait(&self, resource: &str, reason: WaitReason, duration: Duration) {
        self.with_scans(|scans| {
            if let Some(bar) = scans.get(resource).and_then(|scan| scan.bar.as_ref()) {
                bar.set_message(format!("waiting {:.1} s ({})", duration.as_secs_f64(), why(reason)));
            }
        });
    }

    pub(super) fn end(&self, resource: &str) {
        self.with_scans(|scans| {
            if let Some(bar) = scans.remove(resource).and_then(|scan| scan.bar) {
                bar.finish_and_clear();
            }
        });
    }

    fn with_scans(&self, work: impl FnOnce(&mut HashMap<String, Scan>)) {
        if let Some(scans) = &self.scans {
            work(&mut scans.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

/// Why nothing is sent, in a few words.
pub(super) fn why(reason: WaitReason) -> String {
    match reason {
        WaitReason::RateLimit => "limits.rate".to_owned(),
        WaitReason::Status { status, retry_after: true } => format!("{status}, Retry-After"),
        WaitReason::Status { status, retry_after: false } => status.to_string(),
        WaitReason::Transport => "connection error".to_owned(),
    }
}

fn bar(resource: &str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (
            ProgressBar::new(total),
            "{prefix:.bold} {bar:30.cyan/dim} {human_pos}/{human_len} records  {elapsed}  {msg:.yellow}",
        ),
        None => (
            ProgressBar::new_spinner(),
            "{prefix:.bold} {spinner} {human_pos} records  {elapsed}  {msg:.yellow}",
        ),
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style).with_prefix(resource.to_owned()).with_elapsed(PATIENCE)
}
