//! Apache's libraries for Java: the consumer with Avro's generic reader, and the partitioner.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::told::{Reading, Told, arguments, messages};
use crate::support::broker::{NEWEST, SLF4J};
use crate::support::maven::jars;

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/readers");
const AVRO: &str = "1.12.2";

/// All committed messages of these topics; only [`Form::String`](super::Form::String) and Avro are known to it.
#[track_caller]
pub fn java(bootstrap: &str, registry: &str, readings: &[Reading]) -> Vec<Told> {
    let output = program("AvroReader").args(arguments(bootstrap, registry, readings)).output();
    messages("AvroReader.java", &output.expect("java starts"))
}

/// Where Java's producer puts messages with these keys, if it is not told where.
#[track_caller]
pub fn placed<'k>(keys: impl IntoIterator<Item = &'k [u8]>, partitions: i32) -> Vec<i32> {
    let keys: String = keys.into_iter().map(|key| STANDARD.encode(key) + "\n").collect();
    let mut java = program("Placement");
    java.arg(partitions.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut java = java.spawn().expect("java starts");
    let mut pipe = java.stdin.take().expect("a pipe");
    pipe.write_all(keys.as_bytes()).expect("the keys are read");
    drop(pipe);
    let output = java.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "Placement.java: {}\n{said}", output.status);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(|line| line.parse().expect("a partition")).collect()
}

/// One of the programs beside this file, which `java` compiles when it runs it.
fn program(name: &str) -> Command {
    let mut java = Command::new("java");
    java.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"]);
    java.args(["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp"]);
    java.arg(format!("{}/*", libraries().display())).arg(format!("{PROGRAMS}/{name}.java"));
    java
}

fn libraries() -> PathBuf {
    let artifacts =
        [format!("org.apache.kafka:kafka-clients:{NEWEST}"), format!("org.apache.avro:avro:{AVRO}")];
    let artifacts: Vec<&str> = artifacts.iter().map(String::as_str).chain([SLF4J]).collect();
    let lib = jars("readers", &format!("{NEWEST}-{AVRO}"), &artifacts);
    lib.unwrap_or_else(|error| {
        panic!("no readers: they need Java 17 or newer and Maven on the PATH\n{error}")
    })
}
