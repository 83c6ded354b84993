//! A broker in a container, where a Docker daemon answers.

use std::process::{Command, Stdio};
use std::time::Duration;

use testcontainers::core::IntoContainerPort as _;
use testcontainers::runners::AsyncRunner as _;
use testcontainers::{ContainerAsync, GenericImage, ImageExt as _};

use super::watchdog::Watchdog;
use crate::support::{free_port, unique, within};

/// Not 4.3.0 or 4.3.1, see [`java::ENDS_WHAT_IT_DIED_WITH`](super::java::ENDS_WHAT_IT_DIED_WITH).
const IMAGE: (&str, &str) = ("apache/kafka", "4.1.0");
/// Without a daemon the client may wait for long: the search for a broker goes on after this.
const DAEMON_ANSWERS: Duration = Duration::from_millis(1500);

const FUNCTIONS: &str = r#"
name=$1
start() { docker start "$name"; } >/dev/null
stop() { docker kill "$name"; } >/dev/null
pause() { docker pause "$name"; } >/dev/null
resume() { docker unpause "$name"; } >/dev/null
clean() { docker rm -f -v "$name"; } >/dev/null
"#;

pub struct Node {
    pub bootstrap: String,
    pub watchdog: Watchdog,
    /// Stops the container when it is dropped; the watchdog does so when nothing is dropped any more.
    _container: ContainerAsync<GenericImage>,
}

pub async fn start(settings: &[(&str, &str)]) -> Result<Node, String> {
    daemon()?;
    let (name, port) = (unique("krest-test-broker"), free_port());
    let watchdog = Watchdog::new(FUNCTIONS, &[&name]);
    // The same port inside and outside: the broker sends the markers of a transaction to its own advertised address.
    let mut request = GenericImage::new(IMAGE.0, IMAGE.1)
        .with_container_name(name)
        .with_mapped_port(port, port.tcp())
        .with_startup_timeout(Duration::from_secs(300));
    let own = [
        ("process.roles", "broker,controller".to_owned()),
        ("node.id", "1".to_owned()),
        ("controller.quorum.voters", "1@localhost:19093".to_owned()),
        ("listeners", format!("PLAINTEXT://:{port},CONTROLLER://:19093")),
        ("advertised.listeners", format!("PLAINTEXT://127.0.0.1:{port}")),
        ("controller.listener.names", "CONTROLLER".to_owned()),
        ("listener.security.protocol.map", "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT".to_owned()),
    ];
    let settings = settings.iter().map(|(key, value)| (*key, (*value).to_owned()));
    for (key, value) in own.into_iter().chain(settings) {
        request = request.with_env_var(format!("KAFKA_{}", key.to_uppercase().replace('.', "_")), value);
    }
    let container = request.start().await.map_err(|error| format!("docker: {error}"))?;
    Ok(Node { bootstrap: format!("127.0.0.1:{port}"), watchdog, _container: container })
}

fn daemon() -> Result<(), String> {
    let mut asking = Command::new("docker")
        .args(["version", "--format", "{{.Server.Version}}"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| format!("docker: {error}"))?;
    let answer = within(DAEMON_ANSWERS, || asking.try_wait().ok().flatten());
    if answer.is_none() {
        let _ = asking.kill();
        let _ = asking.wait();
    }
    match answer {
        Some(status) if status.success() => Ok(()),
        Some(_) => Err("docker: no daemon answers".to_owned()),
        None => Err(format!("docker: no answer from a daemon within {DAEMON_ANSWERS:?}")),
    }
}
