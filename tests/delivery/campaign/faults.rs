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
    /// All connections to Kafka break at once, so many times.
    Cut(Duration, u32),
    /// Kafka cannot be reached for some time.
    Unreachable(Duration, Duration),
    /// Nothing passes between krest and Kafka for some time; connections stay.
    Frozen(Duration, Duration),
    /// Kafka ends a transaction, and the answer is lost with its connection.
    AnswerLost,
    /// The end of a transaction arrives so much later, when its sender has given it up.
    LateEnd(Duration),
    /// What krest keeps on disk is not what it left there.
    Disk(Harm),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Harm {
    Lost,
    /// A copy of some time ago was put back.
    Old,
    Damaged,
    /// The next start is on another machine, or back on one where krest ran before.
    Elsewhere,
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
            Self::Cut(..) => "connections to Kafka cut",
            Self::Unreachable(..) => "Kafka cannot be reached",
            Self::Frozen(..) => "network hangs",
            Self::AnswerLost => "answer to EndTxn lost on the way",
            Self::LateEnd(_) => "EndTxn arrives late",
            Self::Disk(Harm::Lost) => "disk lost",
            Self::Disk(Harm::Old) => "disk of some time ago",
            Self::Disk(Harm::Damaged) => "disk damaged",
            Self::Disk(Harm::Elsewhere) => "disk of another machine",
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
            | Self::BrokerPaused(..)
            | Self::Cut(..)
            | Self::Unreachable(..)
            | Self::Frozen(..)
            | Self::AnswerLost
            | Self::LateEnd(_)
            | Self::Disk(_) => None,
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

    /// One that krest lives through.
    pub fn survived(random: &mut Rng) -> Self {
        let soon = Duration::from_millis(random.u64(200..1500));
        let long = Duration::from_millis(random.u64(50..2500));
        match random.u32(..9) {
            0..3 => Self::Unknown(Place::commit(random)),
            3 => Self::Pause(soon, long),
            4 => Self::Cut(soon, random.u32(1..4)),
            5 => Self::Unreachable(soon, long),
            6 => Self::Frozen(soon, long),
            7 => Self::AnswerLost,
            _ => Self::LateEnd(long),
        }
    }

    pub fn any(random: &mut Rng) -> Self {
        let soon = |random: &mut Rng| Duration::from_millis(random.u64(0..1500));
        let some = |random: &mut Rng| Duration::from_millis(random.u64(50..2500));
        match random.u32(..100) {
            0..25 => Self::KillAt(Place::any(random)),
            25..38 => Self::Kill(soon(random)),
            38..44 => Self::Terminate(soon(random)),
            44..48 => Self::Pause(soon(random), some(random)),
            // Longer than the shortest transaction may take.
            48..49 => Self::Pause(soon(random), Duration::from_secs(6)),
            49..55 => Self::Unknown(Place::commit(random)),
            55..61 => Self::Takeover(soon(random)),
            61..67 => Self::Zombie(Place::busy(random)),
            67..69 => Self::BrokerKilled(Place::busy(random)),
            69..72 => Self::BrokerPaused(soon(random), some(random)),
            72..79 => Self::Cut(soon(random), random.u32(1..4)),
            79..84 => Self::Unreachable(soon(random), some(random)),
            84..88 => Self::Frozen(soon(random), some(random)),
            88..92 => Self::AnswerLost,
            92..97 => {
                let harms = [Harm::Lost, Harm::Old, Harm::Damaged, Harm::Elsewhere];
                Self::Disk(*random.choice(&harms).expect("one of four"))
            }
            _ => Self::LateEnd(some(random)),
        }
    }
}
