//! The demo's words: what is about to happen, what is happening, what has just happened and why.

use std::time::Duration;

use console::Style;

use super::text::{bar_of, count, seconds, thousands, wrapped};
use crate::demo::{Look, Round};

/// The broker that the demo writes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broker {
    /// librdkafka's, in this process.
    InProcess,
    /// Its address.
    Real(String),
}

/// What the demo is made of.
#[derive(Clone, Debug)]
pub struct Title<'t> {
    /// The base URL of the built-in API; `None` where the operator's own configuration runs.
    pub built_in: Option<&'t str>,
    pub connector: &'t str,
    pub broker: &'t Broker,
    pub topics: &'t [String],
}

/// A scan that is under way, of one resource.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'p> {
    pub scan: u64,
    pub resource: &'p str,
    pub pages: u64,
    pub records: u64,
    /// What the scan before it read.
    pub expected: Option<u64>,
}

/// The API asked for patience, or krest takes some.
#[derive(Clone, Copy, Debug)]
pub struct Wait<'w> {
    pub resource: &'w str,
    /// `None`: the connection failed.
    pub status: Option<u16>,
    /// It came with a `Retry-After`.
    pub retry_after: bool,
    pub whole: Duration,
    pub left: Duration,
}

/// A scan of all resources that has ended.
#[derive(Clone, Debug)]
pub struct Scan {
    /// Counted from 1.
    pub number: u64,
    pub resources: Vec<ResourceCount>,
    pub took: Duration,
}

/// What a scan made of one resource.
#[derive(Clone, Debug, Default)]
pub struct ResourceCount {
    pub name: String,
    pub pages: u64,
    pub records: u64,
    pub published: u64,
}

impl Scan {
    fn sum(&self, of: impl Fn(&ResourceCount) -> u64) -> u64 {
        self.resources.iter().map(of).sum()
    }
}

/// Writes the texts for one terminal. Nothing here prints.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    pub look: Look,
}

impl Screen {
    /// The first lines.
    pub fn banner(&self, title: &Title<'_>) -> String {
        let what = match title.built_in {
            Some(url) => format!("a built-in API of monitors that change, {url}"),
            None => format!("your configuration, connector {}", title.connector),
        };
        let broker = match title.broker {
            Broker::InProcess => "librdkafka's in-process broker: nothing installed, nothing kept".to_owned(),
            Broker::Real(address) => format!("Kafka at {address}"),
        };
        let topics = title.topics.join(", ");
        let rows = [("from", what), ("to", broker), ("topics", topics)];
        let rows = rows.map(|(name, text)| self.wrapped(&format!("{name:8}{text}"), 2, 10));
        format!("{}\n{}", self.bold("krest demo"), rows.concat())
    }

    /// One line that is drawn over and over while pages arrive.
    pub fn progress(&self, now: &Progress<'_>) -> String {
        let bar = now.expected.filter(|expected| *expected > 0);
        let bar = bar.map_or(String::new(), |expected| format!("{} ", bar_of(now.records, expected)));
        let text = format!(
            "  scan {}  {bar}{}: page {}, {} records",
            now.scan,
            now.resource,
            thousands(now.pages),
            thousands(now.records)
        );
        self.cut(&text)
    }

    /// One line that counts a wait down.
    pub fn waiting(&self, wait: &Wait<'_>) -> String {
        let reason = match (wait.status, wait.retry_after) {
            (Some(status), true) => format!("the API answered {status} and said when to come back"),
            (Some(status), false) => format!("the API answered {status}"),
            (None, _) => "the connection failed".to_owned(),
        };
        let done = wait.whole.saturating_sub(wait.left);
        let bar = bar_of(as_millis(done), as_millis(wait.whole));
        let left = seconds(wait.left);
        self.cut(&format!("  {}: {reason}, going on in {left} {bar}", wait.resource))
    }

    /// One line for a wait that is over.
    pub fn waited(&self, wait: &Wait<'_>) -> String {
        let answer = wait.status.map_or("a failed connection".to_owned(), |status| format!("a {status}"));
        self.cut(&format!("  {}: waited {} after {answer}, then went on", wait.resource, seconds(wait.whole)))
    }

    /// The scan in figures.
    pub fn summary(&self, scan: &Scan) -> String {
        let (records, published) = (scan.sum(|r| r.records), scan.sum(|r| r.published));
        let text = format!(
            "scan {}: {} read in {}, {} published, {} unchanged, {}",
            scan.number,
            count(records, "record"),
            count(scan.sum(|r| r.pages), "page"),
            count(published, "change"),
            thousands(records.saturating_sub(published)),
            seconds(scan.took),
        );
        let head = format!("scan {}:", scan.number);
        let lines = self.wrapped(&text, 0, 2);
        lines.replacen(&head, &self.bold(&head), 1)
    }

    /// What has just happened, and why. `round` is what the built-in API did before the scan.
    pub fn explanation(&self, scan: &Scan, round: Option<&Round>) -> String {
        let (records, published) = (scan.sum(|r| r.records), scan.sum(|r| r.published));
        let mut lines = vec![self.wrapped(&main_point(scan.number, records, published), 2, 2)];
        if let Some(round) = round {
            lines.extend(remarks(round).iter().map(|text| self.wrapped(text, 2, 2)));
        }
        lines.concat()
    }

    /// The last lines: which broker it was, and what to do next.
    pub fn closing(&self, broker: &Broker) -> String {
        let about = match broker {
            Broker::InProcess => {
                "The broker was librdkafka's in-process one. It shows what krest does, but it proves nothing about \
                 delivery, and its topics are gone now. For a real one: krest demo --kafka HOST:PORT, or docker compose up."
                    .to_owned()
            }
            Broker::Real(address) => {
                format!("The broker was the one at {address}; the topics are still there, for any Kafka client.")
            }
        };
        let next =
            "Next, with an API of your own: krest check FILE, krest preview FILE, krest run --once FILE.";
        format!("{}{}", self.wrapped(&about, 0, 0), self.wrapped(next, 0, 0))
    }

    fn bold(&self, text: &str) -> String {
        let style = Style::new().bold().force_styling(true);
        if self.look.colors { style.apply_to(text).to_string() } else { text.to_owned() }
    }

    fn cut(&self, text: &str) -> String {
        console::truncate_str(text, self.look.width, "…").into_owned()
    }

    fn wrapped(&self, text: &str, first: usize, other: usize) -> String {
        wrapped(text, self.look.width, (first, other))
    }
}

fn main_point(scan: u64, records: u64, published: u64) -> String {
    if published == 0 {
        return "Nothing changed, so nothing was published.".to_owned();
    }
    let messages = count(published, "message");
    if scan == 1 && published == records {
        return format!(
            "The topics were empty, so every record was new: {messages}, each with its primary key as key."
        );
    }
    format!(
        "{} of {} changed: {messages}. The others cost a hash and a look-up each, no message.",
        thousands(published),
        count(records, "record")
    )
}

fn remarks(round: &Round) -> Vec<String> {
    let reverted = round.changed.iter().filter(|change| change.reverted).map(|change| {
        format!(
            "Monitor {} went back to {}, exactly as it was two scans ago. That is a change too.",
            change.id, change.after
        )
    });
    let vanished = round.vanished.map(|id| {
        format!(
            "Monitor {id} is no longer in the API's list. Nobody asked for deletes here (deletes.mode: none), so the topic keeps its row."
        )
    });
    reverted.chain(vanished).collect()
}

fn as_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
