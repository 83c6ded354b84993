//! The world of one test: an API, a broker, names and directories of its own, and the checks at its end.

use std::cell::{Cell, OnceCell};
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use walkdir::WalkDir;

use super::api::{Api, ApiSpec};
use super::checker::{self, Seen};
use super::{Finished, Running, broker, create_topic};

/// Long enough for a machine that does other things as well: only a hanging krest comes here.
const ENDS: Duration = Duration::from_secs(90);

pub struct World {
    pub api: Api,
    /// Another host, for redirects: nothing may be asked of it.
    pub elsewhere: Api,
    /// The connector's name, of this test alone.
    pub name: String,
    /// The secret of this test: `${env:API_KEY}` in configurations.
    pub canary: String,
    bootstrap: OnceCell<String>,
    directory: Cell<usize>,
    root: TempDir,
    variables: Vec<(String, String)>,
}

impl World {
    pub fn new(test: &str) -> Self {
        let name = unique(test);
        let canary = format!("canary-{}", uuid::Uuid::new_v4().simple());
        Self {
            api: Api::start(ApiSpec::default()),
            elsewhere: Api::start(ApiSpec::default()),
            variables: vec![("API_KEY".to_owned(), canary.clone())],
            bootstrap: OnceCell::new(),
            directory: Cell::new(0),
            root: tempfile::Builder::new().prefix("krest-test-").tempdir().expect("a directory"),
            name,
            canary,
        }
    }

    /// The API serves what this YAML says (`api.yaml` of a scenario).
    pub fn serving(mut self, yaml: &str) -> Self {
        self.api = Api::start(serde_saphyr::from_str(&self.expand(yaml)).expect("an api.yaml"));
        self
    }

    /// Another broker than the shared one, or none. (There krest makes the offsets topic itself.)
    pub fn on_broker(self, bootstrap: &str) -> Self {
        self.bootstrap.set(bootstrap.to_owned()).expect("no broker was asked for before");
        self
    }

    pub fn bootstrap(&self) -> &str {
        self.bootstrap.get_or_init(|| {
            let bootstrap = broker::bootstrap();
            // An offsets topic of its own: the open transactions of other tests are none of this one's business.
            create_topic(&bootstrap, &self.offsets_topic(), 1, &[("cleanup.policy", "compact")]);
            bootstrap
        })
    }

    pub fn offsets_topic(&self) -> String {
        format!("{}-offsets", self.name)
    }

    pub fn topic(&self, resource: &str) -> String {
        format!("{}.{resource}", self.name)
    }

    /// Fills in what a test cannot know beforehand. (krest's own placeholders have a colon.)
    pub fn expand(&self, text: &str) -> String {
        let mut text = text
            .replace("${API}", &self.api.url())
            // Another name, and not only another port.
            .replace("${ELSEWHERE}", &format!("http://localhost:{}", self.elsewhere.port()))
            .replace("${NAME}", &self.name)
            .replace("${CANARY}", &self.canary);
        if text.contains("${KAFKA}") {
            let (bootstrap, offsets) = (self.bootstrap(), self.offsets_topic());
            let kafka =
                format!("{{bootstrap.servers: \"{bootstrap}\", offsets.storage.topic: \"{offsets}\"}}");
            text = text.replace("${KAFKA}", &kafka);
        }
        text
    }

    /// Writes a file, placeholders filled in, beside the working directories, and returns its path.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.root.path().join(name);
        fs::write(&path, self.expand(text)).expect("the file is written");
        path.display().to_string()
    }

    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// From now on krest starts in an empty directory: whatever it keeps on disk is gone.
    pub fn fresh_directory(&self) {
        self.directory.set(self.directory.get() + 1);
    }

    /// Runs it until it dies at a failpoint: `kafka::before_commit=kill@3`.
    pub fn run_to_its_death(&self, failpoint: &str, arguments: &[&str]) -> Finished {
        let finished = self
            .started(
                Command::new(env!("CARGO_BIN_EXE_krest")),
                arguments,
                &[(krest::failpoint::VARIABLE, failpoint)],
            )
            .finish(ENDS);
        assert_eq!(finished.code, None, "it did not come to {failpoint}:\n{}", finished.stderr);
        finished
    }

    /// `krest run FILE --once` with this failpoint armed.
    pub fn run_once_at(&self, failpoint: &str, file: &str) -> Finished {
        let armed = [(krest::failpoint::VARIABLE, failpoint)];
        let arguments = ["run", file, "--once"];
        self.started(Command::new(env!("CARGO_BIN_EXE_krest")), &arguments, &armed).finish(ENDS)
    }

    pub fn start(&self, arguments: &[&str]) -> Running {
        self.started(Command::new(env!("CARGO_BIN_EXE_krest")), arguments, &[])
    }

    fn started(&self, mut command: Command, arguments: &[&str], more: &[(&str, &str)]) -> Running {
        let directory = self.directory();
        fs::create_dir_all(&directory).expect("the directory is made");
        // A clean environment: no proxy, no RUST_LOG, nobody's settings.
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.envs(more.iter().copied());
        command.args(arguments).current_dir(directory);
        Running::start(command, &self.canary)
    }

    /// The same through a shell, whose `"$0" "$@"` is krest.
    pub fn run_in_shell(&self, script: &str, arguments: &[&str]) -> Finished {
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_krest")]);
        self.started(command, arguments, &[]).finish(ENDS)
    }

    pub fn run(&self, arguments: &[&str]) -> Finished {
        self.start(arguments).finish(ENDS)
    }

    /// `krest run FILE --once`.
    pub fn run_once(&self, file: &str) -> Finished {
        self.run(&["run", file, "--once"])
    }

    /// The messages of a resource's topic, once the checker has nothing to object to: neither to them, nor to the
    /// resource's offsets, nor to a secret in either.
    #[track_caller]
    pub fn checked(&self, resource: &str, path: &str) -> Vec<Seen> {
        let (bootstrap, topic) = (self.bootstrap(), self.topic(resource));
        let messages = checker::read(bootstrap, &topic);
        let served = self.api.change(path, |collection| collection.served().clone());
        let offsets = checker::read(bootstrap, &self.offsets_topic());
        let mut objections = checker::judge(&messages, &served, checker::partitions(bootstrap, &topic));
        objections.extend(checker::offset_law(&checker::positions(&offsets, &self.name, resource)));
        objections
            .extend([&messages, &offsets].into_iter().flat_map(|all| checker::leaks_in(all, &self.canary)));
        assert!(objections.is_empty(), "{topic}, {} messages:\n{}", messages.len(), objections.join("\n"));
        messages
    }

    /// The messages of a resource's topic, unjudged but for the secret.
    #[track_caller]
    pub fn read(&self, resource: &str) -> Vec<Seen> {
        let messages = checker::read(self.bootstrap(), &self.topic(resource));
        assert_eq!(checker::leaks_in(&messages, &self.canary), Vec::<String>::new());
        messages
    }

    /// The keys of a resource's tombstones, sorted.
    #[track_caller]
    pub fn tombstones(&self, resource: &str) -> Vec<String> {
        let messages = self.read(resource);
        let gone = messages.iter().filter(|message| message.value.is_none());
        let mut keys: Vec<String> = gone.map(|message| message.key_text().to_owned()).collect();
        keys.sort_unstable();
        keys
    }

    /// The source offsets of a resource, in order.
    pub fn positions(&self, resource: &str) -> Vec<Value> {
        checker::positions(&checker::read(self.bootstrap(), &self.offsets_topic()), &self.name, resource)
    }

    /// Whether the offsets topic says that a scan of the resource has ended.
    pub fn is_recorded(&self, resource: &str) -> bool {
        self.positions(resource).last().is_some_and(|last| last["position"].is_null())
    }

    /// Whatever happens to a topic, control records included, moves these.
    pub fn end_offsets(&self, resource: &str) -> std::collections::BTreeMap<i32, i64> {
        checker::end_offsets(self.bootstrap(), &self.topic(resource))
    }

    /// Where krest keeps what it knows, unless the configuration says otherwise.
    pub fn state_directory(&self) -> PathBuf {
        self.directory().join("state").join(&self.name)
    }

    fn directory(&self) -> PathBuf {
        self.root.path().join(format!("work-{}", self.directory.get()))
    }
}

impl Drop for World {
    /// What krest left on disk holds no secret either.
    fn drop(&mut self) {
        let works = WalkDir::new(self.root.path()).into_iter().flatten().filter(|entry| {
            entry.file_type().is_file()
                && entry
                    .path()
                    .components()
                    .any(|part| part.as_os_str().to_string_lossy().starts_with("work-"))
        });
        for entry in works {
            let text = fs::read(entry.path()).unwrap_or_default();
            // A journal is mostly the space that was set aside for it.
            let end = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            let leaked = checker::leaks(&String::from_utf8_lossy(&text[..end]), &self.canary);
            assert!(
                leaked.is_empty() || std::thread::panicking(),
                "the secret is in {}",
                entry.path().display()
            );
        }
    }
}

/// A name that no other test of any process has.
pub fn unique(stem: &str) -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    format!("{stem}-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// A port on which nobody listens at this moment. None of those that the system gives to connections that go out: one of them
/// could take it before it is listened on, or while a broker restarts.
pub fn free_port() -> u16 {
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    std::iter::repeat_with(|| fastrand::u16(15_000..32_000)).take(1000).find(free).expect("a port")
}
