//! The kinds of faults, and the plan of a campaign.

use std::time::Duration;

use fastrand::Rng;
use krest::failpoint::POINTS;

/// Something that goes wrong once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// `kill -9` at a failpoint.
    KillAt(Place),
    /// `kill -9` after some time, wherever krest is.
    Kill(Duration),
    /// SIGTERM, which krest obeys.
    Terminate(Duration),
    /// SIGSTOP, and SIGCONT some time later.
    Pause(Duration, Duration),
    /// The answer to a commit is lost, before or after it had its effect.
    Unknown(Place),
    /// Another instance starts while one runs: a rolling restart.
    Takeover(Duration),
    /// An instance stands still at a failpoint, another one takes over, the first one wakes up.
    Zombie(Place),
    /// The broker is killed with -9 and started again, while krest stands still at a failpoint.
    BrokerKilled(Place),
    /// The broker does not answer for some time.
    BrokerPaused(Duration, Duration),
}

/// A failpoint, and at which of its hits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub point: &'static str,
    pub hit: u32,
}

/// Points that a session comes to once, or a few times, by itself; the others come again and again.
const RARE: [&str; 10] = [
    "kafka::before_create_topic",
    "kafka::after_create_topic",
    "kafka::before_init",
    "kafka::after_init",
    "service::before_claim",
    "service::after_claim",
    "service::between_sessions",
    "service::before_close",
    "kafka::before_abort",
    "kafka::after_abort",
];

/// Only the first start of a world comes to these.
pub const FIRST: [&str; 2] = ["kafka::before_create_topic", "kafka::after_create_topic"];

impl Place {
    fn of(point: &'static str, random: &mut Rng) -> Self {
        let often = if point.starts_with("kafka::after_send") { 60 } else { 7 };
        let hit = if RARE.contains(&point) { 1 } else { random.u32(1..often) };
        Self { point, hit }
    }

    /// Anywhere but at the start of a world.
    fn any(random: &mut Rng) -> Self {
        let points: Vec<&'static str> =
            POINTS.iter().copied().filter(|point| !FIRST.contains(point)).collect();
        Self::of(random.choice(points).expect("there are points"), random)
    }

    /// In the middle of a session, where messages are on their way.
    fn busy(random: &mut Rng) -> Self {
        let places = [
            "kafka::after_begin",
            "kafka::after_send",
            "kafka::before_offsets",
            "kafka::before_flush",
            "kafka::before_commit",
            "kafka::after_commit",
            "sync::before_apply",
            "sync::after_apply",
            "poll::after_page",
        ];
        Self::of(random.choice(places).expect("there are points"), random)
    }

    fn commit(random: &mut Rng) -> Self {
        let point = if random.bool() { "kafka::before_commit" } else { "kafka::after_commit" };
        Self { point, hit: random.u32(1..6) }
    }
}

impl Fault {
    /// The name of its kind, in the tables.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::KillAt(_) => "kill -9 at a failpoint",
            Self::Kill(_) => "kill -9 at any time",
            Self::Terminate(_) => "SIGTERM",
            Self::Pause(..) => "SIGSTOP, SIGCONT",
            Self::Unknown(_) => "answer to a commit lost",
            Self::Takeover(_) => "a second instance takes over",
            Self::Zombie(_) => "an instance that was replaced wakes up",
            Self::BrokerKilled(_) => "broker killed with -9, restarted",
            Self::BrokerPaused(..) => "broker hangs",
        }
    }

    /// Another try of a failpoint that krest did not come to.
    pub fn at_first_hit(&self) -> Option<Self> {
        match self {
            Self::KillAt(place) => Some(Self::KillAt(Place { hit: 1, ..*place })),
            Self::Kill(_)
            | Self::Terminate(_)
            | Self::Pause(..)
            | Self::Unknown(_)
            | Self::Takeover(_)
            | Self::Zombie(_)
            | Self::BrokerKilled(_)
            | Self::BrokerPaused(..) => None,
        }
    }

    /// The first faults of a world: its topics are made.
    pub fn first(random: &mut Rng) -> Vec<Self> {
        FIRST.iter().map(|point| Self::KillAt(Place { point, hit: random.u32(1..3) })).collect()
    }

    /// Every failpoint but the first ones, in random order.
    pub fn everywhere(random: &mut Rng) -> Vec<Self> {
        let mut points: Vec<&'static str> =
            POINTS.iter().copied().filter(|point| !FIRST.contains(point)).collect();
        random.shuffle(&mut points);
        points.into_iter().map(|point| Self::KillAt(Place::of(point, random))).collect()
    }

    pub fn any(random: &mut Rng) -> Self {
        let soon = |random: &mut Rng| Duration::from_millis(random.u64(0..1500));
        match random.u32(..100) {
            0..35 => Self::KillAt(Place::any(random)),
            35..55 => Self::Kill(soon(random)),
            55..63 => Self::Terminate(soon(random)),
            63..70 => Self::Pause(soon(random), Duration::from_millis(random.u64(50..1500))),
            70..80 => Self::Unknown(Place::commit(random)),
            80..87 => Self::Takeover(soon(random)),
            87..94 => Self::Zombie(Place::busy(random)),
            94..97 => Self::BrokerKilled(Place::busy(random)),
            _ => Self::BrokerPaused(soon(random), Duration::from_millis(random.u64(200..4000))),
        }
    }
}
