//! How commands end: exit codes, and errors with their hints on stderr.

use std::process::ExitCode;

/// The exit codes that other programs rely on (CONTRACT, Commands). Ordered: of several connectors, the worst counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Fenced = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Prints an error that ends a command: the cause chain on one line.
#[expect(clippy::print_stderr, reason = "the command line's own output")]
pub(super) fn error(error: &anyhow::Error) {
    eprintln!("krest: {error:#}");
}
