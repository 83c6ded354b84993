//! The broker's keeper: a small shell that dies with us, whatever happens to us.
//!
//! It reads orders from a pipe that only this process holds. The end of that pipe (a normal exit, a panic, `kill -9`) is the
//! last order: stop the broker and clean up. It has a process group of its own, so that Ctrl-C on a terminal ends the tests
//! first and the broker after them.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub struct Watchdog {
    shell: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// Runs the functions that the broker's kind defines: `start`, `stop`, `pause`, `resume` and `clean`.
const LOOP: &str = r#"
trap '' INT HUP TERM
while read -r order; do
  case "$order" in
    start) start ;;
    stop) stop ;;
    pause) pause ;;
    resume) resume ;;
  esac
  echo done
done
stop
clean
"#;

impl Watchdog {
    /// `functions` is shell text that defines what is ordered, and `stop` and `clean`; `arguments` are its `$1`, `$2`, …
    pub fn new(functions: &str, arguments: &[&str]) -> Self {
        let mut shell = Command::new("sh")
            .args(["-c", &format!("{functions}\n{LOOP}"), "krest-test-broker"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("sh starts");
        let orders = shell.stdin.take();
        let answers = BufReader::new(shell.stdout.take().expect("stdout is a pipe"));
        Self { shell, orders, answers }
    }

    pub fn order(&mut self, order: &str) {
        let pipe = self.orders.as_mut().expect("orders are open until drop");
        writeln!(pipe, "{order}").expect("the watchdog lives as long as we do");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the watchdog answers");
        assert_eq!(answer.trim(), "done", "the watchdog's answer to {order}");
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.orders = None;
        // It ends by itself now; waiting means that nothing is left behind once a private broker's test is over.
        let _ = self.shell.wait();
    }
}

/// The broker's end in each case: an order, and the end of the pipe.
#[test]
fn what_the_watchdog_started_ends_with_the_pipe() {
    use crate::support::until;
    use std::time::Duration;

    let directory = tempfile::tempdir().unwrap();
    let note = directory.path().join("pid");
    let functions = "note=$1\nstart() { sleep 600 & pid=$!; echo $pid >\"$note\"; }\n\
                     stop() { kill -9 $pid; wait $pid; }\nclean() { echo clean >\"$note\"; }";
    let alive = |pid: &str| std::path::Path::new("/proc").join(pid.trim()).exists();
    let read = || std::fs::read_to_string(&note).unwrap();

    let mut watchdog = Watchdog::new(functions, &[&note.display().to_string()]);
    watchdog.order("start");
    let first = read();
    assert!(alive(&first));
    watchdog.order("stop");
    assert!(!alive(&first));
    watchdog.order("start");
    let second = read();
    drop(watchdog);
    until("the second process to be gone", Duration::from_secs(5), || (!alive(&second)).then_some(()));
    assert_eq!(read(), "clean\n");
}
