//! Results that cannot be written, and results that nobody reads any more.

use std::fs::File;
use std::process::{Command, Output, Stdio};

use crate::support::World;

const CONFIG: &str = "client: {base_url: \"${API}/\"}
resources:
  - {name: posts, primary_key: id, endpoint: {path: posts, data_selector: data, paginator: single_page}}
";

fn world(test: &str) -> (World, String) {
    let world = World::new(test).serving("collections: {/posts: {generate: 25}}");
    let file = world.file("output.yaml", CONFIG);
    (world, file)
}

/// `krest COMMAND FILE` with this as its stdout.
fn into(stdout: impl Into<Stdio>, command: &str, file: &str) -> Output {
    let mut krest = Command::new(env!("CARGO_BIN_EXE_krest"));
    krest.env_clear().args([command, file]).stdin(Stdio::null()).stdout(stdout);
    krest.output().expect("krest starts")
}

fn full() -> File {
    File::options().write(true).open("/dev/full").expect("a device that is always full")
}

#[test]
fn output_that_cannot_be_written_is_a_failure_and_no_panic() {
    let (_world, file) = world("full");
    for command in ["check", "preview"] {
        let output = into(full(), command, &file);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {stderr}");
        assert!(stderr.contains("stdout") && !stderr.contains("panicked"), "{command}: {stderr}");
    }
}

#[test]
fn output_that_nobody_reads_any_more_is_no_failure() {
    let (_world, file) = world("closed");
    for command in ["check", "preview"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = into(writer, command, &file);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), stderr.as_ref()), (Some(0), ""), "{command}");
    }
}
