//! How commands end: exit codes, and errors with their hints on stderr.

use std::io::{ErrorKind, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;

/// The exit codes that other programs rely on. Ordered: of several connectors, the worst counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Fenced = 3,
    /// Another process holds the state directory.
    InUse = 4,
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

/// A line of results on stdout. That nobody reads any more (`| head`) is no error; that it cannot be written is one.
pub(super) fn line(text: std::fmt::Arguments<'_>) -> anyhow::Result<()> {
    written(writeln!(std::io::stdout(), "{text}"))
}

/// The same for what was written already.
pub(super) fn written(result: std::io::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to stdout"),
    }
}
