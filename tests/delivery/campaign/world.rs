//! One connector with its API, its topics and its processes; and what a fault does to it.

use std::process::Command;
use std::time::Duration;

use fastrand::Rng;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::api::{Changing, ModelApi};
use super::config::{self, Names};
use super::faults::{Fault, Place};
use crate::support::broker::Broker;
use crate::support::{Finished, Running, create_topic, unique, within};

/// How long a fault is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// An instance that was replaced notices with its next transaction.
const NOTICES: Duration = Duration::from_secs(45);
/// The markers of a transaction that was just ended are written.
const SETTLES: Duration = Duration::from_millis(400);

pub struct World {
    pub name: String,
    pub api: ModelApi,
    pub bootstrap: String,
    pub canary: String,
    /// What the processes said, for the report of a failure.
    pub logs: Vec<String>,
    pub random: Rng,
    pub processes: u64,
    file: String,
    root: TempDir,
    changing: Option<Changing>,
    directory: usize,
}

impl World {
    pub fn new(bootstrap: &str, mut random: Rng) -> Self {
        let name = unique("campaign");
        let canary = format!("canary-{}", uuid::Uuid::new_v4().simple());
        let api = ModelApi::start(&canary, random.fork());
        let root = tempfile::Builder::new().prefix("krest-test-").tempdir().expect("a directory");
        let mut world = Self {
            file: root.path().join("campaign.yaml").display().to_string(),
            bootstrap: bootstrap.to_owned(),
            changing: None,
            logs: Vec::new(),
            processes: 0,
            directory: 0,
            name,
            api,
            canary,
            random,
            root,
        };
        create_topic(bootstrap, &world.offsets_topic(), 1, &[("cleanup.policy", "compact")]);
        world.configure();
        world
    }

    pub fn offsets_topic(&self) -> String {
        format!("{}-offsets", self.name)
    }

    pub fn topic(&self, resource: &str) -> String {
        format!("{}.{resource}", self.name)
    }

    fn configure(&mut self) {
        let offsets_topic = self.offsets_topic();
        let names = Names {
            connector: &self.name,
            api: &self.api.url,
            bootstrap: &self.bootstrap,
            offsets_topic: &offsets_topic,
        };
        let text = config::draw(&names, &mut self.random);
        std::fs::write(&self.file, text).expect("the configuration is written");
    }

    /// The API changes and fails, from now on.
    pub fn unrest(&mut self) {
        self.api.model().trouble = 0.03;
        let random = self.random.fork();
        self.changing.get_or_insert_with(|| self.api.keep_changing(random));
    }

    /// Nothing changes any more, and nothing fails.
    pub fn rest(&mut self) {
        self.changing = None;
        self.api.model().trouble = 0.0;
    }

    /// One scan of everything. Whatever the faults before it have left, this must succeed.
    pub fn run_once(&mut self) -> Finished {
        let mut running = self.start(&["--once"], "");
        let finished = running.finish(Duration::from_secs(90));
        self.note(&finished, "--once");
        finished
    }

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
        }
    }

    fn killed_at(&mut self, place: &Place) -> Result<bool, String> {
        let mut running = self.start(&[], &armed(place, "kill"));
        if place.point == "service::before_close" {
            let asked = self.api.model().counts.requests;
            within(PATIENCE, || (self.api.model().counts.requests > asked).then_some(()));
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
        self.survives(&mut running, Duration::from_millis(500))?;
        self.stop(running);
        Ok(true)
    }

    fn unknown(&mut self, place: &Place) -> Result<bool, String> {
        let mut running = self.start(&[], &armed(place, "fail"));
        let said = self.heard(&mut running, place)?;
        self.survives(&mut running, Duration::from_millis(700))?;
        self.stop(running);
        Ok(said)
    }

    fn taken_over(&mut self, after: Duration) -> Result<bool, String> {
        let mut older = self.start(&[], "");
        self.survives(&mut older, after)?;
        self.directory += 1;
        let newer = self.start(&[], "");
        self.replaced(older, newer)
    }

    fn zombie(&mut self, place: &Place) -> Result<bool, String> {
        let mut older = self.start(&[], &armed(place, "stop"));
        if !self.heard(&mut older, place)? {
            self.stop(older);
            return Ok(false);
        }
        self.directory += 1;
        let mut newer = self.start(&[], "");
        let long = Duration::from_millis(self.random.u64(500..3000));
        self.survives(&mut newer, long)?;
        older.signal(Signal::SIGCONT);
        self.replaced(older, newer)
    }

    /// The older one has to say so and go; the newer one goes on.
    fn replaced(&mut self, mut older: Running, mut newer: Running) -> Result<bool, String> {
        let gone = within(NOTICES, || (!older.is_running()).then_some(())).is_some();
        let still = newer.is_running();
        let code = if gone { self.finished(&mut older, "older").code } else { None };
        if !gone {
            self.stop(older);
        }
        let ended = if still { None } else { Some(self.finished(&mut newer, "newer").code) };
        match ended {
            Some(code) => return Err(format!("the newer of two instances ended with {code:?}")),
            None => self.stop(newer),
        }
        if code == Some(3) {
            Ok(true)
        } else {
            Err(format!("the older of two instances: {code:?} instead of exit 3"))
        }
    }

    fn broker_killed(&mut self, place: &Place, broker: &mut Broker) -> Result<bool, String> {
        let mut running = self.start(&[], &armed(place, "stop"));
        if !self.heard(&mut running, place)? {
            self.stop(running);
            return Ok(false);
        }
        std::thread::sleep(SETTLES); // see Broker::kill
        broker.kill();
        if self.random.bool() {
            running.signal(Signal::SIGCONT);
        }
        broker.restart();
        running.signal(Signal::SIGCONT);
        let long = Duration::from_millis(self.random.u64(500..3000));
        self.survives(&mut running, long)?;
        self.stop(running);
        Ok(true)
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
        self.survives(&mut running, Duration::from_millis(500))?;
        self.stop(running);
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
    fn survives(&mut self, running: &mut Running, time: Duration) -> Result<(), String> {
        if within(time, || (!running.is_running()).then_some(())).is_none() {
            return Ok(());
        }
        let code = self.finished(running, "by itself").code;
        Err(format!("krest ended by itself, with {code:?}"))
    }

    /// In the one way or in the other.
    fn stop(&mut self, mut running: Running) {
        let signal = if self.random.bool() { Signal::SIGKILL } else { Signal::SIGTERM };
        running.signal(Signal::SIGCONT);
        running.signal(signal);
        self.finished(&mut running, "stopped");
    }

    fn finished(&mut self, running: &mut Running, what: &str) -> Finished {
        let finished = running.finish(Duration::from_secs(20));
        self.note(&finished, what);
        finished
    }

    fn note(&mut self, finished: &Finished, what: &str) {
        let Finished { code, stderr, took, .. } = finished;
        self.logs.push(format!("===== {what}: code {code:?} after {took:?}\n{stderr}"));
    }

    fn start(&mut self, more: &[&str], failpoints: &str) -> Running {
        let directory = self.root.path().join(format!("work-{}", self.directory));
        std::fs::create_dir_all(&directory).expect("the directory is made");
        let mut command = Command::new(env!("CARGO_BIN_EXE_krest"));
        command.env_clear().env("API_KEY", &self.canary).env(krest::failpoint::VARIABLE, failpoints);
        command.args(["run", &self.file]).args(more).current_dir(directory);
        self.processes += 1;
        Running::start(command, &self.canary)
    }
}

/// What arms a failpoint, and what has to happen for krest to come there.
fn armed(Place { point, hit }: &Place, action: &str) -> String {
    let provoked = ["kafka::before_abort", "kafka::after_abort", "service::between_sessions"].contains(point);
    let provocation = if provoked { " kafka::before_commit=fail@3" } else { "" };
    format!("{point}={action}@{hit}{provocation}")
}
