//! One connector with its API, its topics and its processes.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use fastrand::Rng;
use nix::sys::signal::Signal;
use tempfile::TempDir;

use super::api::{Changing, ModelApi};
use super::config::{self, Names};
use super::kind::Kind;
use super::listing::TAKEN;
use crate::support::proxy::Proxy;
use crate::support::{Finished, Running, create_topic, unique};

pub struct World {
    pub name: String,
    pub api: ModelApi,
    pub bootstrap: String,
    pub canary: String,
    /// What the processes said, for the report of a failure.
    pub logs: Vec<String>,
    pub random: Rng,
    pub processes: u64,
    /// How often a resource was found to be set aside.
    pub asides: u64,
    /// Whether a process that has survived its fault goes on, to the end of the round.
    pub keeps: bool,
    pub survivor: Option<Running>,
    file: String,
    /// The way of krest to Kafka, not of the checker.
    pub proxy: Proxy,
    /// YAML.
    resources: String,
    root: TempDir,
    changing: Option<Changing>,
    /// Which of its working directories the next process starts in.
    pub directory: usize,
    directories: usize,
}

impl World {
    pub fn new(bootstrap: &str, mut random: Rng) -> Self {
        let name = unique("campaign");
        let canary = format!("canary-{}", uuid::Uuid::new_v4().simple());
        let api = ModelApi::start(&canary, random.fork());
        let resources = config::resources(&api.model().listings, &mut random);
        let root = tempfile::Builder::new().prefix("krest-test-").tempdir().expect("a directory");
        let world = Self {
            proxy: Proxy::before(bootstrap),
            resources,
            file: root.path().join("campaign.yaml").display().to_string(),
            bootstrap: bootstrap.to_owned(),
            changing: None,
            logs: Vec::new(),
            processes: 0,
            asides: 0,
            keeps: false,
            survivor: None,
            directory: 0,
            directories: 0,
            name,
            api,
            canary,
            random,
            root,
        };
        let compacted = ("cleanup.policy", "compact");
        create_topic(bootstrap, &world.offsets_topic(), 1, &[compacted]);
        // Now and then a row is more than this takes: its resource is set aside until it has shrunk.
        let small = [compacted, ("max.message.bytes", &TAKEN.to_string())];
        create_topic(bootstrap, &world.topic(Kind::Checks.name()), config::PARTITIONS, &small);
        world
    }

    pub fn offsets_topic(&self) -> String {
        format!("{}-offsets", self.name)
    }

    pub fn topic(&self, resource: &str) -> String {
        format!("{}.{resource}", self.name)
    }

    /// A directory in which no process ran: two of them cannot share one.
    pub fn fresh(&mut self) -> usize {
        self.directories += 1;
        self.directories
    }

    pub fn any_directory(&mut self) -> usize {
        self.random.usize(..=self.directories)
    }

    pub fn work(&self, number: usize) -> PathBuf {
        self.root.path().join(format!("work-{number}"))
    }

    fn configure(&mut self) {
        let offsets_topic = self.offsets_topic();
        let names = Names {
            connector: &self.name,
            api: &self.api.url,
            bootstrap: &self.proxy.address(),
            offsets_topic: &offsets_topic,
        };
        let deletes = config::deletes(&self.api.model().listings, &mut self.random);
        let text = config::draw(&names, (&self.resources, &deletes), &mut self.random);
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
        self.api.model().settle();
    }

    /// One scan of everything. Whatever the faults before it have left, this must succeed.
    pub fn run_once(&mut self) -> Finished {
        let mut running = self.start(&["--once"], "");
        let finished = running.finish(Duration::from_secs(90));
        self.note(&finished, "--once");
        finished
    }

    /// In the one way or in the other.
    pub fn stop(&mut self, mut running: Running) {
        let signal = if self.random.bool() { Signal::SIGKILL } else { Signal::SIGTERM };
        running.signal(Signal::SIGCONT);
        running.signal(signal);
        self.finished(&mut running, "stopped");
    }

    pub fn finished(&mut self, running: &mut Running, what: &str) -> Finished {
        let finished = running.finish(Duration::from_secs(20));
        self.note(&finished, what);
        finished
    }

    fn note(&mut self, finished: &Finished, what: &str) {
        let Finished { code, stderr, took, .. } = finished;
        self.asides += stderr.matches("the resource is set aside").count() as u64;
        self.logs.push(format!("===== {what}: code {code:?} after {took:?}\n{stderr}"));
    }

    pub fn start(&mut self, more: &[&str], failpoints: &str) -> Running {
        self.configure();
        let directory = self.work(self.directory);
        std::fs::create_dir_all(&directory).expect("the directory is made");
        let mut command = Command::new(env!("CARGO_BIN_EXE_krest"));
        command.env_clear().env("API_KEY", &self.canary).env(krest::failpoint::VARIABLE, failpoints);
        command.args(["run", &self.file]).args(more).current_dir(directory);
        self.processes += 1;
        Running::start(command, &self.canary)
    }
}
