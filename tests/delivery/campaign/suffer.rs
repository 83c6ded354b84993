//! What a fault does to a world, and what krest must not do then.

use std::time::Duration;

use nix::sys::signal::Signal;

use super::disk;
use super::faults::{Fault, Harm, Place};
use super::world::World;
use crate::support::broker::Broker;
use crate::support::proxy::{Proxy, Request, Then};
use crate::support::{Running, within};

/// How long a fault is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// An instance that was replaced notices with its next transaction.
const NOTICES: Duration = Duration::from_secs(45);

/// Before this, an instance has not even begun to start.
const AT_ONCE: Duration = Duration::from_millis(300);
/// Where a copy of what is on disk is kept for later: no process runs there.
const OLD: usize = 1_000_000;

impl World {
    /// Whether the fault happened. `Err`: krest did what it must never do.
    pub fn suffer(&mut self, fault: &Fault, broker: &mut Broker) -> Result<bool, String> {
        match fault {
            Fault::KillAt(place) => self.killed_at(place),
            Fault::Kill(after) => self.signalled(*after, Signal::SIGKILL),
            Fault::Terminate(after) => self.signalled(*after, Signal::SIGTERM),
            Fault::Pause(after, long) => self.paused(*after, *long),
            Fault::Unknown(place) => self.unknown(place),
            Fault::Takeover(after) => self.taken_over(*after),
            Fault::Zombie(place) => self.zombie(place),
            Fault::BrokerKilled(place) => self.broker_killed(place, broker),
            Fault::BrokerPaused(after, long) => self.broker_paused((*after, *long), broker),
            Fault::Cut(after, times) => self.network(*after, |proxy| {
                (0..*times).for_each(|_| {
                    proxy.cut();
                    std::thread::sleep(Duration::from_millis(100));
                });
            }),
            Fault::Unreachable(after, long) => self.network(*after, |proxy| {
                proxy.refuse();
                std::thread::sleep(*long);
                proxy.admit();
            }),
            Fault::Frozen(after, long) => self.network(*after, |proxy| {
                proxy.freeze();
                std::thread::sleep(*long);
                proxy.thaw();
            }),
            Fault::AnswerLost => self.answer_lost(),
            Fault::LateEnd(later) => self.late_end(*later),
            Fault::Disk(harm) => self.on_another_disk(*harm),
        }
    }

    fn killed_at(&mut self, place: &Place) -> Result<bool, String> {
        let mut running = self.start(&[], &armed(place, "kill"));
        if place.point == "service::before_close" {
            let asked = self.requests();
            within(PATIENCE, || (self.requests() > asked).then_some(()));
            running.signal(Signal::SIGTERM);
        }
        if within(PATIENCE, || (!running.is_running()).then_some(())).is_none() {
            self.stop(running);
            return Ok(false);
        }
        let said = format!("failpoint {}", place.point);
        let finished = self.finished(&mut running, place.point);
        match finished.code {
            None => Ok(finished.stderr.contains(&said)),
            Some(_) if place.point == "service::before_close" => Ok(false),
            Some(code) => {
                Err(format!("krest ended with code {code}, it was to be killed at {}", place.point))
            }
        }
    }

    fn signalled(&mut self, after: Duration, signal: Signal) -> Result<bool, String> {
        let mut running = self.start(&[], "");
        self.survives(&mut running, after)?;
        running.signal(signal);
        let finished = self.finished(&mut running, "a signal");
        match (signal, finished.code) {
            (Signal::SIGKILL, None) => Ok(true),
            // Before its handler is there, SIGTERM ends it as it ends any process.
            (Signal::SIGTERM, Some(0) | None) => Ok(true),
            (_, code) => Err(format!("krest ended with {code:?} after {signal}")),
        }
    }

    fn paused(&mut self, after: Duration, long: Duration) -> Result<bool, String> {
        let mut running = self.start(&[], "");
        self.survives(&mut running, after)?;
        running.signal(Signal::SIGSTOP);
        std::thread::sleep(long);
        running.signal(Signal::SIGCONT);
        self.goes_on(running)
    }

    fn unknown(&mut self, place: &Place) -> Result<bool, String> {
        let mut running = self.start(&[], &armed(place, "fail"));
        let said = self.heard(&mut running, place)?;
        self.goes_on(running).map(|_| said)
    }

    fn taken_over(&mut self, after: Duration) -> Result<bool, String> {
        let asked = self.requests();
        let mut older = self.start(&[], "");
        if after > AT_ONCE {
            within(PATIENCE, || (self.requests() > asked).then_some(()));
        }
        self.survives(&mut older, after)?;
        let rivals = self.requests() == asked;
        self.directory = self.fresh();
        let newer = self.start(&[], "");
        self.settled(older, newer, rivals)
    }

    fn zombie(&mut self, place: &Place) -> Result<bool, String> {
        let asked = self.requests();
        let mut older = self.start(&[], &armed(place, "stop"));
        if !self.heard(&mut older, place)? {
            self.stop(older);
            return Ok(false);
        }
        let rivals = self.requests() == asked;
        self.directory = self.fresh();
        let mut newer = self.start(&[], "");
        let long = Duration::from_millis(self.random.u64(500..3000));
        self.survives(&mut newer, long)?;
        older.signal(Signal::SIGCONT);
        self.settled(older, newer, rivals)
    }

    fn requests(&self) -> u64 {
        self.api.model().counts.requests
    }

    /// Two that were both still starting are rivals, and either may win; else the older one has to go.
    fn settled(&mut self, mut older: Running, mut newer: Running, rivals: bool) -> Result<bool, String> {
        let ended = within(NOTICES, || (!older.is_running() || !newer.is_running()).then_some(()));
        if rivals && ended.is_some() && older.is_running() {
            return self.replaced(newer, older);
        }
        self.replaced(older, newer)
    }

    /// The one has to say so and go; the other one goes on.
    fn replaced(&mut self, mut loser: Running, mut winner: Running) -> Result<bool, String> {
        let gone = within(NOTICES, || (!loser.is_running()).then_some(())).is_some();
        let code = if gone { self.finished(&mut loser, "replaced").code } else { None };
        if !gone {
            self.stop(loser);
        }
        if !winner.is_running() {
            let code = self.finished(&mut winner, "its successor").code;
            return Err(format!("the instance that took over ended with {code:?}"));
        }
        self.stop(winner);
        if code == Some(3) {
            Ok(true)
        } else {
            Err(format!("the instance that was replaced: {code:?} instead of exit 3"))
        }
    }

    fn broker_killed(&mut self, place: &Place, broker: &mut Broker) -> Result<bool, String> {
        let mut running = self.start(&[], &armed(place, "stop"));
        if !self.heard(&mut running, place)? {
            self.stop(running);
            return Ok(false);
        }
        broker.kill();
        if self.random.bool() {
            running.signal(Signal::SIGCONT);
        }
        broker.restart();
        running.signal(Signal::SIGCONT);
        self.goes_on(running)
    }

    fn broker_paused(
        &mut self,
        (after, long): (Duration, Duration),
        broker: &mut Broker,
    ) -> Result<bool, String> {
        let mut running = self.start(&[], "");
        self.survives(&mut running, after)?;
        broker.pause();
        std::thread::sleep(long);
        broker.resume();
        self.goes_on(running)
    }

    fn network(&mut self, after: Duration, trouble: impl Fn(&Proxy)) -> Result<bool, String> {
        let mut running = self.start(&[], "");
        self.survives(&mut running, after)?;
        trouble(&self.proxy);
        self.goes_on(running)
    }

    fn answer_lost(&mut self) -> Result<bool, String> {
        let swallowed = self.proxy.swallow(Then::Cut, ends_one());
        let running = self.start(&[], "");
        let happened = within(PATIENCE, || swallowed.has_happened().then_some(())).is_some();
        self.goes_on(running).map(|_| happened)
    }

    fn late_end(&mut self, later: Duration) -> Result<bool, String> {
        let held = self.proxy.hold(ends_one());
        let running = self.start(&[], "");
        let arrived = within(PATIENCE, || held.is_here().then_some(())).is_some();
        if arrived {
            if self.random.bool() {
                held.cut();
            }
            std::thread::sleep(later);
            held.release();
        }
        self.goes_on(running).map(|_| arrived)
    }

    fn on_another_disk(&mut self, harm: Harm) -> Result<bool, String> {
        let work = self.work(self.directory);
        let happened = match harm {
            Harm::Lost => disk::lose(&work),
            Harm::Old => disk::put_back(&work, &self.work(OLD)),
            Harm::Damaged => disk::damage(&work, &mut self.random),
            Harm::Elsewhere => {
                let other = self.any_directory();
                self.directory = other;
                disk::is_there(&self.work(other))
            }
        };
        let running = self.start(&[], "");
        self.goes_on(running).map(|_| happened)
    }

    /// It survived what was done to it, for a moment at least.
    fn goes_on(&mut self, mut running: Running) -> Result<bool, String> {
        let moment = Duration::from_millis(self.random.u64(200..1500));
        self.survives(&mut running, moment)?;
        if self.keeps {
            self.survivor = Some(running);
        } else {
            self.stop(running);
        }
        Ok(true)
    }

    /// Waits until krest has come to the failpoint.
    fn heard(&mut self, running: &mut Running, place: &Place) -> Result<bool, String> {
        let said = format!("failpoint {}", place.point);
        let told = within(PATIENCE, || {
            let ended = !running.is_running();
            (running.has_said(&said) || ended).then_some(ended)
        });
        match told {
            Some(true) => {
                let code = self.finished(running, place.point).code;
                Err(format!("krest ended with {code:?} before {}", place.point))
            }
            Some(false) => Ok(true),
            None => Ok(false),
        }
    }

    /// It has no reason to end in this time.
    pub fn survives(&mut self, running: &mut Running, time: Duration) -> Result<(), String> {
        if within(time, || (!running.is_running()).then_some(())).is_none() {
            return Ok(());
        }
        let code = self.finished(running, "by itself").code;
        Err(format!("krest ended by itself, with {code:?}"))
    }
}

/// The end of a transaction, once.
fn ends_one() -> impl FnMut(&Request) -> bool + Send + 'static {
    |request| request.commit.is_some()
}

/// What arms a failpoint, and what has to happen for krest to come there.
fn armed(Place { point, hit }: &Place, action: &str) -> String {
    let provoked = ["kafka::before_abort", "kafka::after_abort", "service::between_sessions"].contains(point);
    let provocation = if provoked { " kafka::before_commit=fail@3" } else { "" };
    format!("{point}={action}@{hit}{provocation}")
}
