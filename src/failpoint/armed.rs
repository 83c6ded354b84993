//! Which failpoints a test has armed: `KREST_FAILPOINTS="kafka::before_commit=kill@3 kafka::before_abort=stop"`.

use std::io::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, raise};

/// The variable that arms failpoints: words of the form `point=action` or `point=action@hit`.
pub const VARIABLE: &str = "KREST_FAILPOINTS";

/// Longer than a commit takes.
const MOMENT: Duration = Duration::from_millis(500);

#[derive(Clone, Copy)]
enum Action {
    /// As `kill -9`: nothing is finished, nothing is told.
    Kill,
    /// As `kill -STOP`: every thread stands still until SIGCONT comes.
    Stop,
    /// This task stands still for a moment, while all others go on.
    Wait,
    /// The function fails here.
    Fail,
}

struct Armed {
    point: String,
    action: Action,
    /// At which hit; the first is 1. It acts once.
    at: u32,
    hits: AtomicU32,
}

/// The program has come to a failpoint. Returns whether it has to fail there.
pub fn hit(point: &str) -> bool {
    static ARMED: OnceLock<Vec<Armed>> = OnceLock::new();
    let armed = ARMED.get_or_init(|| parse(&std::env::var(VARIABLE).unwrap_or_default()));
    let due =
        |armed: &&Armed| armed.point == point && armed.hits.fetch_add(1, Ordering::Relaxed) + 1 == armed.at;
    match armed.iter().find(due) {
        Some(armed) => act(point, armed.action),
        None => false,
    }
}

fn parse(text: &str) -> Vec<Armed> {
    let one = |word: &str| {
        let (point, what) = word.split_once('=')?;
        let (action, at) = what.split_once('@').unwrap_or((what, "1"));
        let action = match action {
            "kill" => Action::Kill,
            "stop" => Action::Stop,
            "wait" => Action::Wait,
            "fail" => Action::Fail,
            _ => return None,
        };
        let point = super::POINTS.contains(&point).then(|| point.to_owned())?;
        Some(Armed { point, action, at: at.parse().ok()?, hits: AtomicU32::new(0) })
    };
    let armed: Option<Vec<Armed>> = text.split_whitespace().map(one).collect();
    armed.unwrap_or_else(|| {
        say(&format!("{VARIABLE}={text} is not understood"));
        std::process::exit(70)
    })
}

fn act(point: &str, action: Action) -> bool {
    say(&format!("failpoint {point}"));
    let signal = match action {
        Action::Kill => Signal::SIGKILL,
        Action::Stop => Signal::SIGSTOP,
        Action::Wait => {
            std::thread::sleep(MOMENT);
            return false;
        }
        Action::Fail => return true,
    };
    if raise(signal).is_err() {
        std::process::abort();
    }
    false
}

/// Straight to the descriptor: what dies in a moment has no time for the log.
fn say(line: &str) {
    let _ = std::io::stderr().write_all(format!("{line}\n").as_bytes());
}
