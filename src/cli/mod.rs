//! The command line: arguments, one file per command, how commands end.

mod args;
mod check;
mod demo;
mod import;
mod main;
mod preview;
mod progress;
mod report;
mod run;
mod signal;

pub use main::main;
