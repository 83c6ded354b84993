//! One listing of the model API: rows, how they are paged, how they change, and the history of what was shown of each key.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use super::kind::{Deletes, GROUPS, Kind};
use crate::support::checker::{Event, Histories};

/// How many rows a listing has about.
const ROWS: usize = 60;

pub struct Listing {
    pub kind: Kind,
    pub deletes: Deletes,
    pub history: Histories,
    /// Rows without a key that were shown: texts.
    pub unusable: BTreeSet<String>,
    /// How often a scan began.
    pub scans: u64,
    /// How often one of all rows did.
    pub whole: u64,
    rows: Vec<Row>,
    /// The row that is too large for the topic now.
    large: Option<String>,
}

#[derive(Clone, Debug)]
struct Row {
    key: String,
    /// What the listing is sorted by, where it is sorted.
    place: u64,
    text: String,
    /// It says of itself that it is deleted.
    is_marked: bool,
}

/// Incidents are listed from the newest to the oldest: the highest cursor value is on the first page.
const HORIZON: u64 = 1_000_000_000;

/// The most that the topic of checks takes, and the note of a row that is more.
pub const TAKEN: usize = 3000;
const LARGE: usize = 4000;

/// Rows whose key begins so never change and never go.
const COLD: &str = "9000";

/// Rows whose key here begins so have none in their text.
const UNUSABLE: &str = "bad-";

impl Row {
    /// Its cursor value.
    fn at(&self, kind: Kind) -> u64 {
        if kind == Kind::Incidents { HORIZON - self.place } else { self.place }
    }

    fn is_unusable(&self) -> bool {
        self.key.starts_with(UNUSABLE)
    }
}

pub struct Query(pub Vec<(String, String)>);

impl Query {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|pair| pair.0 == name).map(|pair| pair.1.as_str())
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.text(name)?.trim_start_matches('t').parse().ok()
    }

    /// Whether it asks for all rows, and not for those that changed.
    fn is_whole(&self) -> bool {
        self.number("since").unwrap_or(0) == 0
    }

    /// Whether it asks for a first page.
    fn begins(&self) -> bool {
        !self.resumes() && self.number("offset").or(self.number("page")).unwrap_or(0) == 0
    }

    /// Whether it names a place that an API may have forgotten.
    pub fn resumes(&self) -> bool {
        self.text("after").is_some() || self.text("token").is_some()
    }

    fn limit(&self) -> usize {
        self.number("limit").map_or(10, |limit| limit as usize)
    }
}

impl Listing {
    pub fn all(random: &mut Rng) -> Vec<Self> {
        let empty = |kind: Kind| Self {
            kind,
            deletes: kind.deletes(random),
            history: Histories::new(),
            unusable: BTreeSet::new(),
            scans: 0,
            whole: 0,
            rows: Vec::new(),
            large: None,
        };
        Kind::ALL.into_iter().map(empty).collect()
    }

    /// What the rows are now, by key.
    pub fn now(&self) -> BTreeMap<String, String> {
        let usable = self.rows.iter().filter(|row| !row.is_unusable() && !row.is_marked);
        usable.map(|row| (row.key.clone(), row.text.clone())).collect()
    }

    /// The texts of rows without a key.
    pub fn unusable_now(&self) -> BTreeSet<&str> {
        self.rows.iter().filter(|row| row.is_unusable()).map(|row| row.text.as_str()).collect()
    }

    /// Some change; its version is in the text, so that no two texts are alike.
    pub fn change(&mut self, random: &mut Rng, version: u64) {
        if self.swells(random, version) {
            return;
        }
        let living = self.rows.iter().filter(|row| !row.is_marked).count();
        let full = living >= ROWS * 2 && self.kind != Kind::Incidents;
        let few = living < ROWS / 2;
        let dice = random.u32(..100);
        match self.kind {
            Kind::Events if dice < 30 => self.insert(random, version),
            Kind::Events | Kind::Remarks => {} // a row of the log costs requests, one or two
            Kind::Groups if self.rows.len() < GROUPS => self.insert(random, version),
            Kind::Groups => self.update(random, version),
            _ if few || (dice < 30 && !full) => self.insert(random, version),
            _ if dice < 50 => self.remove(random, version),
            _ => self.update(random, version),
        }
    }

    /// Nothing is too large any more.
    pub fn settle(&mut self, random: &mut Rng, version: u64) {
        if let Some(key) = self.large.take() {
            self.update_key(&key, random, version);
        }
    }

    /// Now and then a row becomes too large for its topic, for a while.
    fn swells(&mut self, random: &mut Rng, version: u64) -> bool {
        let rarely = if self.large.is_some() { 12 } else { 60 };
        if self.kind != Kind::Checks || self.rows.is_empty() || random.u32(..rarely) > 0 {
            return false;
        }
        if self.large.is_some() {
            self.settle(random, version);
        } else if let Some(key) = random.choice(&self.rows).map(|row| row.key.clone()) {
            self.large = Some(key.clone());
            self.update_key(&key, random, version);
        }
        true
    }

    fn insert(&mut self, random: &mut Rng, version: u64) {
        let (key, place) = match self.kind {
            Kind::Groups => (self.rows.len().to_string(), version),
            Kind::Members => (format!("g{}-{}", random.usize(..GROUPS), random.u32(..60)), version),
            Kind::Notes => (format!("n{}-{}", random.usize(..GROUPS), random.u32(..60)), version),
            Kind::Checks => {
                let key = random.u64(..u64::try_from(ROWS * 3).unwrap_or(100));
                (key.to_string(), key)
            }
            Kind::Events | Kind::Remarks => (version.to_string(), version),
            Kind::Monitors if random.u32(..12) == 0 && self.unusable_now().len() < 4 => {
                (format!("{UNUSABLE}{version}"), version)
            }
            // Half of them never change again: nothing but this one message will ever say so.
            Kind::Incidents if random.bool() => (format!("{COLD}{version}"), HORIZON - version),
            Kind::Incidents => (random.usize(..ROWS * 3).to_string(), HORIZON - version),
            Kind::Monitors => (random.usize(..ROWS * 3).to_string(), version),
        };
        if self.has(&key) {
            return self.update_key(&key, random, version);
        }
        let row = Row { text: self.text(&key, random, version), key, place, is_marked: false };
        match self.kind {
            Kind::Monitors if random.bool() => self.rows.insert(0, row),
            _ => self.rows.push(row),
        }
        self.sort();
    }

    pub fn has(&self, key: &str) -> bool {
        self.rows.iter().any(|row| row.key == key)
    }

    /// What comes with a row of the log.
    pub fn remark(&mut self, random: &mut Rng, event: u64) {
        for place in [event * 10, event * 10 + 1] {
            let key = format!("r{event}-{place}");
            self.rows.push(Row { text: self.text(&key, random, place), key, place, is_marked: false });
        }
    }

    fn update(&mut self, random: &mut Rng, version: u64) {
        let key = random.choice(&self.rows).map(|row| row.key.clone());
        if let Some(key) = key.filter(|key| !key.starts_with(COLD)) {
            self.update_key(&key, random, version);
        }
    }

    fn update_key(&mut self, key: &str, random: &mut Rng, version: u64) {
        let (kind, text) = (self.kind, self.text(key, random, version));
        if let Some(row) = self.rows.iter_mut().find(|row| row.key == key) {
            (row.text, row.is_marked) = (text, false);
            match kind {
                Kind::Incidents => row.place = HORIZON - version,
                Kind::Notes => row.place = version,
                Kind::Monitors | Kind::Checks | Kind::Events | Kind::Groups => {}
                Kind::Members | Kind::Remarks => {}
            }
        }
        self.sort();
    }

    fn remove(&mut self, random: &mut Rng, version: u64) {
        if self.rows.is_empty() {
            return;
        }
        let place = random.usize(..self.rows.len());
        if self.rows[place].key.starts_with(COLD) {
            return;
        }
        let row = if self.deletes == Deletes::Soft && !self.rows[place].is_unusable() {
            self.mark(place, random, version)
        } else {
            self.rows.remove(place)
        };
        // What was never shown was never there.
        if let Some(events) = self.history.get_mut(&row.key).filter(|_| !row.is_marked) {
            events.push(Event::Gone);
        }
    }

    /// The row says that it is deleted; returns what it was.
    fn mark(&mut self, place: usize, random: &mut Rng, version: u64) -> Row {
        let row = self.rows[place].clone();
        self.update_key(&row.key, random, version);
        if let Some(marked) = self.rows.iter_mut().find(|other| other.key == row.key) {
            marked.text = marked.text.replace('}', ",\"gone\":true}");
            marked.is_marked = true;
        }
        row
    }

    fn sort(&mut self) {
        match self.kind {
            Kind::Checks | Kind::Incidents | Kind::Events | Kind::Notes => {
                self.rows.sort_by_key(|row| row.place);
            }
            Kind::Monitors | Kind::Groups | Kind::Members | Kind::Remarks => {}
        }
    }

    fn text(&self, key: &str, random: &mut Rng, version: u64) -> String {
        let large = self.large.as_deref() == Some(key);
        let note = "x".repeat(if large { LARGE } else { random.usize(..200) });
        let id = match self.kind {
            Kind::Members | Kind::Notes | Kind::Remarks => format!("\"{key}\""),
            _ if key.starts_with(UNUSABLE) => "null".to_owned(),
            _ => key.to_owned(),
        };
        format!("{{\"id\":{id},\"at\":{version},\"note\":\"{note}\"}}")
    }

    /// The body of a page, which from now on counts as shown; `None`: another listing's path.
    pub fn page(&mut self, path: &str, query: &Query) -> Option<String> {
        let path = path.trim_start_matches('/');
        if self.kind == Kind::Members {
            let group = path.strip_prefix("groups/")?.strip_suffix("/members")?;
            return Some(self.members(group, query));
        }
        if let Some((letter, above, below)) = self.kind.under() {
            let row = path.strip_prefix(above)?.strip_suffix(below)?;
            return Some(self.below(&format!("{letter}{row}-"), query));
        }
        if path != self.kind.name() {
            return None;
        }
        let limit = query.limit();
        self.begin(query);
        let after = query.number(if self.kind == Kind::Checks { "after" } else { "token" });
        let (rows, more) = match self.kind {
            Kind::Checks | Kind::Incidents | Kind::Events => {
                let kind = self.kind;
                let since = query.number("since").unwrap_or(0);
                let fits = |row: &&Row| row.at(kind) >= since && after.is_none_or(|after| row.place > after);
                let mut rows: Vec<Row> = self.rows.iter().filter(fits).take(limit + 1).cloned().collect();
                let more = rows.len() > limit;
                rows.truncate(limit);
                (rows, more)
            }
            Kind::Monitors | Kind::Groups | Kind::Members | Kind::Notes | Kind::Remarks => {
                let offset = query.number("offset").map_or(0, |offset| offset as usize);
                (self.rows.iter().skip(offset).take(limit).cloned().collect(), false)
            }
        };
        let next = rows.last().filter(|_| more).map(|row| row.place);
        let list = self.show(&rows);
        Some(match self.kind {
            Kind::Checks => {
                let next = next.map(|next| format!("\"/checks?limit={limit}&after={next}\""));
                format!("{{\"data\":[{list}],\"next\":{}}}", next.unwrap_or_else(|| "null".to_owned()))
            }
            Kind::Incidents | Kind::Events => {
                let next = next.map_or("null".to_owned(), |next| format!("\"t{next}\""));
                format!("{{\"data\":[{list}],\"next\":{next}}}")
            }
            Kind::Monitors | Kind::Groups | Kind::Members | Kind::Notes | Kind::Remarks => {
                format!("{{\"data\":[{list}],\"total\":{}}}", self.rows.len())
            }
        })
    }

    fn members(&mut self, group: &str, query: &Query) -> String {
        self.begin(query);
        let (prefix, limit) = (format!("g{group}-"), query.limit());
        let page = query.number("page").map_or(0, |page| page as usize);
        let all = self.rows.iter().filter(|row| row.key.starts_with(&prefix));
        let rows: Vec<Row> = all.skip(page * limit).take(limit).cloned().collect();
        format!("{{\"data\":[{}]}}", self.show(&rows))
    }

    fn below(&mut self, prefix: &str, query: &Query) -> String {
        self.begin(query);
        let (limit, after) = (query.limit(), query.number("token"));
        let since = query.number("since").unwrap_or(0);
        let fits = |row: &&Row| {
            row.key.starts_with(prefix) && row.place >= since && after.is_none_or(|after| row.place > after)
        };
        let mut rows: Vec<Row> = self.rows.iter().filter(fits).take(limit + 1).cloned().collect();
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next =
            rows.last().filter(|_| more).map_or("null".to_owned(), |row| format!("\"t{}\"", row.place));
        format!("{{\"data\":[{}],\"next\":{next}}}", self.show(&rows))
    }

    /// The body of a row's own page; `Some(None)`: it is not there. `None`: not a row's path of this listing.
    pub fn item(&self, path: &str) -> Option<Option<String>> {
        let (listing, key) = path.trim_start_matches('/').rsplit_once('/')?;
        let name = self.kind.name();
        let own = match self.kind {
            Kind::Members | Kind::Notes => {
                listing.starts_with("groups/") && listing.ends_with(&format!("/{name}"))
            }
            _ => listing == name,
        };
        own.then(|| self.rows.iter().find(|row| row.key == key).map(|row| row.text.clone()))
    }

    fn begin(&mut self, query: &Query) {
        self.scans += u64::from(query.begins());
        self.whole += u64::from(query.begins() && query.is_whole());
    }

    fn show(&mut self, rows: &[Row]) -> String {
        let (unusable, usable): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.is_unusable());
        self.unusable.extend(unusable.into_iter().map(|row| row.text.clone()));
        for row in usable.into_iter().filter(|row| !row.is_marked) {
            let shown = Event::Shown(row.text.clone());
            let events = self.history.entry(row.key.clone()).or_default();
            if events.last() != Some(&shown) {
                events.push(shown);
            }
        }
        rows.iter().map(|row| row.text.as_str()).collect::<Vec<_>>().join(",")
    }
}
