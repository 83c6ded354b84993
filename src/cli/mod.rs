//! The command line: arguments, one file per command, how commands end.

mod args;
mod check;
mod demo;
mod import;
mod main;
mod plan;
mod preview;
mod progress;
mod report;
mod run;
mod text;

pub use main::main;
