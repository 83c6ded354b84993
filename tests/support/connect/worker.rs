//! The worker's process: started with its connectors, gone with the test.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::sink::Sink;
use crate::support::broker::{NEWEST, SLF4J, Watchdog};
use crate::support::maven::jars;
use crate::support::{free_port, unique, within};

/// A worker starts in some seconds; on a busy machine it takes longer.
const READS: Duration = Duration::from_secs(150);
/// The newest that is one library (3.5 is split into several); it is made for Java 17.
const DEBEZIUM: &str = "io.debezium:debezium-core:3.4.3.Final";
const APICURIO: &str = "io.apicurio:apicurio-registry-utils-converter:2.6.13.Final";
/// Of the version that Connect's own JSON library is made for; the two above ask for an older one.
const JACKSON: &str = "com.fasterxml.jackson.core:jackson-core:2.21.2";

const FUNCTIONS: &str = r#"
dir=$1; lib=$2; shift 2
start() {
  TZ=UTC java -Xmx384m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$lib/*" org.apache.kafka.connect.cli.ConnectStandalone \
    "$dir/worker.properties" "$dir"/sink-*.properties >"$dir/log" 2>&1 & pid=$!
}
stop() { [ -n "$pid" ] && kill -9 "$pid" && wait "$pid"; pid=; }
clean() { :; }
"#;

/// Sinks by their numbers. They end when this is dropped.
pub struct Worker {
    directory: TempDir,
    _watchdog: Watchdog,
}

impl Worker {
    pub fn start(bootstrap: &str, sinks: &[Sink<'_>]) -> Self {
        let directory =
            tempfile::Builder::new().prefix("krest-test-connect-").tempdir().expect("a directory");
        let dir = directory.path().display().to_string();
        let worker = format!(
            "bootstrap.servers={bootstrap}\nkey.converter=org.apache.kafka.connect.storage.StringConverter\n\
             value.converter=org.apache.kafka.connect.storage.StringConverter\n\
             offset.storage.file.filename={dir}/offsets\noffset.flush.interval.ms=500\n\
             listeners=http://127.0.0.1:{}\n",
            free_port()
        );
        write(directory.path(), "worker", &worker);
        for (number, sink) in sinks.iter().enumerate() {
            // The broker remembers by this name what was read.
            let properties = sink.properties(&unique("sink"), &format!("{dir}/rows-{number}"));
            write(directory.path(), &format!("sink-{number}"), &properties);
        }
        let mut watchdog = Watchdog::new(FUNCTIONS, &[&dir, &libraries().display().to_string()]);
        watchdog.order("start");
        Self { directory, _watchdog: watchdog }
    }

    /// What a sink has written, once that is so many rows; sorted, since partitions have no order.
    #[track_caller]
    pub fn rows(&self, sink: usize, count: usize) -> Vec<String> {
        let read = |name: &str| fs::read_to_string(self.directory.path().join(name)).unwrap_or_default();
        let rows = || Some(read(&format!("rows-{sink}"))).filter(|rows| rows.lines().count() >= count);
        let Some(rows) = within(READS, rows) else {
            let log = read("log");
            let tail: Vec<&str> = log.lines().rev().take(40).collect();
            let tail = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
            panic!("sink {sink} has written {:?}:\n{tail}", read(&format!("rows-{sink}")));
        };
        let mut rows: Vec<String> = rows.lines().map(str::to_owned).collect();
        rows.sort();
        rows
    }
}

fn write(directory: &Path, name: &str, properties: &str) {
    fs::write(directory.join(format!("{name}.properties")), properties).expect("properties are written");
}

fn libraries() -> PathBuf {
    let connect = ["connect-runtime", "connect-json", "connect-file"]
        .map(|name| format!("org.apache.kafka:{name}:{NEWEST}"));
    let artifacts: Vec<&str> =
        connect.iter().map(String::as_str).chain([DEBEZIUM, APICURIO, JACKSON, SLF4J]).collect();
    jars("connect-and-debezium", NEWEST, &artifacts).unwrap_or_else(|error| {
        panic!("no Kafka Connect worker: it needs Java 17 or newer and Maven on the PATH\n{error}")
    })
}
