//! A broker on the local Java: official jars through Maven, KRaft, one node, a directory to throw away.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::watchdog::Watchdog;
use crate::support::free_port;
use crate::support::maven::{jars, run};

pub const NEWEST: &str = "4.3.1";
/// For brokers that are killed. 4.3.0 and 4.3.1 take a partition whose leader is away for one that was deleted (KAFKA-20734):
/// a single node that comes up again with a transaction to end may leave it open for ever. 4.2 waits for the leader.
pub const ENDS_WHAT_IT_DIED_WITH: &str = "4.2.2";

/// Says what a Java program logs.
pub const SLF4J: &str = "org.slf4j:slf4j-simple:1.7.36";

const FUNCTIONS: &str = r#"
dir=$1; shift
java_command() { exec java -Xmx512m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC "$@"; }
lib=$1
start() { java_command -cp "$lib/*" kafka.Kafka "$dir/server.properties" >>"$dir/broker.log" 2>&1 & pid=$!; }
stop() { [ -n "$pid" ] && kill -9 "$pid" && wait "$pid"; pid=; }
pause() { kill -STOP "$pid"; }
resume() { kill -CONT "$pid"; }
clean() { rm -rf "$dir"; }
"#;

pub struct Node {
    pub bootstrap: String,
    pub watchdog: Watchdog,
    dir: PathBuf,
}

/// `Err` says why there can be no broker this way.
pub fn start(kafka: &str, settings: &[(&str, &str)]) -> Result<Node, String> {
    let version = run(Command::new("java").arg("-version"))?;
    let lib = jars("kafka", kafka, &[&format!("org.apache.kafka:kafka_2.13:{kafka}"), SLF4J])?;
    let dir = tempfile::Builder::new().prefix("krest-test-broker-").tempdir().expect("a directory").keep();
    let port = free_port();
    fs::write(dir.join("server.properties"), properties(&dir, (port, free_port()), settings))
        .expect("properties are written");
    let (dir_text, lib_text) = (dir.display().to_string(), lib.display().to_string());
    let mut watchdog = Watchdog::new(FUNCTIONS, &[&dir_text, &lib_text]);
    // A throw-away cluster may have any id; the directory keeps clusters apart.
    run(Command::new("java")
        .args(["-XX:TieredStopAtLevel=1", "-cp", &format!("{lib_text}/*"), "kafka.tools.StorageTool"])
        .args(["format", "-t", "a3Jlc3QtdGVzdC1icm9rZQ", "-c", &format!("{dir_text}/server.properties")]))
    .map_err(|error| format!("{error}\n({})", String::from_utf8_lossy(&version.stderr)))?;
    watchdog.order("start");
    Ok(Node { bootstrap: format!("127.0.0.1:{port}"), watchdog, dir })
}

impl Node {
    /// The end of the broker's log, for the message of a broker that does not come up.
    pub fn log_tail(&self) -> String {
        let log = fs::read_to_string(self.dir.join("broker.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(20).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }
}

fn properties(dir: &Path, (port, controller): (u16, u16), settings: &[(&str, &str)]) -> String {
    let settings: Vec<String> = settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let logs = dir.join("data");
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={}
{}",
        logs.display(),
        settings.join("\n")
    )
}
