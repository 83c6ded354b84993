//! The demo's terminal: text that stays, and one line that is drawn over while something goes on.

use std::collections::HashMap;
use std::io::Write as _;
use std::time::Duration;

use console::Term;
use tokio::time::Instant;

use super::{Progress, Screen, Wait};
use crate::poll::{PollEvent, WaitReason};

/// Where the demo writes: stdout. Without a terminal, or once nobody reads, the live line is left out.
pub struct Live {
    term: Term,
    drawn: bool,
    counts: HashMap<String, Count>,
    newest: Option<String>,
    waiting: Option<Waiting>,
    scan: u64,
}

/// Pages and records of one resource in the scan that goes on, and records of the one before.
#[derive(Default)]
struct Count {
    scan: u64,
    pages: u64,
    records: u64,
    before: Option<u64>,
}

struct Waiting {
    resource: String,
    reason: WaitReason,
    whole: Duration,
    since: Instant,
}

/// Shorter waits are not worth telling.
const WORTH_TELLING: Duration = Duration::from_millis(300);

impl Default for Live {
    fn default() -> Self {
        Self::new()
    }
}

impl Live {
    pub fn new() -> Self {
        Self {
            term: Term::stdout(),
            drawn: false,
            counts: HashMap::new(),
            newest: None,
            waiting: None,
            scan: 0,
        }
    }

    /// A scan begins: what the last one drew says nothing about it.
    pub fn begin(&mut self, scan: u64) {
        self.scan = scan;
        self.newest = None;
        self.waiting = None;
    }

    /// Text that stays. A reader that went away ends nothing: the demo finishes for itself.
    pub fn print(&mut self, text: &str) {
        self.clear();
        let _ = self.term.write_all(text.as_bytes());
        let _ = self.term.flush();
    }

    /// Takes the live line away.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = self.term.clear_line();
        }
    }

    pub fn poll_event(&mut self, event: &PollEvent, screen: &Screen) {
        let scan = self.scan;
        match event {
            PollEvent::PageRead { resource, records, .. } => {
                let count = self.counts.entry(resource.to_string()).or_default();
                if count.scan != scan {
                    *count =
                        Count { scan, before: (count.scan > 0).then_some(count.records), ..Count::default() };
                }
                count.pages += 1;
                count.records += *records as u64;
                self.newest = Some(resource.to_string());
            }
            PollEvent::Waiting { resource, reason, duration, .. } if *duration >= WORTH_TELLING => {
                self.waiting = Some(Waiting {
                    resource: resource.to_string(),
                    reason: *reason,
                    whole: *duration,
                    since: Instant::now(),
                });
            }
            PollEvent::Requested { resource, .. } => self.end_wait(resource.as_str(), screen),
            PollEvent::Waiting { .. } | PollEvent::MoreLikely(_) => {}
        }
    }

    /// Draws the live line anew.
    pub fn frame(&mut self, screen: &Screen) {
        if !self.term.is_term() {
            return;
        }
        let line = match (&self.waiting, &self.newest) {
            (Some(waiting), _) => screen.waiting(&waiting.told()),
            (None, Some(resource)) => self.progress(resource, screen),
            (None, None) => return,
        };
        self.clear();
        let _ = self.term.write_str(&line);
        self.drawn = true;
    }

    fn progress(&self, resource: &str, screen: &Screen) -> String {
        let count = self.counts.get(resource);
        screen.progress(&Progress {
            scan: self.scan,
            resource,
            pages: count.map_or(0, |count| count.pages),
            records: count.map_or(0, |count| count.records),
            expected: count.and_then(|count| count.before),
        })
    }

    fn end_wait(&mut self, resource: &str, screen: &Screen) {
        if let Some(waiting) = self.waiting.take_if(|waiting| waiting.resource == resource) {
            let line = screen.waited(&waiting.told());
            self.print(&format!("{line}\n"));
        }
    }
}

impl Waiting {
    fn told(&self) -> Wait<'_> {
        let (status, retry_after) = match self.reason {
            WaitReason::Status { status, retry_after } => (Some(status), retry_after),
            WaitReason::RateLimit | WaitReason::Transport => (None, false),
        };
        Wait {
            resource: &self.resource,
            status,
            retry_after,
            whole: self.whole,
            left: self.whole.saturating_sub(self.since.elapsed()),
        }
    }
}
