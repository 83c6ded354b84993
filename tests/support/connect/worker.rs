//! The worker's process: started with a connector, gone with the test.

use std::fs;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::broker::{NEWEST, SLF4J, Watchdog};
use crate::support::maven::jars;
use crate::support::{free_port, within};

/// A worker starts in some seconds; on a busy machine it takes longer.
const READS: Duration = Duration::from_secs(150);

const FUNCTIONS: &str = r#"
dir=$1; lib=$2
start() {
  TZ=UTC java -Xmx384m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$lib/*" org.apache.kafka.connect.cli.ConnectStandalone \
    "$dir/worker.properties" "$dir/sink.properties" >"$dir/log" 2>&1 & pid=$!
}
stop() { [ -n "$pid" ] && kill -9 "$pid" && wait "$pid"; pid=; }
clean() { :; }
"#;

/// A sink of one topic. Its worker ends when this is dropped.
pub struct Worker {
    directory: TempDir,
    _watchdog: Watchdog,
}

impl Worker {
    /// A file sink whose keys and values are read by Connect's JsonConverter with `schemas.enable`.
    pub fn of_json_with_schemas(bootstrap: &str, topic: &str) -> Self {
        let json = "org.apache.kafka.connect.json.JsonConverter";
        Self::start(
            bootstrap,
            topic,
            &format!(
                "key.converter={json}\nkey.converter.schemas.enable=true\n\
                 value.converter={json}\nvalue.converter.schemas.enable=true\n"
            ),
        )
    }

    fn start(bootstrap: &str, topic: &str, converters: &str) -> Self {
        let artifacts = ["connect-runtime", "connect-json", "connect-file"]
            .map(|name| format!("org.apache.kafka:{name}:{NEWEST}"));
        let artifacts: Vec<&str> = artifacts.iter().map(String::as_str).chain([SLF4J]).collect();
        let lib = jars("connect", NEWEST, &artifacts).unwrap_or_else(|error| {
            panic!("no Kafka Connect worker: it needs Java 17 or newer and Maven on the PATH\n{error}")
        });
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
        let sink = format!(
            "name=sink\nconnector.class=org.apache.kafka.connect.file.FileStreamSinkConnector\ntasks.max=1\n\
             topics={topic}\nfile={dir}/rows\n{converters}\
             consumer.override.isolation.level=read_committed\nconsumer.override.auto.offset.reset=earliest\n"
        );
        fs::write(directory.path().join("worker.properties"), worker).expect("properties are written");
        fs::write(directory.path().join("sink.properties"), sink).expect("properties are written");
        let mut watchdog = Watchdog::new(FUNCTIONS, &[&dir, &lib.display().to_string()]);
        watchdog.order("start");
        Self { directory, _watchdog: watchdog }
    }

    /// What it has written, once that is so many rows; sorted, since partitions have no order.
    #[track_caller]
    pub fn rows(&self, count: usize) -> Vec<String> {
        let read = |name: &str| fs::read_to_string(self.directory.path().join(name)).unwrap_or_default();
        let rows = || Some(read("rows")).filter(|rows| rows.lines().count() >= count);
        let Some(rows) = within(READS, rows) else {
            let log = read("log");
            let tail: Vec<&str> = log.lines().rev().take(40).collect();
            panic!(
                "the worker has read {:?}:\n{}",
                read("rows"),
                tail.into_iter().rev().collect::<Vec<_>>().join("\n")
            );
        };
        let mut rows: Vec<String> = rows.lines().map(str::to_owned).collect();
        rows.sort();
        rows
    }
}
