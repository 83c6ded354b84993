//! The registry's process: one port for its life, a memory that ends with it.

use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::ask::ask;
use crate::support::broker::Watchdog;
use crate::support::maven::archive;
use crate::support::{free_port, within};

const VERSION: &str = "2.6.13.Final";
/// Five seconds on an idle machine.
const COMES_UP: Duration = Duration::from_secs(150);

const FUNCTIONS: &str = r#"
dir=$1; lib=$2; port=$3
start() {
  QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=$port java -Xmx384m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
    -jar "$lib"/apicurio-registry-app-*-runner.jar >>"$dir/log" 2>&1 & pid=$!
}
stop() { [ -n "$pid" ] && kill -9 "$pid" && wait "$pid"; pid=; }
pause() { kill -STOP "$pid"; }
resume() { kill -CONT "$pid"; }
clean() { rm -rf "$dir"; }
"#;

/// A registry of this process. Dropping it stops it; the end of the process does so as well.
pub struct Registry {
    url: String,
    directory: PathBuf,
    watchdog: Watchdog,
}

impl Registry {
    /// The one that all tests share: each has subjects of its own, and leaves the global settings alone.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Result<Registry, String>> = OnceLock::new();
        match SHARED.get_or_init(Self::launched) {
            Ok(registry) => registry,
            Err(error) => panic!("{error}"),
        }
    }

    /// One of a test alone, which may stop it.
    pub fn start() -> Self {
        Self::launched().unwrap_or_else(|error| panic!("{error}"))
    }

    fn launched() -> Result<Self, String> {
        let artifact = format!("io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all");
        let lib = archive(&format!("apicurio-{VERSION}"), &artifact).map_err(|error| {
            format!("no schema registry: it needs Java 17 or newer and Maven on the PATH\n{error}")
        })?;
        let directory =
            tempfile::Builder::new().prefix("krest-test-registry-").tempdir().expect("a directory").keep();
        let port = free_port();
        let (dir, lib) = (directory.display().to_string(), lib.display().to_string());
        let watchdog = Watchdog::new(FUNCTIONS, &[&dir, &lib, &port.to_string()]);
        let url = format!("http://127.0.0.1:{port}/apis/ccompat/v7");
        let mut registry = Self { url, directory, watchdog };
        registry.watchdog.order("start");
        registry.answers().map(|()| registry)
    }

    /// Without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Host and port.
    pub fn address(&self) -> &str {
        self.url.split('/').nth(2).expect("a URL")
    }

    /// As when its machine loses power. What it knew is lost: it lives in memory.
    pub fn kill(&mut self) {
        self.watchdog.order("stop");
    }

    /// An empty one on the same address. Returns once it answers.
    pub fn restart(&mut self) {
        self.watchdog.order("start");
        self.answers().unwrap_or_else(|error| panic!("{error}"));
    }

    /// It hangs: connections stay open, and nothing is answered until [`Self::resume`].
    pub fn pause(&mut self) {
        self.watchdog.order("pause");
    }

    /// With all that it knew.
    pub fn resume(&mut self) {
        self.watchdog.order("resume");
    }

    /// The names of all subjects.
    pub fn subjects(&self) -> Vec<String> {
        serde_json::from_value(self.get("subjects")).expect("a list of names")
    }

    /// The numbers of a subject's versions; none if there is no such subject.
    pub fn versions(&self, subject: &str) -> Vec<u32> {
        let (_, versions) = self.ask(Method::GET, &format!("subjects/{subject}/versions"), None);
        serde_json::from_value(versions).unwrap_or_default()
    }

    /// `{"id": …, "version": …, "schema": "…"}`, with `schemaType` if it is not Avro.
    pub fn latest(&self, subject: &str) -> Value {
        self.get(&format!("subjects/{subject}/versions/latest"))
    }

    /// The text of a schema.
    pub fn schema(&self, id: u32) -> String {
        self.get(&format!("schemas/ids/{id}"))["schema"].as_str().expect("a text").to_owned()
    }

    /// Puts a schema under a subject, as somebody else would; its id.
    #[track_caller]
    pub fn register(&self, subject: &str, schema_type: &str, schema: &str) -> u32 {
        let body = json!({"schemaType": schema_type, "schema": schema});
        let (status, answer) = self.ask(Method::POST, &format!("subjects/{subject}/versions"), Some(&body));
        assert_eq!(status, 200, "{answer}");
        u32::try_from(answer["id"].as_u64().expect("an id")).expect("an id")
    }

    /// The compatibility level of a subject, which must be there: `BACKWARD_TRANSITIVE`, … Without one it is NONE.
    #[track_caller]
    pub fn set_compatibility(&self, subject: &str, level: &str) {
        let body = json!({"compatibility": level});
        let (status, answer) = self.ask(Method::PUT, &format!("config/{subject}"), Some(&body));
        assert_eq!(status, 200, "{answer}");
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask(Method::GET, path, None);
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    #[track_caller]
    fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        ask(method, &format!("{}/{path}", self.url), body).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    fn answers(&self) -> Result<(), String> {
        let url = format!("{}/subjects", self.url);
        let ready = || ask(Method::GET, &url, None).ok().filter(|(status, _)| *status == 200);
        within(COMES_UP, ready).map(|_| ()).ok_or_else(|| {
            let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
            let tail: Vec<&str> = log.lines().rev().take(20).collect();
            let tail = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
            format!("the schema registry did not come up within {COMES_UP:?}:\n{tail}")
        })
    }
}
