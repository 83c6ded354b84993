//! The binary under test: started, watched, signalled, and searched for the secret when it is over.

use std::io::{Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::checker::leaks;
use super::{until, within};

type Text = Arc<Mutex<String>>;

/// A krest that runs. Killed when it is dropped.
pub struct Running {
    child: Child,
    guard: Child,
    stdout: Text,
    stderr: Text,
    readers: Vec<JoinHandle<()>>,
    canary: String,
    started: Instant,
}

/// A krest that has ended.
#[derive(Debug)]
pub struct Finished {
    /// `None`: killed by a signal.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Running {
    pub fn start(mut command: Command, canary: &str) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("krest starts");
        let (stdout, stderr) = (Text::default(), Text::default());
        let readers = vec![
            collect(child.stdout.take().expect("a pipe"), &stdout),
            collect(child.stderr.take().expect("a pipe"), &stderr),
        ];
        let guard = guard(&child);
        Self { child, guard, stdout, stderr, readers, canary: canary.to_owned(), started: Instant::now() }
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).expect("krest is there to be signalled");
    }

    /// What it has said so far.
    pub fn stderr(&self) -> String {
        lock(&self.stderr)
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("krest's state").is_none()
    }

    /// Whether stderr has said this.
    pub fn has_said(&self, fragment: &str) -> bool {
        lock(&self.stderr).contains(fragment)
    }

    /// Waits until stderr says this.
    pub fn says(&self, fragment: &str) {
        self.says_again(fragment, 1);
    }

    /// Waits until stderr has said this so many times.
    pub fn says_again(&self, fragment: &str, times: usize) {
        let count = || lock(&self.stderr).matches(fragment).count();
        let said = within(Duration::from_secs(60), || (count() >= times).then_some(()));
        assert!(said.is_some(), "krest did not say {fragment:?} {times} times:\n{}", lock(&self.stderr));
    }

    /// Ends it as a power cut does.
    pub fn kill_9(mut self) -> Finished {
        self.signal(Signal::SIGKILL);
        self.finish(Duration::from_secs(5))
    }

    /// Asks it to end. The contract: within ten seconds, in whatever it is doing.
    pub fn terminate(mut self) -> Finished {
        self.signal(Signal::SIGTERM);
        let asked = Instant::now();
        let finished = self.finish(Duration::from_secs(15));
        let took = asked.elapsed();
        assert!(took < Duration::from_secs(10), "SIGTERM took {took:?}:\n{}", finished.stderr);
        finished
    }

    /// Waits for its own end.
    pub fn finish(&mut self, limit: Duration) -> Finished {
        let status = within(limit, || self.child.try_wait().expect("krest's state"));
        let Some(status) = status else {
            panic!("krest did not end within {limit:?}:\n{}", lock(&self.stderr));
        };
        let took = self.started.elapsed();
        for reader in self.readers.drain(..) {
            reader.join().expect("a reader");
        }
        let finished =
            Finished { code: status.code(), stdout: lock(&self.stdout), stderr: lock(&self.stderr), took };
        let leaked = self.leaked();
        assert!(leaked.is_empty(), "{}", leaked.join("\n"));
        finished
    }

    fn leaked(&self) -> Vec<String> {
        [&self.stdout, &self.stderr].into_iter().flat_map(|text| leaks(&lock(text), &self.canary)).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.guard.stdin.take().is_some_and(|mut pipe| pipe.write_all(b"done\n").is_ok());
        let _ = self.guard.wait();
        if std::thread::panicking() && !self.readers.is_empty() {
            eprintln!("krest was still running and had said:\n{}", lock(&self.stderr));
        }
        let leaked = self.leaked();
        assert!(leaked.is_empty() || std::thread::panicking(), "{}", leaked.join("\n"));
    }
}

impl Finished {
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        let killed = self.code.map_or("a signal".to_owned(), |code| code.to_string());
        assert!(self.code == Some(code), "exit {killed} instead of {code}:\n{}{}", self.stdout, self.stderr);
        self
    }

    /// Each of these is on stderr, in whatever case.
    #[track_caller]
    pub fn says(self, fragments: &[&str]) -> Self {
        let stderr = self.stderr.to_lowercase();
        for fragment in fragments {
            assert!(stderr.contains(&fragment.to_lowercase()), "no {fragment:?} in:\n{}", self.stderr);
        }
        self
    }
}

/// Kills krest when the tests themselves are killed: then nobody says that it is done.
fn guard(child: &Child) -> Child {
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' INT HUP TERM; read -r done || kill -9 \"$1\"", "krest-test-guard"]);
    shell.arg(child.id().to_string()).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    shell.process_group(0).spawn().expect("sh starts")
}

fn collect(mut pipe: impl Read + Send + 'static, text: &Text) -> JoinHandle<()> {
    let text = Arc::clone(text);
    std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(count @ 1..) = pipe.read(&mut buffer) {
            let mut text = text.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            text.push_str(&String::from_utf8_lossy(&buffer[..count]));
        }
    })
}

fn lock(text: &Text) -> String {
    text.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
}

/// The harness's own: a process that leaks is found out, one that hangs is killed.
#[test]
fn a_leak_on_either_stream_fails_the_test() {
    for script in ["echo key is c4nary-c4nary", "echo key is c4nary-c4nary >&2"] {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let mut running = Running::start(command, "c4nary-c4nary");
        let finish = std::panic::AssertUnwindSafe(|| running.finish(Duration::from_secs(10)));
        assert!(std::panic::catch_unwind(finish).is_err(), "{script}");
        lock(&running.stdout);
        running.canary = "not in there".to_owned();
    }
}

#[test]
fn what_is_still_running_at_the_end_of_a_test_is_killed() {
    let mut command = Command::new("sleep");
    command.arg("600");
    let running = Running::start(command, "c4nary-c4nary");
    let pid = Pid::from_raw(running.child.id().cast_signed());
    drop(running);
    until("the process to be gone", Duration::from_secs(5), || kill(pid, None).is_err().then_some(()));
}
