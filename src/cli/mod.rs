//! The command line: arguments, one file per command, how commands end.

mod admin;
mod args;
mod args_admin;
mod args_schema;
mod audit;
mod check;
mod demo;
mod import;
mod main;
mod offsets;
mod plan;
mod preview;
mod progress;
mod report;
mod run;
mod schema;
mod signal;
mod state;
mod state_show;
mod topics;
mod tour;

pub use main::main;
