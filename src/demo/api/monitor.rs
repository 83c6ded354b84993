//! One monitor: what the demo's API tells of a website that somebody watches.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

#[derive(Clone, Debug, Serialize)]
pub(super) struct Monitor {
    pub(super) id: u32,
    name: String,
    url: String,
    pub(super) status: Status,
    /// Null while nothing answers.
    response_ms: Option<u32>,
    uptime_ratio: Percent,
    region: &'static str,
    owner: &'static str,
    tags: Vec<&'static str>,
    pub(super) status_since: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Up,
    Down,
    Paused,
}

impl Status {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Paused => "paused",
        }
    }
}

/// Thousandths of a per cent. A JSON number with three decimals, always (`99.950`): who parses it loses the last zero.
#[derive(Clone, Copy, Debug)]
struct Percent(u32);

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        RawValue::from_string(text).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

const SERVICES: [&str; 25] = [
    "checkout", "login", "search", "catalog", "payments", "invoices", "mail", "chat", "maps", "orders",
    "billing", "media", "reports", "tickets", "stock", "pricing", "reviews", "profile", "gateway", "uploads",
    "exports", "calendar", "push", "status", "docs",
];

/// Cities, each with its region: 25 services in 40 cities make a thousand names.
const CITIES: [(&str, &str); 40] = [
    ("Zürich", "eu-central"),
    ("Berlin", "eu-central"),
    ("Wien", "eu-central"),
    ("Kraków", "eu-central"),
    ("Praha", "eu-central"),
    ("Paris", "eu-west"),
    ("Dublin", "eu-west"),
    ("Lisboa", "eu-west"),
    ("Málaga", "eu-west"),
    ("London", "eu-west"),
    ("København", "eu-north"),
    ("Oslo", "eu-north"),
    ("Malmö", "eu-north"),
    ("Tallinn", "eu-north"),
    ("Helsinki", "eu-north"),
    ("Boston", "us-east"),
    ("Atlanta", "us-east"),
    ("Montréal", "us-east"),
    ("Miami", "us-east"),
    ("Toronto", "us-east"),
    ("Denver", "us-west"),
    ("Seattle", "us-west"),
    ("San José", "us-west"),
    ("Phoenix", "us-west"),
    ("Portland", "us-west"),
    ("São Paulo", "sa-east"),
    ("Bogotá", "sa-east"),
    ("Lima", "sa-east"),
    ("Quito", "sa-east"),
    ("Santiago", "sa-east"),
    ("東京", "ap-east"),
    ("大阪", "ap-east"),
    ("서울", "ap-east"),
    ("台北", "ap-east"),
    ("Hà Nội", "ap-east"),
    ("Sydney", "ap-south"),
    ("Perth", "ap-south"),
    ("Jakarta", "ap-south"),
    ("Mumbai", "ap-south"),
    ("Chennai", "ap-south"),
];

const OWNERS: [&str; 6] = ["web", "platform", "payments", "growth", "data", "support"];
const TAGS: [&str; 5] = ["prod", "customer-facing", "internal", "sla-99.9", "canary"];

impl Monitor {
    /// A monitor of the first listing.
    pub(super) fn new(id: u32, random: &mut fastrand::Rng) -> Self {
        let index = id as usize - 1;
        let service = pick(&SERVICES, index);
        let (city, region) = pick(&CITIES, index / SERVICES.len() + index % SERVICES.len());
        let status = match random.u32(0..100) {
            0..=2 => Status::Down,
            3 => Status::Paused,
            4.. => Status::Up,
        };
        let first_tag = random.usize(0..TAGS.len());
        let tags = (0..random.usize(1..=2)).map(|n| pick(&TAGS, first_tag + n)).collect();
        Self {
            id,
            name: format!("{service} {city}"),
            url: format!("https://{service}.example.com/{}", index / SERVICES.len() + 1),
            status,
            response_ms: answer_time(status, random),
            uptime_ratio: Percent(100_000 - 10 * random.u32(0..60)),
            region,
            owner: pick(&OWNERS, random.usize(0..OWNERS.len())),
            tags,
            status_since: some_time_before(random),
        }
    }

    /// A monitor that appears later.
    pub(super) fn added(id: u32, round: u32, random: &mut fastrand::Rng) -> Self {
        let mut monitor = Self::new(id, random);
        monitor.name = format!("new {}", monitor.name);
        monitor.status = Status::Up;
        monitor.response_ms = answer_time(Status::Up, random);
        monitor.status_since = time_of(round);
        monitor
    }

    pub(super) fn is_down(&self) -> bool {
        self.status == Status::Down
    }

    pub(super) fn flip(&mut self, round: u32, random: &mut fastrand::Rng) {
        self.status = match self.status {
            Status::Up => Status::Down,
            Status::Down | Status::Paused => Status::Up,
        };
        self.response_ms = answer_time(self.status, random);
        self.status_since = time_of(round);
        self.uptime_ratio = Percent(self.uptime_ratio.0.saturating_sub(10));
    }
}

/// The list, again and again.
fn pick<T: Copy + Default>(list: &[T], index: usize) -> T {
    list.get(index % list.len().max(1)).copied().unwrap_or_default()
}

fn answer_time(status: Status, random: &mut fastrand::Rng) -> Option<u32> {
    match status {
        Status::Up => Some(random.u32(20..400)),
        Status::Down | Status::Paused => None,
    }
}

/// The time that the world's clock shows in a round: ten minutes pass from one to the next.
pub(super) fn time_of(round: u32) -> String {
    let minutes = round.saturating_sub(1) * 10;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    format!("2026-03-{:02}T{hours:02}:{minutes:02}:00Z", 1 + days % 31)
}

fn some_time_before(random: &mut fastrand::Rng) -> String {
    let (day, hour, minute) = (random.u32(1..=28), random.u32(0..24), random.u32(0..60));
    format!("2026-02-{day:02}T{hour:02}:{minute:02}:{:02}Z", random.u32(0..60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_monitors_have_a_thousand_names() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut names: Vec<String> = (1..=1000).map(|id| Monitor::new(id, &mut random).name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 1000);
    }

    #[test]
    fn the_clock_of_the_story_goes_on_past_midnight() {
        assert_eq!(time_of(1), "2026-03-01T00:00:00Z");
        assert_eq!(time_of(8), "2026-03-01T01:10:00Z");
        assert_eq!(time_of(146), "2026-03-02T00:10:00Z");
    }
}
